//! Builds the initial state, the initial effects and the dependencies of the event loop.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::Client;
use crate::config::flags::{Flags, FollowFlags};
use crate::config::notifications::AlertPolicy;
use crate::config::zone::ZoneName;
use crate::config::{Config, Error, Options};
use crate::demo::{Faults, Service, Story};
use crate::domain::job::JobId;
use crate::domain::savepoint::{Namespace, Place, SavepointId, Target};
use crate::poller::{self, Command};
use crate::storage::journal::{Entry, JournalStore, ProgramEvent};
use crate::storage::watch_list;
use crate::tui::app::{Dependencies, FetchIdentity, StartDemo};
use crate::tui::effect::Effect;
use crate::tui::model::form::Form;
use crate::tui::model::identity::CachedIdentity;
use crate::tui::model::journal::JournalStorage;
use crate::tui::model::{Overlay, Settings, State, Zone};
use crate::tui::on_change::OnChange;
use crate::tui::update::picker::{self, StartupQuery};
use crate::util::clock;
use crate::util::environment::Environment;

/// The arguments of [`app::run`](crate::tui::app::run).
pub struct Launch {
    pub state: State,
    pub initial_effects: Vec<Effect>,
    pub dependencies: Dependencies,
}

impl Launch {
    #[must_use]
    fn with_options(mut self, options: Options) -> Self {
        let Flags { notifications, screen, .. } = options.flags;
        self.state.alerts.policy =
            AlertPolicy { notify: notifications.notify, on: notifications.notify_on };
        let variables = notifications.on_change_env;
        self.dependencies.on_change =
            notifications.on_change.map(|command| OnChange::new(command, variables));
        self.state.settings.theme = options.appearance.theme;
        self.state.settings.glyphs = options.appearance.glyphs;
        self.dependencies.mouse = screen.appearance.mouse;
        self
    }
}

/// Opens the screen on the given IDs, at the configured service. The saved watch list is added once
/// it is read. Without anything to watch, or with an incomplete place, the form opens.
///
/// # Errors
/// When an ID or the namespace is invalid.
pub fn screen(config: Config, follow: FollowFlags, client: &Arc<Client>) -> Result<Launch, Error> {
    let query =
        startup_query(follow)?.map(|query| Ok::<_, Error>((config.place.complete()?, query)));
    let query: Option<(Place, StartupQuery)> = query.transpose()?;
    let mut state = state(&config.options);
    let ids: Vec<SavepointId> =
        config.ids.iter().map(|id| SavepointId::new(id)).collect::<Result<_, _>>()?;
    let namespace = config.place.namespace.as_deref().map(Namespace::new).transpose()?;
    state.defaults = config.place.fields();
    state.list.scope = config.starting_context().cloned();
    state.settings.contexts.clone_from(&config.contexts);
    let watch_list = if config.fresh { None } else { open_watch_list(&mut state) };
    let journal = JournalStore::from_environment(&Environment::of_process());
    state.journal.disk = match &journal {
        Ok(_) => JournalStorage::Loading,
        Err(error) => JournalStorage::Failing(error.to_string()),
    };
    let identity = CachedIdentity { result: None, asked_at: state.now };
    state.identities.insert(config.place.profile.clone(), identity);
    let mut initial_effects =
        vec![Effect::Identify(config.place.profile.clone()), record_start(&mut state)];
    if watch_list.is_some() {
        initial_effects.push(Effect::ReadWatchList);
    }
    match (config.place.endpoint, config.place.workspace, namespace) {
        (Some(endpoint), Some(workspace), Some(namespace)) if !ids.is_empty() => {
            let profile = config.place.profile.clone();
            let place = Place { endpoint, workspace, namespace, profile };
            let targets = ids.into_iter().map(|id| Target { place: place.clone(), id }).collect();
            let new = state.watch(targets);
            let edits = state.save_new(&new);
            state.watch_list.edits_while_loading =
                state.watch_list.edits_while_loading.map(|_| edits.clone());
            initial_effects.extend([Effect::Save(edits), Effect::Poller(Command::watch(new))]);
        }
        _ if !ids.is_empty() || watch_list.is_none() => {
            let ids: Vec<&str> = ids.iter().map(SavepointId::as_str).collect();
            let mut form = Form::prefilled(&state.defaults);
            form.ids = ids.join(" ").into();
            state.overlay = Some(Overlay::Form(Box::new(form)));
        }
        _ => {}
    }
    if let Some((place, query)) = query {
        initial_effects.extend(picker::run(&mut state, &place, query));
    }
    state.derive();
    let dependencies =
        Dependencies { watch_list, ..dependencies(client, config.options.poller(), journal.ok()) };
    Ok(Launch { state, initial_effects, dependencies }.with_options(config.options))
}

