//! The headings of the list, and in which order what is below them comes.

use std::collections::BTreeMap;

use super::{GroupKey, Row, urgency};
use crate::domain::savepoint::State;
use crate::tui::model::feed::{DisplayStatus, Feed};
use crate::tui::model::feeds::Feeds;

/// The rows with a heading above those of each home: the places, of which the one that needs a person
/// comes first, and in each first what has no heading of its own, then what is followed. Where what
/// is a problem `lifts`, the group with it goes first in its place; whatever else the rows are sorted
/// by, the groups stay where they are.
pub(super) fn grouped(
    rows: &[usize],
    feeds: &Feeds,
    place_indices: &[GroupKey],
    always: &[GroupKey],
    lifts: bool,
) -> Vec<Row> {
    let mut groups: BTreeMap<GroupKey, Vec<Row>> = BTreeMap::new();
    let mut worst: BTreeMap<Option<usize>, u8> = BTreeMap::new();
    let mut lifted: BTreeMap<GroupKey, u8> = BTreeMap::new();
    for &home in always {
        groups.entry(home).or_default();
    }
    for &row in rows {
        let (Some((_, feed)), Some(&home)) = (feeds.get_index(row), place_indices.get(row)) else {
            continue;
        };
        let first = worst.entry(home.place).or_insert(u8::MAX);
        *first = urgency(feed).min(*first);
        if lifts {
            let first = lifted.entry(home).or_insert(CALM);
            *first = problem(feed).min(*first);
        }
        groups.entry(home).or_default().push(Row::Savepoint(row));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(home @ GroupKey { place, .. }, _)| {
        let of_place = worst.get(place).copied().unwrap_or(u8::MAX);
        (of_place, *place, lifted.get(home).copied().unwrap_or(CALM))
    });
    let mut place = None;
    let mut lines = Vec::with_capacity(rows.len());
    for (home, group) in groups {
        if home.place != place {
            place = home.place;
            lines.extend(place.map(Row::Place));
        }
        lines.extend(home.deployment.map(Row::Deployment));
        lines.extend(group);
    }
    lines
}

/// That of what has no problem: it lifts nothing.
const CALM: u8 = u8::MAX;

/// How much a savepoint lifts its group. What comes and goes with every savepoint that is taken
/// does not: groups must not jump about.
pub(in crate::tui::model) fn problem(feed: &Feed) -> u8 {
    match feed.display_status() {
        DisplayStatus::State(Some(State::Started)) if feed.overdue => urgency(feed),
        DisplayStatus::State(Some(State::Started | State::Completed)) | DisplayStatus::Waiting => {
            CALM
        }
        _ => urgency(feed),
    }
}
