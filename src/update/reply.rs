//! What the service says beside the savepoints' own answers: lists, deployments, jobs.

use super::{follow, names, picker};
use crate::effect::Effect;
use crate::poller::{Question, Replied};
use crate::state::State;

/// Takes a reply to where its question came from; a late one for what nobody waits for any more is
/// dropped.
pub(super) fn take(state: &mut State, replied: &Replied) -> Vec<Effect> {
    match replied.question {
        Question::Savepoints(..) => {
            let mut effects = follow::listed(state, replied);
            effects.extend(picker::replied(state, replied));
            effects
        }
        // Watched savepoints have an event of their own.
        Question::Savepoint(_) => Vec::new(),
        Question::Deployment(..) | Question::Job(..) => names::take(state, replied),
        Question::Deployments(..) => picker::replied(state, replied),
    }
}
