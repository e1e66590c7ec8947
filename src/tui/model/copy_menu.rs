//! The copy menu: full values of a savepoint, never the text of a cell.
//!
//! A copied value can be pasted into a shell, which runs each line. So values are one line with
//! escaped line breaks, except the failure text, the JSON and the summary.

use serde_json::json;

use super::cursor::Cursor;
use super::feed::{DisplayStatus, Feed};
use super::metadata::MetadataCache;
use super::restart_summary::LabeledRestart;
use crate::api::Answer;
use crate::domain::savepoint::{State, Target, failure_hints};
use crate::tui::effect::Clip;
use crate::util::json;
use crate::util::text;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyMenu {
    pub items: Vec<CopyItem>,
    pub cursor: Cursor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyItem {
    /// The key that copies it.
    pub key: char,
    pub what: String,
    /// Full value; `None` if the service gave none.
    pub text: Option<String>,
}

impl CopyMenu {
    /// All values of one savepoint.
    pub fn of(target: &Target, feed: &Feed, metadata: &MetadataCache) -> Self {
        let answer = feed.answer.as_ref();
        let savepoint = answer.map(|answer| &answer.savepoint);
        let completed = feed.display_status() == DisplayStatus::State(Some(&State::Completed));
        let caveat = if completed { "" } else { " (not COMPLETED!)" };
        let location = savepoint.and_then(|savepoint| one_line(savepoint.location.as_deref()));
        let usable =
            savepoint.filter(|s| s.state == Some(State::Failed)).and_then(|s| s.failure.as_deref());
        let usable = usable.and_then(failure_hints::usable_path);
        let id = text::clean(target.id.as_str()).into_owned();
        let whole = match answer.map_or(0, |answer| answer.omitted_bytes) {
            0 => "whole savepoint as JSON".to_owned(),
            bytes => format!("savepoint as JSON without its last {bytes} bytes (!)"),
        };
        let item =
            |key, what: &str, text: Option<String>| CopyItem { key, what: what.to_owned(), text };
        let items = vec![
            item('i', "savepoint ID", Some(id.clone())),
            item('l', &format!("location{caveat}"), location.clone()),
            item('f', "failure text", answer.and_then(failure)),
            item(
                'd',
                "deployment ID",
                savepoint.and_then(|s| one_line(s.deployment_id.as_deref())),
            ),
            item('b', "job ID", savepoint.and_then(|s| one_line(s.job_id.as_deref()))),
            item('a', &whole, answer.map(|answer| json::pretty(&answer.data))),
            item('p', "usable path, by the failure's text", one_line(usable)),
            item('m', &format!("restore strategy{caveat}"), Some(restore_strategy(&id))),
            item(
                'r',
                &format!("flink run -s{caveat}"),
                location.map(|location| format!("flink run -s {}", shell_word(&location))),
            ),
            item('s', "summary", Some(summary(target, feed, metadata))),
        ];
        Self { items, cursor: Cursor::default() }
    }

    /// Adds the savepoint to restart a followed deployment from.
    #[must_use]
    pub fn with_restart(mut self, restart: Option<LabeledRestart>) -> Self {
        let Some(LabeledRestart { restart, label }) = restart else { return self };
        let id = text::clean(restart.id.as_str()).into_owned();
        let strategy = restore_strategy(&id);
        let item = |key, what, text| CopyItem { key, what, text: Some(text) };
        self.items.push(item('n', label.clone(), id));
        self.items.push(item('v', format!("restore strategy: {label}"), strategy));
        self
    }

    /// The text for a key, or for the item under the cursor.
    pub fn clip(&self, key: Option<char>) -> Option<Result<Clip, String>> {
        let item = match key {
            Some(key) => self.items.iter().find(|item| item.key == key)?,
            None => self.items.get(self.cursor.selected)?,
        };
        Some(match &item.text {
            Some(text) => Ok(Clip { what: item.what.clone(), text: text.clone() }),
            None => Err(format!("the service gave no {}", item.what)),
        })
    }
}

/// A non-empty value as one line.
fn one_line(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| text::clean(text).into_owned())
}

