//! Finding one's way in the detail: what is searched for, and the causes of a failure.

use crate::keymap::{Action, Mode};
use crate::state::State;
use crate::view::page::{self, CAUSED_BY};

/// To the next or the previous line with what is searched for, around the ends.
pub(super) fn again(state: &mut State, forward: bool) {
    if state.reading.search.is_empty() {
        let search = state.settings.keys.key(Mode::Browse, Action::Filter);
        let words = format!("nothing is searched for; {search} in the detail does");
        return state.notify(words, true);
    }
    let matches = matches(state, &state.reading.search);
    let at = state.reading.scroll;
    let next = if forward {
        matches.iter().find(|&&line| line > at).or(matches.first())
    } else {
        matches.iter().rev().find(|&&line| line < at).or(matches.last())
    };
    match next {
        Some(&line) => state.reading.scroll = line,
        None => state.notify(format!("{:?} is not in the detail", state.reading.search), true),
    }
}

/// To the first match at or below the top line, while the search is being typed.
pub(super) fn here(state: &mut State) {
    let matches = matches(state, &state.reading.search);
    let at = state.reading.scroll;
    if let Some(&line) = matches.iter().find(|&&line| line >= at).or(matches.first()) {
        state.reading.scroll = line;
    }
}

/// To the last cause first, the likely root; then to the one above it, around the ends.
pub(super) fn cause(state: &mut State) {
    let causes = matches(state, CAUSED_BY);
    let at = state.reading.scroll;
    let above =
        causes.contains(&at).then(|| causes.iter().rev().find(|&&line| line < at)).flatten();
    match above.or(causes.last()) {
        Some(&line) => state.reading.scroll = line,
        None => state.notify("the detail names no \"Caused by:\"", true),
    }
}

fn matches(state: &State, needle: &str) -> Vec<usize> {
    page::of(state, state.geometry.detail_width).matches(needle)
}
