//! Actions on the two panes.

use super::follow::RestartText;
use super::{follow, search};
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::Target;
use crate::poller::Command;
use crate::storage::watch_list::Edit;
use crate::tui::effect::Effect;
use crate::tui::model::copy_menu::CopyMenu;
use crate::tui::model::cursor::step;
use crate::tui::model::feed::{Feed, Membership};
use crate::tui::model::typing::FilterEdit;
use crate::tui::model::{DetailMode, Overlay, Pane, Polling, Removed, State, Wrap, Zone};

/// Columns per horizontal scroll step.
const SCROLL_COLUMNS: u16 = 20;

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    state.list.held = true;
    let effects = apply(state, action);
    // The savepoint that is selected now is seen, for instance the one after a removed one.
    state.derive();
    mark_seen(state);
    effects
}

/// Marks the selected savepoint as seen: the user has moved here.
pub(super) fn mark_seen(state: &mut State) {
    state.list.held = true;
    if let Some(feed) = state.list.selected.as_ref().and_then(|target| state.feeds.get_mut(target))
    {
        feed.marked = false;
    }
}

fn apply(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Down
        | Action::Up
        | Action::PageDown
        | Action::PageUp
        | Action::First
        | Action::Last => {
            move_or_scroll(state, state.pane, action);
        }
        Action::OtherPane => {
            state.pane = match state.pane {
                Pane::List => Pane::Detail,
                Pane::Detail => Pane::List,
                Pane::Full => Pane::Full,
            };
        }
        Action::Open if state.selected().is_some() => {
            state.pane = if state.pane == Pane::Full { Pane::List } else { Pane::Full };
        }
        Action::Back => back(state),
        Action::Add => super::dialog::open_form(state),
        Action::Pick => return super::picker::open(state),
        Action::Remove => return remove(state),
        Action::Undo => return undo(state),
        Action::Follow => return follow::toggle_selected(state),
        Action::Pin => return follow::pin(state),
        Action::CopyRestart => return follow::copy(state, RestartText::Id),
        Action::CopyStrategy => return follow::copy(state, RestartText::RestoreStrategy),
        Action::Refresh => return refresh(state),
        Action::RefreshAll => {
            state.metadata.reset_denied();
            return refresh_all(state);
        }
        Action::Pause => return pause(state),
        Action::Copy => match state.selected() {
            Some((target, feed)) => {
                let menu = CopyMenu::of(target, feed, &state.metadata);
                let menu = menu.with_restart(state.restart());
                state.overlay = Some(Overlay::Copy(menu));
            }
            None => state.notify_problem("nothing is selected"),
        },
        Action::Note => {
            let note = state.selected().map(|(target, feed)| (feed.note.clone(), target.clone()));
            match note {
                Some((note, target)) => state.overlay = Some(Overlay::Note(note.into(), target)),
                None => state.notify_problem("nothing is selected"),
            }
        }
        Action::Filter if state.pane != Pane::List => {
            state.overlay = Some(Overlay::Search(FilterEdit::of(&state.detail.search)));
        }
        Action::Filter => {
            state.overlay = Some(Overlay::Filter(FilterEdit::of(&state.list.filter)));
        }
        Action::Sort => {
            state.list.sort = state.list.sort.next();
            sorted(state);
        }
        Action::Reverse => {
            state.list.reversed = !state.list.reversed;
            sorted(state);
        }
        Action::Group => group(state),
        Action::Raw => {
            state.detail.mode = if state.detail.mode == DetailMode::Json {
                DetailMode::Fields
            } else {
                DetailMode::Json
            };
            state.detail.rewind();
        }
        Action::Wrap => {
            state.detail.wrap =
                if state.detail.wrap == Wrap::Whole { Wrap::Wrapped } else { Wrap::Whole };
            state.detail.across = 0;
        }
        Action::Left => state.detail.across = state.detail.across.saturating_sub(SCROLL_COLUMNS),
        Action::Right if state.detail.wrap == Wrap::Whole => {
            state.detail.across = state.detail.across.saturating_add(SCROLL_COLUMNS);
        }
        Action::NextMatch | Action::PreviousMatch => {
            search::again(state, action == Action::NextMatch);
        }
        Action::Cause => search::cause(state),
        Action::Zone => state.zone = if state.zone == Zone::Utc { Zone::Local } else { Zone::Utc },
        Action::Journal => super::journal::open(state),
        Action::Context => super::contexts::open(state),
        Action::Help => state.overlay = Some(Overlay::Help(0)),
        _ => {}
    }
    Vec::new()
}

/// Moves the selection in the list, or scrolls the detail.
pub(super) fn move_or_scroll(state: &mut State, pane: Pane, action: Action) {
    let geometry = &state.geometry;
    if pane != Pane::List {
        let last = geometry.detail_lines.saturating_sub(geometry.detail_rows);
        state.detail.found = None;
        state.detail.scroll =
            step(action, state.detail.scroll.min(last), last, geometry.detail_rows);
        return;
    }
    let rows = state.list.rows().len();
    let position =
        step(action, state.list.position(), rows.saturating_sub(1), geometry.list.height());
    // Moving up skips a heading; at the top heading it stays below.
    let over = position < state.list.position() && state.list.is_heading(position);
    let above = if over { state.list.above(position) } else { Some(position) };
    let near = above.or_else(|| state.list.below(position));
    go(state, near.unwrap_or(state.list.position()));
}

