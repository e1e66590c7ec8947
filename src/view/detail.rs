//! Everything about the selected savepoint, nothing cut off: it wraps, and scrolls.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Widget as _};

use super::theme::{Meaning, Theme};
use super::{Geometry, words};
use crate::api::Answer;
use crate::json;
use crate::savepoint::{self, Target};
use crate::state::feed::{Feed, Standing, Trust, elapsed};
use crate::state::{Pane, Sheet, State};
use crate::text;

/// Draws the detail with its border, and measures it.
pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, geometry: &mut Geometry) {
    let theme = state.settings.theme;
    let focused = state.pane != Pane::List;
    let title = match state.selected() {
        Some((target, _)) => format!(
            " {}{} ",
            text::clean(target.id.as_str()),
            if state.sheet == Sheet::Json { ", raw JSON" } else { "" }
        ),
        None => " nothing selected ".to_owned(),
    };
    let block = Block::bordered()
        .border_style(theme.style(if focused { Meaning::Focus } else { Meaning::Label }))
        .title(text::fit(&title, usize::from(area.width).saturating_sub(2)).into_owned());
    let inner = block.inner(area);
    let lines = match state.selected() {
        Some((target, feed)) if state.sheet == Sheet::Json => {
            raw(target, feed, usize::from(inner.width))
        }
        Some((target, feed)) => Page::of(state, target, feed, usize::from(inner.width)),
        None => Vec::new(),
    };
    geometry.detail_lines = lines.len();
    geometry.detail_rows = usize::from(inner.height);
    let last = lines.len().saturating_sub(geometry.detail_rows);
    let first = state.scroll.min(last);
    let below = lines.len().saturating_sub(first + geometry.detail_rows);
    let block = if first + below > 0 {
        block.title_bottom(format!(" {first} lines above, {below} below "))
    } else {
        block
    };
    block.render(area, buffer);
    let shown: Vec<Line> = lines.into_iter().skip(first).take(geometry.detail_rows).collect();
    Paragraph::new(shown).render(inner, buffer);
}

/// The service's answer, pretty, every value verbatim.
fn raw(target: &Target, feed: &Feed, width: usize) -> Vec<Line<'static>> {
    let text = match (&feed.answer, &feed.missing) {
        (Some(answer), _) => json::pretty(&answer.data),
        (None, Some(missing)) => missing.error.to_string(),
        (None, None) => format!("no answer for {} yet", target.id),
    };
    text.lines().flat_map(|line| text::chop(&text::clean(line), width)).map(Line::from).collect()
}

/// The lines of the detail, as they are put together.
struct Page<'a> {
    state: &'a State,
    theme: Theme,
    width: usize,
    lines: Vec<Line<'static>>,
}

/// The width of the fields' names.
const LABEL: usize = 12;

