//! The picker over the panes: what there is, what of it is loaded, and what is under way.

mod words;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget as _};

use super::Geometry;
use super::theme::Meaning;
use super::words as standing;
use crate::deployment::{Deployment, DeploymentId, DeploymentTarget, JobSummary};
use crate::savepoint::{Place, Savepoint, SavepointId, Target};
use crate::state::State;
use crate::state::feed::{Standing, elapsed};
use crate::state::list::scrolled;
use crate::state::picker::{Item, Level, Picker};
use crate::text;

/// One cell of a row, with the columns it takes; 0 for what is left.
type Cell = (usize, String, Meaning);

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
    let block = state.settings.glyphs.bordered();
    let block = block
        .border_style(theme.style(Meaning::Focus))
        .title(text::fit(&words::title(picker), room).into_owned())
        .title_bottom(text::fit(&words::count(picker), room).into_owned());
    let inner = block.inner(area);
    block.render(area, buffer);
    let (status, meaning) = words::status(state, picker);
    let status = text::wrap(&text::clean(&status), usize::from(inner.width).saturating_sub(2));
    let status = if status.iter().all(String::is_empty) { Vec::new() } else { status };
    let lines = u16::try_from(status.len()).unwrap_or(u16::MAX).min(inner.height / 2);
    let is_table = picker.deployments.is_some() || picker.savepoints.is_some();
    let heading = u16::from(is_table && inner.height > 3);
    let [top, rows, below] = Layout::vertical([
        Constraint::Length(heading),
        Constraint::Fill(1),
        Constraint::Length(lines),
    ])
    .areas(inner);
    geometry.picker_area = rows;
    let height = usize::from(rows.height);
    let columns = usize::from(rows.width);
    let first = match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => level.first(height),
        (None, Some(level)) => level.first(height),
        (None, None) => scrolled(0, picker.place, picker.places.len(), height),
    };
    geometry.picker_first = first;
    let bold = theme.style(Meaning::Label).add_modifier(Modifier::BOLD);
    if heading > 0 {
        let cells = if picker.savepoints.is_some() {
            savepoint_heading(columns)
        } else {
            deployment_heading(columns)
        };
        put(top, buffer, &cells, |_| bold);
    }
    let (at, count) = picker.position();
    for (row, y) in (first..count).zip(rows.top()..rows.bottom()) {
        let line = Rect { y, height: 1, ..rows };
        let cells = match (&picker.savepoints, &picker.deployments) {
            (Some((_, level)), _) => cells(level, row, |it| savepoint(state, picker, it, columns)),
            (None, Some(level)) => cells(level, row, |it| deployment(state, picker, it, columns)),
            (None, None) => picker.places.get(row).map(place).unwrap_or_default(),
        };
        put(line, buffer, &cells, |meaning| theme.style(meaning));
        if row == at {
            buffer.set_stringn(line.x, y, ">", 1, Style::new());
            buffer.set_style(line, theme.style(Meaning::Selected));
        }
    }
    for (words, y) in status.iter().zip(below.top()..below.bottom()) {
        Line::from(Span::styled(format!(" {words}"), theme.style(meaning)))
            .render(Rect { y, height: 1, ..below }, buffer);
    }
}

fn cells<T: Item>(level: &Level<T>, row: usize, cells: impl Fn(&T) -> Vec<Cell>) -> Vec<Cell> {
    level.row(row).map(cells).unwrap_or_default()
}

/// Puts one line of cells on the screen, behind the room for the cursor.
fn put(line: Rect, buffer: &mut Buffer, cells: &[Cell], style: impl Fn(Meaning) -> Style) {
    let fixed: usize = cells.iter().map(|(width, ..)| width + 1).sum::<usize>() + 1;
    let rest = usize::from(line.width).saturating_sub(fixed);
    let mut x = line.x.saturating_add(2);
    for (width, words, meaning) in cells {
        let width = if *width == 0 { rest } else { *width };
        let room = width.min(usize::from(line.right().saturating_sub(x)));
        buffer.set_stringn(x, line.y, text::fit(words, room), room, style(*meaning));
        x = x.saturating_add(u16::try_from(width + 1).unwrap_or(u16::MAX));
        if x >= line.right() {
            break;
        }
    }
}

/// From how many columns on there is room for an ID in full.
const ROOMY: usize = 108;