/// Selects the savepoint at a position, if there is one.
pub(super) fn select(state: &mut State, position: usize) {
    if position < state.list.rows().len() && !state.list.is_heading(position) {
        go(state, position);
        mark_seen(state);
    }
}

fn go(state: &mut State, position: usize) {
    if position != state.list.position() || state.list.selected.is_none() {
        state.detail.rewind();
        state.list.select(position, &state.feeds);
    }
    state.list.scroll(state.geometry.list.height());
}

/// Goes back one step: from raw JSON, the detail, the filter.
fn back(state: &mut State) {
    if state.detail.mode == DetailMode::Json {
        state.detail.mode = DetailMode::Fields;
        state.detail.rewind();
    } else if state.pane != Pane::List {
        state.pane = Pane::List;
    } else if !state.list.filter.is_empty() {
        state.list.filter.clear();
    }
}

fn sorted(state: &mut State) {
    let way = if state.list.reversed { ", reversed" } else { "" };
    state.notify(format!("sorted by {}{way}", state.list.sort.name()));
}

fn group(state: &mut State) {
    state.list.grouped = !state.list.grouped;
    let words = match (state.list.grouped, state.places().len()) {
        (true, 0 | 1) => "grouped by place, once there are several",
        (true, _) => "grouped by place",
        (false, _) => "one list",
    };
    state.notify(words);
}

fn remove(state: &mut State) -> Vec<Effect> {
    let Some(target) = state.list.selected.clone() else { return Vec::new() };
    let kept = state.unwatch(&target);
    state.detail.rewind();
    if state.feeds.is_empty() {
        state.pane = Pane::List;
    }
    state.notify(format!("no longer watched: {}{}", target.id, undo_hint(state)));
    let save = kept.then(|| Effect::Save(vec![Edit::Remove(target.clone())]));
    [Effect::Poller(Command::unwatch(vec![target]))].into_iter().chain(save).collect()
}

/// A hint at the undo key, if one is bound.
pub(super) fn undo_hint(state: &State) -> String {
    let undo = state.settings.keys.first_key(Mode::Browse, Action::Undo);
    undo.map(|key| format!(" ({key} takes it back)")).unwrap_or_default()
}

fn undo(state: &mut State) -> Vec<Effect> {
    let target = match state.watch_list.removed.pop() {
        None => {
            state.notify("nothing to take back");
            return Vec::new();
        }
        Some(Removed::Deployment(deployment)) => return follow::follow(state, deployment),
        Some(Removed::Savepoint(target, feed)) => {
            state.rewatch(&target, *feed);
            target
        }
    };
    state.notify(format!("watched again: {}", target.id));
    let feed = state.feeds.get(&target);
    let own = feed.is_some_and(|feed| feed.membership == Membership::UserAdded);
    let edits = match feed.and_then(Feed::remark) {
        Some(remark) => vec![Edit::Add(target.clone(), remark)],
        // It was a member of a deployment and is pinned now.
        None if own => state.save_new(std::slice::from_ref(&target)),
        None => Vec::new(),
    };
    let save = (!edits.is_empty()).then_some(Effect::Save(edits));
    [Effect::Poller(Command::watch(vec![target]))].into_iter().chain(save).collect()
}

fn refresh(state: &mut State) -> Vec<Effect> {
    let selected = state.list.selected.clone();
    let (asked, listed) = fetch_now(state, selected.into_iter().collect());
    let lists = follow::refresh(state, &listed);
    asked.into_iter().chain(lists).chain(refresh_identity(state)).collect()
}

/// Resolves the identity again: a user who refreshes may have changed credentials.
fn refresh_identity(state: &mut State) -> Option<Effect> {
    let invented = state.selected().is_some_and(|(target, _)| state.is_demo(&target.place));
    if invented { None } else { super::identify(state, state.profile_in_view()) }
}

/// Refreshes all savepoints and the lists of followed deployments, including
/// those that were denied.
pub(super) fn refresh_all(state: &mut State) -> Vec<Effect> {
    let (asked, _) = fetch_now(state, state.feeds.keys().cloned().collect());
    let lists = follow::refresh_all(state);
    asked.into_iter().chain(lists).chain(refresh_identity(state)).collect()
}

/// Refreshes savepoints. Also returns those that a list confirms.
fn fetch_now(state: &mut State, targets: Vec<Target>) -> (Option<Effect>, Vec<Target>) {
    let (mut asked, mut listed) = (Vec::new(), Vec::new());
    if matches!(state.polling, Polling::Dead(_)) {
        state.notify_problem("nothing can be asked any more: quit and start again");
        return (None, listed);
    }
    for target in targets {
        let Some(feed) = state.feeds.get_mut(&target) else { continue };
        feed.refreshing = true;
        let answers =
            if feed.membership == Membership::ListedMember { &mut listed } else { &mut asked };
        answers.push(target);
    }
    ((!asked.is_empty()).then_some(Effect::Poller(Command::fetch(asked))), listed)
}

fn pause(state: &mut State) -> Vec<Effect> {
    match state.polling {
        Polling::Running => {
            state.polling = Polling::Pausing;
            vec![Effect::Poller(Command::Pause)]
        }
        Polling::Pausing | Polling::Paused(_) => vec![Effect::Poller(Command::Resume)],
        Polling::Dead(_) => Vec::new(),
    }
}
