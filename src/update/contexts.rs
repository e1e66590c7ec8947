//! The choice of a context.

use super::browse::step;
use crate::keymap::{Action, Mode};
use crate::state::contexts::Picker;
use crate::state::{Overlay, State};

/// Opens the choice, if there is one; the mark is on what holds.
pub(super) fn open(state: &mut State) {
    if state.settings.contexts.is_empty() {
        let words = "the configuration file has no contexts: savepeek config --sample shows some";
        return state.notify(words, true);
    }
    let picker = Picker::default();
    let choices = picker.choices(&state.settings.contexts);
    let holds = |choice: &Option<_>| {
        choice.map(|it: &crate::state::contexts::Context| &it.name) == state.context.as_ref()
    };
    let marked = choices.iter().position(holds).unwrap_or_default();
    state.overlay = Some(Overlay::Contexts(Picker { marked, ..picker }));
}

pub(super) fn act(state: &mut State, action: Action) {
    let Some(Overlay::Contexts(picker)) = &mut state.overlay else { return };
    let choices = picker.choices(&state.settings.contexts);
    match action {
        Action::Accept => {
            let Some(choice) = choices.get(picker.marked) else { return };
            let name = choice.map(|context| context.name.clone());
            state.overlay = None;
            choose(state, name);
        }
        Action::Back => state.overlay = None,
        _ => picker.marked = step(action, picker.marked, choices.len().saturating_sub(1), 1),
    }
}

/// Goes to a context: the form starts with it, and of several places on the screen only its own is
/// shown. `None` shows all.
fn choose(state: &mut State, name: Option<String>) {
    let context = state.settings.contexts.iter().find(|it| Some(&it.name) == name.as_ref());
    let context = context.cloned();
    state.context = name;
    state.list.scope = None;
    let Some(context) = context else {
        state.changed();
        return state.notify("all that is watched", false);
    };
    state.defaults = context.fields;
    let watched = context.place.filter(|place| state.places.contains(place));
    let add = state.settings.keys.key(Mode::Browse, Action::Add);
    let words = match &watched {
        Some(_) if state.places.len() > 1 => format!("only {}", context.name),
        Some(_) => context.name,
        None => format!("nothing of {} is watched so far: {add} adds to it", context.name),
    };
    state.list.scope = watched.filter(|_| state.places.len() > 1);
    state.changed();
    state.notify(words, false);
}
