//! Keys and pastes for overlays.

use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::search;
use crate::config::context::PlaceFields;
use crate::config::keymap::Action;
use crate::domain::savepoint::Target;
use crate::poller::Command;
use crate::storage::watch_list::Edit;
use crate::tui::effect::Effect;
use crate::tui::model::cursor::{Cursor, step};
use crate::tui::model::feed::Membership;
use crate::tui::model::form::{Field, Form};
use crate::tui::model::typing::TextEdit;
use crate::tui::model::{Overlay, State};

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match (&mut state.overlay, action) {
        (Some(Overlay::Filter(_) | Overlay::Search(_)), Action::Accept)
        | (Some(Overlay::Help(_)), Action::Help)
        | (
            Some(Overlay::Help(_) | Overlay::Form(_) | Overlay::Copy(_) | Overlay::Note(..)),
            Action::Back,
        ) => state.overlay = None,
        (Some(Overlay::Note(..)), Action::Accept) => return note(state),
        (Some(Overlay::Help(scroll)), _) => {
            let last = state.geometry.help_lines.saturating_sub(state.geometry.help_rows);
            let to = step(action, usize::from(*scroll).min(last), last, state.geometry.help_rows);
            *scroll = u16::try_from(to).unwrap_or(u16::MAX);
        }
        (Some(Overlay::Filter(typing)), Action::Back) => {
            let before = std::mem::take(&mut typing.before);
            state.overlay = None;
            filter(state, before);
        }
        (Some(Overlay::Search(typing)), Action::Back) => {
            state.detail.search = std::mem::take(&mut typing.before);
            state.detail.found = None;
            state.overlay = None;
        }
        (Some(Overlay::Copy(menu)), Action::Down | Action::Up) => {
            menu.cursor.step(action, menu.items.len(), 1);
        }
        (Some(Overlay::Copy(_)), Action::Accept) => return copy(state, None),
        (Some(Overlay::Form(form)), Action::NextField | Action::PreviousField) => {
            form.field = form.field.step(action == Action::NextField);
        }
        (Some(Overlay::Form(_)), Action::Accept) => return submit(state),
        (Some(Overlay::Form(_)), Action::Demo) => {
            state.notify("starting the demo ...");
            return vec![Effect::OpenDemo];
        }
        _ => {}
    }
    Vec::new()
}

/// Selects an item of the copy menu by mouse.
pub(super) fn select(state: &mut State, line: usize) {
    if let Some(Overlay::Copy(menu)) = &mut state.overlay
        && line < menu.items.len()
    {
        menu.cursor.selected = line;
    }
}

/// Handles an unbound key: text for an input, or a letter of the copy menu.
pub(super) fn typed(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    match (&state.overlay, key.code) {
        (Some(Overlay::Copy(_)), KeyCode::Char(letter)) => copy(state, Some(letter)),
        _ => write(state, TextEdit::Key(key)).unwrap_or_default(),
    }
}

/// Handles a paste. Outside an input it opens the form with the text as IDs.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if let Some(effects) = write(state, TextEdit::Paste(text)) {
        return effects;
    }
    let effects = super::picker::close(state);
    open_form(state);
    if let Some(Overlay::Form(form)) = &mut state.overlay {
        form.field = Field::Ids;
        form.take(TextEdit::Paste(text));
    }
    effects
}

/// Edits the active input; `None` where there is none.
fn write(state: &mut State, text: TextEdit) -> Option<Vec<Effect>> {
    match &mut state.overlay {
        Some(Overlay::Form(form)) => form.take(text),
        Some(Overlay::Filter(typing)) => {
            let needle = typing.take(text).to_owned();
            filter(state, needle);
        }
        Some(Overlay::Search(typing)) => {
            typing.take(text).clone_into(&mut state.detail.search);
            search::here(state);
        }
        Some(Overlay::Note(input, _)) => text.apply_to(input),
        Some(Overlay::Contexts(choice)) => {
            let before = choice.input.value().to_owned();
            text.apply_to(&mut choice.input);
            if choice.input.value() != before {
                choice.cursor = Cursor::default();
            }
        }
        Some(Overlay::Journal(log)) => {
            log.typing.as_mut()?.take(text).clone_into(&mut log.filter);
        }
        Some(Overlay::Picker(picker)) => {
            let filter = picker.typing.as_mut()?.take(text).to_owned();
            return Some(super::picker::filter_changed(state, filter));
        }
        Some(Overlay::Help(_) | Overlay::Copy(_)) | None => return None,
    }
    Some(Vec::new())
}

/// Opens the form. Its values come from the active context, else from the selected savepoint,
/// else from flags, environment and profile.
pub(super) fn open_form(state: &mut State) {
    let selected = state.selected().filter(|_| state.list.scope.is_none());
    let form = if let Some((Target { place, .. }, _)) = selected {
        Form::prefilled(&PlaceFields::from(place))
    } else {
        Form::prefilled(&state.defaults)
    };
    state.overlay = Some(Overlay::Form(Box::new(form)));
}

fn submit(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut state.overlay else { return Vec::new() };
    match form.submit(&state.settings) {
        Err((field, problem)) => {
            form.field = field;
            form.problem = Some(problem);
            Vec::new()
        }
        Ok((targets, rejected)) => {
            state.overlay = None;
            let Watched { words, effects, .. } = watch(state, targets);
            if rejected.is_empty() {
                state.notify(words);
            } else {
                let rejected = rejected.join(" ");
                state.notify_problem(format!("{words}, no savepoint ID: {rejected}"));
            }
            effects
        }
    }
}

/// The result of [`watch`].
pub(super) struct Watched {
    /// Targets that were not watched before.
    pub new: Vec<Target>,
    /// A message for the user.
    pub words: String,
    pub effects: Vec<Effect>,
}

/// Watches and saves targets.
pub(super) fn watch(state: &mut State, targets: Vec<Target>) -> Watched {
    let asked = targets.len();
    let new = state.watch(targets);
    let words = match asked - new.len() {
        0 => format!("{} added", new.len()),
        known => format!("{} added, {known} already watched", new.len()),
    };
    if new.is_empty() {
        return Watched { new, words, effects: Vec::new() };
    }
    let edits = state.save_new(&new);
    let effects = vec![Effect::Poller(Command::watch(new.clone())), Effect::Save(edits)];
    Watched { new, words, effects }
}

/// Applies the typed note; an empty one removes it.
fn note(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Note(input, target)) = state.overlay.take() else { return Vec::new() };
    let Some(feed) = state.feeds.get_mut(&target) else { return Vec::new() };
    let note = input.value().trim();
    if note == feed.note {
        return Vec::new();
    }
    note.clone_into(&mut feed.note);
    state.list.filter_again();
    if feed.membership != Membership::UserAdded {
        // A note pins the savepoint.
        return super::follow::own(state, &target);
    }
    let edit = feed.remark().map(|remark| Edit::Note(target, remark));
    edit.map(|edit| Effect::Save(vec![edit])).into_iter().collect()
}

fn copy(state: &mut State, letter: Option<char>) -> Vec<Effect> {
    let Some(Overlay::Copy(menu)) = &state.overlay else { return Vec::new() };
    match menu.clip(letter) {
        Some(Ok(clip)) => {
            state.overlay = None;
            vec![Effect::Copy(clip)]
        }
        Some(Err(why)) => {
            state.overlay = None;
            state.notify_problem(why);
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn filter(state: &mut State, needle: String) {
    state.list.filter = needle;
}
