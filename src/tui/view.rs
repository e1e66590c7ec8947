//! The screen, drawn from the state.
//!
//! ```text
//!  savepeek  cn-hangzhou  workspace a14b...  namespace default      ✗ 2 FAILED  ▸ 3 STARTED   header
//!  ● live, asked every 5 s                         LTAI…wxyz · profile ops · 41 min left
//! ┌ 12 savepoints, problems first ─────────────────┐┌ 354dde66-a3ae-463e-967a-0b4107fd0001 ─┐
//! │  STATE       ID            CREATED    SEEN      ││ State       ✗ FAILED                   │  list,
//! │> ✗ FAILED    354dde66-a3ae 12 min ago just now  ││ Failure     Checkpoint expired before  │  detail
//! │  ▸ STARTED   1d716b22-6aad just now   just now  ││             completing                 │
//! └─────────────────────────────────────────────────┘└────────────────────────────────────────┘
//!  ? help  q quit  a add  y copy  r refresh                                                    footer
//! ```
//!
//! From 140 columns on the panes are side by side, with less one above the other. If there is no
//! room for two, only the one with the keyboard focus is shown.

mod contexts;
mod detail;
mod dialog;
mod followed;
mod footer;
pub mod glyphs;
mod header;
mod help;
mod identity;
mod journal;
mod list;
pub mod page;
mod picker;
mod place;
mod status;
pub mod theme;
mod time;
pub mod title;
mod widgets;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::tui::model::geometry::Geometry;
use crate::tui::model::{Overlay, Pane, State};

pub fn draw(frame: &mut Frame, state: &State) -> Geometry {
    let area = frame.area();
    let mut geometry = Geometry::default();
    if area.is_empty() {
        return geometry;
    }
    let header = match area.height {
        0..=2 => 0,
        3..=9 => 1,
        _ => 2,
    };
    let [top, main, bottom] =
        Layout::vertical([Constraint::Length(header), Constraint::Fill(1), Constraint::Length(1)])
            .areas(area);
    let buffer = frame.buffer_mut();
    if !top.is_empty() {
        header::draw(top, buffer, state);
    }
    let (list, detail) = panes(main, state);
    if let Some(area) = list {
        list::draw(area, buffer, state, &mut geometry);
    }
    if let Some(area) = detail {
        detail::draw(area, buffer, state, &mut geometry);
    }
    let mut cursor = if main.is_empty() {
        header::draw_counts(bottom, buffer, state);
        None
    } else {
        footer::draw(bottom, buffer, state, &geometry)
    };
    match &state.overlay {
        Some(Overlay::Help(scroll)) => help::draw(main, buffer, state, *scroll, &mut geometry),
        Some(Overlay::Copy(menu)) => {
            dialog::draw_copy_menu(main, buffer, state, menu, &mut geometry);
        }
        Some(Overlay::Contexts(picker)) => {
            cursor = contexts::draw(main, buffer, state, picker, &mut geometry);
        }
        Some(Overlay::Journal(view)) => journal::draw(main, buffer, state, view, &mut geometry),
        Some(Overlay::Picker(picker)) => picker::draw(main, buffer, state, picker, &mut geometry),
        Some(Overlay::Form(form)) => cursor = dialog::draw_form(main, buffer, state, form),
        Some(Overlay::Filter(_) | Overlay::Search(_) | Overlay::Note(..)) | None => {}
    }
    state.settings.theme.fill_background(buffer);
    state.settings.glyphs.replace_ellipses(buffer);
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
    geometry
}

/// Areas of the list and the detail.
fn panes(main: Rect, state: &State) -> (Option<Rect>, Option<Rect>) {
    if state.pane == Pane::Full {
        return (None, Some(main));
    }
    if main.width >= 140 {
        let [list, detail] =
            Layout::horizontal([Constraint::Percentage(56), Constraint::Fill(1)]).areas(main);
        return (Some(list), Some(detail));
    }
    if main.height >= 16 {
        let wanted = u16::try_from(state.list.rows().len()).unwrap_or(u16::MAX).saturating_add(3);
        let height = wanted.clamp(list::MIN_BORDERED_HEIGHT, main.height * 9 / 20);
        let [list, detail] =
            Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(main);
        return (Some(list), Some(detail));
    }
    match state.pane {
        Pane::List => (Some(main), None),
        Pane::Detail | Pane::Full => (None, Some(main)),
    }
}
