//! The header: places, counts by state, freshness, and identity.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Symbol;
use super::{identity, status};
use crate::api::Error;
use crate::config::context::Context;
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::role::Role;
use crate::util::text;

/// Draws one or two lines.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = state.settings.theme;
    let width = usize::from(area.width);
    let name = Span::styled(" savepeek  ", theme.style(Role::Title));
    let (status, role) = status::screen_freshness(state);
    if area.height < 2 {
        return draw_one_line(area, buffer, state, name, (&status, role));
    }
    let (place, counts) = place_and_counts(state, width.saturating_sub(name.width()));
    draw_justified(area, buffer, vec![name, Span::raw(place)], counts);
    // Freshness comes first; the identity is shown if there is room beside it.
    let (identities, identity_role) = identity::variants(state);
    let room = width.saturating_sub(min_status_width(state, &status) + 4);
    let identity = identities.into_iter().find(|words| words.width() <= room).unwrap_or_default();
    let identity_width = if identity.is_empty() { 0 } else { identity.width() + 2 };
    let status = text::fit(&status, width.saturating_sub(identity_width + 2)).into_owned();
    let mut left = vec![Span::raw(" ")];
    left.extend(status_spans(state, &status, role));
    let right = vec![Span::styled(identity, theme.style(identity_role)), Span::raw(" ")];
    draw_justified(Rect { y: area.y + 1, ..area }, buffer, left, right);
}

/// The columns of the status that the identity must not take. If credentials or permissions are the
/// problem, the identity helps more than the error code at the end of the status.
fn min_status_width(state: &State, status: &str) -> usize {
    let failing = state.summary().failing.most_important().map(|(failing, _)| &failing.error);
    let about_identity = |error: &&Error| matches!(error.kind(), "credentials" | "permission");
    let known = matches!(state.identity(), Some(Ok(_)));
    let Some(error) = failing.filter(about_identity).filter(|_| known) else {
        return status.width();
    };
    let cause = error.summary();
    let cause = text::clean(cause.split(" (").next().unwrap_or_default());
    let through_cause = status.split_inclusive(cause.as_ref()).next().unwrap_or(status);
    // One more for the ellipsis.
    status.width().min(through_cause.width() + 1)
}

/// Draws only symbols and numbers, the worst first: for a screen without room for a pane.
pub(super) fn draw_counts(area: Rect, buffer: &mut Buffer, state: &State) {
    let mut spans = count_spans(state, |_| false);
    if let Some(first) = spans.first_mut() {
        first.content = first.content.trim_start().to_owned().into();
    }
    Line::from(spans).render(area, buffer);
}

/// Draws everything on one line. Freshness gets room first, then the counts, then the place.
fn draw_one_line(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    name: Span<'static>,
    (status, role): (&str, Role),
) {
    /// With less room for the status, the counts are left out.
    const MIN_STATUS_WIDTH: usize = 24;
    let room = usize::from(area.width).saturating_sub(name.width());
    let mut counts = counts(state, |_| false);
    if room < width_of(&counts) + status.width().min(MIN_STATUS_WIDTH) {
        counts.clear();
    }
    let mut left = vec![name];
    let status = text::fit(status, room.saturating_sub(width_of(&counts))).into_owned();
    left.extend(status_spans(state, &status, role));
    let room = room.saturating_sub(status.width() + width_of(&counts) + 2);
    let place =
        place_variants(state).into_iter().find(|place| place.width() <= room).unwrap_or_default();
    left.push(Span::raw(format!("  {place}")));
    draw_justified(area, buffer, left, counts);
}

/// The status; in its colour as a whole unless all is well.
fn status_spans(state: &State, words: &str, role: Role) -> Vec<Span<'static>> {
    let theme = state.settings.theme;
    match (role, words.split_once(' ')) {
        (Role::Good, Some((symbol, rest))) => vec![
            Span::styled(symbol.to_owned(), theme.style(role)),
            Span::styled(format!(" {rest}"), theme.text(role)),
        ],
        _ => vec![Span::styled(words.to_owned(), theme.style(role))],
    }
}

/// Draws spans at both ends of a line.
fn draw_justified(area: Rect, buffer: &mut Buffer, left: Vec<Span<'_>>, right: Vec<Span<'_>>) {
    let gap = usize::from(area.width).saturating_sub(width_of(&left) + width_of(&right));
    let mut line = left;
    line.push(Span::raw(" ".repeat(gap)));
    line.extend(right);
    Line::from(line).render(Rect { height: 1, ..area }, buffer);
}

fn width_of(spans: &[Span]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// Place and counts that fit a width. The place is shortened before the counts lose their words;
/// FAILED keeps its word longest, and the place its namespace.
fn place_and_counts(state: &State, width: usize) -> (String, Vec<Span<'static>>) {
    let variants = place_variants(state);
    let unshortened = variants.get(..variants.len().saturating_sub(SHORTENED)).unwrap_or_default();
    let all = counts(state, |_| true);
    let failed = counts(state, |symbol| symbol == Symbol::Failed);
    let none = counts(state, |_| false);
    for (counts, variants) in [(all, unshortened), (failed, &variants), (none, &variants)] {
        let room = width.saturating_sub(width_of(&counts));
        if let Some(place) = variants.iter().find(|place| place.width() < room) {
            return (place.clone(), counts);
        }
    }
    let counts = counts(state, |_| false);
    let room = width.saturating_sub(width_of(&counts) + 1);
    let shortest = variants.last().map(|place| text::fit(place, room).into_owned());
    (shortest.unwrap_or_default(), counts)
}

/// The counts, which also cover what a context hides; then they begin with "of all".
fn counts(state: &State, words: impl Fn(Symbol) -> bool) -> Vec<Span<'static>> {
    let mut spans = count_spans(state, words);
    if !spans.is_empty() && state.list.scope.as_ref().is_some_and(|it| hides_some(state, it)) {
        spans.insert(0, Span::styled(" of all:", state.settings.theme.style(Role::Label)));
    }
    spans
}

