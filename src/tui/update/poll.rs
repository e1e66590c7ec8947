//! Handles events of the poller.

use std::time::Duration;

use jiff::SignedDuration;

use super::{Redraw, Update, follow, journal, overdue, reply};
use crate::api::{Cause, Retry};
use crate::domain::change::{Change, Kind};
use crate::domain::savepoint::{self, Target};
use crate::poller::{Event, Poll, head_start};
use crate::storage::journal::ProgramEvent;
use crate::tui::model::feed::Feed;
use crate::tui::model::history::LIST_INTERVAL;
use crate::tui::model::truncate;
use crate::tui::model::{Polling, State};

/// The age of a younger answer reads the same in its row until it is this old.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn event(state: &mut State, event: Event) -> Update {
    let mut update = Update::default();
    match event {
        Event::Polled(poll) => {
            let target = poll.target.clone();
            let waited = needs_manual_action(state, &target);
            update = polled(state, *poll);
            overdue::check_overdue(state, &target, &mut update);
            update.effects.extend(follow::polled(state, &target, &update.changes));
            update.effects.extend(overdue::request_history(state, &target));
            if needs_manual_action(state, &target) != waited && !state.is_demo(&target.place) {
                // Credentials may have changed, or may have to.
                update.effects.extend(super::identify(state, target.place.profile));
            }
        }
        Event::Replied(mut replied) => {
            reply::truncate(state, &mut replied);
            return reply::apply(state, &replied);
        }
        // Sent before the poller ended.
        Event::Paused | Event::Resumed if matches!(state.polling, Polling::Dead(_)) => {}
        Event::Paused => {
            state.polling = Polling::Paused(state.now);
            update.effects.push(journal::program_event(state.now, None, ProgramEvent::Paused));
        }
        Event::Resumed => {
            let before = std::mem::replace(&mut state.polling, Polling::Running);
            start_grace_period(state);
            if let Polling::Paused(since) = before {
                let resumed = ProgramEvent::Resumed;
                update.effects.push(journal::program_event(state.now, Some(since), resumed));
            }
        }
        // It polls again after the pause.
        Event::Woke if state.polling != Polling::Running => {}
        Event::Woke => {
            start_grace_period(state);
            let words =
                "this machine slept, or savepeek was stopped, or the clock was set: asking again";
            state.notify(words);
        }
    }
    update
}

/// Whether polls of a savepoint fail until someone takes manual action.
fn needs_manual_action(state: &State, target: &Target) -> bool {
    let trouble = state.feeds.get(target).and_then(|feed| feed.trouble.as_ref());
    trouble.is_some_and(|trouble| trouble.error.retry() == Retry::WhenChanged)
}

/// Starts a grace period: every feed gets time to be polled again before it counts as lost.
pub(super) fn start_grace_period(state: &mut State) {
    let interval = state.settings.interval;
    let fresh_for_period = state.timing().fresh_for_period(interval) + head_start(LIST_INTERVAL);
    state.grace_until = state.uptime.saturating_add(fresh_for_period);
}

/// Applies a poll; a late one for an unwatched savepoint is dropped.
fn polled(state: &mut State, mut poll: Poll) -> Update {
    if let Ok(answer) = &mut poll.result {
        truncate::cut(answer, state.share_of(&poll.target));
    }
    let selected = state.list.selected.as_ref() == Some(&poll.target);
    let changes_detail = selected && state.geometry.polling_visible;
    let now = state.now;
    let summary = state.summary();
    let nothing_stale = summary.stale.is_none();
    let known_cause = poll.result.as_ref().is_err_and(|error| summary.failing.knows(error));
    let Some(feed) = state.feeds.get_mut(&poll.target) else { return Update::default() };
    let changes_age = feed.confirmed_at().is_none_or(|at| now.duration_since(at) >= MINUTE);
    let before = (&feed.answer, &feed.missing, &feed.trouble, feed.refreshing);
    let redraw =
        match (&poll.result, before) {
            (Ok(new), (Some(old), None, None, false))
                if new.savepoint == old.savepoint && nothing_stale =>
            {
                if changes_detail || changes_age { Redraw::Later } else { Redraw::Never }
            }
            // The first failure of an outage is drawn at once, further ones with the next tick.
            (Err(new), (_, trouble, _, false)) if new.cause != Cause::NotFound => {
                let same = trouble.as_ref().is_none_or(|old| old.error.same_summary(new));
                Redraw::later_if(same && known_cause)
            }
            _ => Redraw::Now,
        };
    let changes = apply(feed, poll, state.uptime);
    let redraw = if changes.is_empty() { redraw } else { Redraw::Now };
    Update { changes, redraw, ..Update::default() }
}

/// Applies a result from a poll or a list at this running time. Returns the changes it shows.
pub(super) fn apply(feed: &mut Feed, poll: Poll, uptime: Duration) -> Vec<Change> {
    let before = Seen::of(feed);
    let (target, at, since) = (poll.target.clone(), poll.received_at, feed.confirmed_at());
    let cause = feed.lost.clone();
    feed.apply(poll, uptime);
    let change = transition(before, Seen::of(feed));
    let back = cause.filter(|_| feed.lost.is_none()).map(|cause| Kind::Back { cause });
    let kinds: Vec<Kind> = back.into_iter().chain(change).collect();
    feed.marked |= kinds.iter().any(Kind::is_transition);
    kinds.into_iter().map(|kind| Change { target: target.clone(), at, since, kind }).collect()
}

/// The service's last statement about a savepoint, whatever the polls did since.
#[derive(PartialEq, Eq)]
enum Seen {
    Nothing,
    Missing { was: Option<String> },
    State(String),
}

impl Seen {
    fn of(feed: &Feed) -> Self {
        let state = feed.answer.as_ref().map(|answer| {
            answer.savepoint.state.as_ref().map_or("", savepoint::State::as_str).to_owned()
        });
        match (&feed.missing, state) {
            (Some(_), was) => Self::Missing { was },
            (None, Some(state)) => Self::State(state),
            (None, None) => Self::Nothing,
        }
    }
}

fn transition(before: Seen, after: Seen) -> Option<Kind> {
    match (before, after) {
        (Seen::State(from), Seen::State(to)) if from != to => Some(Kind::State { from, to }),
        (Seen::State(was), Seen::Missing { .. }) => Some(Kind::Vanished { was }),
        (Seen::Missing { .. }, Seen::State(state)) => Some(Kind::Appeared { state }),
        (Seen::Nothing, Seen::State(state)) => Some(Kind::First { state }),
        (Seen::Nothing, Seen::Missing { .. }) => Some(Kind::FirstMissing),
        _ => None,
    }
}

/// Marks feeds as lost that missed two polls without an answer.
pub(super) fn detect_lost(state: &mut State) -> Vec<Change> {
    let now = state.now;
    let mut changes = Vec::new();
    for index in state.newly_lost() {
        let Some((target, feed)) = state.feeds.get_index_mut(index) else { continue };
        let cause =
            feed.trouble.as_ref().map_or_else(|| "no answer".to_owned(), |t| t.error.summary());
        feed.lost = Some(cause.clone());
        feed.marked = true;
        let (target, since) = (target.clone(), feed.confirmed_at());
        changes.push(Change { target, at: now, since, kind: Kind::Lost { cause } });
    }
    changes
}
