//! What the service says beside the savepoints' own answers: lists, deployments, jobs.

use super::picker;
use crate::effect::Effect;
use crate::poller::{Question, Replied};
use crate::state::State;

/// Takes a reply to where its question came from; a late one for what nobody waits for any more is
/// dropped.
pub(super) fn take(state: &mut State, replied: &Replied) -> Vec<Effect> {
    match replied.question {
        // Watched savepoints have an event of their own.
        Question::Savepoint(_) | Question::Deployment(..) | Question::Job(..) => Vec::new(),
        Question::Savepoints(..) | Question::Deployments(..) => picker::replied(state, replied),
    }
}
