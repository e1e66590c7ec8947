//! Restoring the stored watch list. It arrives when the disk delivers it: the screen is up
//! before, and the user may have made edits.

use super::{dialog, follow};
use crate::poller::Command;
use crate::storage::watch_list::WatchList;
use crate::tui::effect::Effect;
use crate::tui::model::State;

/// Collects edits made during loading: the disk may return the list from before or after them.
pub(super) fn note(state: &mut State, effects: &[Effect]) {
    let Some(unread) = &mut state.watch_list.edits_while_loading else { return };
    for effect in effects {
        if let Effect::Save(edits) = effect {
            unread.extend(edits.iter().cloned());
        }
    }
}

/// Restores the stored watch list minus what the user removed meanwhile. With nothing to
/// show, the form opens.
pub fn restored(state: &mut State, mut list: WatchList, words: Option<String>) -> Vec<Effect> {
    for edit in state.watch_list.edits_while_loading.take().unwrap_or_default() {
        list.apply(&edit);
    }
    let (watched, followed) = state.restore(list);
    if let Some(words) = words {
        state.warn(words);
    }
    let nothing_to_show = state.feeds.is_empty() && state.histories.is_following_none();
    if nothing_to_show && state.overlay.is_none() {
        dialog::open_form(state);
    }
    let mut effects = Vec::new();
    if !watched.is_empty() {
        effects.push(Effect::Poller(Command::watch(watched)));
    }
    effects.extend(follow::begin(state, &followed));
    effects
}
