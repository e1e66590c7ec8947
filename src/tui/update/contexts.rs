//! Actions on the context picker.

use crate::config::context::Context;
use crate::config::keymap::Action;
use crate::tui::model::contexts::ContextPicker;
use crate::tui::model::cursor::Cursor;
use crate::tui::model::{Overlay, Pane, State};

/// Opens the picker on the active context.
pub(super) fn open(state: &mut State) {
    if state.settings.contexts.is_empty() {
        let words = if state.demo_endpoint.is_some() {
            "the demo has no contexts"
        } else {
            "the configuration file has no contexts: savepeek config --sample shows some"
        };
        return state.notify_problem(words);
    }
    let picker = ContextPicker::default();
    let choices = picker.choices(&state.settings.contexts);
    let name = |context: &Context| context.name.clone();
    let holds = state.list.scope.as_ref().map(name);
    let active = choices.iter().position(|choice| choice.map(name) == holds);
    let cursor = Cursor::new(active.unwrap_or_default());
    state.overlay = Some(Overlay::Contexts(ContextPicker { cursor, ..picker }));
}

/// Selects a line by mouse.
pub(super) fn select(state: &mut State, line: usize) {
    let Some(Overlay::Contexts(picker)) = &mut state.overlay else { return };
    if line < picker.choices(&state.settings.contexts).len() {
        picker.cursor.selected = line;
    }
}

pub(super) fn act(state: &mut State, action: Action) {
    let Some(Overlay::Contexts(picker)) = &mut state.overlay else { return };
    let choices = picker.choices(&state.settings.contexts);
    match action {
        Action::Accept => {
            let Some(choice) = choices.get(picker.cursor.selected) else { return };
            let choice = choice.cloned();
            state.overlay = None;
            choose(state, choice);
        }
        Action::Back => state.overlay = None,
        _ => picker.cursor.step(action, choices.len(), 1),
    }
}

/// Activates a context: only its places are shown, and the form starts with
/// it. `None` shows all.
fn choose(state: &mut State, context: Option<Context>) {
    let words = match &context {
        Some(context) => {
            state.defaults.clone_from(&context.fields);
            format!("only {}", context.name)
        }
        None => "all that is watched".to_owned(),
    };
    state.list.scope = context;
    state.derive();
    if state.list.selected.is_none() {
        state.pane = Pane::List;
    }
    state.notify(words);
}
