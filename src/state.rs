//! What the program knows: plain data, no handles, no clocks.

pub mod alerts;
pub mod change;
pub mod clips;
pub mod columns;
pub mod contexts;
pub mod feed;
mod following;
pub mod form;
pub mod history;
pub mod identity;
pub mod journal;
pub mod list;
pub mod names;
pub mod outlook;
pub mod pace;
pub mod picker;
pub mod summary;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tui_input::Input;

use crate::deployment::DeploymentTarget;
use crate::keymap::Keymap;
use crate::savepoint::{Place, Profile, Target};
use crate::view::Geometry;
use crate::view::glyphs::Glyphs;
use crate::view::theme::Theme;
use crate::watch_list::{Edit, Remark, WatchList};
use crate::{api, poller};
use alerts::Alerts;
use change::Change;
use clips::Clips;
use columns::Cell;
use contexts::{Context, Picker};
use feed::{Cadence, Feed, Membership};
use form::Form;
use history::Histories;
use identity::Whoami;
use journal::{Journal, Log};
use list::{Feeds, List};
use names::Names;
use outlook::Outlook;
use summary::Summary;

/// How many removals can be taken back.
const UNDO: usize = 20;

/// How long a notice stays where no key dismisses it.
const NOTICE: SignedDuration = SignedDuration::from_secs(10);

/// What does not change while the program runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Between two polls of a savepoint that can still change.
    pub interval: Duration,
    /// Between two polls of a final one.
    pub recheck: Duration,
    /// Requests started a second, for each service and identity.
    pub rate: f64,
    /// The deadline of one request.
    pub timeout: Duration,
    /// Whether endpoints may be plain `http`.
    pub allow_http: bool,
    /// The time zone of this machine.
    pub zone: TimeZone,
    /// How meanings look.
    pub theme: Theme,
    /// Which key does what.
    pub keys: Keymap,
    /// The columns of the list, from left to right.
    pub columns: Vec<Cell>,
    /// The places that have a name.
    pub contexts: Vec<Context>,
    /// What they are drawn with.
    pub glyphs: Glyphs,
}

impl Default for Settings {
    /// Those of the poller and the client, in UTC.
    fn default() -> Self {
        let poller::Settings { interval, recheck, rate, .. } = poller::Settings::default();
        Self {
            interval,
            recheck,
            rate,
            timeout: api::Settings::default().timeout,
            allow_http: false,
            zone: TimeZone::UTC,
            keys: Keymap::default(),
            columns: Cell::ALL.to_vec(),
            contexts: Vec::new(),
            theme: Theme::default(),
            glyphs: Glyphs::default(),
        }
    }
}

/// Which pane the keys go to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The list.
    #[default]
    List,
    /// The detail of the selected savepoint, beside the list.
    Detail,
    /// The detail on the whole screen.
    Full,
}

/// What the detail shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sheet {
    /// The fields, in words.
    #[default]
    Fields,
    /// The service's answer as raw JSON.
    Json,
}

/// What happens to lines of the detail that are too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrap {
    /// They are broken.
    #[default]
    Wrapped,
    /// They stay whole, and the detail scrolls sideways.
    Whole,
}

/// How the detail is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The first line that is shown.
    pub scroll: usize,
    /// The first column that is shown.
    pub across: u16,
    /// What happens to lines that are too long.
    pub wrap: Wrap,
    /// What is searched for; empty for nothing.
    pub search: String,
}

impl Reading {
    /// Back to the top of another page; how it is read stays.
    pub fn rewind(&mut self) {
        self.scroll = 0;
        self.across = 0;
    }
}

/// In which zone times are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    /// This machine's.
    #[default]
    Local,
    /// UTC.
    Utc,
}

/// Whether the service is being asked: what was wished and what is so are different things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Polling {
    /// It is.
    #[default]
    Running,
    /// A pause was wished; requests are still under way.
    Pausing,
    /// Nothing is asked, since then.
    Paused(Timestamp),
    /// Nothing will ever be asked again: why.
    Dead(String),
}

/// What lies over the two panes; at most one thing.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys; scrolled by some lines.
    Help(u16),
    /// What to watch.
    Form(Box<Form>),
    /// What to copy.
    Copy(Clips),
    /// Which context to go to.
    Contexts(Picker),
    /// What was observed.
    Journal(Box<Log>),
    /// What there is to watch.
    Picker(Box<picker::Picker>),
    /// The filter is being typed; holds what it was before.
    Filter(Input, String),
    /// What to search for in the detail is being typed; holds what it was before.
    Search(Input, String),
    /// The note of a savepoint is being typed.
    Note(Input, Target),
}

