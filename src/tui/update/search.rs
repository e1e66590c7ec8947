//! Search in the detail, and jumps between causes of a failure.

use crate::config::keymap::{Action, Mode};
use crate::tui::model::State;
use crate::tui::view::page::{self, CAUSED_BY};

/// Jumps to the next or previous match, wrapping around.
pub(super) fn again(state: &mut State, forward: bool) {
    if state.detail.search.is_empty() {
        let search = state.settings.keys.key(Mode::Browse, Action::Filter);
        let words = format!("nothing is searched for; {search} in the detail does");
        return state.notify_problem(words);
    }
    let matches = matches(state, &state.detail.search);
    let Some(last) = matches.len().checked_sub(1) else {
        return state.notify_problem(format!("{:?} is not in the detail", state.detail.search));
    };
    // The last page cannot scroll further, so the current match is remembered by its number.
    let page = state.geometry.detail_lines.saturating_sub(state.geometry.detail_rows);
    let at = state.detail.scroll.min(page);
    let next = match (state.detail.found, forward) {
        (Some(found), true) => Some(found + 1).filter(|&next| next <= last).unwrap_or(0),
        (Some(found), false) => found.checked_sub(1).unwrap_or(last).min(last),
        (None, true) => matches.iter().position(|&line| line >= at).unwrap_or(0),
        (None, false) => matches.iter().rposition(|&line| line < at).unwrap_or(last),
    };
    to(state, next, &matches);
}

/// Scrolls to a match.
fn to(state: &mut State, found: usize, matches: &[usize]) {
    if let Some(&line) = matches.get(found) {
        (state.detail.scroll, state.detail.found) = (line, Some(found));
    }
}

/// Jumps to the first match at or below the top line, while the search is being typed.
pub(super) fn here(state: &mut State) {
    let matches = matches(state, &state.detail.search);
    let at = state.detail.scroll;
    state.detail.found = None;
    to(state, matches.iter().position(|&line| line >= at).unwrap_or(0), &matches);
}

/// Jumps to the last cause first, the likely root; then to the one above it, wrapping around.
pub(super) fn cause(state: &mut State) {
    let causes = matches(state, CAUSED_BY);
    let at = state.detail.scroll;
    let above =
        causes.contains(&at).then(|| causes.iter().rev().find(|&&line| line < at)).flatten();
    state.detail.found = None;
    match above.or(causes.last()) {
        Some(&line) => state.detail.scroll = line,
        None => state.notify_problem("the detail names no \"Caused by:\""),
    }
}

fn matches(state: &State, needle: &str) -> Vec<usize> {
    page::build(state, state.geometry.detail_width).matches(needle)
}
