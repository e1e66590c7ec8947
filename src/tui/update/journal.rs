//! The journal: recording, and actions on its pane.

use jiff::Timestamp;

use super::{Redraw, Update};
use crate::config::keymap::Action;
use crate::storage::journal::{Entry, ProgramEvent, Subject, WriterReport, format_line};
use crate::tui::effect::{Clip, Effect};
use crate::tui::model::cursor::Cursor;
use crate::tui::model::journal::{JournalStorage, JournalView};
use crate::tui::model::typing::FilterEdit;
use crate::tui::model::{Overlay, State, Zone};

/// Records an event of the program itself.
pub(super) fn program_event(at: Timestamp, since: Option<Timestamp>, what: ProgramEvent) -> Effect {
    Effect::Record(vec![Entry::program(at, since, what)])
}

/// Adds program events and changes to the journal, and records them on disk, except the demo's.
pub(super) fn record_changes(state: &mut State, update: &mut Update) {
    for effect in &update.effects {
        if let Effect::Record(entries) = effect {
            entries.iter().cloned().for_each(|entry| state.journal.push(entry));
        }
    }
    // One effect for all: the queue to the disk is bounded by effects.
    let mut entries = Vec::new();
    for change in &update.changes {
        let entry = Entry::from_change(change);
        state.journal.push(entry.clone());
        if !state.is_demo(&change.target.place) {
            entries.push(entry);
        }
    }
    update.effects.extend((!entries.is_empty()).then_some(Effect::Record(entries)));
}

/// Handles a report of the journal writer.
pub(super) fn reported(state: &mut State, report: WriterReport) -> Redraw {
    match report {
        WriterReport::Loaded(earlier) => {
            state.journal.load_earlier(earlier);
            state.journal.disk = JournalStorage::Writing;
            return Redraw::later_if(!matches!(state.overlay, Some(Overlay::Journal(_))));
        }
        WriterReport::Unreadable(why) => {
            state.warn(format!("the journal cannot be read: {why}"));
            state.journal.disk = JournalStorage::Writing;
        }
        WriterReport::Failing(why) => {
            state.warn(format!("journal not written (the next entry tries again): {why}"));
            state.journal.disk = JournalStorage::Failing(why);
        }
        WriterReport::Behind => {
            let why = "its disk hangs, and entries are lost to it";
            state.warn(format!("the journal is not written: {why}"));
            state.journal.disk = JournalStorage::Failing(why.to_owned());
        }
        WriterReport::Recovered { lost } => {
            let but = if lost > 0 { format!(", but for {lost} entries") } else { String::new() };
            state.notify(format!("the journal is written again{but}"));
            state.journal.disk = JournalStorage::Writing;
        }
    }
    Redraw::Now
}

/// Opens the pane, for the selected savepoint if there is one.
pub(super) fn open(state: &mut State) {
    let of = state.selected().map(|(target, _)| Subject::from_target(target));
    state.overlay = Some(Overlay::Journal(Box::new(JournalView { of, ..JournalView::default() })));
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let selected = state.selected().map(|(target, _)| Subject::from_target(target));
    let zone = state.time_zone();
    let Some(Overlay::Journal(log)) = &mut state.overlay else { return Vec::new() };
    match (action, log.typing.take()) {
        (Action::Back, Some(typing)) => log.filter = typing.before,
        (_, Some(_)) => {}
        (Action::Back, None) if log.filter.is_empty() => state.overlay = None,
        (Action::Back, None) => log.filter.clear(),
        (Action::Filter, None) => {
            log.typing = Some(FilterEdit::of(&log.filter));
        }
        (Action::Journal, None) => {
            let of = if log.of.is_some() { None } else { selected };
            log.of = of;
            log.select(Cursor::default(), &[]);
        }
        (Action::Zone, None) => {
            state.zone = if state.zone == Zone::Utc { Zone::Local } else { Zone::Utc };
        }
        (Action::Copy | Action::CopyAll, None) => {
            let rows = log.rows(&state.journal, &zone);
            let lines: Vec<String> = match action {
                Action::Copy => {
                    rows.get(log.cursor(&rows).selected).into_iter().collect::<Vec<_>>()
                }
                _ => rows.iter().rev().collect(),
            }
            .into_iter()
            .map(|(_, entry)| format_line(entry, &zone))
            .collect();
            let what = match lines.len() {
                0 => return Vec::new(),
                1 => "journal entry".to_owned(),
                count => format!("{count} journal entries"),
            };
            return vec![Effect::Copy(Clip { what, text: lines.join("\n") })];
        }
        (_, None) => {
            let rows = log.rows(&state.journal, &zone);
            let (mut cursor, height) = (log.cursor(&rows), state.geometry.journal.height());
            cursor.step(action, rows.len(), height);
            cursor.scroll(rows.len(), height);
            log.select(cursor, &rows);
        }
    }
    Vec::new()
}

/// Moves the cursor to a visible entry.
pub(super) fn select(state: &mut State, row: usize) {
    let zone = state.time_zone();
    let offset = state.geometry.journal.first;
    let Some(Overlay::Journal(log)) = &mut state.overlay else { return };
    let rows = log.rows(&state.journal, &zone);
    if row < rows.len() {
        log.select(Cursor { selected: row, offset }, &rows);
    }
}
