//! What changed becomes what the user is told.

use crate::domain::change::Change;
use crate::domain::savepoint;
use crate::tui::effect::Effect;
use crate::tui::model::State;
use crate::tui::model::alerts::ChangeReport;

/// Adds to the effects of a message what is to be told of what it changed, and what time alone
/// makes due.
pub(super) fn report_changes(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let mut told: Vec<(Change, u32)> = Vec::new();
    for change in &state.changes {
        let held_back = state.alerts.admit(change, now);
        told.extend(held_back.map(|held_back| (change.clone(), held_back)));
    }
    let (late, dropped) = state.alerts.close(now);
    told.extend(late);
    if dropped > 0 {
        let s = if dropped == 1 { "" } else { "s" };
        let why = "at most one a minute for each savepoint and kind of change";
        state.notify(format!("{dropped} alert{s} held back: {why}"), false);
    }
    let round = state.timing().round;
    for (change, held_back) in told {
        let news = news(state, change, held_back);
        state.alerts.gather(&news, now, round);
        effects.push(Effect::OnChange(Box::new(news)));
    }
    effects.extend(state.alerts.ring(now).map(Effect::Alert));
}

/// A change with what else is known of its savepoint.
fn news(state: &State, change: Change, held_back: u32) -> ChangeReport {
    let feed = state.feeds.get(&change.target).filter(|feed| feed.missing.is_none());
    let savepoint = feed.and_then(|feed| feed.answer.as_ref()).map(|answer| &answer.savepoint);
    let word = savepoint.and_then(|savepoint| savepoint.state.as_ref());
    ChangeReport {
        held_back,
        state: word.map_or("", savepoint::State::as_str).to_owned(),
        description: savepoint.and_then(|savepoint| savepoint.description.clone()),
        change,
    }
}
