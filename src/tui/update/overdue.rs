//! Overdue savepoints: compares STARTED ones with earlier savepoints of their deployment.

use super::{Redraw, Update};
use crate::domain::change::{Change, Kind};
use crate::domain::duration_stats::Verdict;
use crate::domain::savepoint::{State as SavepointState, Target};
use crate::poller::{Command, Recurrence};
use crate::tui::effect::Effect;
use crate::tui::model::State;
use crate::tui::model::feed::{DisplayStatus, Feed};
use crate::tui::model::history;
use crate::tui::model::journal::JournalStorage;
use crate::tui::model::metadata::OptionalApi;

/// Requests the earlier savepoints of a STARTED savepoint's deployment, unless they are known.
pub(super) fn request_history(state: &mut State, target: &Target) -> Option<Effect> {
    let feed = state.feeds.get(target)?;
    if !is_started(feed) {
        return None;
    }
    let deployment = history::deployment_of(target, feed)?;
    if state.metadata.missing_permission(&deployment.place, OptionalApi::Savepoints).is_some() {
        return None;
    }
    let State { feeds, histories, now, .. } = state;
    let needs = || {
        let started = feeds.iter().filter(|(_, feed)| is_started(feed));
        started.filter_map(|(target, feed)| history::deployment_of(target, feed)).collect()
    };
    if !histories.request_history(&deployment, *now, needs) {
        return None;
    }
    Some(Effect::Poller(Command::Subscribe(
        vec![history::list_query(&deployment)],
        Recurrence::Once,
    )))
}

fn is_started(feed: &Feed) -> bool {
    feed.display_status() == DisplayStatus::State(Some(&SavepointState::Started))
}

/// Reports once that a polled savepoint has been STARTED for longer than any earlier one, as of
/// its answer. Time alone proves nothing: it may be COMPLETED since.
pub(super) fn check_overdue(state: &mut State, target: &Target, update: &mut Update) {
    let verdict = || {
        let feed =
            state.feeds.get(target).filter(|feed| !feed.overdue && feed.trouble.is_none())?;
        state.verdict_at(target, feed, feed.confirmed_at()?).filter(Verdict::is_overdue)
    };
    let Some(verdict) = verdict() else { return };
    let known = match state.journal.disk {
        // Whether an earlier run reported it is not known yet.
        JournalStorage::Loading => return,
        _ => state.journal.has_reported_overdue(target),
    };
    let Some(feed) = state.feeds.get_mut(target) else { return };
    feed.overdue = true;
    if !known {
        feed.marked = true;
        let kind = Kind::Overdue {
            elapsed: verdict.elapsed.as_secs(),
            slowest: verdict.slowest.as_secs(),
            of: verdict.count,
        };
        let (at, since) = (state.now, feed.confirmed_at());
        update.changes.push(Change { target: target.clone(), at, since, kind });
    }
    update.redraw = Redraw::Now;
}
