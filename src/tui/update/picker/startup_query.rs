//! A query given on the command line: a deployment to follow, or a job whose newest savepoints
//! are watched. The picker runs it, so that a choice for the user is already on the screen.

use super::{begin, close, request_needed_page, watch};
use crate::api::lists::{ListItem, SavepointQuery};
use crate::config::keymap::{Action, Mode};
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget};
use crate::domain::job::JobId;
use crate::domain::savepoint::Place;
use crate::domain::savepoint::ids::is_uuid;
use crate::tui::effect::Effect;
use crate::tui::model::picker::{Owner, PendingAction, Picker, PickerLevel, Trigger};
use crate::tui::model::{Overlay, State};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartupQuery {
    /// A deployment, by name or ID.
    Deployment(String),
    Job(JobId),
}

pub fn run(state: &mut State, place: &Place, wanted: StartupQuery) -> Vec<Effect> {
    let mut picker = Picker::new(vec![place.clone()], 0);
    match wanted {
        StartupQuery::Deployment(text) => {
            if let Some(id) = DeploymentId::new(&text).ok().filter(|_| is_uuid(&text)) {
                state.overlay = None;
                return begin(state, DeploymentTarget { place: place.clone(), id }, None);
            }
            picker.deployments = Some(PickerLevel::searching(&text));
            picker.pending_action = Some(PendingAction::Find(text));
        }
        StartupQuery::Job(id) => {
            let query = SavepointQuery { deployment: None, job: Some(id) };
            picker.savepoints = Some((Owner { query, name: None }, PickerLevel::default()));
            picker.pending_action = Some(PendingAction::Newest);
        }
    }
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
    request_needed_page(state, Trigger::Other)
}

/// Continues the pending action with a new page.
pub(super) fn continue_pending_action(state: &mut State) -> Vec<Effect> {
    let key = state.settings.keys.key(Mode::Picker, Action::Follow);
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    match (picker.pending_action.clone(), &picker.savepoints, &picker.deployments) {
        (Some(PendingAction::Newest), Some((_, level)), _) if level.all.loaded_at.is_some() => {
            picker.pending_action = None;
            let items = level.all.shown().items();
            let newest = items.take(state.settings.newest).filter_map(ListItem::id);
            let newest: Vec<String> = newest.map(str::to_owned).collect();
            if newest.is_empty() {
                picker.message = Some("no savepoint so far".to_owned());
                return Vec::new();
            }
            watch(state, &newest)
        }
        (Some(PendingAction::Find(name)), None, Some(level)) => {
            let Some(found) = level.loading().filter(|found| found.loaded_at.is_some()) else {
                return Vec::new();
            };
            let items: Vec<&Deployment> = found.shown().items().collect();
            let called = |it: &&Deployment| it.name.as_ref() == Some(&name);
            let exact: Vec<&Deployment> = items.iter().copied().filter(called).collect();
            if exact.is_empty() && found.next().is_some() {
                return Vec::new();
            }
            picker.pending_action = None;
            match (exact.as_slice(), items.as_slice()) {
                ([one], _) | ([], [one]) => {
                    let (Some(id), Some(place)) = (one.deployment_id.clone(), picker.place())
                    else {
                        return Vec::new();
                    };
                    let deployment = DeploymentTarget { place: place.clone(), id };
                    let name = one.name.clone();
                    let mut effects = close(state);
                    effects.extend(begin(state, deployment, name));
                    return effects;
                }
                ([], []) => {
                    picker.message = Some(format!("no deployment has {name:?} in its name"));
                }
                _ => picker.message = Some(format!("several fit {name:?}: {key} follows one")),
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}
