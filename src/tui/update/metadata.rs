//! Deployment names and job states: when to request them, and how to apply responses. They
//! become due only through other events, so that nothing is requested while nothing happens.

use super::{Redraw, Update, follow};
use crate::api::{Cause, Retry};
use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::job::JobId;
use crate::domain::savepoint::Target;
use crate::poller::{Command, Query, Recurrence, Replied, Reply};
use crate::tui::effect::Effect;
use crate::tui::model::metadata::OptionalApi;
use crate::tui::model::{Polling, State};

/// Adds requests that became due: the deployment of the `polled` savepoint, and the job
/// of the selected one.
pub(super) fn request(state: &mut State, polled: Option<&Target>, effects: &mut Vec<Effect>) {
    if state.polling != Polling::Running {
        return;
    }
    let State { feeds, list, metadata, now, .. } = state;
    let savepoint = |target: &Target| Some(&feeds.get(target)?.answer.as_ref()?.savepoint);
    let mut queries = Vec::new();
    if let Some(target) = polled
        && let Some(id) = savepoint(target).and_then(|it| it.deployment_id.as_deref())
        && let Ok(id) = DeploymentId::new(id)
        && metadata.request(&target.place, &id, *now)
    {
        queries.push(Query::Deployment(target.place.clone(), id));
    }
    if let Some(target) = &list.selected
        && let Some(savepoint) = savepoint(target)
        && let Some(Ok(id)) = savepoint.job_id.as_deref().map(JobId::new)
    {
        metadata.view(target, savepoint.state.as_ref());
        if let Some(canceled) = metadata.request_job(&target.place, &id, *now) {
            queries.push(Query::Job(target.place.clone(), id));
            if !canceled.is_empty() {
                effects.push(Effect::Poller(Command::Unsubscribe(canceled)));
            }
        }
    }
    if !queries.is_empty() {
        effects.push(Effect::Poller(Command::Subscribe(queries, Recurrence::Once)));
    }
}

/// The query for a deployment's name, if due.
pub(super) fn query(state: &mut State, deployment: &DeploymentTarget) -> Option<Query> {
    let DeploymentTarget { place, id } = deployment;
    let due = state.metadata.request(place, id, state.now);
    due.then(|| Query::Deployment(place.clone(), id.clone()))
}

/// Applies a response. It never affects the freshness of a savepoint.
pub(super) fn apply(state: &mut State, replied: &Replied) -> Update {
    let at = replied.received_at;
    // Most responses change nothing on the screen.
    let mut update = Update { redraw: Redraw::Later, ..Update::default() };
    if let (Ok(_), Some(api)) = (&replied.result, OptionalApi::of(&replied.query)) {
        state.metadata.allow(replied.query.place(), api);
    }
    match (&replied.query, &replied.result) {
        (Query::Deployment(place, id), Ok(Reply::Deployment(deployment))) => {
            let Some(name) = deployment.name.as_deref().filter(|name| !name.is_empty()) else {
                state.metadata.fail(&replied.query);
                return update;
            };
            let target = DeploymentTarget { place: place.clone(), id: id.clone() };
            if let Some(history) = state.histories.get_mut(&target) {
                history.not_found = false;
            }
            let new = state.metadata.insert(target, name, at);
            update.redraw = Redraw::later_if(!new);
        }
        (Query::Job(place, id), Ok(Reply::Job(job))) => {
            state.metadata.insert_job(place, id, job.clone(), at);
            update.redraw = Redraw::Now;
        }
        (query, Err(error)) => match (&error.cause, OptionalApi::of(query)) {
            (Cause::NoPermission { action, .. }, Some(api)) => {
                deny(state, query, api, action, &mut update);
                update.redraw = Redraw::Now;
            }
            _ if error.retry() == Retry::Never => {
                state.metadata.fail(query);
                if let (Query::Deployment(place, id), Cause::NotFound) = (query, &error.cause) {
                    let deployment = DeploymentTarget { place: place.clone(), id: id.clone() };
                    if let Some(history) = state.histories.get_mut(&deployment) {
                        history.not_found = true;
                    }
                    update.effects = follow::give_up(state, &deployment);
                }
            }
            _ => {}
        },
        _ => {}
    }
    update
}

/// Reports a missing permission once, and stops requesting.
pub(super) fn deny(
    state: &mut State,
    query: &Query,
    api: OptionalApi,
    action: &str,
    update: &mut Update,
) {
    let (canceled, new) = state.metadata.deny(query.place(), api, action);
    if new {
        update.redraw = Redraw::Now;
        state.notify(format!("the RAM permission {action} would add {}", api.benefit()));
    }
    update.effects.push(Effect::Poller(Command::Unsubscribe(canceled)));
}
