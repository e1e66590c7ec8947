//! What the service says beside the savepoints' own answers: lists, deployments, jobs.

use super::{follow, metadata, picker};
use crate::domain::savepoint::{SavepointId, Target};
use crate::poller::{Query, Replied, Reply};
use crate::tui::effect::Effect;
use crate::tui::model::{State, truncate};

/// Leaves out of a reply what is more than may be kept of it.
pub(super) fn bound(state: &State, replied: &mut Replied) {
    let place = replied.query.place();
    match &mut replied.result {
        Ok(Reply::Savepoints(page)) => {
            for answer in &mut page.items {
                let id = answer.savepoint.savepoint_id.as_deref();
                let id = id.and_then(|id| SavepointId::new(id).ok());
                let target = id.map(|id| Target { place: place.clone(), id });
                let known = target.filter(|target| state.feeds.contains_key(target));
                let share = known.map_or(truncate::LEAST, |target| state.share_of(&target));
                truncate::cut(answer, share);
            }
        }
        Ok(Reply::Deployments(page)) => page.items.iter_mut().for_each(truncate::cut_deployment),
        Ok(Reply::Deployment(deployment)) => truncate::cut_deployment(deployment),
        Ok(Reply::Job(job)) => truncate::cut_job(job),
        Ok(Reply::Savepoint(_)) | Err(_) => {}
    }
}

/// Takes a reply to where its question came from; a late one for what nobody waits for any more is
/// dropped.
pub(super) fn take(state: &mut State, replied: &Replied) -> Vec<Effect> {
    match replied.query {
        Query::Savepoints(..) => {
            let mut effects = follow::listed(state, replied);
            effects.extend(picker::replied(state, replied));
            effects
        }
        // Watched savepoints have an event of their own.
        Query::Savepoint(_) => Vec::new(),
        Query::Deployment(..) | Query::Job(..) => metadata::take(state, replied),
        Query::Deployments(..) => picker::replied(state, replied),
    }
}
