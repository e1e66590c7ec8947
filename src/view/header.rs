//! The top: where, how many in which state, and how far to trust the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::theme::Meaning;
use super::words;
use crate::savepoint::Place;
use crate::state::State;
use crate::text;

/// Draws one or two lines.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = state.settings.theme;
    let counts = counts(state);
    let counts_width = counts.iter().map(Span::width).sum::<usize>();
    let width = usize::from(area.width);
    let (trust, meaning) = words::trust(state);
    if area.height < 2 {
        let line = Line::from(vec![
            Span::styled("savepeek ", theme.style(Meaning::Title)),
            Span::styled(
                text::fit(&trust, width.saturating_sub(9)).into_owned(),
                theme.style(meaning),
            ),
        ]);
        line.render(area, buffer);
        return;
    }
    let name = Span::styled(" savepeek  ", theme.style(Meaning::Title));
    let room = width.saturating_sub(name.width() + counts_width + 2);
    let place = Span::raw(text::fit(&places(&state.places, room), room).into_owned());
    let used = name.width() + place.width();
    let mut line = vec![name, place];
    if used + counts_width < width {
        line.push(Span::raw(" ".repeat(width - used - counts_width - 1)));
    }
    line.extend(counts);
    Line::from(line).render(Rect { height: 1, ..area }, buffer);
    let trust = text::fit(&trust, width.saturating_sub(2)).into_owned();
    Line::from(Span::styled(format!(" {trust}"), theme.style(meaning)))
        .render(Rect { y: area.y + 1, height: 1, ..area }, buffer);
}

/// The counts of the states that occur, each with its sign and word.
fn counts(state: &State) -> Vec<Span<'static>> {
    let summary = &state.summary;
    let counts = [
        (summary.failed, "✗", "FAILED", Meaning::Bad),
        (summary.not_found, "∅", "not found", Meaning::Gone),
        (summary.other, "?", "other", Meaning::Odd),
        (summary.started, "▸", "STARTED", Meaning::Active),
        (summary.completed, "✓", "COMPLETED", Meaning::Good),
        (summary.unanswered, "-", "unanswered", Meaning::Label),
    ];
    let short = state.geometry.width < 100;
    let mut spans = Vec::new();
    for (count, sign, word, meaning) in counts {
        if count > 0 {
            let word = if short { String::new() } else { format!(" {word}") };
            spans.push(Span::styled(
                format!(" {sign} {count}{word} "),
                state.settings.theme.style(meaning),
            ));
        }
    }
    spans
}

/// Region, workspaces and namespaces; their numbers where their names have no room.
fn places(places: &[Place], room: usize) -> String {
    let names = |what: fn(&Place) -> String| {
        let mut names: Vec<String> = places.iter().map(what).collect();
        names.sort();
        names.dedup();
        names
    };
    let regions = names(|place| place.endpoint.to_string());
    let workspaces = names(|place| text::clean(place.workspace.as_str()).into_owned());
    let namespaces = names(|place| text::clean(place.namespace.as_str()).into_owned());
    if places.is_empty() {
        return String::new();
    }
    let full = format!(
        "{}  workspace {}  namespace {}",
        regions.join(", "),
        workspaces.join(", "),
        namespaces.join(", ")
    );
    if full.width() <= room {
        return full;
    }
    let brief = |names: &[String], what: &str| match names {
        [name] => name.clone(),
        _ => format!("{} {what}s", names.len()),
    };
    format!(
        "{} / {} / {}",
        brief(&regions, "region"),
        brief(&workspaces, "workspace"),
        brief(&namespaces, "namespace")
    )
}
