//! The model: plain data, without handles or clocks.

pub mod alerts;
pub mod contexts;
pub mod copy_menu;
pub mod cursor;
mod derived;
mod detail_view;
pub mod failures;
pub mod feed;
pub mod feeds;
mod following;
pub mod form;
pub mod geometry;
pub mod history;
pub mod identity;
pub mod journal;
pub mod list;
mod membership;
pub mod metadata;
pub mod notices;
pub mod page;
pub mod picker;
pub mod restart_summary;
pub mod role;
mod settings;
pub mod summary;
mod tally;
pub mod truncate;
pub mod typing;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tui_input::Input;

use crate::config::context::PlaceFields;
use crate::config::keymap::Mode;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{Place, Profile, Target};
use alerts::Alerts;
use contexts::ContextPicker;
use copy_menu::CopyMenu;
pub use detail_view::{DetailMode, DetailView, Pane, Wrap, Zone};
use feed::Feed;
use feeds::Feeds;
use form::Form;
use geometry::Geometry;
use history::DeploymentHistories;
use identity::CachedIdentity;
use journal::{Journal, JournalView};
use list::List;
pub use membership::{Removed, WatchListState};
use metadata::MetadataCache;
use notices::Notices;
pub use settings::Settings;
use summary::ListsSummary;
use typing::FilterEdit;

/// Step of the countdown to the next retry, and redraw interval during an outage.
pub const COUNTDOWN: SignedDuration = SignedDuration::from_secs(5);

/// State of polling: a requested pause is not yet a pause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Polling {
    #[default]
    Running,
    /// A pause was requested; requests are still in flight.
    Pausing,
    /// Paused since this time.
    Paused(Timestamp),
    /// The poller task ended, with the reason. Polling cannot resume.
    Dead(String),
}

/// The overlay on top of the two panes.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The key help; scrolled by some lines.
    Help(u16),
    /// The form for adding savepoints.
    Form(Box<Form>),
    Copy(CopyMenu),
    Contexts(ContextPicker),
    Journal(Box<JournalView>),
    /// The picker of deployments and savepoints.
    Picker(Box<picker::Picker>),
    /// The input of the list filter.
    Filter(FilterEdit),
    /// The input of the search in the detail.
    Search(FilterEdit),
    /// The input of a savepoint's note.
    Note(Input, Target),
}

/// The whole state of the screen.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Settings fixed at startup.
    pub settings: Settings,

    // Time.
    /// Wall clock at the last message, for display.
    pub now: Timestamp,
    /// Running time of the program at the last message, without suspend and sleep. Decides
    /// whether an answer is late.
    pub uptime: Duration,
    /// Running time until which no answer counts as lost: after a wake-up or a resume every
    /// feed gets time to be polled again.
    pub grace_until: Duration,

    // What is known.
    pub polling: Polling,
    pub feeds: Feeds,
    /// Savepoint lists of deployments, above all of followed ones.
    pub histories: DeploymentHistories,
    /// Names of deployments and states of jobs.
    pub metadata: MetadataCache,
    /// Identity by profile; empty in the demo, which uses its own keys.
    pub identities: BTreeMap<Option<Profile>, CachedIdentity>,
    /// Endpoint of the demo service, if it runs. Savepoints there are
    /// invented and never saved.
    pub demo_endpoint: Option<Endpoint>,
    /// Recent journal entries; bounded.
    pub journal: Journal,
    pub alerts: Alerts,
    pub watch_list: WatchListState,

    // What the user sees.
    /// Sort, filter, selection and rows of the list.
    pub list: List,
    pub detail: DetailView,
    /// The pane with the keyboard focus.
    pub pane: Pane,
    pub overlay: Option<Overlay>,
    /// The last closed picker; reopened soon, it shows what it had loaded.
    pub closed_picker: Option<picker::ClosedPicker>,
    /// Initial values of the form.
    pub defaults: PlaceFields,
    pub notices: Notices,
    /// Time zone of displayed times.
    pub zone: Zone,
    /// Sizes and positions measured by the last frame.
    pub geometry: Geometry,

    derived: derived::Derived,
}

impl State {
    pub fn new(settings: Settings, now: Timestamp) -> Self {
        Self { settings, now, ..Self::default() }
    }

    /// Whether everything is being polled again after a sleep, a suspend or a pause, so
    /// that the screen may be old.
    pub fn in_grace_period(&self) -> bool {
        self.uptime < self.grace_until
    }

    pub fn selected(&self) -> Option<(&Target, &Feed)> {
        self.feeds.get_key_value(self.list.selected.as_ref()?)
    }

    /// Maximum size in bytes of a kept answer for this savepoint.
    pub fn share_of(&self, target: &Target) -> usize {
        let selected = self.list.selected.as_ref() == Some(target);
        if selected { truncate::MAX_ANSWER } else { truncate::share(self.feeds.len()) }
    }

    pub fn time_zone(&self) -> TimeZone {
        match self.zone {
            Zone::Local => self.settings.zone.clone(),
            Zone::Utc => TimeZone::UTC,
        }
    }

    /// The key bindings in effect.
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

    /// Whether a place is on the demo service.
    pub fn is_demo(&self, place: &Place) -> bool {
        self.demo_endpoint.as_ref() == Some(&place.endpoint)
    }

    /// Counts and freshness over the lists of followed deployments.
    pub fn lists_summary(&self) -> ListsSummary {
        ListsSummary::of(&self.histories, self.now, |place| self.timing_for(place))
    }

    /// Whether polling is paused.
    pub fn paused(&self) -> bool {
        matches!(self.polling, Polling::Paused(_))
    }

    /// The name of the context for a place.
    pub fn name_of(&self, place: &Place) -> Option<&str> {
        let known = self.settings.contexts.iter().find(|it| it.place.as_ref() == Some(place));
        known.map(|context| context.name.as_str())
    }

    /// When the screen changes just because time passes: every few seconds during a
    /// failure, every minute otherwise, never while paused.
    pub fn next_tick(&self) -> Option<Timestamp> {
        let notice = self.notices.shown().map(|notice| notice.until);
        let picker = match &self.overlay {
            Some(Overlay::Picker(picker)) => picker.next_tick(self.now, self.paused()),
            _ => None,
        };
        let mut ticks = vec![notice, self.alerts.next(), picker];
        let idle = self.feeds.is_empty() && self.histories.is_following_none();
        if !self.paused() && !idle {
            let failing =
                !self.summary().failing.is_empty() || !self.lists_summary().failing.is_empty();
            let worried = failing || self.summary().stale.is_some();
            let unit = if worried { COUNTDOWN.as_secs() } else { 60 };
            let next = (self.now.as_second().div_euclid(unit) + 1) * unit;
            ticks.push(Timestamp::from_second(next).ok());
            // In an outage each savepoint becomes stale at a time of its own: the countdown covers that.
            if !failing {
                ticks.push(self.summary().stale_from.filter(|&at| at > self.now));
                let lost = self.summary().lost_from.filter(|_| self.polling == Polling::Running);
                let left = lost.map(|lost| lost.saturating_sub(self.uptime));
                ticks.push(left.and_then(|left| self.now.checked_add(left).ok()));
            }
        }
        // A tick in the past must not fire in a loop.
        let soonest = self.now.saturating_add(100.milliseconds());
        let next = ticks.into_iter().flatten().min().map(|at| at.max(soonest.unwrap_or(at)));
        // At the maximum timestamp there is no later tick.
        next.filter(|&at| at > self.now)
    }
}
