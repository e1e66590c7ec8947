//! The picker, over the panes: places, deployments or savepoints to choose from.

mod captions;
mod columns;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::widgets::popup;
use super::widgets::table::{self, Cell};
use super::{status, time};
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget, JobSummary};
use crate::domain::savepoint::{Place, Savepoint, SavepointId, Target};
use crate::tui::model::State;
use crate::tui::model::feed::DisplayStatus;
use crate::tui::model::geometry::{Geometry, Viewport};
use crate::tui::model::picker::Picker;
use crate::tui::model::role::Role;
use crate::util::text;
use columns::Field;

pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    picker: &Picker,
    geometry: &mut Geometry,
) {
    let theme = state.settings.theme;
    let (title, count) = (captions::title(picker), captions::count(state, picker));
    let inner = popup::draw_full(area, buffer, state, &title, &count);
    let (cursor, count) = picker.cursor();
    let (status, role) = captions::status(state, picker);
    let status = text::wrap(&text::clean(&status), usize::from(inner.width).saturating_sub(2));
    let status = if status.iter().all(String::is_empty) { Vec::new() } else { status };
    let lines = u16::try_from(status.len()).unwrap_or(u16::MAX);
    let heading = u16::from(inner.height > 3);
    // Without rows, the status takes their place.
    let below = if count == 0 { 0 } else { lines.min(inner.height / 2) };
    let [top, rows, below] = Layout::vertical([
        Constraint::Length(heading),
        Constraint::Fill(1),
        Constraint::Length(below),
    ])
    .areas(inner);
    let height = usize::from(rows.height);
    let first = cursor.first(count, height);
    geometry.picker = Viewport { area: rows, first };
    let visible = first..count.min(first + height);
    let columns = fitting_columns(state, picker, visible, usize::from(rows.width));
    if heading > 0 {
        let name = |field: Field| field.heading().to_owned();
        table::draw_heading(top, buffer, theme, &columns, name);
    }
    let selected = Some(cursor.selected);
    table::draw_rows(geometry.picker, buffer, theme, count, selected, |row, line, buffer| {
        table::draw_cells(line, buffer, &columns, |field, _| {
            let (text, role) =
                cell(state, picker, row, field).unwrap_or((String::new(), Role::Text));
            let symbol =
                (field == Field::State && picker.savepoints.is_some()).then(|| theme.style(role));
            Cell { text, style: theme.text(role), symbol }
        });
    });
    let (status_area, is_centered) = if count == 0 {
        let y = rows.y + rows.height.saturating_sub(lines) / 2;
        (Rect { y, height: rows.bottom().saturating_sub(y), ..rows }, true)
    } else {
        (below, false)
    };
    for (words, y) in status.iter().zip(status_area.top()..status_area.bottom()) {
        let line = Line::from(Span::styled(format!(" {words}"), theme.text(role)));
        let line = if is_centered { line.centered() } else { line };
        line.render(Rect { y, height: 1, ..status_area }, buffer);
    }
}

/// The columns that fit a width.
fn fitting_columns(
    state: &State,
    picker: &Picker,
    visible: Range<usize>,
    width: usize,
) -> Vec<(Field, usize)> {
    if picker.savepoints.is_some() {
        let states = visible.filter_map(|row| cell(state, picker, row, Field::State));
        let longest = states.map(|(words, _)| words.width()).max().unwrap_or_default();
        return columns::fit(&columns::SAVEPOINTS, longest.max(11), width);
    }
    if picker.deployments.is_some() {
        return columns::fit(&columns::DEPLOYMENTS, "TRANSITIONING".len(), width);
    }
    let named = picker.places.iter().any(|place| state.name_of(place).is_some());
    columns::fit(if named { &columns::NAMED_PLACES } else { &columns::PLACES }, 0, width)
}

/// The text of a cell at the level in view.
fn cell(state: &State, picker: &Picker, row: usize, field: Field) -> Option<(String, Role)> {
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => Some(savepoint_cell(state, picker, level.row(row)?, field)),
        (None, Some(level)) => Some(deployment_cell(state, picker, level.row(row)?, field)),
        (None, None) => Some(place_cell(state, picker.places.get(row)?, field)),
    }
}

fn place_cell(state: &State, place: &Place, field: Field) -> (String, Role) {
    let name = |name: &str| text::clean(name).into_owned();
    let profile = place.profile.as_ref().map(|profile| format!("as {}", name(profile.as_str())));
    match field {
        Field::Context => (name(state.name_of(place).unwrap_or_default()), Role::Title),
        Field::Region => (name(&place.endpoint.to_string()), Role::Text),
        Field::Workspace => (name(place.workspace.as_str()), Role::Text),
        Field::Namespace => (name(place.namespace.as_str()), Role::Text),
        _ => (profile.unwrap_or_default(), Role::Label),
    }
}

fn deployment_cell(
    state: &State,
    picker: &Picker,
    deployment: &Deployment,
    field: Field,
) -> (String, Role) {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let id = deployment.deployment_id.as_ref();
    match field {
        Field::State => {
            let word = deployment.jobs.as_ref().and_then(JobSummary::state).unwrap_or("no job");
            let role = match word {
                "RUNNING" => Role::Good,
                "FAILED" => Role::Bad,
                "TRANSITIONING" => Role::Active,
                _ => Role::Label,
            };
            (word.to_owned(), role)
        }
        Field::Name => (service(deployment.name.as_deref()), Role::Text),
        Field::Follow => {
            let followed = picker.place().cloned().zip(id.cloned()).is_some_and(|(place, id)| {
                let history = state.histories.get(&DeploymentTarget { place, id });
                history.is_some_and(|history| history.followed_since.is_some())
            });
            (if followed { "followed" } else { "" }.to_owned(), Role::Key)
        }
        Field::Mode => (service(deployment.execution_mode.as_deref()), Role::Label),
        Field::Time => (age(state, deployment.modified_at), Role::Text),
        _ => (service(id.map(DeploymentId::as_str)), Role::Label),
    }
}

fn savepoint_cell(
    state: &State,
    picker: &Picker,
    savepoint: &Savepoint,
    field: Field,
) -> (String, Role) {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let id = savepoint.savepoint_id.as_deref().unwrap_or_default();
    match field {
        Field::Mark if picker.marks.contains(id) => ("[x]".to_owned(), Role::Key),
        Field::Mark if is_watched(state, picker, id) => ("watched".to_owned(), Role::Label),
        Field::Mark => ("[ ]".to_owned(), Role::Label),
        Field::State => {
            let (symbol, word, role) =
                status::display_status(DisplayStatus::State(savepoint.state.as_ref()));
            let symbol = state.settings.glyphs.symbol(symbol);
            (format!("{symbol} {}", text::clean(word)), role)
        }
        Field::Origin => (service(savepoint.origin.as_deref()), Role::Text),
        Field::Created => (age(state, savepoint.created_at), Role::Text),
        Field::Description => (service(savepoint.description.as_deref()), Role::Text),
        _ => (service(Some(id)), Role::Text),
    }
}

fn is_watched(state: &State, picker: &Picker, id: &str) -> bool {
    let target = picker.place().cloned().zip(SavepointId::new(id).ok());
    target.is_some_and(|(place, id)| state.feeds.contains_key(&Target { place, id }))
}

fn age(state: &State, at: Option<jiff::Timestamp>) -> String {
    at.map(|at| time::age(state, at)).unwrap_or_default()
}
