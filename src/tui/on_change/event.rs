//! A change as JSON and as environment variables, for the command of `--on-change`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::change::Kind;
use crate::domain::savepoint::Profile;
use crate::tui::model::alerts::ChangeReport;
use crate::util::json;
use crate::util::text;

/// The maximum width of a variable's value. Linux starts no command with a variable above 128 KiB.
const MAX_COLUMNS: usize = 1000;

/// Field names follow the service's API where it has them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeEvent<'a> {
    #[serde(rename = "event")]
    kind: &'static str,
    savepoint_id: &'a str,
    namespace: &'a str,
    workspace: &'a str,
    region: Option<&'a str>,
    endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    previous: Option<&'a str>,
    state: Option<&'a str>,
    cause: Option<&'a str>,
    description: Option<&'a str>,
    at: String,
    since: Option<String>,
    held_back: u32,
}

impl<'a> ChangeEvent<'a> {
    pub(super) fn new(report: &'a ChangeReport) -> Self {
        let change = &report.change;
        let place = &change.target.place;
        let known = report.state.as_str();
        let (previous, state, cause) = match &change.kind {
            Kind::First { state } | Kind::New { state } | Kind::Appeared { state } => {
                ("", state.as_str(), "")
            }
            Kind::Overdue { .. } => ("", known, ""),
            Kind::FirstMissing => ("", "", ""),
            Kind::State { from, to } => (from.as_str(), to.as_str(), ""),
            Kind::Vanished { was } => (was.as_str(), "", ""),
            Kind::Lost { cause } | Kind::Back { cause } => ("", known, cause.as_str()),
        };
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        Self {
            kind: change.kind.word(),
            savepoint_id: change.target.id.as_str(),
            namespace: place.namespace.as_str(),
            workspace: place.workspace.as_str(),
            region: place.endpoint.region(),
            endpoint: place.endpoint.as_str(),
            profile: place.profile.as_ref().map(Profile::as_str),
            previous: some(previous),
            state: some(state),
            cause: some(cause),
            description: report.description.as_deref(),
            at: change.at.to_string(),
            since: change.since.map(|since| since.to_string()),
            held_back: report.suppressed,
        }
    }

    /// One line of JSON: values are unchanged, with control characters escaped.
    pub(super) fn json(&self) -> String {
        let mut line = json::compact(&serde_json::to_string(self).unwrap_or_default());
        let _infallible = writeln!(line);
        line
    }

    /// Sets every variable, if only to an empty value. Values are cleaned and truncated, because
    /// scripts print them. `savepeek get "$SAVEPEEK_ID"` finds the savepoint with them.
    pub(super) fn variables(&self) -> [(&'static str, String); 14] {
        let held_back = self.held_back.to_string();
        let since = self.since.as_deref().unwrap_or_default();
        [
            ("SAVEPEEK_EVENT", self.kind),
            ("SAVEPEEK_ID", self.savepoint_id),
            ("SAVEPEEK_NAMESPACE", self.namespace),
            ("SAVEPEEK_WORKSPACE", self.workspace),
            ("SAVEPEEK_REGION", self.region.unwrap_or_default()),
            ("SAVEPEEK_ENDPOINT", self.endpoint),
            ("SAVEPEEK_PROFILE", self.profile.unwrap_or_default()),
            ("SAVEPEEK_PREVIOUS", self.previous.unwrap_or_default()),
            ("SAVEPEEK_STATE", self.state.unwrap_or_default()),
            ("SAVEPEEK_CAUSE", self.cause.unwrap_or_default()),
            ("SAVEPEEK_DESCRIPTION", self.description.unwrap_or_default()),
            ("SAVEPEEK_AT", &self.at),
            ("SAVEPEEK_SINCE", since),
            ("SAVEPEEK_HELD_BACK", &held_back),
        ]
        .map(|(name, value)| (name, sanitize(value)))
    }
}

fn sanitize(value: &str) -> String {
    let start: String = value.chars().take(MAX_COLUMNS).collect();
    text::fit(&text::clean(&start), MAX_COLUMNS).into_owned()
}
