//! The screen as it opens: what it starts with, and the world it is given.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::api::Client;
use crate::config::appearance::Appearance;
use crate::config::flags::{FollowFlags, Notifications};
use crate::config::notifications::AlertPolicy;
use crate::config::zone::ZoneName;
use crate::config::{Config, Error, Options};
use crate::demo::{Faults, Service, Story};
use crate::domain::job::JobId;
use crate::domain::savepoint::{Namespace, Place, SavepointId, Target};
use crate::poller::{self, Command};
use crate::storage::journal::{Entry, JournalStore, ProgramEvent};
use crate::storage::watch_list;
use crate::tui::app::{Ask, Whois, World};
use crate::tui::effect::Effect;
use crate::tui::model::form::Form;
use crate::tui::model::identity::CachedIdentity;
use crate::tui::model::journal::JournalStorage;
use crate::tui::model::{Overlay, Settings, State, Zone};
use crate::tui::on_change::OnChange;
use crate::tui::update::picker::{self, StartupQuery};
use crate::util::clock;
use crate::util::environment::Environment;

/// What the loop runs.
pub struct Launch {
    /// What is on the screen first.
    pub state: State,
    /// What happens first.
    pub first: Vec<Effect>,
    /// Everything else.
    pub world: World,
}

impl Launch {
    /// Tells the user of changes as the options say.
    #[must_use]
    fn telling(mut self, flags: Notifications) -> Self {
        self.state.alerts.policy = AlertPolicy { notify: flags.notify, on: flags.notify_on };
        let variables = flags.on_change_env;
        self.world.on_change = flags.on_change.map(|command| OnChange::new(command, variables));
        self
    }

    /// Looks as was decided.
    #[must_use]
    fn with_appearance(mut self, appearance: &Appearance) -> Self {
        self.state.settings.theme = appearance.theme;
        self.state.settings.glyphs = appearance.glyphs;
        self.world.mouse = appearance.mouse;
        self
    }
}

/// The screen on the IDs given at the service that flags, environment and profile name, to which
/// what was watched the last time comes when the disk has it; on the form, where there is nothing to
/// watch or something is open.
///
/// # Errors
/// When an ID or the namespace cannot name anything.
pub fn screen(config: Config, newest: FollowFlags, client: &Arc<Client>) -> Result<Launch, Error> {
    let wanted = wanted(newest)?.map(|wanted| Ok::<_, Error>((config.place.complete()?, wanted)));
    let wanted: Option<(Place, StartupQuery)> = wanted.transpose()?;
    let mut state = state(&config.options);
    let ids: Vec<SavepointId> =
        config.ids.iter().map(|id| SavepointId::new(id)).collect::<Result<_, _>>()?;
    let namespace = config.place.namespace.as_deref().map(Namespace::new).transpose()?;
    state.defaults = config.place.fields();
    state.list.scope = config.starting_context().cloned();
    state.settings.contexts.clone_from(&config.contexts);
    let watch_list = if config.fresh { None } else { kept(&mut state) };
    let journal = JournalStore::from_environment(&Environment::of_process());
    state.journal.disk = match &journal {
        Ok(_) => JournalStorage::Loading,
        Err(homeless) => JournalStorage::Failing(homeless.to_string()),
    };
    let asked = CachedIdentity { result: None, asked_at: state.now };
    state.identities.insert(config.place.profile.clone(), asked);
    let mut first = vec![Effect::Identify(config.place.profile.clone()), begin(&mut state)];
    if watch_list.is_some() {
        first.push(Effect::ReadWatchList);
    }
    match (config.place.endpoint, config.place.workspace, namespace) {
        (Some(endpoint), Some(workspace), Some(namespace)) if !ids.is_empty() => {
            let profile = config.place.profile.clone();
            let place = Place { endpoint, workspace, namespace, profile };
            let targets = ids.into_iter().map(|id| Target { place: place.clone(), id }).collect();
            let new = state.watch(targets);
            let edits = state.save_new(&new);
            state.edits_while_loading = state.edits_while_loading.map(|_| edits.clone());
            first.extend([Effect::Save(edits), Effect::Poller(Command::watch(new))]);
        }
        _ if !ids.is_empty() || watch_list.is_none() => {
            let ids: Vec<&str> = ids.iter().map(SavepointId::as_str).collect();
            let mut form = Form::prefilled(state.defaults.each_ref().map(String::as_str));
            form.ids = ids.join(" ").into();
            state.overlay = Some(Overlay::Form(Box::new(form)));
        }
        _ => {}
    }
    if let Some((place, wanted)) = wanted {
        first.extend(picker::run(&mut state, &place, wanted));
    }
    let world = World { watch_list, ..world(client, config.options.poller(), journal.ok()) };
    Ok(Launch { state, first, world }
        .telling(config.options.notifications)
        .with_appearance(&config.options.appearance))
}

/// Whose newest savepoints the flags ask for.
fn wanted(newest: FollowFlags) -> Result<Option<StartupQuery>, Error> {
    match (newest.deployment, newest.job) {
        (Some(name), _) => Ok(Some(StartupQuery::Deployment(name))),
        (None, Some(id)) => Ok(Some(StartupQuery::Job(JobId::new(&id)?))),
        (None, None) => Ok(None),
    }
}

/// Where the watch list is kept, which is read once the first frame is on the screen.
fn kept(state: &mut State) -> Option<watch_list::WatchListStore> {
    match watch_list::WatchListStore::from_environment(&Environment::of_process()) {
        Ok(store) => {
            state.edits_while_loading = Some(Vec::new());
            Some(store)
        }
        Err(nowhere) => {
            state.notify(nowhere.to_string(), true);
            None
        }
    }
}

/// The screen on the embedded service, which may be told to misbehave; nothing of what is invented
/// there is kept.
pub fn demo(client: &Arc<Client>, faults: Faults, options: Options) -> Launch {
    let mut state = state(&options);
    let first = vec![Effect::OpenDemo, begin(&mut state)];
    let demo = open_demo(Arc::clone(client), faults);
    let world = World { demo, ..world(client, options.poller(), None) };
    Launch { state, first, world }
        .telling(options.notifications)
        .with_appearance(&options.appearance)
}

/// The journal's first entry of this run.
fn begin(state: &mut State) -> Effect {
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
        timeout: options.shared.timeout,
        allow_http: options.shared.allow_http,
        zone: options.local_zone(),
        keys: options.keys.clone(),
        newest: options.newest,
        columns: options.columns.clone(),
        ..Settings::default()
    };
    let zone = if options.zone == ZoneName::Utc { Zone::Utc } else { Zone::Local };
    let mut state = State::new(settings, clock::now());
    state.zone = zone;
    state
}

fn world(client: &Arc<Client>, settings: poller::Settings, journal: Option<JournalStore>) -> World {
    let asked = Arc::clone(client);
    World {
        start: Box::new(move || poller::spawn(asked, settings, clock::now, fastrand::Rng::new())),
        identify: identify(Arc::clone(client)),
        demo: open_demo(Arc::clone(client), Faults::default()),
        watch_list: None,
        on_change: None,
        mouse: false,
        journal,
    }
}

fn identify(client: Arc<Client>) -> Whois {
    Box::new(move |profile| {
        let client = Arc::clone(&client);
        Box::pin(async move {
            let identity = client.identity(profile.as_ref()).await;
            (profile, identity.map_err(|error| error.why()))
        })
    })
}

/// Starts the embedded service once, and lends the client its keys.
fn open_demo(client: Arc<Client>, faults: Faults) -> Ask<Vec<Target>> {
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
