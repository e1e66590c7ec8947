//! The header: places, counts by state, freshness, and identity.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use super::{identity, words};
use crate::api::Error;
use crate::config::context::Context;
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::meaning::Meaning;
use crate::util::text;

/// Draws one or two lines.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = state.settings.theme;
    let width = usize::from(area.width);
    let name = Span::styled(" savepeek  ", theme.style(Meaning::Title));
    let (trust, meaning) = words::trust(state);
    if area.height < 2 {
        return one_line(area, buffer, state, name, (&trust, meaning));
    }
    let (place, counts) = first_line(state, width.saturating_sub(name.width()));
    spread(area, buffer, vec![name, Span::raw(place)], counts);
    // How far to trust the screen comes first: who asks stands beside it where there is room.
    let (identities, worth) = identity::in_short(state);
    let room = width.saturating_sub(least(state, &trust) + 4);
    let identity = identities.into_iter().find(|words| words.width() <= room).unwrap_or_default();
    let beside = if identity.is_empty() { 0 } else { identity.width() + 2 };
    let trust = text::fit(&trust, width.saturating_sub(beside + 2)).into_owned();
    let mut left = vec![Span::raw(" ")];
    left.extend(trusted(state, &trust, meaning));
    let right = vec![Span::styled(identity, theme.style(worth)), Span::raw(" ")];
    spread(Rect { y: area.y + 1, ..area }, buffer, left, right);
}

/// The columns of the trust that who asks must not take away: all, but where something is wrong
/// with who asks, the profile is named. Then the cause is enough, without the service's code for it.
fn least(state: &State, trust: &str) -> usize {
    let failing = state.summary().failing.most_important().map(|(failing, _)| &failing.error);
    let asker = |error: &&Error| matches!(error.kind(), "credentials" | "permission");
    let known = matches!(state.identity(), Some(Ok(_)));
    let Some(error) = failing.filter(asker).filter(|_| known) else { return trust.width() };
    let cause = error.summary();
    let cause = text::clean(cause.split(" (").next().unwrap_or_default());
    let upto = trust.split_inclusive(cause.as_ref()).next().unwrap_or(trust);
    // The sign that something was cut takes one more.
    trust.width().min(upto.width() + 1)
}

/// Draws the signs and numbers alone, what is worst first, where there is one line for everything.
pub(super) fn glance(area: Rect, buffer: &mut Buffer, state: &State) {
    let mut spans = signs(state, |_| false);
    if let Some(first) = spans.first_mut() {
        first.content = first.content.trim_start().to_owned().into();
    }
    Line::from(spans).render(area, buffer);
}

/// Everything on one line: how far to trust the screen, then the counts, then where.
fn one_line(
    area: Rect,
    buffer: &mut Buffer,
    state: &State,
    name: Span<'static>,
    (trust, meaning): (&str, Meaning),
) {
    /// With less room for it, the trust is worth more than the counts.
    const TRUST: usize = 24;
    let room = usize::from(area.width).saturating_sub(name.width());
    let mut counts = counts(state, |_| false);
    if room < width_of(&counts) + trust.width().min(TRUST) {
        counts.clear();
    }
    let mut left = vec![name];
    let trust = text::fit(trust, room.saturating_sub(width_of(&counts))).into_owned();
    left.extend(trusted(state, &trust, meaning));
    let room = room.saturating_sub(trust.width() + width_of(&counts) + 2);
    let place = forms(state).into_iter().find(|place| place.width() <= room).unwrap_or_default();
    left.push(Span::raw(format!("  {place}")));
    spread(area, buffer, left, counts);
}

/// How far to trust the screen, as a whole in its colour where it is a worry.
fn trusted(state: &State, words: &str, meaning: Meaning) -> Vec<Span<'static>> {
    let theme = state.settings.theme;
    match (meaning, words.split_once(' ')) {
        (Meaning::Good, Some((sign, rest))) => vec![
            Span::styled(sign.to_owned(), theme.style(meaning)),
            Span::styled(format!(" {rest}"), theme.words(meaning)),
        ],
        _ => vec![Span::styled(words.to_owned(), theme.style(meaning))],
    }
}

/// Draws what stands at the left and what stands at the right end of a line.
fn spread(area: Rect, buffer: &mut Buffer, left: Vec<Span<'_>>, right: Vec<Span<'_>>) {
    let gap = usize::from(area.width).saturating_sub(width_of(&left) + width_of(&right));
    let mut line = left;
    line.push(Span::raw(" ".repeat(gap)));
    line.extend(right);
    Line::from(line).render(Rect { height: 1, ..area }, buffer);
}

