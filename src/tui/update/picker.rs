//! The picker: actions, queries and responses.
//!
//! At most one page is in flight, and the view decides which: after every step
//! `request_needed_page` compares the needed query with the one in flight, and replaces it if
//! they differ.

mod startup_query;

use jiff::SignedDuration;

use super::dialog;
use crate::api::lists::{ListItem, Page};
use crate::config::keymap::{Action, Mode};
use crate::domain::deployment::DeploymentTarget;
use crate::domain::savepoint::{Place, Savepoint, SavepointId, Target};
use crate::poller::{Command, Query, Recurrence, Replied, Reply};
use crate::tui::effect::Effect;
use crate::tui::model::form::Form;
use crate::tui::model::picker::{
    AnyLevel as _, ClosedPicker, Owner, Picker, PickerItem, PickerLevel, Trigger, Trouble,
};
use crate::tui::model::typing::FilterEdit;
use crate::tui::model::{Overlay, State};
pub use startup_query::{StartupQuery, run};

/// How long a closed picker is kept.
const KEEP_CLOSED: SignedDuration = SignedDuration::from_secs(60);

/// Opens the picker, with the choice of a place if there are several.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let context = state.list.scope.as_ref().and_then(|context| context.place.clone());
    let here = context.or_else(|| state.selected().map(|(target, _)| target.place.clone()));
    let default = Form::prefilled(&state.defaults);
    let mut places: Vec<Place> = state.places().cloned().collect();
    let named = state.settings.contexts.iter().filter_map(|context| context.place.clone());
    for place in named.chain(default.place(&state.settings)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        let add = state.settings.keys.key(Mode::Browse, Action::Add);
        let words = "nowhere to browse: give region, workspace and namespace, or";
        state.notify_problem(format!("{words} {add} adds IDs"));
        return Vec::new();
    }
    let at = here.and_then(|place| places.iter().position(|it| *it == place));
    let mut picker = Picker::new(places, at.unwrap_or_default());
    if let Some(ClosedPicker { picker: before, .. }) = state.closed_picker.take()
        && before.place() == picker.place()
        && let Some(mut level) = before.deployments
    {
        level.set_filter(String::new(), state.now);
        level.reload();
        picker.deployments = Some(level);
    }
    state.overlay = Some(Overlay::Picker(Box::new(picker)));
    request_needed_page(state, Trigger::Other)
}

/// Closes the picker and keeps it for a while.
pub(super) fn close(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Picker(mut picker)) = state.overlay.take() else { return Vec::new() };
    let asked = picker.asked.take();
    state.closed_picker = Some(ClosedPicker { picker, closed_at: state.now });
    asked.map(|query| Effect::Poller(Command::Unsubscribe(vec![query]))).into_iter().collect()
}

/// Handles time: sends a typed filter to the service, and drops a picker closed long ago.
pub(super) fn tick(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    if let Some(ClosedPicker { closed_at, .. }) = &state.closed_picker
        && (now < *closed_at || now.duration_since(*closed_at) >= KEEP_CLOSED)
    {
        state.closed_picker = None;
    }
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    let Some(level) = &mut picker.deployments else { return Vec::new() };
    if picker.savepoints.is_some() || level.due().is_none_or(|due| now < due) {
        return Vec::new();
    }
    level.start_search();
    request_needed_page(state, Trigger::Other)
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let height = state.geometry.picker.height();
    let now = state.now;
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    match (action, picker.typing.take()) {
        (Action::Back, Some(typing)) => picker.set_filter(typing.before, now),
        (_, Some(_)) => {}
        (Action::Back, None) => return back(state),
        (Action::Accept, None) => return accept(state),
        (Action::Filter, None) if picker.deployments.is_some() => {
            // Typing cancels the pending action.
            picker.pending_action = None;
            picker.typing = Some(FilterEdit::of(picker.filter()));
        }
        (Action::Mark, None) => mark(picker, height),
        (Action::MarkAll, None) => mark_all(picker),
        (Action::RefreshAll, None) => return reload(picker),
        (Action::Follow, None) => {
            let deployment = picker.deployment();
            return deployment.map_or_else(Vec::new, |(it, name)| follow(state, it, name));
        }
        (_, None) => {
            let (mut cursor, rows) = picker.cursor();
            cursor.step(action, rows, height);
            picker.go(cursor.selected, height);
            return request_needed_page(state, Trigger::CursorMoved);
        }
    }
    request_needed_page(state, Trigger::Other)
}

