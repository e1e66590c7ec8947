//! Phrases, signs and meanings shared by the parts of the screen, so that a state reads the same
//! everywhere.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::style::Style;

use super::glyphs::Sign;
use crate::config::appearance::Theme;
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::{self, Target};
use crate::tui::model::failures::FailureCause;
use crate::tui::model::feed::{DisplayStatus, Feed, Freshness, elapsed};
use crate::tui::model::meaning::Meaning;
use crate::tui::model::summary::Summary;
use crate::tui::model::{COUNTDOWN, Polling, State};
use crate::util::text;

/// The sign and the word of a standing, and what they mean.
pub(super) fn display_status(display_status: DisplayStatus<'_>) -> (Sign, &str, Meaning) {
    match display_status {
        DisplayStatus::Waiting => (Sign::Waiting, "asking", Meaning::Label),
        DisplayStatus::NoAnswer => (Sign::NoAnswer, "no answer", Meaning::Worry),
        DisplayStatus::NotFound => (Sign::NotFound, "not found", Meaning::Gone),
        DisplayStatus::State(None) => (Sign::Other, "no state", Meaning::Odd),
        DisplayStatus::State(Some(state)) => match state {
            savepoint::State::Started => (Sign::Started, state.as_str(), Meaning::Active),
            savepoint::State::Completed => (Sign::Completed, state.as_str(), Meaning::Good),
            savepoint::State::Failed => (Sign::Failed, state.as_str(), Meaning::Bad),
            savepoint::State::Other(word) => (Sign::Other, word, Meaning::Odd),
        },
    }
}

/// How many savepoints, in words.
pub(super) fn savepoints(count: usize) -> String {
    format!("{count} savepoint{}", if count == 1 { "" } else { "s" })
}

/// The styles of a pane's border and of its title: those of the pane that has the keys stand out,
/// also where there are no colours.
pub(super) fn frame(theme: Theme, focused: bool) -> [Style; 2] {
    if focused {
        [Meaning::Focus, Meaning::Title].map(|meaning| theme.style(meaning))
    } else {
        [Meaning::Label; 2].map(|meaning| theme.style(meaning))
    }
}

/// How old something is, in a column. While paused nothing on the screen moves: when it was.
pub(super) fn age(state: &State, at: Timestamp) -> String {
    if state.paused() { when(state, at) } else { text::age(elapsed(at, state.now)) }
}

/// The same in a sentence: `2 min ago`, or `at 21:03:11`.
pub(super) fn ago(state: &State, at: Timestamp) -> String {
    if state.paused() {
        format!("at {}", when(state, at))
    } else {
        text::ago(elapsed(at, state.now))
    }
}

/// When something was, as short as it is clear.
pub(super) fn when(state: &State, at: Timestamp) -> String {
    text::when(at, state.now, &state.time_zone())
}

/// How long ago the service last said anything about one, and in which trust that is read.
pub(super) fn seen(state: &State, target: &Target, feed: &Feed) -> (String, Meaning) {
    if feed.refreshing {
        return ("asking ...".to_owned(), Meaning::Active);
    }
    let Some(at) = feed.confirmed_at() else {
        return match feed.trouble {
            Some(_) => ("never".to_owned(), Meaning::Worry),
            None => ("-".to_owned(), Meaning::Label),
        };
    };
    let age = age(state, at);
    match state.freshness(target, feed) {
        _ if state.polling != Polling::Running => (age, Meaning::Worry),
        Freshness::Live | Freshness::Never => (age, Meaning::Label),
        Freshness::Stale => (format!("stale {}", roughly(&age)), Meaning::Worry),
        Freshness::Failing(_) => (format!("error {}", roughly(&age)), Meaning::Worry),
    }
}

/// An age in its greatest unit alone: beside a word there is no room for more.
fn roughly(age: &str) -> &str {
    match age.split_once(" h ") {
        Some((hours, _)) => &age[..hours.len() + 2],
        None if age == "just now" => "<1 min",
        None => age,
    }
}

