//! What the poller says.

use crate::poller::{Event, Poll};
use crate::state::{Polling, State};

pub(super) fn event(state: &mut State, event: Event) {
    match event {
        Event::Polled(poll) => polled(state, *poll),
        Event::Paused => state.polling = Polling::Paused(state.now),
        Event::Resumed => state.polling = Polling::Running,
        Event::Woke => state.notify(
            "this machine slept or its clock was set: everything is asked for again",
            false,
        ),
    }
}

/// Takes a result; a late one for what is no longer watched is dropped.
fn polled(state: &mut State, poll: Poll) {
    let Some(feed) = state.feeds.get_mut(&poll.target) else { return };
    let known = (&feed.answer, &feed.missing, &feed.trouble, feed.refreshing);
    let confirmed = match (&poll.result, known) {
        (Ok(new), (Some(old), None, None, false)) => new.savepoint == old.savepoint,
        _ => false,
    };
    feed.apply(poll);
    if confirmed && state.summary.stale.is_none() {
        state.quiet = true;
        state.count();
    } else {
        state.changed();
    }
}