/// Applies a typed filter.
pub(super) fn filter_changed(state: &mut State, filter: String) -> Vec<Effect> {
    let now = state.now;
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    picker.set_filter(filter, now);
    request_needed_page(state, Trigger::Other)
}

/// Moves the cursor by mouse.
pub(super) fn select(state: &mut State, row: usize) -> Vec<Effect> {
    let height = state.geometry.picker.height();
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    if row < picker.position().1 {
        picker.go(row, height);
    }
    request_needed_page(state, Trigger::CursorMoved)
}

/// Goes back one step: filter, marks, savepoints, deployments, picker.
fn back(state: &mut State) -> Vec<Effect> {
    let now = state.now;
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    (picker.pending_action, picker.message) = (None, None);
    if !picker.filter().is_empty() {
        picker.set_filter(String::new(), now);
    } else if !picker.marks.is_empty() {
        picker.marks.clear();
    } else if picker.savepoints.is_some() && picker.deployments.is_some() {
        picker.savepoints = None;
    } else if picker.savepoints.is_none() && picker.deployments.is_some() && picker.places.len() > 1
    {
        picker.deployments = None;
    } else {
        return close(state);
    }
    request_needed_page(state, Trigger::Other)
}

/// Goes forward one step: to the deployments of a place, the savepoints of
/// a deployment, the list.
fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    (picker.pending_action, picker.message) = (None, None);
    if let Some((_, level)) = &picker.savepoints {
        let marked = level.all.shown().items().filter_map(ListItem::id);
        let marked = marked.filter(|id| picker.marks.contains(*id)).map(str::to_owned);
        let mut ids: Vec<String> = marked.collect();
        if ids.is_empty() {
            ids.extend(level.current().and_then(ListItem::id).map(str::to_owned));
        }
        return watch(state, &ids);
    }
    match &mut picker.deployments {
        None => picker.deployments = Some(PickerLevel::default()),
        Some(level) => {
            let Some(deployment) = level.current() else { return Vec::new() };
            let Some(id) = deployment.deployment_id.clone() else { return Vec::new() };
            let owner = Owner::deployment(id, deployment.name.clone());
            picker.marks.clear();
            picker.savepoints = Some((owner, PickerLevel::default()));
        }
    }
    request_needed_page(state, Trigger::Other)
}

/// Watches savepoints of the chosen place and selects them in the list.
fn watch(state: &mut State, ids: &[String]) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &state.overlay else { return Vec::new() };
    let Some(place) = picker.place().cloned() else { return Vec::new() };
    let target =
        |id: &String| Some(Target { place: place.clone(), id: SavepointId::new(id).ok()? });
    let targets: Vec<Target> = ids.iter().filter_map(target).collect();
    let Some(first) = targets.first().cloned() else { return Vec::new() };
    let mut effects = close(state);
    let watched = dialog::watch(state, targets);
    effects.extend(watched.effects);
    state.notify(watched.words);
    state.list.selected = Some(watched.new.first().cloned().unwrap_or(first));
    state.list.held = true;
    effects
}

/// Follows or unfollows a deployment, with the name just loaded.
fn follow(state: &mut State, deployment: DeploymentTarget, name: Option<String>) -> Vec<Effect> {
    insert_name(state, &deployment, name);
    super::follow::toggle(state, deployment)
}

fn begin(state: &mut State, deployment: DeploymentTarget, name: Option<String>) -> Vec<Effect> {
    insert_name(state, &deployment, name);
    super::follow::follow(state, deployment)
}

fn insert_name(state: &mut State, deployment: &DeploymentTarget, name: Option<String>) {
    if let Some(name) = name {
        state.metadata.insert(deployment.clone(), &name, state.now);
    }
}