/// Something to tell the user once, in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// Whether something went wrong.
    pub bad: bool,
    /// When it goes away by itself.
    pub until: Timestamp,
}

/// What the user removed.
#[derive(Debug, Clone)]
pub enum Removed {
    /// A savepoint, with what was known of it.
    Savepoint(Target, Box<Feed>),
    /// A deployment that was followed.
    Deployment(DeploymentTarget),
}

/// Everything that is on the screen, and everything needed to decide what comes next.
#[derive(Debug, Clone)]
pub struct State {
    /// What does not change while the program runs.
    pub settings: Settings,
    /// The wall clock, as of the last message.
    pub now: Timestamp,
    /// Everything that is watched.
    pub feeds: Feeds,
    /// What the user is told of.
    pub alerts: Alerts,
    /// What deployments are called, and how jobs are.
    pub names: Names,
    /// What is known of the savepoints of deployments, above all of followed ones.
    pub histories: Histories,
    /// Whether the user was told which permission the lists need.
    pub told_of_lists: bool,
    /// When the next STARTED savepoint will have taken longer than those before it.
    pub overdue_at: Option<Timestamp>,
    /// How the list is looked at.
    pub list: List,
    /// The feeds at a glance.
    pub summary: Summary,
    /// The places of everything that is watched, each once.
    pub places: Vec<Place>,
    /// Of each of the feeds the index of its place.
    pub homes: Vec<usize>,
    /// The feeds of each place at a glance, while the list is grouped.
    pub groups: Vec<Summary>,
    /// The most savepoints of one service that are asked for as one identity.
    pub fullest: usize,
    /// Whether the service is being asked.
    pub polling: Polling,
    /// Which pane the keys go to.
    pub pane: Pane,
    /// What the detail shows.
    pub sheet: Sheet,
    /// How the detail is read.
    pub reading: Reading,
    /// In which zone times are shown.
    pub zone: Zone,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The picker that was closed, and when: opened again soon, it shows what it had.
    pub picked: Option<(Box<picker::Picker>, Timestamp)>,
    /// The context that was chosen here, by name; nothing else is forgotten by it.
    pub context: Option<String>,
    /// What the form starts with: service, workspace, namespace, profile.
    pub defaults: [String; 4],
    /// Who we are to the services, by profile; empty in the demo, which lends its own keys.
    pub identities: BTreeMap<Option<Profile>, Whoami>,
    /// What the footer tells instead of the keys.
    pub notice: Option<Notice>,
    /// What was observed; bounded.
    pub journal: Journal,
    /// Why what the user changed is not saved, as long as it is not.
    pub unsaved: Option<String>,
    /// What was removed, to take it back; bounded.
    pub removed: Vec<Removed>,
    /// What the last frame measured.
    pub geometry: Geometry,
    /// Before this nothing counts as lost: the machine has just woken up, or asking has just gone on.
    pub settled_at: Timestamp,
    /// What the last message showed to have changed about savepoints.
    pub observed: Vec<Change>,
    /// Whether the next frame may wait: nothing but confirmations came since the last one.
    pub quiet: bool,
}

