//! Text, symbol and role of a savepoint's state and of the freshness of data, so that they read the
//! same everywhere.

use super::glyphs::Symbol;
use super::time;
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::{self, Target};
use crate::tui::model::failures::{FailureCause, FailureSummary};
use crate::tui::model::feed::{DisplayStatus, Feed, Freshness};
use crate::tui::model::role::Role;
use crate::tui::model::summary::{Stale, Summary};
use crate::tui::model::{Polling, State};
use crate::util::text;

/// Symbol, word and role of a savepoint's state.
pub(super) fn display_status(display_status: DisplayStatus<'_>) -> (Symbol, &str, Role) {
    match display_status {
        DisplayStatus::Waiting => (Symbol::Waiting, "asking", Role::Label),
        DisplayStatus::NoAnswer => (Symbol::NoAnswer, "no answer", Role::Warning),
        DisplayStatus::NotFound => (Symbol::NotFound, "not found", Role::Missing),
        DisplayStatus::State(None) => (Symbol::Other, "no state", Role::Unknown),
        DisplayStatus::State(Some(state)) => match state {
            savepoint::State::Started => (Symbol::Started, state.as_str(), Role::Active),
            savepoint::State::Completed => (Symbol::Completed, state.as_str(), Role::Good),
            savepoint::State::Failed => (Symbol::Failed, state.as_str(), Role::Bad),
            savepoint::State::Other(word) => (Symbol::Other, word, Role::Unknown),
        },
    }
}

pub(super) fn savepoint_count(count: usize) -> String {
    format!("{count} savepoint{}", if count == 1 { "" } else { "s" })
}

/// The age of the service's last response about a savepoint, with a word if it is not live.
pub(super) fn last_seen(state: &State, target: &Target, feed: &Feed) -> (String, Role) {
    if feed.refreshing {
        return ("asking ...".to_owned(), Role::Active);
    }
    let Some(at) = feed.confirmed_at() else {
        return match feed.trouble {
            Some(_) => ("never".to_owned(), Role::Warning),
            None => ("-".to_owned(), Role::Label),
        };
    };
    let age = time::age(state, at);
    match state.freshness(target, feed) {
        _ if state.polling != Polling::Running => (age, Role::Warning),
        Freshness::Live | Freshness::Never => (age, Role::Label),
        Freshness::Stale => (format!("stale {}", roughly(&age)), Role::Warning),
        Freshness::Failing(_) => (format!("error {}", roughly(&age)), Role::Warning),
    }
}

/// An age in its largest unit only, to leave room for a word before it.
fn roughly(age: &str) -> &str {
    match age.split_once(" h ") {
        Some((hours, _)) => &age[..hours.len() + 2],
        None if age == "just now" => "<1 min",
        None => age,
    }
}

/// Freshness of the whole screen: the most important problem, and what happens next.
pub(super) fn screen_freshness(state: &State) -> (String, Role) {
    let (summary, lists) = (state.summary(), state.lists_summary());
    let symbol = |symbol| state.settings.glyphs.symbol(symbol);
    let paused = symbol(Symbol::Paused);
    match &state.polling {
        Polling::Dead(why) => {
            let words = format!(
                "{} NOT LIVE: the poller died ({why}); nothing is asked any more, restart savepeek",
                symbol(Symbol::Failed)
            );
            return (words, Role::Bad);
        }
        Polling::Pausing => {
            let words = format!("{paused} pausing: requests are still under way");
            return (words, Role::Warning);
        }
        Polling::Paused(since) => {
            let oldest = summary.oldest.map(|at| time::when(state, at));
            let oldest = oldest.map(|at| format!(", oldest answer of {at}")).unwrap_or_default();
            // While paused all ages on the screen are times; this names the zone for all of them.
            let zone = text::offset(*since, &state.time_zone());
            let since = format!("{} {zone}", time::when(state, *since));
            let go_on = state.settings.keys.key(Mode::Browse, Action::Pause);
            let words = format!(
                "{paused} PAUSED since {since}{oldest} ({go_on} goes on): nothing is asked"
            );
            return (words, Role::Warning);
        }
        Polling::Running => {}
    }
    let some_savepoints = |count: usize| match (count, state.feeds.len()) {
        (1, 1) => String::new(),
        (count, all) => format!("{count} of {all} "),
    };
    let some_lists = |count: usize| match count {
        1 => "list of a followed deployment ".to_owned(),
        count => format!("lists of {count} followed deployments "),
    };
    // A list that fails goes before "live": without it new savepoints are not noticed.
    let problem = problem(state, &summary.failing, summary.stale, some_savepoints)
        .or_else(|| problem(state, &lists.failing, lists.stale, some_lists));
    if let Some(words) = problem {
        return (words, Role::Warning);
    }
    let every = text::duration(state.timing().interval.max(state.timing().round));
    if state.feeds.is_empty() {
        let words = match lists.count {
            _ if lists.unanswered > 0 => {
                format!("{} asking for the first time", symbol(Symbol::Waiting))
            }
            0 => "nothing is watched".to_owned(),
            1 => "a deployment is followed; it has no savepoint so far".to_owned(),
            count => format!("{count} deployments are followed; they have no savepoint so far"),
        };
        return (words, Role::Label);
    }
    if summary.unanswered > 0 {
        let asking = format!("{} asking for the first time", symbol(Symbol::Waiting));
        let so_far = match summary.count() - summary.unanswered {
            0 => String::new(),
            answered => format!(": {answered} of {} answered", summary.count()),
        };
        return (format!("{asking}{so_far}"), Role::Label);
    }
    (format!("{} live, asked every {every}", symbol(Symbol::Live)), Role::Good)
}