/// Toggles the mark of the savepoint under the cursor and moves on.
fn mark(picker: &mut Picker, height: usize) {
    let Some((_, level)) = &mut picker.savepoints else { return };
    let Some(id) = level.current().and_then(ListItem::id).map(str::to_owned) else { return };
    if !picker.marks.remove(&id) {
        picker.marks.insert(id);
    }
    level.go(level.cursor().0.selected + 1, height);
}

fn mark_all(picker: &mut Picker) {
    let Some((_, level)) = &picker.savepoints else { return };
    let shown = || level.rows().filter_map(ListItem::id);
    if shown().all(|id| picker.marks.contains(id)) {
        for id in shown() {
            picker.marks.remove(id);
        }
    } else {
        picker.marks.extend(shown().map(str::to_owned));
    }
}

/// Reloads: the failed page, else the whole list.
fn reload(picker: &mut Picker) -> Vec<Effect> {
    let Some(level) = picker.level_mut() else { return Vec::new() };
    if level.take_trouble().is_none() {
        level.reload();
    }
    let forget = picker.asked.take().map(|query| Effect::Poller(Command::Unsubscribe(vec![query])));
    picker.asked = picker.query();
    let ask = picker
        .asked
        .clone()
        .map(|query| Effect::Poller(Command::Subscribe(vec![query], Recurrence::Now)));
    forget.into_iter().chain(ask).collect()
}

/// Applies a response; one that is no longer needed is dropped.
pub(super) fn replied(state: &mut State, replied: &Replied) -> Vec<Effect> {
    let at = replied.received_at;
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    if picker.asked.as_ref() != Some(&replied.query) {
        return Vec::new();
    }
    if replied.result.is_ok() {
        picker.asked = None;
    }
    let trouble = |next_at| move |error| (error, next_at);
    match (&replied.query, replied.result.clone()) {
        (Query::Savepoints(..), result) => {
            let Some((_, level)) = &mut picker.savepoints else { return Vec::new() };
            let result = result.map(|reply| match reply {
                Reply::Savepoints(page) => Some(page.map(|answer| Savepoint {
                    // Stack traces would take most of the memory.
                    failure: None,
                    ..answer.savepoint
                })),
                _ => None,
            });
            take(level, result.map_err(trouble(replied.next_at)), at);
        }
        (_, result) => {
            let Some(level) = &mut picker.deployments else { return Vec::new() };
            let result = result.map(|reply| match reply {
                Reply::Deployments(page) => Some(page),
                _ => None,
            });
            take(level, result.map_err(trouble(replied.next_at)), at);
        }
    }
    let mut effects = startup_query::continue_pending_action(state);
    effects.extend(request_needed_page(state, Trigger::Other));
    effects
}

fn take<T: PickerItem>(
    level: &mut PickerLevel<T>,
    result: Result<Option<Page<T>>, Trouble>,
    at: jiff::Timestamp,
) {
    let id = level.current().and_then(ListItem::id).map(str::to_owned);
    // A response of another kind than its query carries nothing.
    let Some(result) = result.transpose() else { return };
    if let Some(list) = level.loading_mut() {
        list.take(result, at);
        level.arrange_at(id.as_deref());
    }
}

/// Requests the page that is needed next, and cancels one that is not needed any more.
fn request_needed_page(state: &mut State, trigger: Trigger) -> Vec<Effect> {
    let height = state.geometry.picker.height();
    let Some(Overlay::Picker(picker)) = &mut state.overlay else { return Vec::new() };
    let next = picker.query();
    let mut effects = Vec::new();
    if picker.asked != next
        && let Some(asked) = picker.asked.take()
    {
        effects.push(Effect::Poller(Command::Unsubscribe(vec![asked])));
    }
    let next = next.filter(|_| picker.asked.is_none());
    let hurried = picker.pending_action.is_some();
    let level = picker.level_mut().filter(|level| hurried || level.needs(height, trigger));
    if let Some((next, level)) = next.zip(level) {
        level.take_trouble();
        picker.asked = Some(next.clone());
        effects.push(Effect::Poller(Command::Subscribe(vec![next], Recurrence::Now)));
    }
    effects
}
