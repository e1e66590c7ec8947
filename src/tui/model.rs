//! What the program knows: plain data, no handles, no clocks.

pub mod alerts;
pub mod contexts;
pub mod copy_menu;
mod derived;
mod detail_view;
pub mod failures;
pub mod feed;
pub mod feeds;
mod following;
pub mod form;
pub mod history;
pub mod identity;
pub mod journal;
pub mod list;
mod membership;
pub mod metadata;
pub mod picker;
pub mod restart_summary;
mod settings;
pub mod summary;
mod tally;
pub mod truncate;
pub mod typing;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tui_input::Input;

use crate::config::keymap::Mode;
use crate::domain::change::Change;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Place, Profile, Target};
use crate::storage::watch_list::Edit;
use crate::tui::view::Geometry;
use crate::tui::view::page::RawPage;
use alerts::Alerts;
use contexts::ContextPicker;
use copy_menu::CopyMenu;
pub use detail_view::{DetailMode, DetailView, Pane, Wrap, Zone};
use feed::{Feed, LoadShare, PollTiming};
use feeds::Feeds;
use form::Form;
use history::DeploymentHistories;
use identity::CachedIdentity;
use journal::{Journal, JournalView};
use list::List;
use metadata::MetadataCache;
pub use settings::Settings;
use summary::{ListsSummary, Summary};
use typing::FilterEdit;

/// How long a notice stays where no key dismisses it.
const NOTICE: SignedDuration = SignedDuration::from_secs(10);

/// How many warnings wait for the one before them to go.
const WARNINGS: usize = 4;

/// The steps in which the time until the next try is shown, and in which the screen is drawn during an
/// outage.
pub const COUNTDOWN: SignedDuration = SignedDuration::from_secs(5);

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
    Copy(CopyMenu),
    /// Which context to go to.
    Contexts(ContextPicker),
    /// What was observed.
    Journal(Box<JournalView>),
    /// What there is to watch.
    Picker(Box<picker::Picker>),
    /// The filter is being typed.
    Filter(FilterEdit),
    /// What to search for in the detail is being typed.
    Search(FilterEdit),
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
    /// The wall clock, as of the last message: for what is shown.
    pub now: Timestamp,
    /// For how long the program had run by then, without the time in which it was stopped or its
    /// machine slept: for whether an answer is late.
    pub uptime: Duration,
    /// Everything that is watched.
    pub feeds: Feeds,
    /// What the user is told of.
    pub alerts: Alerts,
    /// What deployments are called, and how jobs are.
    pub metadata: MetadataCache,
    /// What is known of the savepoints of deployments, above all of followed ones.
    pub histories: DeploymentHistories,
    /// How the list is looked at.
    pub list: List,
    /// The feeds at a glance.
    pub summary: Summary,
    /// The places of everything that is watched or followed, each once, in order.
    pub places: Vec<Place>,
    /// Of each of the feeds the index of its place.
    pub place_indices: Vec<usize>,
    /// The feeds of each place at a glance.
    pub place_summaries: Vec<Summary>,
    /// The most savepoints of one service that are asked for, and the longest that those of one
    /// take.
    pub max_load: LoadShare,
    /// Whether the service is being asked.
    pub polling: Polling,
    /// Which pane the keys go to.
    pub pane: Pane,
    /// What the detail shows.
    pub detail_mode: DetailMode,
    /// How the detail is read.
    pub detail: DetailView,
    /// In which zone times are shown.
    pub zone: Zone,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// The picker that was closed, and when: opened again soon, it shows what it had.
    pub closed_picker: Option<(Box<picker::Picker>, Timestamp)>,
    /// What the form starts with: service, workspace, namespace, profile.
    pub defaults: [String; 4],
    /// Who we are to the services, by profile; empty in the demo, which lends its own keys.
    pub identities: BTreeMap<Option<Profile>, CachedIdentity>,
    /// What the footer tells instead of the keys.
    pub notice: Option<Notice>,
    /// What the footer warns of next; at most `WARNINGS`.
    pub warnings: VecDeque<String>,
    /// What was observed; bounded.
    pub journal: Journal,
    /// The embedded service, if it was opened: whatever is there is invented, and never kept.
    pub demo_endpoint: Option<Endpoint>,
    /// What the user changed while the watch list is being read; `None` once it was, or where none
    /// is read.
    pub edits_while_loading: Option<Vec<Edit>>,
    /// Why what the user changed is not saved, as long as it is not.
    pub save_error: Option<String>,
    /// What was removed, to take it back; bounded.
    pub removed: Vec<Removed>,
    /// What the last frame measured.
    pub geometry: Geometry,
    /// The raw answer in view, laid out; `None` where none is in view.
    pub raw_page: Option<Box<RawPage>>,
    /// Until the program has run for so long nothing counts as lost: the machine has just woken up,
    /// or asking has just gone on.
    pub grace_until: Duration,
    /// What the last message showed to have changed about savepoints.
    pub changes: Vec<Change>,
    /// Whether the next frame may wait: nothing but confirmations came since the last one.
    pub redraw_can_wait: bool,
    derived: derived::Derived,
}