fn width_of(spans: &[Span]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// Where, and the counts, for a width in columns. The words of the counts are worth more than those of
/// the places, that of FAILED most of all; of a place the namespace is what must be read.
fn first_line(state: &State, width: usize) -> (String, Vec<Span<'static>>) {
    let forms = forms(state);
    let whole = forms.get(..forms.len().saturating_sub(CUT)).unwrap_or_default();
    let all = counts(state, |_| true);
    let failed = counts(state, |sign| sign == Sign::Failed);
    let none = counts(state, |_| false);
    for (counts, forms) in [(all, whole), (failed, &forms), (none, &forms)] {
        let room = width.saturating_sub(width_of(&counts));
        if let Some(place) = forms.iter().find(|place| place.width() < room) {
            return (place.clone(), counts);
        }
    }
    let counts = counts(state, |_| false);
    let room = width.saturating_sub(width_of(&counts) + 1);
    let shortest = forms.last().map(|place| text::fit(place, room).into_owned());
    (shortest.unwrap_or_default(), counts)
}

/// The counts, which are of all that is watched: said where a context hides some of it.
fn counts(state: &State, words: impl Fn(Sign) -> bool) -> Vec<Span<'static>> {
    let mut spans = signs(state, words);
    if !spans.is_empty() && state.list.scope.as_ref().is_some_and(|it| hides(state, it)) {
        spans.insert(0, Span::styled(" of all:", state.settings.theme.style(Meaning::Label)));
    }
    spans
}

/// Whether anything that is watched or followed is not in a context.
fn hides(state: &State, context: &Context) -> bool {
    state.places().any(|place| !context.contains(place))
}

/// The counts of the states that occur, each with its sign, and with its word where that is wanted.
fn signs(state: &State, words: impl Fn(Sign) -> bool) -> Vec<Span<'static>> {
    let summary = state.summary();
    let counts = [
        (summary.failed, Sign::Failed, "FAILED", Meaning::Bad),
        (summary.not_found, Sign::NotFound, "not found", Meaning::Gone),
        (summary.other, Sign::Other, "other", Meaning::Odd),
        (summary.started, Sign::Started, "STARTED", Meaning::Active),
        (summary.completed, Sign::Completed, "COMPLETED", Meaning::Good),
        (summary.no_answer, Sign::NoAnswer, "no answer", Meaning::Worry),
        (summary.unanswered - summary.no_answer, Sign::Waiting, "unanswered", Meaning::Label),
    ];
    let theme = state.settings.theme;
    let mut spans = Vec::new();
    for (count, sign, word, meaning) in counts.into_iter().filter(|(count, ..)| *count > 0) {
        let word = if words(sign) { format!(" {word}") } else { String::new() };
        let sign = state.settings.glyphs.sign(sign);
        spans.push(Span::styled(format!(" {sign}"), theme.style(meaning)));
        spans.push(Span::styled(format!(" {count}{word} "), theme.words(meaning)));
    }
    spans
}

/// Where everything is, from the longest form to the shortest: the context that holds, else places
/// with a name by that, the others by what names them.
fn forms(state: &State) -> Vec<String> {
    if let Some(context) = &state.list.scope {
        let only = if hides(state, context) { "only " } else { "" };
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
    let mut forms = vec![join([contexts(true), in_words(&others)])];
    let shorter = in_short(&others);
    forms.extend(shorter.into_iter().map(|others| join([contexts(false), others])));
    forms
}

/// Each region, workspace and namespace, once.
fn names(places: &[&Place]) -> [Vec<String>; 3] {
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

fn in_words(places: &[&Place]) -> String {
    if places.is_empty() {
        return String::new();
    }
    let [regions, workspaces, namespaces] = names(places).map(|names| names.join(", "));
    format!("{regions}  workspace {workspaces}  namespace {namespaces}")
}

/// How many of the last forms leave something of a place out.
const CUT: usize = 2;

/// Without words, and where there are many by number; then the workspace gives way, then the region.
/// Whether it is prod or staging stays.
fn in_short(places: &[&Place]) -> Vec<String> {
    if places.is_empty() {
        return vec![String::new(); 1 + CUT];
    }
    let names = names(places);
    let kinds = ["regions", "workspaces", "namespaces"];
    let counted = |at: usize| match names[at].as_slice() {
        [one] => one.clone(),
        many => format!("{} {}", many.len(), kinds[at]),
    };
    let [region, workspace, namespace] = [0, 1, 2].map(counted);
    let ends = match names[1].as_slice() {
        [one] => middle(one),
        _ => workspace.clone(),
    };
    let all = names.each_ref().map(|names| names.join(", ")).join(" / ");
    vec![
        all,
        format!("{region} / {workspace} / {namespace}"),
        format!("{region} / {ends} / {namespace}"),
        format!("{} / {ends} / {namespace}", text::fit(&region, 8)),
        namespace,
    ]
}

/// The first and the last four letters of an ID, where that is shorter.
fn middle(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    match (letters.first_chunk::<4>(), letters.last_chunk::<4>()) {
        (Some(first), Some(last)) if letters.len() > 9 => {
            first.iter().chain(&['…']).chain(last).collect()
        }
        _ => id.to_owned(),
    }
}
