//! Batches changes into one alert.
//!
//! When a service fails, every savepoint fails with it, found out one poll after the other. So
//! changes are batched for one round of polls, and equal ones are counted.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::ChangeReport;
use crate::domain::change::Kind;
use crate::util::text;

/// Minimum and maximum time to collect changes: short enough to go unnoticed, and still precise
/// where a round of polls takes many minutes.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Maximum number of distinct lines; further changes are only counted.
const MAX_GROUPS: usize = 4;

/// An alert as a desktop shows it: one line each, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub title: String,
    /// Details; may be empty.
    pub body: String,
}

/// The next alert, while changes are collected.
#[derive(Debug, Clone, Default)]
pub(super) struct AlertBatch {
    /// Time of the first change, and when the alert is due.
    open: Option<(Timestamp, Timestamp)>,
    groups: Vec<Group>,
    /// Changes beyond the last group.
    others: usize,
    suppressed: u32,
}

/// Changes with the same words.
#[derive(Debug, Clone)]
struct Group {
    words: String,
    count: usize,
    /// ID and details of the first one.
    id: String,
    about: String,
}

impl AlertBatch {
    pub(super) fn add(&mut self, news: &ChangeReport, now: Timestamp, patience: Duration) {
        let patience = patience.clamp(PATIENCE.0, PATIENCE.1);
        let patience = SignedDuration::try_from(patience).unwrap_or(SignedDuration::ZERO);
        self.open.get_or_insert_with(|| (now, now.saturating_add(patience).unwrap_or(now)));
        self.suppressed = self.suppressed.saturating_add(news.suppressed);
        let words = words(&news.change.kind);
        if let Some(group) = self.groups.iter_mut().find(|group| group.words == words) {
            group.count += 1;
        } else if self.groups.len() < MAX_GROUPS {
            let id = clean(news.change.target.id.as_str());
            self.groups.push(Group { words, count: 1, id, about: about(news) });
        } else {
            self.others += 1;
        }
    }

    pub(super) fn due(&self) -> Option<Timestamp> {
        self.open.map(|(_, due)| due)
    }

    pub(super) fn take(&mut self, now: Timestamp) -> Option<Alert> {
        // A clock step back must not delay the alert for hours.
        let (begun, due) = self.open?;
        (now >= due || now < begun).then(|| std::mem::take(self).alert())
    }

    fn alert(self) -> Alert {
        let all = self.groups.iter().map(|group| group.count).sum::<usize>() + self.others;
        let mut lines: Vec<String> = self.groups.iter().map(Group::line).collect();
        if self.others > 0 {
            lines.push(format!("{} more", self.others));
        }
        let (title, mut body) = match (self.groups.as_slice(), self.others) {
            ([only], 0) => (only.line(), vec![only.more()]),
            _ => (format!("{all} changes"), lines),
        };
        if self.suppressed > 0 {
            body.push(format!("{} held back before", self.suppressed));
        }
        body.retain(|part| !part.is_empty());
        Alert { title, body: body.join(", ") }
    }
}

impl Group {
    fn line(&self) -> String {
        match self.count {
            1 => format!("{}: {}", self.id, self.words),
            count => format!("{count} savepoints: {}", self.words),
        }
    }

    /// Details below the line.
    fn more(&self) -> String {
        match self.count {
            1 => self.about.clone(),
            count => format!("{} and {} more", self.id, count - 1),
        }
    }
}

/// The description, else the place.
fn about(news: &ChangeReport) -> String {
    let place = &news.change.target.place;
    match news.description.as_deref() {
        Some(description) if !description.is_empty() => clean(description),
        _ => clean(&format!("{} in {}", place.namespace, place.endpoint)),
    }
}

fn words(kind: &Kind) -> String {
    let named = |state: &str| if state.is_empty() { "no state".to_owned() } else { clean(state) };
    match kind {
        Kind::First { state } => named(state),
        Kind::FirstMissing => "not found".to_owned(),
        Kind::State { from, to } => format!("{} -> {}", named(from), named(to)),
        Kind::Vanished { was } => format!("{} -> not found", named(was)),
        Kind::Appeared { state } => format!("not found -> {}", named(state)),
        Kind::New { state } => format!("new, {}", named(state)),
        Kind::Overdue { elapsed, slowest, of } => {
            let [elapsed, slowest] = [elapsed, slowest].map(|it| rounded(*it));
            format!("STARTED for {elapsed}, the slowest of {of} took {slowest}")
        }
        Kind::Lost { cause } => format!("polls fail: {}", clean(cause)),
        Kind::Back { .. } => "polls answer again".to_owned(),
    }
}

fn rounded(seconds: u64) -> String {
    text::duration(Duration::from_secs(seconds))
}

/// Cleans and shortens a part of a line.
fn clean(text: &str) -> String {
    let start: String = text.chars().take(200).collect();
    text::fit(&text::clean(&start), 80).into_owned()
}
