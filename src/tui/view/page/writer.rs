//! Lays out fields, paragraphs and verbatim text as lines.

use std::time::Duration;

use jiff::Timestamp;

use crate::tui::model::page::{Page, PageLine};
use crate::tui::model::role::Role;
use crate::tui::model::{State, Wrap};
use crate::util::text;

/// The width of the field names.
const LABEL_WIDTH: usize = 12;

pub(super) struct Writer<'a> {
    pub(super) state: &'a State,
    pub(super) width: usize,
    pub(super) page: Page,
}

impl Writer<'_> {
    /// A time with its age; without it while paused.
    pub(super) fn time_with_age(&self, at: Timestamp) -> String {
        let absolute = text::moment(at, &self.state.time_zone());
        let age = self.state.now.duration_since(at);
        match Duration::try_from(age) {
            _ if self.state.paused() => absolute,
            Ok(age) => format!("{absolute} ({})", text::ago(age)),
            Err(_ahead) => format!("{absolute} (ahead of this clock)"),
        }
    }

    pub(super) fn time_field(&mut self, name: &str, at: Option<Timestamp>) {
        if let Some(at) = at {
            let words = self.time_with_age(at);
            self.field(name, &words, Role::Text);
        }
    }

    pub(super) fn optional(&mut self, name: &str, value: Option<&str>, role: Role) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.field(name, value, role);
        }
    }

    /// A field with a value of one line, so that no value can look like another field.
    pub(super) fn field(&mut self, name: &str, value: &str, role: Role) {
        self.lines(name, &text::clean(value), role);
    }

    /// A field with a value of the service that may have several lines.
    pub(super) fn paragraph(&mut self, name: &str, value: Option<&str>, role: Role) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.lines(name, value, role);
        }
    }

    /// A name and its value; further lines are indented like the first.
    pub(super) fn lines(&mut self, name: &str, value: &str, role: Role) {
        let fits_beside = self.width >= LABEL_WIDTH + 24;
        let indent = if fits_beside { LABEL_WIDTH } else { 2 };
        let mut label = format!("{name:<indent$}");
        if !fits_beside && !name.is_empty() {
            self.line(name, "", Role::Label);
            label = " ".repeat(indent);
        }
        for text in value.lines() {
            let text = text::clean(&text.replace('\t', "    ")).into_owned();
            let lines = match self.state.detail.wrap {
                Wrap::Wrapped => text::wrap(&text, self.width.saturating_sub(indent)),
                Wrap::Whole => vec![text.clone()],
            };
            self.page.push_unbroken(text);
            for text in lines {
                self.line(&label, &text, role);
                label = " ".repeat(indent);
            }
        }
    }

    /// A sentence by savepeek, below a value of the service.
    pub(super) fn note(&mut self, words: &str) {
        self.field("", words, Role::Label);
    }

    /// A long text of the service in the full width, with a heading.
    pub(super) fn text(&mut self, name: &str, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        self.blank();
        self.line(name, "", Role::Label);
        for line in value.lines() {
            self.verbatim(line);
        }
    }

    /// A line of the service, wrapped at any character to keep its indentation.
    pub(super) fn verbatim(&mut self, line: &str) {
        let text = text::clean(&line.replace('\t', "    ")).into_owned();
        let lines = match self.state.detail.wrap {
            Wrap::Wrapped => text::chop(&text, self.width),
            Wrap::Whole => vec![text.clone()],
        };
        self.page.push_unbroken(text);
        for text in lines {
            self.line("", &text, Role::Text);
        }
    }

    pub(super) fn blank(&mut self) {
        self.line("", "", Role::Text);
    }

    pub(super) fn line(&mut self, label: &str, text: &str, role: Role) {
        self.page.lines.push(PageLine { label: label.to_owned(), text: text.to_owned(), role });
    }
}