impl State {
    /// An empty watch list.
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self {
            settings,
            now,
            uptime: Duration::ZERO,
            feeds: Feeds::default(),
            alerts: Alerts::default(),
            list: List::default(),
            metadata: MetadataCache::default(),
            histories: DeploymentHistories::default(),
            summary: Summary::default(),
            places: Vec::new(),
            place_indices: Vec::new(),
            place_summaries: Vec::new(),
            max_load: LoadShare::default(),
            polling: Polling::default(),
            pane: Pane::default(),
            detail_mode: DetailMode::default(),
            detail: DetailView::default(),
            zone: Zone::default(),
            overlay: None,
            closed_picker: None,
            defaults: Default::default(),
            identities: BTreeMap::new(),
            notice: None,
            warnings: VecDeque::new(),
            journal: Journal::default(),
            demo_endpoint: None,
            edits_while_loading: None,
            save_error: None,
            removed: Vec::new(),
            geometry: Geometry::default(),
            raw_page: None,
            grace_until: Duration::ZERO,
            changes: Vec::new(),
            redraw_can_wait: false,
            derived: derived::Derived::default(),
        }
    }

    /// Whether everything is being asked for again, because the screen may be old: the program or
    /// the machine stood still, or a pause has just ended.
    pub fn in_grace_period(&self) -> bool {
        self.uptime < self.grace_until
    }

    /// How often savepoints are asked for: those of the service with the most of them.
    pub fn timing(&self) -> PollTiming {
        let rate = self.settings.rate;
        PollTiming {
            interval: self.settings.interval,
            recheck: self.settings.recheck,
            rate,
            round: PollTiming::round_of(rate, self.max_load),
            timeout: self.settings.timeout,
            load: self.max_load,
        }
    }

    /// The selected savepoint.
    pub fn selected(&self) -> Option<(&Target, &Feed)> {
        self.feeds.get_key_value(self.list.selected.as_ref()?)
    }

    /// How many bytes of an answer about a savepoint are kept.
    pub fn share_of(&self, target: &Target) -> usize {
        let selected = self.list.selected.as_ref() == Some(target);
        if selected { truncate::MOST } else { truncate::share(self.feeds.len()) }
    }

    /// The time zone times are shown in.
    pub fn time_zone(&self) -> TimeZone {
        match self.zone {
            Zone::Local => self.settings.zone.clone(),
            Zone::Utc => TimeZone::UTC,
        }
    }

    /// What the keys apply to now.
    pub fn mode(&self) -> Mode {
        match &self.overlay {
            None => Mode::Browse,
            Some(Overlay::Help(_)) => Mode::Help,
            Some(Overlay::Form(_)) => Mode::Form,
            Some(Overlay::Copy(_)) => Mode::CopyMenu,
            Some(Overlay::Contexts(_)) => Mode::Contexts,
            Some(Overlay::Journal(log)) if log.typing.is_none() => Mode::Journal,
            Some(Overlay::Picker(picker)) if picker.typing.is_none() => Mode::Picker,
            Some(
                Overlay::Filter(_)
                | Overlay::Search(_)
                | Overlay::Note(..)
                | Overlay::Journal(_)
                | Overlay::Picker(_),
            ) => Mode::Filter,
        }
    }

    /// Whether what is there is invented.
    pub fn is_demo(&self, place: &Place) -> bool {
        self.demo_endpoint.as_ref() == Some(&place.endpoint)
    }

    /// The lists of the followed deployments at a glance.
    pub fn lists_summary(&self) -> ListsSummary {
        ListsSummary::of(&self.histories, self.now, |place| self.timing_for(place))
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

    /// Warns the user of something that he did not set going. It takes no other warning's place, but
    /// comes after it.
    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        match &self.notice {
            Some(shown) if shown.bad => {
                let known = shown.text == text || self.warnings.contains(&text);
                if !known && self.warnings.len() < WARNINGS {
                    self.warnings.push_back(text);
                }
            }
            _ => self.notify(text, true),
        }
    }

    /// What the user calls a place.
    pub fn name_of(&self, place: &Place) -> Option<&str> {
        let known = self.settings.contexts.iter().find(|it| it.place.as_ref() == Some(place));
        known.map(|context| context.name.as_str())
    }

    /// When something on the screen will read differently just because time passed: every
    /// few seconds while there is a worry, minutes otherwise, nothing at all while paused.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let picker = match &self.overlay {
            Some(Overlay::Picker(picker)) => picker.next_tick(self.now, self.paused()),
            _ => None,
        };
        let mut ticks = vec![notice, self.alerts.next(), picker];
        let idle = self.feeds.is_empty() && self.histories.is_following_none();
        if !self.paused() && !idle {
            let failing =
                !self.summary.failing.is_empty() || !self.lists_summary().failing.is_empty();
            let worried = failing || self.summary.stale.is_some();
            let unit = if worried { COUNTDOWN.as_secs() } else { 60 };
            let next = (self.now.as_second().div_euclid(unit) + 1) * unit;
            ticks.push(Timestamp::from_second(next).ok());
            ticks.push(self.summary.stale_from.filter(|&at| at > self.now));
            let lost = self.summary.lost_from.filter(|_| self.polling == Polling::Running);
            let left = lost.map(|lost| lost.saturating_sub(self.uptime));
            ticks.push(left.and_then(|left| self.now.checked_add(left).ok()));
        }
        // One that is past must not come again and again.
        let soonest = self.now.saturating_add(100.milliseconds());
        let next = ticks.into_iter().flatten().min().map(|at| at.max(soonest.unwrap_or(at)));
        // The last moment there is lasts for ever.
        next.filter(|&at| at > self.now)
    }
}