/// Whether the context hides anything watched or followed.
fn hides_some(state: &State, context: &Context) -> bool {
    state.places().any(|place| !context.contains(place))
}

/// The counts of the states that occur, each with its symbol; `words` decides which get a word.
fn count_spans(state: &State, words: impl Fn(Symbol) -> bool) -> Vec<Span<'static>> {
    let summary = state.summary();
    let counts = [
        (summary.failed, Symbol::Failed, "FAILED", Role::Bad),
        (summary.not_found, Symbol::NotFound, "not found", Role::Missing),
        (summary.other, Symbol::Other, "other", Role::Unknown),
        (summary.started, Symbol::Started, "STARTED", Role::Active),
        (summary.completed, Symbol::Completed, "COMPLETED", Role::Good),
        (summary.no_answer, Symbol::NoAnswer, "no answer", Role::Warning),
        (summary.unanswered - summary.no_answer, Symbol::Waiting, "unanswered", Role::Label),
    ];
    let theme = state.settings.theme;
    let mut spans = Vec::new();
    for (count, symbol, word, role) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        let word = if words(symbol) { format!(" {word}") } else { String::new() };
        let symbol = state.settings.glyphs.symbol(symbol);
        spans.push(Span::styled(format!(" {symbol}"), theme.style(role)));
        spans.push(Span::styled(format!(" {count}{word} "), theme.text(role)));
    }
    spans
}

/// Texts for the places, from longest to shortest: the active context, else contexts by name and
/// other places by region, workspace and namespace.
fn place_variants(state: &State) -> Vec<String> {
    if let Some(context) = &state.list.scope {
        let only = if hides_some(state, context) { "only " } else { "" };
        return vec![format!("{only}context {}", text::clean(&context.name))];
    }
    let mut named = Vec::new();
    let mut others = Vec::new();
    for place in state.places() {
        match state.name_of(place) {
            Some(name) => named.push(text::clean(name)),
            None => others.push(place),
        }
    }
    let contexts = |by_name: bool| match named.as_slice() {
        [] => String::new(),
        [name] => format!("context {name}"),
        many if by_name => format!("contexts {}", many.join(", ")),
        many => format!("{} contexts", many.len()),
    };
    let join = |parts: [String; 2]| {
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("  ")
    };
    let mut variants = vec![join([contexts(true), labelled(&others)])];
    let shorter = short_variants(&others);
    variants.extend(shorter.into_iter().map(|others| join([contexts(false), others])));
    variants
}

/// Regions, workspaces and namespaces, without duplicates.
fn distinct_names(places: &[&Place]) -> [Vec<String>; 3] {
    let each = |what: fn(&Place) -> String| {
        let names: BTreeSet<String> = places.iter().map(|place| what(place)).collect();
        names.into_iter().collect()
    };
    [
        each(|place| place.endpoint.to_string()),
        each(|place| text::clean(place.workspace.as_str()).into_owned()),
        each(|place| text::clean(place.namespace.as_str()).into_owned()),
    ]
}

fn labelled(places: &[&Place]) -> String {
    if places.is_empty() {
        return String::new();
    }
    let [regions, workspaces, namespaces] = distinct_names(places).map(|names| names.join(", "));
    format!("{regions}  workspace {workspaces}  namespace {namespaces}")
}

/// Number of the last variants that leave out a part of a place.
const SHORTENED: usize = 2;

/// Variants without labels. Several names become a count; then the workspace is shortened, then the
/// region. The namespace stays, because it tells prod from staging.
fn short_variants(places: &[&Place]) -> Vec<String> {
    if places.is_empty() {
        return vec![String::new(); 1 + SHORTENED];
    }
    let names = distinct_names(places);
    let kinds = ["regions", "workspaces", "namespaces"];
    let counted = |at: usize| match names[at].as_slice() {
        [one] => one.clone(),
        many => format!("{} {}", many.len(), kinds[at]),
    };
    let [region, workspace, namespace] = [0, 1, 2].map(counted);
    let short_workspace = match names[1].as_slice() {
        [one] => shorten_id(one),
        _ => workspace.clone(),
    };
    let all = names.each_ref().map(|names| names.join(", ")).join(" / ");
    vec![
        all,
        format!("{region} / {workspace} / {namespace}"),
        format!("{region} / {short_workspace} / {namespace}"),
        format!("{} / {short_workspace} / {namespace}", text::fit(&region, 8)),
        namespace,
    ]
}

/// The first and last four letters of an ID, if that is shorter.
fn shorten_id(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    match (letters.first_chunk::<4>(), letters.last_chunk::<4>()) {
        (Some(first), Some(last)) if letters.len() > 9 => {
            first.iter().chain(&['…']).chain(last).collect()
        }
        _ => id.to_owned(),
    }
}
