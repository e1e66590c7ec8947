//! The detail: the visible part of the page about the selected savepoint.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Widget as _};

use super::page::{self, CAUSED_BY};
use crate::config::appearance::Theme;
use crate::tui::model::geometry::Geometry;
use crate::tui::model::page::PageLine;
use crate::tui::model::role::Role;
use crate::tui::model::{DetailMode, Pane, State};
use crate::util::text;

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, geometry: &mut Geometry) {
    let theme = state.settings.theme;
    let glyphs = state.settings.glyphs;
    let focused = state.pane != Pane::List;
    let title = match state.selected() {
        Some((target, _)) => format!(
            " {}{} ",
            text::clean(target.id.as_str()),
            if state.detail.mode == DetailMode::Json { ", raw JSON" } else { "" }
        ),
        None => " nothing selected ".to_owned(),
    };
    let [border, heading] = theme.pane(focused);
    let title = text::fit(&title, usize::from(area.width).saturating_sub(2)).into_owned();
    let block = glyphs.bordered().border_style(border).title(Span::styled(title, heading));
    let inner = block.inner(area);
    geometry.detail_area = inner;
    // As in the list, the first column is free for a mark.
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    geometry.detail_width = usize::from(inner.width);
    geometry.detail_rows = usize::from(inner.height);
    let page = page::build(state, geometry.detail_width);
    let search = &state.detail.search;
    let matches = if search.is_empty() { Vec::new() } else { page.matches(search) };
    let found = state.detail.found.filter(|&found| found < matches.len());
    let current = found.map(|found| page.lines_at(matches[found])).unwrap_or_default();
    geometry.detail_cause = page.contains(CAUSED_BY);
    let lines = &page.lines;
    geometry.detail_lines = lines.len();
    let last = lines.len().saturating_sub(geometry.detail_rows);
    let first = state.detail.scroll.min(last);
    let below = lines.len().saturating_sub(first + geometry.detail_rows);
    geometry.polling_visible =
        page.polling.start < first + geometry.detail_rows && first < page.polling.end;
    let block = match (first, below) {
        (0, 0) => block,
        (0, below) => block.title_bottom(format!(" {below} more below ")),
        (above, 0) => block.title_bottom(format!(" {above} above ")),
        (above, below) => block.title_bottom(format!(" {above} above, {below} below ")),
    };
    let block = match (found, matches.len()) {
        _ if search.is_empty() => block,
        (Some(found), count) => bottom_right(block, format!(" match {} of {count} ", found + 1)),
        (None, 0) => bottom_right(block, " no match ".to_owned()),
        (None, 1) => bottom_right(block, " 1 match ".to_owned()),
        (None, count) => bottom_right(block, format!(" {count} matches ")),
    };
    block.render(area, buffer);
    let needle = search.to_lowercase();
    let shown: Vec<Line> = lines
        .iter()
        .enumerate()
        .skip(first)
        .take(geometry.detail_rows)
        .map(|(at, line)| styled(line.clone(), theme, &needle, current.contains(&at)))
        .collect();
    let across = usize::from(state.detail.across);
    let widths: Vec<usize> = shown.iter().map(Line::width).collect();
    Paragraph::new(shown).scroll((0, state.detail.across)).render(inner, buffer);
    // Without wrapping, an ellipsis shows where a line continues.
    for (width, y) in widths.into_iter().zip(inner.top()..inner.bottom()) {
        if width > across + geometry.detail_width && !inner.is_empty() {
            buffer.set_string(inner.right() - 1, y, "…", theme.style(Role::Key));
        }
        if across > 0 && width > 0 {
            buffer.set_string(inner.x.saturating_sub(1), y, "…", theme.style(Role::Key));
        }
    }
    // A match that is wrapped in the middle is not highlighted, but has the mark.
    let line = current.start.checked_sub(first).and_then(|it| u16::try_from(it).ok());
    if let Some(line) = line.filter(|&line| !current.is_empty() && line < inner.height) {
        buffer.set_string(inner.x.saturating_sub(1), inner.y + line, ">", Style::new());
    }
}

/// Adds a title at the right of the bottom border.
fn bottom_right(block: Block<'_>, words: String) -> Block<'_> {
    block.title_bottom(Line::from(words).right_aligned())
}

/// A line with its style. Matches are highlighted, the current one more.
fn styled(line: PageLine, theme: Theme, needle: &str, current: bool) -> Line<'static> {
    let mark = if current { Modifier::BOLD | Modifier::UNDERLINED } else { Modifier::empty() };
    let style = theme.text(line.role);
    let mut spans = vec![Span::styled(line.label, theme.style(Role::Label))];
    let lower = line.text.to_lowercase();
    // Outside ASCII lower case can have another length; then matches are not highlighted.
    if needle.is_empty() || lower.len() != line.text.len() {
        spans.push(Span::styled(line.text, style));
        return Line::from(spans);
    }
    let mut at = 0;
    for (found, _) in lower.match_indices(needle) {
        let (Some(before), Some(hit)) =
            (line.text.get(at..found), line.text.get(found..found + needle.len()))
        else {
            break;
        };
        spans.push(Span::styled(before.to_owned(), style));
        spans.push(Span::styled(hit.to_owned(), style.add_modifier(Modifier::REVERSED | mark)));
        at = found + needle.len();
    }
    spans.push(Span::styled(line.text.get(at..).unwrap_or_default().to_owned(), style));
    Line::from(spans)
}
