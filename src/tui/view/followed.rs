//! Headings of followed deployments, and durations of savepoints compared with earlier ones.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Symbol;
use super::widgets::group_heading;
use super::{place, time};
use crate::config::appearance::Glyphs;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::deployment::HISTORY_LIMIT;
use crate::domain::duration_stats::Verdict;
use crate::tui::model::feed::Freshness;
use crate::tui::model::history::History;
use crate::tui::model::restart_summary::Started;
use crate::tui::model::role::Role;
use crate::tui::model::{Polling, State};
use crate::util::text;

/// Draws the heading of a followed deployment: name, freshness, failures, the
/// savepoint to restart from.
pub(super) fn draw_heading(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let Some((deployment, history)) = state.histories.at(index) else { return };
    let mut name = text::clean(name(state, deployment)).into_owned();
    if state.places().len() > 1 {
        name = format!("{name} ({})", place::name(state, &deployment.place));
    }
    let width = |parts: &[(String, Role)]| -> usize {
        parts.iter().map(|(words, _)| words.width() + 3).sum()
    };
    let mut parts = heading_parts(state, (deployment, history), None);
    let room = usize::from(area.width).saturating_sub(name.width().min(24) + 1);
    // The reason why the list fails gets the room that the rest leaves.
    if width(&parts) > room {
        parts = heading_parts(state, (deployment, history), Some(0));
        let room = room.saturating_sub(width(&parts));
        parts = heading_parts(state, (deployment, history), Some(room));
    }
    group_heading::draw(area, buffer, state, &name, parts);
}

/// Name of a deployment; its ID if the name is not known.
pub(super) fn name<'a>(state: &'a State, deployment: &'a DeploymentTarget) -> &'a str {
    state.metadata.deployment(deployment).unwrap_or(deployment.id.as_str())
}

/// With less room, the reason why a list fails is left out.
const MIN_REASON_WIDTH: usize = ": no permission".len();

/// The parts after the name, most important first. `brief` shortens them and limits the columns for
/// the reason why the list fails.
fn heading_parts(
    state: &State,
    (deployment, history): (&DeploymentTarget, &History),
    brief: Option<usize>,
) -> Vec<(String, Role)> {
    let glyphs = state.settings.glyphs;
    let symbol = |symbol| glyphs.symbol(symbol);
    let mut parts = Vec::new();
    let freshness = history.freshness(state.now, state.timing_for(&deployment.place));
    match freshness {
        _ if state.polling != Polling::Running => {}
        Freshness::Never => {
            parts.push((format!("{} asking", symbol(Symbol::Waiting)), Role::Label));
        }
        Freshness::Live => {}
        Freshness::Stale => {
            parts.push((format!("{} list stale", symbol(Symbol::Warning)), Role::Warning));
        }
        Freshness::Failing(trouble) => {
            let reason = format!(": {}", text::clean(&trouble.error.summary()));
            let reason = match brief {
                None => format!(" since {}{reason}", time::when(state, trouble.since)),
                Some(room) if room >= MIN_REASON_WIDTH => text::fit(&reason, room).into_owned(),
                Some(_) => String::new(),
            };
            parts
                .push((format!("{} list failing{reason}", symbol(Symbol::Warning)), Role::Warning));
        }
    }
    if history.answered_at.is_none() {
        return parts;
    }
    let summary = &history.restart_summary;
    // After a full page there may be older savepoints.
    let may_have_more =
        u32::try_from(history.items.len()).is_ok_and(|count| count >= HISTORY_LIMIT);
    if summary.failures > 0 {
        let count = summary.failures;
        let more = if may_have_more && summary.restart.is_none() { " or more" } else { "" };
        let row = if count > 1 { " in a row" } else { "" };
        parts.push((format!("{} {count}{more} failed{row}", symbol(Symbol::Failed)), Role::Bad));
    }
    parts.push(match &summary.restart {
        None if may_have_more => (
            format!("{} none of the last {HISTORY_LIMIT} COMPLETED", symbol(Symbol::Warning)),
            Role::Warning,
        ),
        None => (format!("{} nothing COMPLETED", symbol(Symbol::Warning)), Role::Warning),
        Some(restart) => {
            let id: String = text::clean(restart.id.as_str()).chars().take(8).collect();
            let age = restart.created_at.map(|at| format!(", {}", time::ago(state, at)));
            let caveat = match (restart.retained, brief.is_some()) {
                (false, _) => "",
                (true, false) => ", not for LATEST_SAVEPOINT",
                (true, true) => ", retained",
            };
            let words =
                format!("{} {id}{}{caveat}", symbol(Symbol::Completed), age.unwrap_or_default());
            (words, if restart.retained { Role::Warning } else { Role::Good })
        }
    });
    if let Some(Started { created_at }) = summary.started {
        let age = created_at.map(|at| format!(" {}", time::ago(state, at)));
        let words = format!("{} STARTED{}", symbol(Symbol::Started), age.unwrap_or_default());
        parts.push((words, Role::Active));
    }
    parts
}

/// Compares the elapsed time of a savepoint in progress with earlier ones. If it is not `live`, the
/// elapsed time ends at its last answer.
pub(super) fn verdict_text(verdict: &Verdict, live: bool) -> String {
    let elapsed = elapsed_text(verdict.elapsed, live);
    let [quickest, slowest, median] =
        [verdict.quickest, verdict.slowest, verdict.median].map(seconds);
    let overdue = verdict.is_overdue().then(|| format!(", {} the slowest", slowdown(verdict)));
    let slowdown = overdue.unwrap_or_default();
    format!(
        "{elapsed}{slowdown}; the last {} took {quickest} to {slowest}, median {median}",
        verdict.count
    )
}

/// Elapsed time of a savepoint in progress, which may have ended since if it is not `live`.
pub(super) fn elapsed_text(elapsed: Duration, live: bool) -> String {
    format!("{}{}", seconds(elapsed), if live { "" } else { " when last seen" })
}

/// A duration in whole seconds.
fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "0 s".to_owned(),
        seconds => text::duration(Duration::from_secs(seconds)),
    }
}

/// The factor to the slowest earlier one, short enough for a row: `x2.4`.
pub(super) fn slowdown(verdict: &Verdict) -> String {
    match verdict.times() {
        times if times < 10.0 => format!("x{times:.1}"),
        times => format!("x{times:.0}"),
    }
}

/// Durations as a bar chart of one line; the longest has full height.
pub(super) fn bars(durations: &[Duration], glyphs: Glyphs) -> String {
    let heights = glyphs.bars();
    let longest = durations.iter().max().map_or(1, Duration::as_millis).max(1);
    let bar = |it: &Duration| {
        let level = (it.as_millis() * 8).div_ceil(longest).clamp(1, 8);
        heights[usize::try_from(level - 1).unwrap_or(7).min(7)]
    };
    durations.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_height_is_proportional_to_duration() {
        let seconds = [10, 20, 80, 1].map(Duration::from_secs);
        assert_eq!(bars(&seconds, Glyphs::Unicode), "▁▂█▁");
        assert_eq!(bars(&seconds, Glyphs::Ascii), "_.#_");
        assert_eq!(bars(&[], Glyphs::Unicode), "");
    }
}
