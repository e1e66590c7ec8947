//! The top: where, how many in which state, how far to trust the screen, and as whom it asks.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use super::theme::Meaning;
use super::{identity, words};
use crate::savepoint::Place;
use crate::state::State;
use crate::text;

/// Draws one or two lines.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = state.settings.theme;
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
    // The words of the counts go last but one: their signs say the same.
    let taken = |counts: &[Span], places: &str| {
        name.width() + places.width() + counts.iter().map(Span::width).sum::<usize>() + 1
    };
    let (names, numbers) = (whereabouts(state, true), whereabouts(state, false));
    let choices = [
        (counts(state, true), &names),
        (counts(state, true), &numbers),
        (counts(state, false), &names),
        (counts(state, false), &numbers),
    ];
    let fitting = choices.iter().find(|(counts, places)| taken(counts, places) <= width);
    let (counts, places) = fitting.unwrap_or(&choices[3]);
    let counts_width: usize = counts.iter().map(Span::width).sum();
    let room = width.saturating_sub(taken(counts, ""));
    let place = Span::raw(text::fit(places, room).into_owned());
    let used = name.width() + place.width();
    let mut line = vec![name, place];
    if used + counts_width < width {
        line.push(Span::raw(" ".repeat(width - used - counts_width - 1)));
    }
    line.extend(counts.iter().cloned());
    Line::from(line).render(Rect { height: 1, ..area }, buffer);
    let trust = text::fit(&trust, width.saturating_sub(2)).into_owned();
    // How far to trust the screen comes first: who asks stands beside it where there is room.
    let (identities, worth) = identity::in_short(state);
    let room = width.saturating_sub(trust.width() + 4);
    let identity = identities.into_iter().find(|words| words.width() <= room).unwrap_or_default();
    let gap = width.saturating_sub(trust.width() + identity.width() + 2);
    let line = Line::from(vec![
        Span::styled(format!(" {trust}"), theme.style(meaning)),
        Span::raw(" ".repeat(gap)),
        Span::styled(identity, theme.style(worth)),
    ]);
    line.render(Rect { y: area.y + 1, height: 1, ..area }, buffer);
}

/// The counts of the states that occur, each with its sign and word.
fn counts(state: &State, words: bool) -> Vec<Span<'static>> {
    let summary = &state.summary;
    let counts = [
        (summary.failed, Sign::Failed, "FAILED", Meaning::Bad),
        (summary.not_found, Sign::NotFound, "not found", Meaning::Gone),
        (summary.other, Sign::Other, "other", Meaning::Odd),
        (summary.started, Sign::Started, "STARTED", Meaning::Active),
        (summary.completed, Sign::Completed, "COMPLETED", Meaning::Good),
        (summary.unanswered, Sign::Waiting, "unanswered", Meaning::Label),
    ];
    let mut spans = Vec::new();
    for (count, sign, word, meaning) in counts {
        if count > 0 {
            let sign = state.settings.glyphs.sign(sign);
            let word = if words { format!(" {word}") } else { String::new() };
            spans.push(Span::styled(
                format!(" {sign} {count}{word} "),
                state.settings.theme.style(meaning),
            ));
        }
    }
    spans
}

/// The context that holds; without one where everything that is watched is: places with a name by
/// that, the others in full.
fn whereabouts(state: &State, by_name: bool) -> String {
    if let Some(context) = &state.list.scope {
        let hides = state.places.iter().any(|place| !context.has(place));
        let only = if hides { "only " } else { "" };
        return format!("{only}context {}", text::clean(&context.name));
    }
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for place in &state.places {
        match state.name_of(place) {
            Some(name) => named.push(text::clean(name).into_owned()),
            None => others.push(place.clone()),
        }
    }
    let contexts = match named.len() {
        0 => String::new(),
        1 => format!("context {}", named[0]),
        count if !by_name => format!("{count} contexts"),
        _ => format!("contexts {}", named.join(", ")),
    };
    [contexts, places(&others, by_name)]
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join("  ")
}

/// Region, workspaces and namespaces by name, or, where they are many and have little room, by
/// number.
fn places(places: &[Place], by_name: bool) -> String {
    if places.is_empty() {
        return String::new();
    }
    let names = |kind: &str, what: fn(&Place) -> String| {
        let names: BTreeSet<String> = places.iter().map(what).collect();
        match names.len() {
            2.. if !by_name => format!("{} {kind}s", names.len()),
            _ => names.into_iter().collect::<Vec<_>>().join(", "),
        }
    };
    let regions = names("region", |place| place.endpoint.to_string());
    let workspaces = names("workspace", |place| text::clean(place.workspace.as_str()).into_owned());
    let namespaces = names("namespace", |place| text::clean(place.namespace.as_str()).into_owned());
    if by_name {
        format!("{regions}  workspace {workspaces}  namespace {namespaces}")
    } else {
        format!("{regions} / {workspaces} / {namespaces}")
    }
}