/// The deployment or job that the flags name.
fn startup_query(follow: FollowFlags) -> Result<Option<StartupQuery>, Error> {
    match (follow.deployment, follow.job) {
        (Some(name), _) => Ok(Some(StartupQuery::Deployment(name))),
        (None, Some(id)) => Ok(Some(StartupQuery::Job(JobId::new(&id)?))),
        (None, None) => Ok(None),
    }
}

/// The watch list's file, which is read once the first frame is on the screen.
fn open_watch_list(state: &mut State) -> Option<watch_list::WatchListStore> {
    match watch_list::WatchListStore::from_environment(&Environment::of_process()) {
        Ok(store) => {
            state.watch_list.edits_while_loading = Some(Vec::new());
            Some(store)
        }
        Err(error) => {
            state.notify_problem(error.to_string());
            None
        }
    }
}

/// Opens the screen on the embedded service, with `faults`. Nothing is saved.
pub fn demo(client: &Arc<Client>, faults: Faults, options: Options) -> Launch {
    let mut state = state(&options);
    let initial_effects = vec![Effect::OpenDemo, record_start(&mut state)];
    let start_demo = start_demo(Arc::clone(client), faults);
    let dependencies = Dependencies { start_demo, ..dependencies(client, options.poller(), None) };
    Launch { state, initial_effects, dependencies }.with_options(options)
}

/// Writes the journal's first entry of this run.
fn record_start(state: &mut State) -> Effect {
    let started = Entry::program(state.now, None, ProgramEvent::Started);
    state.journal.push(started.clone());
    Effect::Record(vec![started])
}

fn state(options: &Options) -> State {
    let poller = options.poller();
    let settings = Settings {
        interval: poller.interval,
        recheck: poller.recheck,
        rate: poller.rate,
        concurrency: poller.concurrency,
        timeout: options.flags.shared.polling.timeout,
        allow_http: options.flags.shared.polling.allow_http,
        zone: options.local_zone(),
        keys: options.keys.clone(),
        newest: options.flags.screen.list.newest,
        columns: options.flags.screen.list.columns.clone(),
        ..Settings::default()
    };
    let zone =
        if options.flags.screen.time.zone == ZoneName::Utc { Zone::Utc } else { Zone::Local };
    let mut state = State::new(settings, clock::now());
    state.zone = zone;
    state
}

fn dependencies(
    client: &Arc<Client>,
    settings: poller::Settings,
    journal: Option<JournalStore>,
) -> Dependencies {
    let poller_client = Arc::clone(client);
    Dependencies {
        start_poller: Box::new(move || {
            poller::spawn(poller_client, settings, clock::now, fastrand::Rng::new())
        }),
        fetch_identity: fetch_identity(Arc::clone(client)),
        start_demo: start_demo(Arc::clone(client), Faults::default()),
        watch_list: None,
        on_change: None,
        mouse: false,
        journal,
    }
}

fn fetch_identity(client: Arc<Client>) -> FetchIdentity {
    Box::new(move |profile| {
        let client = Arc::clone(&client);
        Box::pin(async move {
            let identity = client.identity(profile.as_ref()).await;
            (profile, identity.map_err(|error| error.why()))
        })
    })
}

/// Starts the embedded service once, and adds its credentials to the client.
fn start_demo(client: Arc<Client>, faults: Faults) -> StartDemo {
    let running: Arc<Mutex<Option<Service>>> = Arc::default();
    Box::new(move || {
        let (client, running) = (Arc::clone(&client), Arc::clone(&running));
        let faults = faults.clone();
        Box::pin(async move {
            let known = |service: &Option<Service>| service.as_ref().map(Service::targets);
            if let Some(targets) = known(&running.lock().unwrap_or_else(PoisonError::into_inner)) {
                return Ok(targets);
            }
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let service = Service::start_with_faults(address, Story::embedded(), faults).await;
            let service = service.map_err(|error| error.to_string())?;
            client.add_identity(service.endpoint(), service.credentials());
            let targets = service.targets();
            *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(service);
            Ok(targets)
        })
    })
}
