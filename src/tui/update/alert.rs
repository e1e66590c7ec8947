//! Turns changes into alerts and `--on-change` runs.

use super::Update;
use crate::domain::change::Change;
use crate::domain::savepoint;
use crate::tui::effect::Effect;
use crate::tui::model::State;
use crate::tui::model::alerts::ChangeReport;

/// Adds the alerts for the changes of this message, and those that are due by time.
pub(super) fn report_changes(state: &mut State, update: &mut Update) {
    let now = state.now;
    let mut reported: Vec<(Change, u32)> = Vec::new();
    for change in &update.changes {
        let suppressed = state.alerts.record(change, now);
        reported.extend(suppressed.map(|suppressed| (change.clone(), suppressed)));
    }
    let (late, dropped) = state.alerts.close_expired(now);
    reported.extend(late);
    if dropped > 0 {
        let s = if dropped == 1 { "" } else { "s" };
        let why = "at most one a minute for each savepoint and kind of change";
        state.notify(format!("{dropped} alert{s} held back: {why}"));
    }
    let round = state.timing().round;
    for (change, suppressed) in reported {
        let news = news(state, change, suppressed);
        state.alerts.add(&news, now, round);
        update.effects.push(Effect::OnChange(Box::new(news)));
    }
    update.effects.extend(state.alerts.take_due(now).map(Effect::Alert));
}

/// A change with the last data of its savepoint.
fn news(state: &State, change: Change, suppressed: u32) -> ChangeReport {
    let feed = state.feeds.get(&change.target).filter(|feed| feed.missing.is_none());
    let savepoint = feed.and_then(|feed| feed.answer.as_ref()).map(|answer| &answer.savepoint);
    let word = savepoint.and_then(|savepoint| savepoint.state.as_ref());
    ChangeReport {
        suppressed,
        state: word.map_or("", savepoint::State::as_str).to_owned(),
        description: savepoint.and_then(|savepoint| savepoint.description.clone()),
        change,
    }
}