/// What fails, else what is stale. `what` names a number of savepoints or lists.
fn problem(
    state: &State,
    failing: &FailureSummary,
    outdated: Option<Stale>,
    what: impl Fn(usize) -> String,
) -> Option<String> {
    if let Some((failing, others)) = failing.most_important() {
        return Some(failure(state, failing, others, &what(failing.count)));
    }
    let Stale { count, oldest } = outdated?;
    let again = if state.in_grace_period() { ", asking again" } else { "" };
    let (warning, at) = (state.settings.glyphs.symbol(Symbol::Warning), time::when(state, oldest));
    Some(format!("{warning} {}stale{again}, oldest answer of {at}", what(count)))
}

/// The most important failure: how many polls fail of it, since when and why, and what happens next.
fn failure(state: &State, failing: &FailureCause, others: usize, what: &str) -> String {
    let warning = state.settings.glyphs.symbol(Symbol::Warning);
    let since = time::when(state, failing.since);
    let why = text::clean(&failing.error.summary()).into_owned();
    // A narrow screen cuts the end, so the cause comes first, and that there are others.
    let counted = match (what.trim_end(), others) {
        ("", _) => String::new(),
        (what, 0) => format!("{what}: "),
        (what, others) => format!("{what} ({}): ", others_too(others)),
    };
    match (failing.next_at.map(|at| time::until(state.now, at)), others) {
        (Some(wait), 0) => {
            format!("{warning} retrying in {wait}: {what}failing since {since}: {why}")
        }
        (Some(wait), _) => format!("{warning} retrying in {wait}: {counted}{why}, since {since}"),
        (None, _) => {
            let advice = text::clean(&failing.error.advice()).into_owned();
            format!("{warning} waiting for you: {counted}{why}, since {since}; {advice}")
        }
    }
}

/// A note on failures with other causes.
fn others_too(count: usize) -> String {
    format!("{count} other{} too", if count == 1 { "" } else { "s" })
}

/// Freshness of the savepoints of one place; `None` while polling is stopped, which the header says.
pub(super) fn place_freshness(state: &State, summary: &Summary) -> Option<(String, Role)> {
    if state.polling != Polling::Running {
        return None;
    }
    let symbol = |symbol| state.settings.glyphs.symbol(symbol);
    let warning = symbol(Symbol::Warning);
    let some = |count| if count == summary.count() { String::new() } else { format!("{count} ") };
    if let Some((failing, others)) = summary.failing.most_important() {
        let since = time::when(state, failing.since);
        let why = text::clean(&failing.error.summary()).into_owned();
        let count = some(failing.count);
        let others = match others {
            0 => String::new(),
            others => format!(" ({})", others_too(others)),
        };
        let words = format!("{warning} {count}failing since {since}{others}: {why}");
        return Some((words, Role::Warning));
    }
    if let Some(Stale { count, oldest }) = summary.stale {
        let (count, at) = (some(count), time::when(state, oldest));
        let words = format!("{warning} {count}stale, oldest answer of {at}");
        return Some((words, Role::Warning));
    }
    Some(match summary.oldest {
        None => (format!("{} asking", symbol(Symbol::Waiting)), Role::Label),
        Some(_) => (format!("{} live", symbol(Symbol::Live)), Role::Good),
    })
}
