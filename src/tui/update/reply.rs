//! Routes responses to queries other than watched savepoints: lists, deployments, jobs.

use super::{Update, follow, metadata, picker};
use crate::domain::savepoint::{SavepointId, Target};
use crate::poller::{Query, Replied, Reply};
use crate::tui::model::{State, truncate};

/// Truncates a response to what may be kept.
pub(super) fn truncate(state: &State, replied: &mut Replied) {
    let place = replied.query.place();
    match &mut replied.result {
        Ok(Reply::Savepoints(page)) => {
            for answer in &mut page.items {
                let id = answer.savepoint.savepoint_id.as_deref();
                let id = id.and_then(|id| SavepointId::new(id).ok());
                let target = id.map(|id| Target { place: place.clone(), id });
                let known = target.filter(|target| state.feeds.contains_key(target));
                let share = known.map_or(truncate::MIN_ANSWER, |target| state.share_of(&target));
                truncate::cut(answer, share);
            }
        }
        Ok(Reply::Deployments(page)) => page.items.iter_mut().for_each(truncate::cut_deployment),
        Ok(Reply::Deployment(deployment)) => truncate::cut_deployment(deployment),
        Ok(Reply::Job(job)) => truncate::cut_job(job),
        Ok(Reply::Savepoint(_)) | Err(_) => {}
    }
}

/// Routes a response to where its query came from; it is dropped there if no longer needed.
pub(super) fn apply(state: &mut State, replied: &Replied) -> Update {
    match replied.query {
        Query::Savepoints(..) => {
            let mut update = follow::listed(state, replied);
            update.effects.extend(picker::replied(state, replied));
            update
        }
        Query::Savepoint(_) => Update::default(),
        Query::Deployment(..) | Query::Job(..) => metadata::apply(state, replied),
        Query::Deployments(..) => picker::replied(state, replied).into(),
    }
}