impl<'a> Page<'a> {
    fn of(state: &'a State, target: &Target, feed: &Feed, width: usize) -> Vec<Line<'static>> {
        let mut page = Self { state, theme: state.settings.theme, width, lines: Vec::new() };
        page.standing(feed);
        match &feed.answer {
            Some(answer) => page.savepoint(target, answer),
            None => page.place(target),
        }
        page.polling(feed);
        if let Some(answer) = &feed.answer {
            page.failure(answer);
        }
        page.lines
    }

    /// The state, and first of all whether it is still true.
    fn standing(&mut self, feed: &Feed) {
        let (sign, word, meaning) = words::standing(feed.standing());
        self.field("State", &format!("{sign} {word}"), meaning);
        if feed.standing() == Standing::NotFound {
            let missing = feed.missing.as_ref();
            let since = missing.map(|missing| self.at(missing.since)).unwrap_or_default();
            self.note(&format!("The service has known no such savepoint since {since}."));
            if let Some(missing) = missing {
                self.note(&format!("What to do: {}.", missing.error.advice()));
            }
            if let Some((answer, at)) = feed.answer.as_ref().zip(feed.answered_at) {
                let was = answer
                    .savepoint
                    .state
                    .as_ref()
                    .map_or("without a state", |state| state.as_str());
                self.note(&format!("What follows is its last answer, {was}, of {}.", self.at(at)));
            }
        }
        if let Trust::Failing(trouble) = feed.trust(self.state.now, self.state.cadence()) {
            let since = self.at(trouble.since);
            let tries = if trouble.attempts == 1 {
                "once".to_owned()
            } else {
                format!("{} times", trouble.attempts)
            };
            self.field(
                "Poll",
                &format!("fails, {tries} since {since}: {}", trouble.error),
                Meaning::Worry,
            );
            if feed.answer.is_some() {
                self.note("The savepoint itself may be well: below is the last good answer.");
            }
        }
    }

    fn savepoint(&mut self, target: &Target, answer: &Answer) {
        let savepoint = &answer.savepoint;
        let failed = savepoint.state == Some(savepoint::State::Failed);
        if let Some(failure) = savepoint.failure.as_ref().filter(|_| failed) {
            self.optional("Failure", failure.message.as_deref(), Meaning::Bad);
            self.moment("Failed at", failure.failed_at);
        }
        self.field(
            "ID",
            savepoint.savepoint_id.as_deref().unwrap_or(target.id.as_str()),
            Meaning::Title,
        );
        self.optional("Description", savepoint.description.as_deref(), Meaning::Text);
        self.optional("Origin", savepoint.origin.as_deref(), Meaning::Text);
        if let Some(note) = savepoint.origin.as_deref().and_then(words::origin_note) {
            self.note(note);
        }
        self.optional("Location", savepoint.location.as_deref(), Meaning::Text);
        if savepoint.location.is_some() && savepoint.state != Some(savepoint::State::Completed) {
            self.note("Not COMPLETED: there may be nothing here to restore from.");
        }
        self.moment("Created", savepoint.created_at);
        self.moment("Modified", savepoint.modified_at);
        if let Some((from, to)) = savepoint.created_at.zip(savepoint.modified_at) {
            let took = text::duration(elapsed(from, to));
            self.field("Duration", &format!("{took}, a proxy: modified - created"), Meaning::Text);
        }
        self.optional("Deployment", savepoint.deployment_id.as_deref(), Meaning::Text);
        self.optional("Job", savepoint.job_id.as_deref(), Meaning::Text);
        self.place(target);
        if let Some(native) = savepoint.native_format {
            self.field("Format", if native { "native" } else { "canonical" }, Meaning::Text);
        }
        if let Some(drain) = savepoint.stop_with_drain_enabled {
            let words = if drain {
                "yes: windows were flushed with a maximum watermark, a resume differs"
            } else {
                "no"
            };
            self.field("Drain", words, Meaning::Text);
        }
    }

    /// The long texts, last: the reason of a failure, or what is only called one.
    fn failure(&mut self, answer: &Answer) {
        let Some(failure) = &answer.savepoint.failure else { return };
        if answer.savepoint.state == Some(savepoint::State::Failed) {
            return self.text("Reason", failure.reason.as_deref());
        }
        let texts = [&failure.message, &failure.reason];
        if texts.into_iter().flatten().all(String::is_empty) {
            return;
        }
        let state = answer.savepoint.state.as_ref().map_or("not given", |state| state.as_str());
        self.lines.push(Line::default());
        self.note(&format!(
            "The answer also carries a failure, which means nothing while the state is {state}:"
        ));
        self.optional("message", failure.message.as_deref(), Meaning::Label);
        self.optional("reason", failure.reason.as_deref(), Meaning::Label);
        self.moment("failedAt", failure.failed_at);
    }

    fn place(&mut self, target: &Target) {
        self.field("Namespace", target.place.namespace.as_str(), Meaning::Text);
        self.field("Workspace", target.place.workspace.as_str(), Meaning::Text);
        self.field("Service", target.place.endpoint.as_str(), Meaning::Text);
    }

    /// How the last answer came, and when the next one is asked for.
    fn polling(&mut self, feed: &Feed) {
        self.lines.push(Line::default());
        let seen = feed.confirmed_at().map_or_else(|| "never".to_owned(), |at| self.at(at));
        let stale = matches!(feed.trust(self.state.now, self.state.cadence()), Trust::Stale);
        let (seen, meaning) = if stale && !self.state.paused() {
            (format!("{seen}, stale"), Meaning::Worry)
        } else {
            (seen, Meaning::Text)
        };
        self.field("Seen", &seen, meaning);
        let next = match feed.next_at {
            _ if feed.refreshing => "asking now".to_owned(),
            _ if self.state.paused() => "not while paused".to_owned(),
            Some(at) => text::time_of_day(at, &self.state.time_zone()),
            None if feed.trouble.is_some() => "not before R".to_owned(),
            None => "soon".to_owned(),
        };
        self.field("Next asked", &next, Meaning::Text);
        if let Some(answer) = &feed.answer {
            self.field("Round trip", &text::duration(answer.round_trip), Meaning::Text);
            self.optional("Request ID", answer.request_id.as_deref(), Meaning::Text);
            if let Some(correction) = answer.clock_correction {
                let off = text::duration(correction.unsigned_abs());
                let way = if correction.is_negative() { "fast" } else { "slow" };
                self.field(
                    "Clock",
                    &format!("this machine's is {off} {way}; requests are corrected for it"),
                    Meaning::Worry,
                );
            }
        }
    }

    /// A moment as this screen shows it: absolute, and relative.
    fn at(&self, at: Timestamp) -> String {
        let absolute = text::moment(at, &self.state.time_zone());
        let age = self.state.now.duration_since(at);
        match Duration::try_from(age) {
            _ if self.state.paused() => absolute,
            Ok(age) => format!("{absolute} ({})", text::ago(age)),
            Err(_ahead) => format!("{absolute} (ahead of this clock)"),
        }
    }

    fn moment(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            let words = self.at(at);
            self.field(name, &words, Meaning::Text);
        }
    }

