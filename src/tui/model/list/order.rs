//! Row order, updated incrementally: a changed savepoint is moved, the others stay.

use std::cmp::Ordering;

use super::groups::grouped;
use super::{Column, GroupKey, List, Row, called, compare, matches, newest_first};
use crate::config::context::Context;
use crate::domain::savepoint::Target;
use crate::tui::model::feed::Feed;
use crate::tui::model::feeds::{Changes, Feeds};
use crate::tui::model::metadata::MetadataCache;

/// With more changes than this, sorting everything is faster.
const FULL_SORT_ABOVE: usize = 64;

/// Data that decide the row order.
pub(in crate::tui::model) struct ListData<'a> {
    pub feeds: &'a Feeds,
    pub metadata: &'a MetadataCache,
    /// Headings of each feed, if there are any.
    pub groups: Option<&'a [GroupKey]>,
    /// Headings of followed deployments: shown even if empty, unless a filter is set.
    pub followed: &'a [GroupKey],
    /// Whether headings or the order of groups changed.
    pub regroup: bool,
}

/// The visible savepoints in order.
#[derive(Debug, Clone, Default)]
pub(super) struct RowOrder {
    /// Key of the current order.
    by: Option<OrderKey>,
    /// Feed indices in row order.
    shown: Vec<usize>,
    /// Position in `shown` for each feed.
    places: Vec<Option<usize>>,
    /// A feed that is visible without a match because it is selected.
    unmatched: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Hidden,
    Matching,
    /// It does not match the filter, but the user has selected it.
    OnlySelected,
}

/// Sort, filter and scope of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OrderKey {
    sort: Column,
    reversed: bool,
    needle: String,
    scope: Option<Context>,
    /// Revision of the names, if they matter.
    names: Option<u64>,
    headed: bool,
}

impl RowOrder {
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// Forces a full sort next time.
    pub(super) fn forget(&mut self) {
        self.by = None;
    }

    /// Updates positions from an index on.
    fn note(&mut self, from: usize) {
        for (place, &row) in self.shown.iter().enumerate().skip(from) {
            if let Some(known) = self.places.get_mut(row) {
                *known = Some(place);
            }
        }
    }
}

impl List {
    /// Updates the order. Returns whether any row moved.
    pub(super) fn order_rows(&mut self, known: &ListData<'_>, changes: &Changes) -> bool {
        let by = self.by(known);
        let same = self.order.by.as_ref().is_some_and(|it| it.needle == by.needle);
        let many = changes.feeds.len() > FULL_SORT_ABOVE;
        let all = changes.all || many || !same || self.order.by.as_ref() != Some(&by);
        let moved = if all {
            self.sort_all(known, &by, same);
            true
        } else {
            self.replace(known, &by, changes)
        };
        self.order.by = Some(by);
        if moved || known.regroup {
            self.rows = self.group(known);
        }
        moved || known.regroup
    }

    fn by(&self, known: &ListData<'_>) -> OrderKey {
        let needle = self.filter.to_lowercase();
        let named = self.sort == Column::Deployment || !needle.is_empty();
        OrderKey {
            sort: self.sort,
            reversed: self.reversed,
            needle,
            scope: self.scope.clone(),
            names: named.then(|| known.metadata.revision()),
            headed: known.groups.is_some(),
        }
    }

    /// Whether a savepoint is visible with this filter, which is the `same` as before or not.
    fn visibility(&self, known: &ListData<'_>, needle: &str, same: bool, row: usize) -> Visibility {
        let Some((target, feed)) = known.feeds.get_index(row) else { return Visibility::Hidden };
        if !self.scope.as_ref().is_none_or(|scope| scope.contains(&target.place)) {
            return Visibility::Hidden;
        }
        if matches(target, feed, known.metadata, needle) {
            Visibility::Matching
        } else if self.held && same && self.selected.as_ref() == Some(target) {
            Visibility::OnlySelected
        } else {
            Visibility::Hidden
        }
    }

