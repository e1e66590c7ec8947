//! The picker over the panes: what there is, what of it is loaded, and what is under way.

mod columns;
mod words;

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};
use unicode_width::UnicodeWidthStr as _;

use super::widgets::table::{self, Cell};
use super::words as phrases;
use crate::domain::deployment::{Deployment, DeploymentId, DeploymentTarget, JobSummary};
use crate::domain::savepoint::{Place, Savepoint, SavepointId, Target};
use crate::tui::model::State;
use crate::tui::model::feed::DisplayStatus;
use crate::tui::model::geometry::{Geometry, Viewport};
use crate::tui::model::meaning::Meaning;
use crate::tui::model::picker::Picker;
use crate::util::text;
use columns::Field;

/// Draws the pane, and measures it.
pub(super) fn draw(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    picker: &Picker,
    geometry: &mut Geometry,
) {
    let theme = state.settings.theme;
    Clear.render(area, buffer);
    let room = usize::from(area.width).saturating_sub(2);
    let title = text::fit(&words::title(picker), room).into_owned();
    let block = state.settings.glyphs.bordered();
    let block = block
        .border_style(theme.style(Meaning::Focus))
        .title(Span::styled(title, theme.style(Meaning::Title)))
        .title_bottom(text::fit(&words::count(state, picker), room).into_owned());
    let inner = block.inner(area);
    block.render(area, buffer);
    let (cursor, count) = picker.cursor();
    let (status, meaning) = words::status(state, picker);
    let status = text::wrap(&text::clean(&status), usize::from(inner.width).saturating_sub(2));
    let status = if status.iter().all(String::is_empty) { Vec::new() } else { status };
    let lines = u16::try_from(status.len()).unwrap_or(u16::MAX);
    let heading = u16::from(inner.height > 3);
    // Where there is no row, what there is to say stands in their place.
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
    let columns = columns_of(state, picker, visible, usize::from(rows.width));
    if heading > 0 {
        let name = |field: Field| field.heading().to_owned();
        table::draw_heading(top, buffer, theme, &columns, name);
    }
    let selected = Some(cursor.selected);
    table::draw_rows(geometry.picker, buffer, theme, count, selected, |row, line, buffer| {
        table::draw_cells(line, buffer, &columns, |field, _| {
            let (text, meaning) =
                cell(state, picker, row, field).unwrap_or((String::new(), Meaning::Text));
            let sign = (field == Field::State && picker.savepoints.is_some())
                .then(|| theme.style(meaning));
            Cell { text, style: theme.words(meaning), sign }
        });
    });
    let (said, centred) = if count == 0 {
        let y = rows.y + rows.height.saturating_sub(lines) / 2;
        (Rect { y, height: rows.bottom().saturating_sub(y), ..rows }, true)
    } else {
        (below, false)
    };
    for (words, y) in status.iter().zip(said.top()..said.bottom()) {
        let line = Line::from(Span::styled(format!(" {words}"), theme.words(meaning)));
        let line = if centred { line.centered() } else { line };
        line.render(Rect { y, height: 1, ..said }, buffer);
    }
}

/// The columns for which there is room.
fn columns_of(
    state: &State,
    picker: &Picker,
    visible: Range<usize>,
    width: usize,
) -> Vec<(Field, usize)> {
    if picker.savepoints.is_some() {
        let states = visible.filter_map(|row| cell(state, picker, row, Field::State));
        let longest = states.map(|(words, _)| words.width()).max().unwrap_or_default();
        return columns::of(&columns::SAVEPOINTS, longest.max(11), width);
    }
    if picker.deployments.is_some() {
        return columns::of(&columns::DEPLOYMENTS, "TRANSITIONING".len(), width);
    }
    let named = picker.places.iter().any(|place| state.name_of(place).is_some());
    columns::of(if named { &columns::NAMED_PLACES } else { &columns::PLACES }, 0, width)
}

/// What stands in a row of the level in view.
fn cell(state: &State, picker: &Picker, row: usize, field: Field) -> Option<(String, Meaning)> {
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => Some(of_savepoint(state, picker, level.row(row)?, field)),
        (None, Some(level)) => Some(of_deployment(state, picker, level.row(row)?, field)),
        (None, None) => Some(of_place(state, picker.places.get(row)?, field)),
    }
}

fn of_place(state: &State, place: &Place, field: Field) -> (String, Meaning) {
    let name = |name: &str| text::clean(name).into_owned();
    let profile = place.profile.as_ref().map(|profile| format!("as {}", name(profile.as_str())));
    match field {
        Field::Context => (name(state.name_of(place).unwrap_or_default()), Meaning::Title),
        Field::Region => (name(&place.endpoint.to_string()), Meaning::Text),
        Field::Workspace => (name(place.workspace.as_str()), Meaning::Text),
        Field::Namespace => (name(place.namespace.as_str()), Meaning::Text),
        _ => (profile.unwrap_or_default(), Meaning::Label),
    }
}

fn of_deployment(
    state: &State,
    picker: &Picker,
    deployment: &Deployment,
    field: Field,
) -> (String, Meaning) {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let id = deployment.deployment_id.as_ref();
    match field {
        Field::State => {
            let word = deployment.jobs.as_ref().and_then(JobSummary::state).unwrap_or("no job");
            let meaning = match word {
                "RUNNING" => Meaning::Good,
                "FAILED" => Meaning::Bad,
                "TRANSITIONING" => Meaning::Active,
                _ => Meaning::Label,
            };
            (word.to_owned(), meaning)
        }
        Field::Name => (service(deployment.name.as_deref()), Meaning::Text),
        Field::Follow => {
            let followed = picker.place().cloned().zip(id.cloned()).is_some_and(|(place, id)| {
                let history = state.histories.get(&DeploymentTarget { place, id });
                history.is_some_and(|history| history.followed_since.is_some())
            });
            (if followed { "followed" } else { "" }.to_owned(), Meaning::Key)
        }
        Field::Mode => (service(deployment.execution_mode.as_deref()), Meaning::Label),
        Field::Time => (age(state, deployment.modified_at), Meaning::Text),
        _ => (service(id.map(DeploymentId::as_str)), Meaning::Label),
    }
}

fn of_savepoint(
    state: &State,
    picker: &Picker,
    savepoint: &Savepoint,
    field: Field,
) -> (String, Meaning) {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let id = savepoint.savepoint_id.as_deref().unwrap_or_default();
    match field {
        Field::Mark if picker.marks.contains(id) => ("[x]".to_owned(), Meaning::Key),
        Field::Mark if is_watched(state, picker, id) => ("watched".to_owned(), Meaning::Label),
        Field::Mark => ("[ ]".to_owned(), Meaning::Label),
        Field::State => {
            let (sign, word, meaning) =
                phrases::display_status(DisplayStatus::State(savepoint.state.as_ref()));
            let sign = state.settings.glyphs.sign(sign);
            (format!("{sign} {}", text::clean(word)), meaning)
        }
        Field::Origin => (service(savepoint.origin.as_deref()), Meaning::Text),
        Field::Created => (age(state, savepoint.created_at), Meaning::Text),
        Field::Description => (service(savepoint.description.as_deref()), Meaning::Text),
        _ => (service(Some(id)), Meaning::Text),
    }
}

fn is_watched(state: &State, picker: &Picker, id: &str) -> bool {
    let target = picker.place().cloned().zip(SavepointId::new(id).ok());
    target.is_some_and(|(place, id)| state.feeds.contains_key(&Target { place, id }))
}

fn age(state: &State, at: Option<jiff::Timestamp>) -> String {
    at.map(|at| phrases::age(state, at)).unwrap_or_default()
}
