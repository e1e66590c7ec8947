//! Is it hung? What is STARTED, against the earlier savepoints of its deployment.

use crate::effect::Effect;
use crate::poller::Manner;
use crate::savepoint::{State as Word, Target};
use crate::state::State;
use crate::state::change::{Change, Kind};
use crate::state::feed::Standing;
use crate::state::history;
use crate::state::pace::Verdict;

/// Asks for the earlier savepoints of the deployment of one that is STARTED, unless they are known.
pub(super) fn wonder(state: &mut State, target: &Target) -> Option<Effect> {
    let feed = state.feeds.get(target)?;
    if feed.standing() != Standing::State(Some(&Word::Started)) {
        return None;
    }
    let deployment = history::deployment_of(target, feed)?;
    if !state.histories.wonder(&deployment, state.now) {
        return None;
    }
    // One that was remembered may have been forgotten for it.
    state.arrange();
    Some(Effect::Ask(vec![history::question(&deployment)], Manner::Once))
}

/// Finds what has been STARTED for longer than any before it; each is told of once.
pub(super) fn judge(state: &mut State) {
    if state.overdue_at.is_none_or(|at| state.now < at) {
        return;
    }
    let fresh = state.feeds.iter().filter(|(_, feed)| !feed.overdue && state.is_live(feed));
    let verdicts = fresh.filter_map(|(target, feed)| {
        let verdict = state.verdict(target, feed).filter(Verdict::is_overdue)?;
        Some((target.clone(), verdict))
    });
    let overdue: Vec<_> = verdicts.collect();
    for (target, verdict) in &overdue {
        let Some(feed) = state.feeds.get_mut(target) else { continue };
        feed.overdue = true;
        feed.marked = true;
        let kind = Kind::Overdue {
            elapsed: verdict.elapsed.as_secs(),
            slowest: verdict.slowest.as_secs(),
            of: verdict.count,
        };
        let (at, since) = (state.now, feed.confirmed_at());
        state.observed.push(Change { target: target.clone(), at, since, kind });
    }
    if !overdue.is_empty() {
        state.quiet = false;
        state.changed();
    }
}
