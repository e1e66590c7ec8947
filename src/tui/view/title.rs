//! The window title: counts, readable while another window has the focus.

use crate::tui::model::history::History;
use crate::tui::model::{Polling, State};

/// `1 failed, 2 started - savepeek`: problems, then freshness; completed savepoints only if there is
/// nothing else. Contains no text of the service.
///
/// A single failed poll does not change it, so that it does not flicker.
pub fn text(state: &State) -> String {
    let summary = state.summary();
    let freshness = match &state.polling {
        _ if state.feeds.is_empty() && state.histories.is_following_none() => None,
        Polling::Dead(_) => Some("NOT LIVE".to_owned()),
        Polling::Paused(_) => Some("paused".to_owned()),
        Polling::Running | Polling::Pausing => count(summary.not_live, "not live"),
    };
    // Nor does a list that failed once.
    let is_failing = |it: &History| {
        it.trouble.as_ref().is_some_and(|trouble| trouble.attempts > 1 || it.next_at.is_none())
    };
    let lists = match state.polling {
        Polling::Running => state.histories.followed().filter(|(.., it)| is_failing(it)).count(),
        _ => 0,
    };
    let mut parts: Vec<String> = [
        count(summary.failed, "failed"),
        count(summary.not_found, "not found"),
        count(summary.other, "other"),
        count(summary.started, "started"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        parts.extend(count(summary.completed, "completed"));
    }
    parts.extend(freshness);
    parts.extend(count(lists, if lists == 1 { "list not live" } else { "lists not live" }));
    match parts.as_slice() {
        [] => "savepeek".to_owned(),
        parts => format!("{} - savepeek", parts.join(", ")),
    }
}

fn count(count: usize, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{count} {what}"))
}
