//! The fields of the page, in order.

use super::writer::Writer;
use crate::api::Answer;
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::failure_hints;
use crate::domain::savepoint::{self, Failure, Profile, Target};
use crate::tui::model::Polling;
use crate::tui::model::feed::{DisplayStatus, Feed, Freshness, elapsed};
use crate::tui::model::metadata::OptionalApi;
use crate::tui::model::role::Role;
use crate::tui::model::truncate;
use crate::tui::view::{followed, status, time};
use crate::util::json;
use crate::util::text;

impl Writer<'_> {
    pub(super) fn fields(&mut self, target: &Target, feed: &Feed) {
        self.display_status(target, feed);
        self.optional("Note", Some(&feed.note), Role::Title);
        match &feed.answer {
            Some(answer) => self.savepoint(target, answer),
            None => self.place(target),
        }
        let from = self.page.lines.len();
        self.polling(target, feed);
        self.page.polling = from..self.page.lines.len();
        if let Some(answer) = &feed.answer {
            self.failure(answer);
            self.job_failure(target, answer);
            self.omitted(answer);
        }
    }

    /// The service's answer as indented JSON, every value verbatim.
    pub(super) fn json(&mut self, target: &Target, feed: &Feed) {
        let text = match (&feed.answer, &feed.missing) {
            (Some(answer), _) => json::pretty(&answer.data),
            (None, Some(missing)) => missing.error.to_string(),
            (None, None) => format!("no answer for {} yet", target.id),
        };
        for line in text.lines() {
            self.verbatim(line);
        }
        if let Some(answer) = &feed.answer {
            self.omitted(answer);
        }
        // A poll that confirms the savepoint may still bring other JSON.
        self.page.polling = 0..self.page.lines.len();
    }

    /// How much of the answer is not kept, and how to see it.
    fn omitted(&mut self, answer: &Answer) {
        if answer.omitted_bytes == 0 {
            return;
        }
        self.blank();
        let (bytes, kept) = (answer.omitted_bytes, answer.data.len());
        self.note(&format!(
            "The answer goes on for {bytes} bytes that are not kept: `savepeek get --output json` prints all of it."
        ));
        if kept < truncate::MAX_ANSWER / 2 {
            let again = self.state.settings.keys.key(Mode::Browse, Action::Refresh);
            self.note(&format!(
                "{again} asks for it again and keeps up to {} KiB.",
                truncate::MAX_ANSWER >> 10
            ));
        }
    }

    /// The state, and why it may be out of date.
    fn display_status(&mut self, target: &Target, feed: &Feed) {
        let (symbol, word, role) = status::display_status(feed.display_status());
        let symbol = self.state.settings.glyphs.symbol(symbol);
        self.field("State", &format!("{symbol} {word}"), role);
        if feed.display_status() == DisplayStatus::NotFound {
            let missing = feed.missing.as_ref();
            let since =
                missing.map(|missing| self.time_with_age(missing.since)).unwrap_or_default();
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
                self.note(&format!(
                    "What follows is its last answer, {was}, of {}.",
                    self.time_with_age(at)
                ));
            }
        }
        if let Freshness::Failing(trouble) = self.state.freshness(target, feed) {
            let since = self.time_with_age(trouble.since);
            let tries = if trouble.attempts == 1 {
                "once".to_owned()
            } else {
                format!("{} times", trouble.attempts)
            };
            self.field(
                "Poll",
                &format!("fails, {tries} since {since}: {}", trouble.error),
                Role::Warning,
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
            self.paragraph("Failure", failure.message.as_deref(), Role::Bad);
            if let Some(cause) = likely_cause(failure) {
                self.field("Root cause?", cause, Role::Text);
            }
            if let Some(path) = failure_hints::usable_path(failure) {
                self.field("Usable", path, Role::Good);
                self.note(
                    "Written before stopping failed, as the failure's text says: restart from it.",
                );
            }
            self.time_field("Failed at", failure.failed_at);
            self.failure_hint(failure, "what this means");
        }
        self.field(
            "ID",
            savepoint.savepoint_id.as_deref().unwrap_or(target.id.as_str()),
            Role::Title,
        );
        self.paragraph("Description", savepoint.description.as_deref(), Role::Text);
        self.optional("Origin", savepoint.origin.as_deref(), Role::Text);
        if let Some(note) = savepoint.origin.as_deref().and_then(origin_note) {
            self.note(note);
        }
        self.optional("Location", savepoint.location.as_deref(), Role::Text);
        if savepoint.location.is_some() && savepoint.state != Some(savepoint::State::Completed) {
            self.note("Not COMPLETED: there may be nothing here to restore from.");
        }
        self.time_field("Created", savepoint.created_at);
        self.time_field("Modified", savepoint.modified_at);
        let span = savepoint.created_at.zip(savepoint.modified_at);
        if !savepoint.state.as_ref().is_some_and(savepoint::State::is_final) {
            self.duration(target);
        } else if let Some((from, to)) = span {
            let took = text::duration(elapsed(from, to));
            let took = took.trim_end_matches(" 00 s").trim_end_matches(" 00 min");
            self.field("Duration", &format!("about {took} (modified - created)"), Role::Text);
        }
        self.deployment(target, savepoint);
        self.job(target, savepoint);
        self.place(target);
        if let Some(native) = savepoint.native_format {
            self.field("Format", if native { "native" } else { "canonical" }, Role::Text);
        }
        if let Some(drain) = savepoint.stop_with_drain_enabled {
            let words = if drain {
                "yes: windows were flushed with a maximum watermark, a resume differs"
            } else {
                "no"
            };
            self.field("Drain", words, Role::Text);
        }
    }

    /// Elapsed time of a savepoint that may be in progress, compared with earlier ones if possible.
    fn duration(&mut self, target: &Target) {
        let Some(feed) = self.state.feeds.get(target) else { return };
        let live = self.state.is_live(target, feed);
        let Some(verdict) = self.state.verdict(target, feed) else {
            // In minutes, so that the screen is not redrawn every second.
            let elapsed = self.state.elapsed(target, feed).map(|it| match it.as_secs() {
                _ if !live => followed::elapsed_text(it, live),
                ..60 => "under 1 min".to_owned(),
                _ => text::age(it),
            });
            self.optional("Elapsed", elapsed.as_deref(), Role::Text);
            return self.missing_permission(target, OptionalApi::Savepoints);
        };
        let role = if verdict.is_overdue() { Role::Warning } else { Role::Text };
        let words = followed::verdict_text(&verdict, live);
        self.field("Elapsed", &words, role);
        if let Some((_, history)) = self.state.histories.of(target, feed) {
            let bars = followed::bars(history.durations.durations(), self.state.settings.glyphs);
            self.field("", &format!("{bars} the earlier ones, oldest first"), Role::Label);
        }
        self.note("Their durations are a proxy: modified - created, of COMPLETED ones.");
    }

    /// The long texts, last: the reason of the failure. In other states the service also sends a
    /// "failure", which means nothing.
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
        self.blank();
        self.note(&format!(
            "The answer also carries a failure, which means nothing while the state is {state}:"
        ));
        self.paragraph("message", failure.message.as_deref(), Role::Label);
        self.paragraph("reason", failure.reason.as_deref(), Role::Label);
        self.time_field("failedAt", failure.failed_at);
    }

    fn place(&mut self, target: &Target) {
        self.optional("Context", self.state.name_of(&target.place), Role::Text);
        self.field("Namespace", target.place.namespace.as_str(), Role::Text);
        self.field("Workspace", target.place.workspace.as_str(), Role::Text);
        self.field("Service", target.place.endpoint.as_str(), Role::Text);
        let profile = target.place.profile.as_ref().map(Profile::as_str);
        self.optional("Profile", profile, Role::Text);
    }

    /// Times of the last answer and the next request.
    fn polling(&mut self, target: &Target, feed: &Feed) {
        self.blank();
        let seen =
            feed.confirmed_at().map_or_else(|| "never".to_owned(), |at| self.time_with_age(at));
        let stale = matches!(self.state.freshness(target, feed), Freshness::Stale);
        let (seen, role) = if stale && !self.state.paused() {
            (format!("{seen}, stale"), Role::Warning)
        } else {
            (seen, Role::Text)
        };
        self.field("Seen", &seen, role);
        let next = match feed.next_at {
            _ if matches!(self.state.polling, Polling::Dead(_)) => {
                "never: the poller died, restart savepeek".to_owned()
            }
            _ if feed.refreshing => "asking now".to_owned(),
            _ if self.state.paused() => "not while paused".to_owned(),
            Some(at) => time::when(self.state, at),
            None if feed.trouble.is_some() => {
                let again = self.state.settings.keys.key(Mode::Browse, Action::Refresh);
                format!("not before {again} is pressed")
            }
            None => "soon".to_owned(),
        };
        self.field("Next asked", &next, Role::Text);
        if let Some(answer) = &feed.answer {
            self.field("Round trip", &text::duration(answer.round_trip), Role::Text);
            self.optional("Request ID", answer.request_id.as_deref(), Role::Text);
            if let Some(correction) = answer.clock_correction {
                let off = text::duration(correction.unsigned_abs());
                let way = if correction.is_negative() { "fast" } else { "slow" };
                self.field(
                    "Clock",
                    &format!("this machine's is {off} {way}; requests are corrected for it"),
                    Role::Warning,
                );
            }
        }
    }

    /// What this kind of failure means; marked as not said by the service.
    pub(super) fn failure_hint(&mut self, failure: &Failure, what: &str) {
        let Some(hint) = failure_hints::find(failure) else { return };
        self.blank();
        let heading = format!("-- {what}: savepeek's reading, not the service's --");
        self.line(&heading, "", Role::Label);
        self.field("It means", hint.meaning, Role::Text);
        self.field("Look at", hint.look_at, Role::Text);
        self.field("Next", hint.next, Role::Title);
        self.blank();
    }
}

/// Explains a known origin.
fn origin_note(origin: &str) -> Option<&'static str> {
    Some(match origin {
        "USER_REQUEST" => "made by hand",
        "STOP_WITH_SAVEPOINT" => {
            "made while the deployment was stopped: this one decides the restart"
        }
        "RETAINED_CHECKPOINT" => {
            "a checkpoint kept at cancel: used by LATEST_STATE, ignored by LATEST_SAVEPOINT, not relocatable"
        }
        "AUTO_TRIGGERED" => "scheduled by the platform",
        _ => return None,
    })
}

/// Start of the line of a cause in a Java stack trace.
pub const CAUSED_BY: &str = "Caused by: ";

/// The last cause in a stack trace, most likely the root.
pub(super) fn likely_cause(failure: &Failure) -> Option<&str> {
    let texts = [failure.reason.as_deref(), failure.message.as_deref()];
    texts.into_iter().flatten().find_map(|text| {
        text.lines().rev().find_map(|line| line.trim_start().strip_prefix(CAUSED_BY))
    })
}