/// How far to trust the screen as a whole: the worst there is, and what happens next.
pub(super) fn trust(state: &State) -> (String, Meaning) {
    let summary = state.summary();
    let sign = |sign| state.settings.glyphs.sign(sign);
    let worry = sign(Sign::Worry);
    let of_all = |count: usize| match (count, state.feeds.len()) {
        (1, 1) => String::new(),
        (count, all) => format!("{count} of {all} "),
    };
    match &state.polling {
        Polling::Dead(why) => {
            return (
                format!(
                    "{} NOT LIVE: the poller died ({why}); nothing is asked any more, restart savepeek",
                    sign(Sign::Failed)
                ),
                Meaning::Bad,
            );
        }
        Polling::Pausing => {
            return (
                format!("{} pausing: requests are still under way", sign(Sign::Paused)),
                Meaning::Worry,
            );
        }
        Polling::Paused(since) => {
            let oldest = summary
                .oldest
                .map(|at| format!(", oldest answer of {}", when(state, at)))
                .unwrap_or_default();
            // Bare times stand all over the screen now: the zone is said here, for all of them.
            let zone = text::offset(*since, &state.time_zone());
            let since = format!("{} {zone}", when(state, *since));
            let go_on = state.settings.keys.key(Mode::Browse, Action::Pause);
            return (
                format!(
                    "{} PAUSED since {since}{oldest} ({go_on} goes on): nothing is asked",
                    sign(Sign::Paused)
                ),
                Meaning::Worry,
            );
        }
        Polling::Running => {}
    }
    let again = if state.in_grace_period() { ", asking again" } else { "" };
    if let Some((failing, others)) = summary.failing.most_important() {
        return (fails(state, failing, others, &of_all(failing.count)), Meaning::Worry);
    }
    if let Some((count, oldest)) = summary.stale {
        let at = when(state, oldest);
        return (
            format!("{worry} {}stale{again}, oldest answer of {at}", of_all(count)),
            Meaning::Worry,
        );
    }
    // Nothing new can come where a list does not: that is worth more than that all else is well.
    let lists = state.lists_summary();
    let of_lists = |count: usize| match count {
        1 => "list of a followed deployment ".to_owned(),
        count => format!("lists of {count} followed deployments "),
    };
    if let Some((failing, others)) = lists.failing.most_important() {
        return (fails(state, failing, others, &of_lists(failing.count)), Meaning::Worry);
    }
    if let Some((count, oldest)) = lists.stale {
        let at = when(state, oldest);
        return (
            format!("{worry} {}stale{again}, oldest answer of {at}", of_lists(count)),
            Meaning::Worry,
        );
    }
    let every = text::duration(state.timing().interval.max(state.timing().round));
    if state.feeds.is_empty() {
        let words = match lists.count {
            _ if lists.unanswered > 0 => {
                format!("{} asking for the first time", sign(Sign::Waiting))
            }
            0 => "nothing is watched".to_owned(),
            1 => "a deployment is followed; it has no savepoint so far".to_owned(),
            count => format!("{count} deployments are followed; they have no savepoint so far"),
        };
        return (words, Meaning::Label);
    }
    if summary.unanswered > 0 {
        let asking = format!("{} asking for the first time", sign(Sign::Waiting));
        let so_far = match summary.count() - summary.unanswered {
            0 => String::new(),
            answered => format!(": {answered} of {} answered", summary.count()),
        };
        return (format!("{asking}{so_far}"), Meaning::Label);
    }
    (format!("{} live, asked every {every}", sign(Sign::Live)), Meaning::Good)
}

/// What fails, how many and how many others, since when and why, and what happens next.
fn fails(state: &State, failing: &FailureCause, others: usize, what: &str) -> String {
    let worry = state.settings.glyphs.sign(Sign::Worry);
    let since = when(state, failing.since);
    let why = text::clean(&failing.error.summary()).into_owned();
    // What a narrow screen must show comes first: the cause, and that it is not the only one.
    let counted = match (what.trim_end(), others) {
        ("", _) => String::new(),
        (what, 0) => format!("{what}: "),
        (what, others) => format!("{what} ({}): ", others_too(others)),
    };
    match (failing.next_at.map(|at| until(state.now, at)), others) {
        (Some(wait), 0) => {
            format!("{worry} retrying in {wait}: {what}failing since {since}: {why}")
        }
        (Some(wait), _) => format!("{worry} retrying in {wait}: {counted}{why}, since {since}"),
        (None, _) => {
            let advice = text::clean(&failing.error.advice()).into_owned();
            format!("{worry} waiting for you: {counted}{why}, since {since}; {advice}")
        }
    }
}

/// How many more fail, of another cause.
fn others_too(count: usize) -> String {
    format!("{count} other{} too", if count == 1 { "" } else { "s" })
}

/// How far to trust the savepoints of one place; nothing while the header says it of all.
pub(super) fn group(state: &State, summary: &Summary) -> (Option<String>, Meaning) {
    if state.polling != Polling::Running {
        return (None, Meaning::Label);
    }
    let sign = |sign| state.settings.glyphs.sign(sign);
    let worry = sign(Sign::Worry);
    let some = |count| if count == summary.count() { String::new() } else { format!("{count} ") };
    if let Some((failing, others)) = summary.failing.most_important() {
        let since = when(state, failing.since);
        let why = text::clean(&failing.error.summary()).into_owned();
        let count = some(failing.count);
        let others = match others {
            0 => String::new(),
            others => format!(" ({})", others_too(others)),
        };
        let words = format!("{worry} {count}failing since {since}{others}: {why}");
        return (Some(words), Meaning::Worry);
    }
    if let Some((count, oldest)) = summary.stale {
        let at = when(state, oldest);
        return (
            Some(format!("{worry} {}stale, oldest answer of {at}", some(count))),
            Meaning::Worry,
        );
    }
    match summary.oldest {
        None => (Some(format!("{} asking", sign(Sign::Waiting))), Meaning::Label),
        Some(_) => (Some(format!("{} live", sign(Sign::Live))), Meaning::Good),
    }
}

/// The time to a moment, in whole seconds.
pub(super) fn until(now: Timestamp, at: Timestamp) -> String {
    let step = COUNTDOWN.unsigned_abs().as_secs();
    match elapsed(now, at).as_secs().div_ceil(step) {
        0 => "a moment".to_owned(),
        steps => text::duration(Duration::from_secs(steps * step)),
    }
}

/// What an origin means to the reader, where it is known.
pub(super) fn origin_note(origin: &str) -> Option<&'static str> {
    Some(match origin {
        "USER_REQUEST" => "made by hand",
        "STOP_WITH_SAVEPOINT" => {
            "made while the deployment was stopped: this one decides the restart"
        }
        "RETAINED_CHECKPOINT" => {
            "a checkpoint kept at cancel: used by LATEST_STATE, ignored by LATEST_SAVEPOINT, not relocatable"
        }
        "AUTO_TRIGGERED" => "scheduled by the platform",
        _ => return None,
    })
}
