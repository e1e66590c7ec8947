//! Lays out fields, paragraphs and verbatim text as lines.

use std::time::Duration;

use jiff::Timestamp;

use crate::tui::model::meaning::Meaning;
use crate::tui::model::page::{Page, PageLine};
use crate::tui::model::{State, Wrap};
use crate::util::text;

/// The width of the field names.
const LABEL: usize = 12;

pub(super) struct Writer<'a> {
    pub(super) state: &'a State,
    pub(super) width: usize,
    pub(super) page: Page,
}

impl Writer<'_> {
    /// Formats a time as absolute and relative; only absolute while paused.
    pub(super) fn at(&self, at: Timestamp) -> String {
        let absolute = text::moment(at, &self.state.time_zone());
        let age = self.state.now.duration_since(at);
        match Duration::try_from(age) {
            _ if self.state.paused() => absolute,
            Ok(age) => format!("{absolute} ({})", text::ago(age)),
            Err(_ahead) => format!("{absolute} (ahead of this clock)"),
        }
    }

    pub(super) fn moment(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            let words = self.at(at);
            self.field(name, &words, Meaning::Text);
        }
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>, meaning: Meaning) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(name, value, meaning);
        }
    }

    /// A field whose value is one line, so that no value can pass for another field.
    pub(super) fn field(&mut self, name: &str, value: &str, meaning: Meaning) {
        self.lines(name, &text::clean(value), meaning);
    }

    /// A field whose value the service may have written in several lines.
    pub(super) fn paragraph(&mut self, name: &str, value: Option<&str>, meaning: Meaning) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.lines(name, value, meaning);
        }
    }

    /// A field: its name, and its value with every further line under the first.
    pub(super) fn lines(&mut self, name: &str, value: &str, meaning: Meaning) {
        let beside = self.width >= LABEL + 24;
        let indent = if beside { LABEL } else { 2 };
        let mut label = format!("{name:<indent$}");
        if !beside && !name.is_empty() {
            self.line(name, "", Meaning::Label);
            label = " ".repeat(indent);
        }
        for text in value.lines() {
            let text = text::clean(&text.replace('\t', "    ")).into_owned();
            let broken = match self.state.detail.wrap {
                Wrap::Wrapped => text::wrap(&text, self.width.saturating_sub(indent)),
                Wrap::Whole => vec![text.clone()],
            };
            self.page.push_unbroken(text);
            for text in broken {
                self.line(&label, &text, meaning);
                label = " ".repeat(indent);
            }
        }
    }

    /// A sentence of savepeek's own, unlike the service's text.
    pub(super) fn note(&mut self, words: &str) {
        self.field("", words, Meaning::Label);
    }

    /// A long text of the service under a heading of its own, in the full width.
    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        self.blank();
        self.line(name, "", Meaning::Label);
        for line in value.lines() {
            self.verbatim(line);
        }
    }

    /// A line of the service's, broken anywhere so that its own indentation stays.
    pub(super) fn verbatim(&mut self, line: &str) {
        let text = text::clean(&line.replace('\t', "    ")).into_owned();
        let broken = match self.state.detail.wrap {
            Wrap::Wrapped => text::chop(&text, self.width),
            Wrap::Whole => vec![text.clone()],
        };
        self.page.push_unbroken(text);
        for text in broken {
            self.line("", &text, Meaning::Text);
        }
    }

    pub(super) fn blank(&mut self) {
        self.line("", "", Meaning::Text);
    }

    pub(super) fn line(&mut self, label: &str, text: &str, meaning: Meaning) {
        self.page.lines.push(PageLine { label: label.to_owned(), text: text.to_owned(), meaning });
    }
}