/// The columns of a savepoint's ID.
fn id_width(columns: usize) -> usize {
    if columns >= ROOMY { 36 } else { 9 }
}

fn heading(width: usize, word: &str) -> Cell {
    (width, word.to_owned(), Meaning::Label)
}

fn deployment_heading(columns: usize) -> Vec<Cell> {
    let mut cells = vec![
        heading(13, "STATE"),
        heading(0, "NAME"),
        heading(8, "FOLLOW"),
        heading(9, "MODE"),
        heading(11, "MODIFIED"),
    ];
    cells.extend((columns >= ROOMY).then(|| heading(36, "ID")));
    cells
}

fn savepoint_heading(columns: usize) -> Vec<Cell> {
    vec![
        heading(7, "MARK"),
        heading(11, "STATE"),
        heading(id_width(columns), "ID"),
        heading(19, "ORIGIN"),
        heading(11, "CREATED"),
        heading(0, "DESCRIPTION"),
    ]
}

fn place(place: &Place) -> Vec<Cell> {
    let name = |name: &str| text::clean(name).into_owned();
    let profile = place.profile.as_ref().map(|profile| format!("as {}", name(profile.as_str())));
    vec![
        (24, name(&place.endpoint.to_string()), Meaning::Text),
        (18, name(place.workspace.as_str()), Meaning::Text),
        (0, name(place.namespace.as_str()), Meaning::Text),
        (14, profile.unwrap_or_default(), Meaning::Label),
    ]
}

fn deployment(
    state: &State,
    picker: &Picker,
    deployment: &Deployment,
    columns: usize,
) -> Vec<Cell> {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let word = deployment.jobs.as_ref().and_then(JobSummary::state).unwrap_or("no job");
    let meaning = match word {
        "RUNNING" => Meaning::Good,
        "FAILED" => Meaning::Bad,
        "TRANSITIONING" => Meaning::Active,
        _ => Meaning::Label,
    };
    let id = deployment.deployment_id.as_ref();
    let followed = picker.place().cloned().zip(id.cloned()).is_some_and(|(place, id)| {
        let history = state.histories.get(&DeploymentTarget { place, id });
        history.is_some_and(|history| history.followed.is_some())
    });
    let mut cells = vec![
        (13, word.to_owned(), meaning),
        (0, service(deployment.name.as_deref()), Meaning::Text),
        (8, if followed { "followed" } else { "" }.to_owned(), Meaning::Key),
        (9, service(deployment.execution_mode.as_deref()), Meaning::Label),
        (11, age(state, deployment.modified_at), Meaning::Text),
    ];
    let id = (columns >= ROOMY).then(|| service(id.map(DeploymentId::as_str)));
    cells.extend(id.map(|id| (36, id, Meaning::Label)));
    cells
}

fn savepoint(state: &State, picker: &Picker, savepoint: &Savepoint, columns: usize) -> Vec<Cell> {
    let service = |text: Option<&str>| text::clean(text.unwrap_or_default()).into_owned();
    let id = savepoint.savepoint_id.as_deref().unwrap_or_default();
    let (sign, word, meaning) = standing::standing(Standing::State(savepoint.state.as_ref()));
    let sign = state.settings.glyphs.sign(sign);
    let mark = if picker.marks.contains(id) {
        ("[x]", Meaning::Key)
    } else if is_watched(state, picker, id) {
        ("watched", Meaning::Label)
    } else {
        ("[ ]", Meaning::Label)
    };
    vec![
        (7, mark.0.to_owned(), mark.1),
        (11, format!("{sign} {}", text::clean(word)), meaning),
        (id_width(columns), service(Some(id)), Meaning::Text),
        (19, service(savepoint.origin.as_deref()), Meaning::Text),
        (11, age(state, savepoint.created_at), Meaning::Text),
        (0, service(savepoint.description.as_deref()), Meaning::Text),
    ]
}

fn is_watched(state: &State, picker: &Picker, id: &str) -> bool {
    let target = picker.place().cloned().zip(SavepointId::new(id).ok());
    target.is_some_and(|(place, id)| state.feeds.contains_key(&Target { place, id }))
}

/// How old something is; while nothing moves, the time of day.
fn age(state: &State, at: Option<Timestamp>) -> String {
    let words = at.map(|at| {
        if state.paused() {
            text::time_of_day(at, &state.time_zone())
        } else {
            text::age(elapsed(at, state.now))
        }
    });
    words.unwrap_or_default()
}