    fn sort_all(&mut self, known: &ListData<'_>, by: &OrderKey, same: bool) {
        let feeds = known.feeds;
        // Starts from the previous order: nearly sorted input sorts fast.
        let mut taken = vec![false; feeds.len()];
        let before = std::mem::take(&mut self.order.shown).into_iter().chain(0..feeds.len());
        let mut unmatched = None;
        let mut shown: Vec<usize> = before
            .filter(|&row| taken.get_mut(row).is_some_and(|taken| !std::mem::replace(taken, true)))
            .filter(|&row| {
                let visibility = self.visibility(known, &by.needle, same, row);
                let only_selected = visibility == Visibility::OnlySelected;
                unmatched = unmatched.or(only_selected.then_some(row));
                visibility != Visibility::Hidden
            })
            .collect();
        // Look up each name once, not at every comparison.
        let names: Vec<&str> = match by.sort {
            Column::Deployment => {
                feeds.iter().map(|(target, feed)| called(target, feed, known.metadata)).collect()
            }
            _ => Vec::new(),
        };
        let name = |row: usize| names.get(row).copied().unwrap_or_default();
        shown.sort_by(|&a, &b| ordering(by, feeds, (a, b), name));
        self.order.shown = shown;
        self.order.unmatched = unmatched;
        self.order.places = vec![None; feeds.len()];
        self.order.note(0);
    }

    /// Moves changed savepoints. Returns whether any moved, came or went.
    fn replace(&mut self, known: &ListData<'_>, by: &OrderKey, changes: &Changes) -> bool {
        let selected = self.selected.as_ref().and_then(|it| known.feeds.get_index_of(it));
        let let_go = self.order.unmatched.filter(|it| selected != Some(*it));
        let moving = changes.feeds.iter().copied().chain(let_go);
        let mut moving: Vec<(usize, bool)> = moving
            .map(|row| {
                let visibility = self.visibility(known, &by.needle, true, row);
                if visibility == Visibility::OnlySelected {
                    self.order.unmatched = Some(row);
                } else if self.order.unmatched == Some(row) {
                    self.order.unmatched = None;
                }
                (row, visibility != Visibility::Hidden)
            })
            .collect();
        moving.sort_unstable();
        moving.dedup_by_key(|(row, _)| *row);
        let name = |row: usize| {
            let feed = known.feeds.get_index(row).filter(|_| by.sort == Column::Deployment);
            feed.map_or("", |(target, feed)| called(target, feed, known.metadata))
        };
        let order = |a: usize, b: usize| ordering(by, known.feeds, (a, b), name);
        let RowOrder { shown, places, .. } = &mut self.order;
        let place = |row: usize| places.get(row).copied().flatten();
        let stays = |&(row, shows): &(usize, bool)| match place(row) {
            Some(at) if shows => {
                let above = at.checked_sub(1).and_then(|at| shown.get(at));
                above.is_none_or(|&above| order(above, row).is_lt())
                    && shown.get(at + 1).is_none_or(|&below| order(row, below).is_lt())
            }
            at => at.is_none() && !shows,
        };
        if moving.iter().all(stays) {
            return false;
        }
        let mut from = shown.len();
        let gone: Vec<usize> = moving.iter().filter_map(|(row, _)| place(*row)).collect();
        if let [at] = gone.as_slice() {
            shown.remove(*at);
            from = from.min(*at);
        } else if !gone.is_empty() {
            shown.retain(|row| moving.binary_search_by_key(row, |(row, _)| *row).is_err());
            from = 0;
        }
        for (row, shows) in moving {
            if let Some(place) = places.get_mut(row) {
                *place = None;
            }
            if shows {
                let at = shown.partition_point(|&other| order(other, row).is_lt());
                shown.insert(at, row);
                from = from.min(at);
            }
        }
        self.order.note(from);
        true
    }

    /// Rows with their headings.
    fn group(&self, known: &ListData<'_>) -> Vec<Row> {
        let shown = &self.order.shown;
        let Some(groups) = known.groups else {
            return shown.iter().map(|&row| Row::Savepoint(row)).collect();
        };
        let always = if self.filter.is_empty() { known.followed } else { &[] };
        let lifts = self.sort == Column::Problem && !self.reversed;
        grouped(shown, known.feeds, groups, always, lifts)
    }
}

/// Order of two feeds; equal only for the same feed.
fn ordering<'a>(
    by: &OrderKey,
    feeds: &Feeds,
    (a, b): (usize, usize),
    name: impl Fn(usize) -> &'a str,
) -> Ordering {
    let (Some(a_feed), Some(b_feed)) = (feeds.get_index(a), feeds.get_index(b)) else {
        return a.cmp(&b);
    };
    let order = match by.sort {
        Column::Deployment => {
            let [a, b] = [name(a), name(b)].map(|name| (name.is_empty(), name));
            a.cmp(&b)
        }
        sort => compare(sort, a_feed, b_feed),
    };
    let order = if by.reversed { order.reverse() } else { order };
    let newest = |(_, a): (&Target, &Feed), (_, b): (&Target, &Feed)| newest_first(a, b);
    order.then_with(|| newest(a_feed, b_feed)).then_with(|| a_feed.0.cmp(b_feed.0))
}
