//! Messages in the footer, in the place of the key hints.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::State;

/// How long a notice stays when no key dismisses it.
const NOTICE_TIME: SignedDuration = SignedDuration::from_secs(10);

/// Maximum number of queued warnings.
const MAX_WARNINGS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Info,
    Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub severity: Severity,
    /// When it disappears by itself.
    pub until: Timestamp,
}

/// The message in the footer, and warnings that wait for it to go.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    shown: Option<Notice>,
    queued: VecDeque<String>,
}

impl Notices {
    pub fn shown(&self) -> Option<&Notice> {
        self.shown.as_ref()
    }

    pub fn dismiss(&mut self) {
        self.shown = None;
    }

    /// Dismisses a notice that was shown long enough.
    pub fn expire(&mut self, now: Timestamp) {
        self.shown.take_if(|notice| now >= notice.until);
    }

    /// Shows the next queued warning where nothing is shown; returns whether there was one.
    pub fn show_queued(&mut self, now: Timestamp) -> bool {
        if self.shown.is_none()
            && let Some(next) = self.queued.pop_front()
        {
            self.show(Severity::Problem, next, now);
            return true;
        }
        false
    }

    fn show(&mut self, severity: Severity, text: String, now: Timestamp) {
        let until = now.saturating_add(NOTICE_TIME).unwrap_or(Timestamp::MAX);
        self.shown = Some(Notice { text, severity, until });
    }

    fn warn(&mut self, text: String, now: Timestamp) {
        match &self.shown {
            Some(shown) if shown.severity == Severity::Problem => {
                let known = shown.text == text || self.queued.contains(&text);
                if !known && self.queued.len() < MAX_WARNINGS {
                    self.queued.push_back(text);
                }
            }
            _ => self.show(Severity::Problem, text, now),
        }
    }
}

impl State {
    /// Shows a message in the footer.
    pub fn notify(&mut self, text: impl Into<String>) {
        self.notify_as(Severity::Info, text);
    }

    /// Tells the user why an action did not work.
    pub fn notify_problem(&mut self, text: impl Into<String>) {
        self.notify_as(Severity::Problem, text);
    }

    pub fn notify_as(&mut self, severity: Severity, text: impl Into<String>) {
        self.notices.show(severity, text.into(), self.now);
    }

    /// Warns of something the user did not trigger. Queued behind a warning
    /// that is already shown.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notices.warn(text.into(), self.now);
    }
}