    fn optional(&mut self, name: &str, value: Option<&str>, meaning: Meaning) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(name, value, meaning);
        }
    }

    /// A field: its name, and its value with every further line under the first.
    fn field(&mut self, name: &str, value: &str, meaning: Meaning) {
        let indent = if self.width >= LABEL + 24 { LABEL } else { 2 };
        let style = self.theme.style(meaning);
        let label = Span::styled(format!("{name:<indent$}"), self.theme.style(Meaning::Label));
        let room = self.width.saturating_sub(indent);
        let mut wrapped = value
            .lines()
            .flat_map(|line| text::wrap(&text::clean(&line.replace('\t', "    ")), room))
            .map(|line| Span::styled(line, style));
        if indent == LABEL {
            let first = wrapped.next().unwrap_or_default();
            self.lines.push(Line::from(vec![label, first]));
        } else {
            self.lines.push(Line::from(label));
        }
        let indent = " ".repeat(indent);
        self.lines.extend(wrapped.map(|line| Line::from(vec![Span::raw(indent.clone()), line])));
    }

    /// A sentence of ours, set apart from what the service said.
    fn note(&mut self, words: &str) {
        self.field("", words, Meaning::Label);
    }

    /// A long text of the service under a heading of its own, in the full width.
    fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        self.lines.push(Line::default());
        self.lines
            .push(Line::from(Span::styled(format!(" {name}"), self.theme.style(Meaning::Label))));
        let room = self.width.saturating_sub(1);
        for line in value.lines() {
            let line = line.replace('\t', "    ");
            self.lines.extend(
                text::wrap(&text::clean(&line), room)
                    .into_iter()
                    .map(|line| Line::from(format!(" {line}"))),
            );
        }
    }
}