impl State {
    /// An empty watch list.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self {
            settings,
            now,
            feeds: Feeds::new(),
            alerts: Alerts::default(),
            list: List::default(),
            names: Names::default(),
            histories: Histories::default(),
            told_of_lists: false,
            overdue_at: None,
            summary: Summary::default(),
            places: Vec::new(),
            homes: Vec::new(),
            groups: Vec::new(),
            fullest: 0,
            polling: Polling::default(),
            pane: Pane::default(),
            sheet: Sheet::default(),
            reading: Reading::default(),
            zone: Zone::default(),
            overlay: None,
            picked: None,
            context: None,
            defaults: Default::default(),
            identities: BTreeMap::new(),
            notice: None,
            journal: Journal::default(),
            unsaved: None,
            removed: Vec::new(),
            geometry: Geometry::default(),
            settled_at: now,
            observed: Vec::new(),
            quiet: false,
        }
    }

    /// How often savepoints are asked for, given how many of them share a rate.
    pub fn cadence(&self) -> Cadence {
        let count = u32::try_from(self.fullest).unwrap_or(u32::MAX);
        let round = f64::from(count) / self.settings.rate.max(0.01);
        Cadence {
            interval: self.settings.interval,
            recheck: self.settings.recheck,
            round: Duration::try_from_secs_f64(round).unwrap_or(Duration::MAX / 4),
            timeout: self.settings.timeout,
        }
    }

    /// The selected savepoint.
    pub fn selected(&self) -> Option<(&Target, &Feed)> {
        self.feeds.get_key_value(self.list.selected.as_ref()?)
    }

    /// The time zone times are shown in.
    pub fn time_zone(&self) -> TimeZone {
        match self.zone {
            Zone::Local => self.settings.zone.clone(),
            Zone::Utc => TimeZone::UTC,
        }
    }

    /// Whether everything stands still because the user wished so.
    pub fn paused(&self) -> bool {
        matches!(self.polling, Polling::Paused(_))
    }

    /// Tells the user something.
    pub fn notify(&mut self, text: impl Into<String>, bad: bool) {
        let until = self.now.saturating_add(NOTICE).unwrap_or(Timestamp::MAX);
        self.notice = Some(Notice { text: text.into(), bad, until });
    }

    /// Begins to watch what is not watched yet, and says what that is. What is there only because
    /// its deployment is followed is the user's own from now on.
    pub fn watch(&mut self, targets: Vec<Target>) -> Vec<Target> {
        let own = |feed: &Feed| feed.membership == Membership::Own;
        let new: Vec<Target> =
            targets.into_iter().filter(|target| !self.feeds.get(target).is_some_and(own)).collect();
        for target in &new {
            self.feeds.entry(target.clone()).or_default().membership = Membership::Own;
        }
        for (deployment, history) in self.histories.iter_mut() {
            history
                .members
                .retain(|id| !new.iter().any(|new| new.id == *id && new.place == deployment.place));
        }
        self.reveal(&new);
        self.regroup();
        new
    }

    /// Shows all places again where one of these would be hidden.
    fn reveal(&mut self, targets: &[Target]) {
        let scope = self.list.scope.as_ref();
        if scope.is_some_and(|scope| targets.iter().any(|target| target.place != *scope)) {
            (self.list.scope, self.context) = (None, None);
        }
    }

    /// What the user calls a place.
    pub fn name_of(&self, place: &Place) -> Option<&str> {
        let known = self.settings.contexts.iter().find(|it| it.place.as_ref() == Some(place));
        known.map(|context| context.name.as_str())
    }

    /// Watches and follows what was watched and followed when the program ended. No answer is
    /// remembered.
    pub fn restore(&mut self, list: WatchList) {
        self.feeds.extend(list.watched.into_iter().map(|(target, Remark { note, added_at })| {
            (target, Feed { note, added_at: Some(added_at), ..Feed::default() })
        }));
        for (deployment, since) in list.followed {
            self.histories.follow(deployment, since);
        }
        self.regroup();
    }

    /// Puts what is newly watched on the watch list.
    pub fn keep(&mut self, new: &[Target]) -> Vec<Edit> {
        let added_at = self.now;
        let mut edits = Vec::with_capacity(new.len());
        for target in new {
            if let Some(feed) = self.feeds.get_mut(target) {
                feed.added_at = Some(added_at);
                edits.extend(feed.remark().map(|remark| Edit::Add(target.clone(), remark)));
            }
        }
        edits
    }

    /// Stops watching one, and remembers it.
    pub fn unwatch(&mut self, target: &Target) -> Option<Target> {
        let (target, feed) = self.feeds.shift_remove_entry(target)?;
        self.alerts.forget(&target);
        for (deployment, history) in self.histories.iter_mut() {
            if history.followed.is_none() || deployment.place != target.place {
                continue;
            }
            history.members.retain(|id| *id != target.id);
            let listed = history.items.iter().any(|item| item.id == target.id);
            if listed && !history.dropped.contains(&target.id) {
                history.dropped.push(target.id.clone());
            }
        }
        self.remove(Removed::Savepoint(target.clone(), Box::new(feed)));
        self.regroup();
        Some(target)
    }

    /// Remembers what was removed.
    pub fn remove(&mut self, removed: Removed) {
        if self.removed.len() == UNDO {
            self.removed.remove(0);
        }
        self.removed.push(removed);
    }

    /// Watches again one that was removed, with what was known of it.
    pub fn rewatch(&mut self, target: &Target, mut feed: Feed) {
        let mut followed = false;
        for (deployment, history) in self.histories.iter_mut() {
            if deployment.place == target.place && history.dropped.contains(&target.id) {
                history.dropped.retain(|id| *id != target.id);
                followed = true;
                if feed.membership != Membership::Own {
                    history.members.push(target.id.clone());
                }
            }
        }
        feed.membership = match feed.membership {
            Membership::Asked | Membership::Listed if followed => Membership::Asked,
            _ => Membership::Own,
        };
        self.feeds.entry(target.clone()).or_insert(feed);
        self.list.selected = Some(target.clone());
        self.list.held = true;
        self.reveal(std::slice::from_ref(target));
        self.regroup();
    }

    /// Derives everything again after something was added or removed, or is asked for in another way.
    pub fn regroup(&mut self) {
        let mut counts: BTreeMap<&Place, usize> = BTreeMap::new();
        for (target, feed) in &self.feeds {
            let asked = usize::from(feed.membership != Membership::Listed);
            *counts.entry(&target.place).or_default() += asked;
        }
        let mut lines: BTreeMap<_, usize> = BTreeMap::new();
        for (place, count) in &counts {
            *lines.entry((&place.endpoint, &place.profile)).or_default() += count;
        }
        for (_, DeploymentTarget { place, .. }, _) in self.histories.followed() {
            *lines.entry((&place.endpoint, &place.profile)).or_default() += 1;
        }
        self.fullest = lines.into_values().max().unwrap_or_default();
        self.places = counts.keys().map(|&place| place.clone()).collect();
        counts.values_mut().enumerate().for_each(|(index, count)| *count = index);
        self.homes = self.feeds.keys().map(|target| counts[&target.place]).collect();
        self.changed();
    }

    /// Derives order and summary again after the feeds changed.
    pub fn changed(&mut self) {
        for (deployment, history) in self.histories.iter_mut() {
            if history.followed.is_some() {
                history.outlook = Outlook::of(deployment, history, &self.feeds);
            }
        }
        self.arrange();
        self.count();
    }

    /// Whether the list has headings.
    pub fn is_grouped(&self) -> bool {
        self.list.grouped && self.places.len() > 1
    }

    /// Derives the order again after the sort or the filter changed.
    pub fn arrange(&mut self) {
        let scope = self.list.scope.as_ref();
        let shown = |it: &DeploymentTarget| scope.is_none_or(|scope| it.place == *scope);
        let followed = self.histories.followed().filter(|(_, it, _)| shown(it));
        let followed: Vec<usize> = followed.map(|(index, ..)| index).collect();
        let homes = (self.is_grouped() || !followed.is_empty()).then(|| self.groups_of_all());
        self.list.arrange(&self.feeds, &self.names, homes.as_deref(), &followed);
    }

    /// Derives the summary again.
    pub fn count(&mut self) {
        let (now, cadence, settled_at) = (self.now, self.cadence(), self.settled_at);
        self.summary = Summary::of(&self.feeds, now, cadence, settled_at);
        let places = if self.is_grouped() { self.places.len() } else { 0 };
        self.groups = vec![Summary::default(); places];
        for (feed, &home) in self.feeds.values().zip(&self.homes) {
            if let Some(group) = self.groups.get_mut(home) {
                group.add(feed, now, cadence, settled_at);
            }
        }
        let watched = self.feeds.iter().filter(|(_, feed)| !feed.overdue);
        self.overdue_at = watched.filter_map(|(target, feed)| self.due(target, feed)).min();
    }

    /// When something on the screen will read differently just because time passed: seconds
    /// while there is a worry, minutes otherwise, nothing at all while paused.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let picker = match &self.overlay {
            Some(Overlay::Picker(picker)) => picker.next_tick(self.now, self.paused()),
            _ => None,
        };
        let planned = notice.into_iter().chain(self.alerts.next()).chain(picker).min();
        if self.paused() || (self.feeds.is_empty() && self.histories.is_following_none()) {
            return planned;
        }
        let worried = self.summary.failing.is_some() || self.summary.stale.is_some();
        let unit = if worried { 1 } else { 60 };
        let next = Timestamp::from_second((self.now.as_second().div_euclid(unit) + 1) * unit).ok();
        let stale = self.summary.valid_until.filter(|&at| at > self.now);
        [planned, next, stale]
            .into_iter()
            .flatten()
            .min()
            .map(|at| at.max(self.now.saturating_add(100.milliseconds()).unwrap_or(at)))
    }
}
