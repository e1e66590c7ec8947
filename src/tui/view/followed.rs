//! What the screen says of followed deployments, and of what takes too long.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::glyphs::Sign;
use super::{heading, place, words};
use crate::config::appearance::Glyphs;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::deployment::HISTORY_LIMIT;
use crate::domain::duration_stats::Verdict;
use crate::tui::model::feed::Freshness;
use crate::tui::model::history::History;
use crate::tui::model::meaning::Meaning;
use crate::tui::model::{Polling, State};
use crate::util::text;

/// Draws the heading of a followed deployment: its name, what to restart from, what goes wrong, and
/// how far to trust that.
pub(super) fn head(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let Some((deployment, history)) = state.histories.at(index) else { return };
    let mut name = text::clean(name(state, deployment)).into_owned();
    if state.places().len() > 1 {
        name = format!("{name} ({})", place::name(state, &deployment.place));
    }
    let width = |parts: &[(String, Meaning)]| -> usize {
        parts.iter().map(|(words, _)| words.width() + 3).sum()
    };
    let mut said = parts(state, (deployment, history), None);
    let room = usize::from(area.width).saturating_sub(name.width().min(24) + 1);
    // Why the list fails must not push out what to restart from: it has the room that is left.
    if width(&said) > room {
        said = parts(state, (deployment, history), Some(0));
        said = parts(state, (deployment, history), Some(room.saturating_sub(width(&said))));
    }
    heading::draw(area, buffer, state, &name, said);
}

/// What a deployment is called.
pub(super) fn name<'a>(state: &'a State, deployment: &'a DeploymentTarget) -> &'a str {
    state.metadata.deployment(deployment).unwrap_or(deployment.id.as_str())
}

/// The least columns in which it is worth saying why a list fails: "no permission".
const WHY: usize = ": no permission".len();

/// What a heading says after the name, what matters most first; in brief where there are only so
/// many columns to say why a list fails.
fn parts(
    state: &State,
    (deployment, history): (&DeploymentTarget, &History),
    brief: Option<usize>,
) -> Vec<(String, Meaning)> {
    let glyphs = state.settings.glyphs;
    let sign = |sign| glyphs.sign(sign);
    let mut parts = Vec::new();
    let trust = history.freshness(state.now, state.timing_for(&deployment.place));
    match trust {
        _ if state.polling != Polling::Running => {}
        Freshness::Never => parts.push((format!("{} asking", sign(Sign::Waiting)), Meaning::Label)),
        Freshness::Live => {}
        Freshness::Stale => {
            parts.push((format!("{} list stale", sign(Sign::Worry)), Meaning::Worry));
        }
        Freshness::Failing(trouble) => {
            let why = format!(": {}", text::clean(&trouble.error.summary()));
            let why = match brief {
                None => format!(" since {}{why}", words::when(state, trouble.since)),
                Some(room) if room >= WHY => text::fit(&why, room).into_owned(),
                Some(_) => String::new(),
            };
            parts.push((format!("{} list failing{why}", sign(Sign::Worry)), Meaning::Worry));
        }
    }
    if history.answered_at.is_none() {
        return parts;
    }
    let summary = &history.restart_summary;
    // Of a full page it is not known what comes after it.
    let cut = u32::try_from(history.items.len()).is_ok_and(|count| count >= HISTORY_LIMIT);
    if summary.failures > 0 {
        let count = summary.failures;
        let more = if cut && summary.restart.is_none() { " or more" } else { "" };
        let row = if count > 1 { " in a row" } else { "" };
        parts.push((format!("{} {count}{more} failed{row}", sign(Sign::Failed)), Meaning::Bad));
    }
    parts.push(match &summary.restart {
        None if cut => (
            format!("{} none of the last {HISTORY_LIMIT} COMPLETED", sign(Sign::Worry)),
            Meaning::Worry,
        ),
        None => (format!("{} nothing COMPLETED", sign(Sign::Worry)), Meaning::Worry),
        Some(restart) => {
            let id: String = text::clean(restart.id.as_str()).chars().take(8).collect();
            let age = restart.created_at.map(|at| format!(", {}", words::ago(state, at)));
            let not = match (restart.retained, brief.is_some()) {
                (false, _) => "",
                (true, false) => ", not for LATEST_SAVEPOINT",
                (true, true) => ", retained",
            };
            let words = format!("{} {id}{}{not}", sign(Sign::Completed), age.unwrap_or_default());
            (words, if restart.retained { Meaning::Worry } else { Meaning::Good })
        }
    });
    if let Some(created_at) = summary.started {
        let age = created_at.map(|at| format!(" {}", words::ago(state, at)));
        let words = format!("{} STARTED{}", sign(Sign::Started), age.unwrap_or_default());
        parts.push((words, Meaning::Active));
    }
    parts
}

/// How a savepoint that is under way compares with those before it, in a sentence.
/// Where it is not `live`, the elapsed time ends at its last answer.
pub(super) fn verdict(verdict: &Verdict, live: bool) -> String {
    let so_far = so_far(verdict.elapsed, live);
    let [quickest, slowest, median] =
        [verdict.quickest, verdict.slowest, verdict.median].map(spell);
    let overdue = verdict.is_overdue().then(|| format!(", {} the slowest", times(verdict)));
    let times = overdue.unwrap_or_default();
    format!(
        "{so_far}{times}; the last {} took {quickest} to {slowest}, median {median}",
        verdict.count
    )
}

/// How long one that is under way has taken, in words: what is not `live` may be over.
pub(super) fn so_far(elapsed: Duration, live: bool) -> String {
    format!("{}{}", spell(elapsed), if live { "" } else { " when last seen" })
}

/// A duration in whole seconds.
fn spell(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "0 s".to_owned(),
        seconds => text::duration(Duration::from_secs(seconds)),
    }
}

/// How many times the slowest, short enough for a row: `x2.4`.
pub(super) fn times(verdict: &Verdict) -> String {
    match verdict.times() {
        times if times < 10.0 => format!("x{times:.1}"),
        times => format!("x{times:.0}"),
    }
}

/// Durations as bars beside one another in eight heights, the longest in full height.
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
    fn bars_are_as_high_as_the_durations_are_long() {
        let seconds = [10, 20, 80, 1].map(Duration::from_secs);
        assert_eq!(bars(&seconds, Glyphs::Unicode), "▁▂█▁");
        assert_eq!(bars(&seconds, Glyphs::Ascii), "_.#_");
        assert_eq!(bars(&[], Glyphs::Unicode), "");
    }
}