/// The API's restore strategy for a savepoint.
pub fn restore_strategy(id: &str) -> String {
    json!({ "kind": "FROM_SAVEPOINT", "savepointId": id }).to_string()
}

/// Message and reason, if the state is FAILED.
fn failure(answer: &Answer) -> Option<String> {
    let failure = answer.savepoint.failure.as_ref()?;
    if answer.savepoint.state != Some(State::Failed) {
        return None;
    }
    let parts: Vec<String> = [&failure.message, &failure.reason]
        .into_iter()
        .filter_map(|text| text.as_deref().filter(|text| !text.is_empty()).map(text::plain))
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// Quotes for a POSIX shell if needed.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A summary for a runbook or chat, one line per value. Further lines of a failure are
/// indented, so that none can pass for another value.
fn summary(target: &Target, feed: &Feed, metadata: &MetadataCache) -> String {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = one_line(value.as_deref()) {
            lines.push(format!("{name:<10} {value}"));
        }
    };
    let place = &target.place;
    add("savepoint", Some(target.id.to_string()));
    let (workspace, namespace) = (&place.workspace, &place.namespace);
    add("place", Some(format!("{}, workspace {workspace}, namespace {namespace}", place.endpoint)));
    let savepoint = feed.answer.as_ref().map(|answer| &answer.savepoint);
    match feed.display_status() {
        DisplayStatus::NotFound => add("state", Some("not found by the service".to_owned())),
        DisplayStatus::Waiting | DisplayStatus::NoAnswer => {
            add("state", Some("unknown: no answer yet".to_owned()));
        }
        DisplayStatus::State(state) => add("state", state.map(|state| state.as_str().to_owned())),
    }
    add("profile", target.place.profile.as_ref().map(ToString::to_string));
    add("note", Some(feed.note.clone()));
    add("origin", savepoint.and_then(|s| s.origin.clone()));
    add("described", savepoint.and_then(|s| s.description.clone()));
    add("location", savepoint.and_then(|s| s.location.clone()));
    add("created", savepoint.and_then(|s| s.created_at).map(|at| at.to_string()));
    add("modified", savepoint.and_then(|s| s.modified_at).map(|at| at.to_string()));
    add("deployment", savepoint.and_then(|s| s.deployment_id.clone()));
    let deployment = savepoint.and_then(|s| s.deployment_id.as_deref());
    let name = deployment.and_then(|id| metadata.name_of(&target.place, id));
    add("named", name.map(|(name, _)| name.to_owned()));
    add("job", savepoint.and_then(|s| s.job_id.clone()));
    let failure = feed.answer.as_ref().and_then(failure).unwrap_or_default();
    for (at, line) in failure.lines().enumerate() {
        add(if at == 0 { "failure" } else { "" }, Some(line.to_owned()));
    }
    add("seen", feed.confirmed_at().map(|at| text::seconds(at).to_string()));
    add("trouble", feed.trouble.as_ref().map(|trouble| trouble.error.summary()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::keymap::COPY_LETTERS;
    use crate::domain::savepoint::tests::target;
    use crate::tui::model::restart_summary::Restart;

    #[rstest::rstest]
    #[case("oss://bucket/a-b_c/savepoint-1.2", "oss://bucket/a-b_c/savepoint-1.2")]
    #[case("a b", "'a b'")]
    #[case("$(reboot)", "'$(reboot)'")]
    #[case("it's", r"'it'\''s'")]
    fn location_is_quoted_for_the_shell(#[case] location: &str, #[case] word: &str) {
        assert_eq!(shell_word(location), word);
    }

    #[test]
    fn copy_letters_match_the_menu() {
        let target = target("sp-1");
        let restart = Restart { id: target.id.clone(), created_at: None, retained: false };
        let clips = CopyMenu::of(&target, &Feed::default(), &MetadataCache::default())
            .with_restart(Some(LabeledRestart { restart, label: "restart".to_owned() }));
        let letters: String = clips.items.iter().map(|item| item.key).collect();
        assert_eq!(letters, COPY_LETTERS);
    }
}
