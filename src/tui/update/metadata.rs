//! Names of deployments and states of jobs: when to ask for them, and what a reply changes. Only
//! what happens anyway makes anything due, so that nothing is asked while nothing happens.

use super::follow;
use crate::api::{Cause, Retry};
use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::job::JobId;
use crate::domain::savepoint::Target;
use crate::poller::{Command, Query, Recurrence, Replied, Reply};
use crate::tui::effect::Effect;
use crate::tui::model::metadata::OptionalApi;
use crate::tui::model::{Polling, State};

/// Adds to the effects of a message what it makes due: the deployment of the savepoint that was
/// `polled`, and the job of the one that is looked at.
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
        && metadata.ask(&target.place, &id, *now)
    {
        queries.push(Query::Deployment(target.place.clone(), id));
    }
    if let Some(target) = &list.selected
        && let Some(savepoint) = savepoint(target)
        && let Some(Ok(id)) = savepoint.job_id.as_deref().map(JobId::new)
    {
        metadata.look(target, savepoint.state.as_ref());
        let (due, vain) = metadata.ask_job(&target.place, &id, *now);
        if due {
            queries.push(Query::Job(target.place.clone(), id));
        }
        if !vain.is_empty() {
            effects.push(Effect::Poller(Command::Unsubscribe(vain)));
        }
    }
    if !queries.is_empty() {
        effects.push(Effect::Poller(Command::Subscribe(queries, Recurrence::Once)));
    }
}

/// What asks for a deployment's name, where it is time to.
pub(super) fn query(state: &mut State, deployment: &DeploymentTarget) -> Option<Query> {
    let DeploymentTarget { place, id } = deployment;
    let due = state.metadata.ask(place, id, state.now);
    due.then(|| Query::Deployment(place.clone(), id.clone()))
}

/// Takes a reply. Whatever it is, it says nothing of how far to trust a savepoint.
pub(super) fn take(state: &mut State, replied: &Replied) -> Vec<Effect> {
    let at = replied.received_at;
    // Most of it is not on the screen.
    state.redraw_can_wait = true;
    if let (Ok(_), Some(help)) = (&replied.result, OptionalApi::of(&replied.query)) {
        state.metadata.allow(replied.query.place(), help);
    }
    match (&replied.query, &replied.result) {
        (Query::Deployment(place, id), Ok(Reply::Deployment(deployment))) => {
            let Some(name) = deployment.name.as_deref().filter(|name| !name.is_empty()) else {
                state.metadata.fail(&replied.query);
                return Vec::new();
            };
            let target = DeploymentTarget { place: place.clone(), id: id.clone() };
            if let Some(history) = state.histories.get_mut(&target) {
                history.unknown = false;
            }
            if state.metadata.insert(target, name, at) {
                state.redraw_can_wait = false;
            }
        }
        (Query::Job(place, id), Ok(Reply::Job(job))) => {
            state.metadata.insert_job(place, id, job.clone(), at);
            state.redraw_can_wait = false;
        }
        (query, Err(error)) => match (&error.cause, OptionalApi::of(query)) {
            (Cause::NoPermission { action, .. }, Some(help)) => {
                state.redraw_can_wait = false;
                return refuse(state, query, help, action);
            }
            _ if error.retry() == Retry::Never => {
                state.metadata.fail(query);
                if let (Query::Deployment(place, id), Cause::NotFound) = (query, &error.cause) {
                    let deployment = DeploymentTarget { place: place.clone(), id: id.clone() };
                    if let Some(history) = state.histories.get_mut(&deployment) {
                        history.unknown = true;
                    }
                    return follow::give_up(state, &deployment);
                }
            }
            _ => {}
        },
        _ => {}
    }
    Vec::new()
}

/// Says once what is missing, and asks for it no more.
pub(super) fn refuse(
    state: &mut State,
    query: &Query,
    help: OptionalApi,
    action: &str,
) -> Vec<Effect> {
    let (vain, new) = state.metadata.refuse(query.place(), help, action);
    if new {
        state.redraw_can_wait = false;
        state.notify(format!("the RAM permission {action} would add {}", help.adds()), false);
    }
    vec![Effect::Poller(Command::Unsubscribe(vain))]
}
