//! Groups rows under headings and orders the groups.

use std::collections::BTreeMap;

use super::{GroupKey, Row, urgency};
use crate::domain::savepoint::State;
use crate::tui::model::feed::{DisplayStatus, Feed};
use crate::tui::model::feeds::Feeds;

/// Groups rows under their headings. Places are ordered by their most urgent savepoint. Within
/// a place, rows without a deployment come first, then followed deployments. If `lifts`, a
/// group with a problem moves to the top of its place; any other sort leaves
/// the groups in place.
pub(super) fn grouped(
    rows: &[usize],
    feeds: &Feeds,
    group_keys: &[GroupKey],
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
        let (Some((_, feed)), Some(&home)) = (feeds.get_index(row), group_keys.get(row)) else {
            continue;
        };
        let first = worst.entry(home.place).or_insert(u8::MAX);
        *first = urgency(feed).min(*first);
        if lifts {
            let first = lifted.entry(home).or_insert(NO_PROBLEM);
            *first = problem(feed).min(*first);
        }
        groups.entry(home).or_default().push(Row::Savepoint(row));
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(home @ GroupKey { place, .. }, _)| {
        let of_place = worst.get(place).copied().unwrap_or(u8::MAX);
        (of_place, *place, lifted.get(home).copied().unwrap_or(NO_PROBLEM))
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

/// Rank of a savepoint without a problem.
const NO_PROBLEM: u8 = u8::MAX;

/// How far a savepoint lifts its group. States that come and go with every savepoint do not
/// lift it: groups must not jump.
pub(in crate::tui::model) fn problem(feed: &Feed) -> u8 {
    match feed.display_status() {
        DisplayStatus::State(Some(State::Started)) if feed.overdue => urgency(feed),
        DisplayStatus::State(Some(State::Started | State::Completed)) | DisplayStatus::Waiting => {
            NO_PROBLEM
        }
        _ => urgency(feed),
    }
}
