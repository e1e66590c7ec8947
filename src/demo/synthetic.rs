//! Generated deployments, jobs and savepoints: the synthetic ones and those of every series.
//! Nothing is stored: everything is computed from a number, and the number from an ID.

use std::borrow::Cow;

use jiff::SignedDuration;

use super::response::{Failure, SavepointData, Status};
use super::story::{Deployment, Series};

/// What kind of object an ID names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdKind {
    Deployment = 1,
    /// The job of a synthetic deployment.
    Job = 2,
    Savepoint = 3,
    Serial = 4,
}

/// Mask of the bits of an ID that carry its number.
const BITS: u64 = (1 << 60) - 1;
/// Odd, so that a multiplication by it has an inverse.
const SPREAD: u64 = 0x0B5A_D4EC_EDA1_CE2B;
const GATHER: u64 = inverse(SPREAD);

/// The multiplicative inverse modulo 2^64, by Newton's method.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

/// A UUID that looks like any other; `number` has 48 bits.
pub(super) fn uuid(kind: IdKind, number: u64) -> String {
    let spread = ((kind as u64) << 48 | number).wrapping_mul(SPREAD) & BITS;
    let rest = spread.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        rest >> 32,
        rest >> 16 & 0xFFFF,
        rest >> 4 & 0xFFF,
        spread >> 48,
        spread & 0xFFFF_FFFF_FFFF
    )
}

/// The number that an ID was made from, if it is an ID of this kind.
pub(super) fn number(kind: IdKind, id: &str) -> Option<u64> {
    let part = |range| u64::from_str_radix(id.get(range)?, 16).ok();
    let spread = part(20..23)? << 48 | part(24..36)?;
    let number = spread.wrapping_mul(GATHER) & BITS & 0xFFFF_FFFF_FFFF;
    (uuid(kind, number) == id).then_some(number)
}

const TEAMS: [&str; 10] =
    ["ads", "risk", "orders", "search", "stock", "geo", "video", "users", "iot", "实时"];
const TASKS: [&str; 9] =
    ["join", "dedup", "rollup", "features", "export", "alerts", "cdc", "sessions", "enrich"];

/// The name of a synthetic deployment.
pub(super) fn name(number: u32) -> String {
    let of = |words: &[&'static str], at: u32| words[at as usize % words.len()];
    format!("{}-{}-{number:04}", of(&TEAMS, number), of(&TASKS, number / 10))
}

/// When a synthetic deployment was created; number 0 is the newest.
pub(super) fn created(number: u32) -> SignedDuration {
    -SignedDuration::from_mins(60 * 24 * 30 + 97 * i64::from(number))
}

/// The state of a synthetic deployment's job, and its execution mode.
pub(super) fn state(number: u32) -> (&'static str, &'static str) {
    match number % 20 {
        3 => ("FAILED", "STREAMING"),
        7 => ("CANCELLED", "STREAMING"),
        11 => ("STARTING", "STREAMING"),
        13 => ("FINISHED", "BATCH"),
        17 => ("RUNNING", "BATCH"),
        _ => ("RUNNING", "STREAMING"),
    }
}

/// A savepoint that starts, takes some time, and then completes or fails.
#[derive(Debug)]
pub(super) struct GeneratedSavepoint<'a> {
    pub(super) id: String,
    pub(super) deployment: Cow<'a, str>,
    pub(super) job: Cow<'a, str>,
    pub(super) origin: &'a str,
    pub(super) at: SignedDuration,
    took: SignedDuration,
    fails: bool,
}

/// When a synthetic savepoint was triggered; number 0 is the newest.
pub(super) fn triggered(number: u32) -> SignedDuration {
    -SignedDuration::from_mins(60 * 26 + 7 * i64::from(number))
}

/// The nth synthetic savepoint, which belongs to one of `deployments` deployments.
pub(super) fn savepoint(number: u32, deployments: u32) -> GeneratedSavepoint<'static> {
    let owner = u64::from(number % deployments.max(1));
    let origins = ["AUTO_TRIGGERED", "USER_REQUEST", "AUTO_TRIGGERED", "STOP_WITH_SAVEPOINT"];
    GeneratedSavepoint {
        id: uuid(IdKind::Savepoint, number.into()),
        deployment: uuid(IdKind::Deployment, owner).into(),
        job: uuid(IdKind::Job, owner).into(),
        origin: origins[number as usize % origins.len()],
        at: triggered(number),
        took: SignedDuration::from_secs(40 + i64::from(number % 11) * 47),
        fails: number % 11 == 5,
    }
}

impl Series {
    /// The numbers of the savepoints that exist at this time since the start; the last is the newest.
    pub(super) fn numbers(&self, elapsed: SignedDuration) -> std::ops::Range<u32> {
        let end = self.until.map_or(elapsed, |until| until.min(elapsed));
        let since = end - self.from;
        if since.is_negative() {
            return 0..0;
        }
        let count = since.as_millis() / self.every.as_millis().max(1) + 1;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        count.saturating_sub(self.keep)..count
    }

    /// When the nth savepoint is triggered.
    pub(super) fn triggered(&self, number: u32) -> SignedDuration {
        let every = self.every.checked_mul(i32::try_from(number).unwrap_or(i32::MAX));
        self.from.saturating_add(every.unwrap_or(SignedDuration::MAX))
    }
}

/// The nth savepoint of a series; `place` holds the indices of the deployment and of the series.
pub(super) fn in_series(
    deployment: &Deployment,
    place: (usize, usize),
    number: u32,
) -> Option<GeneratedSavepoint<'_>> {
    let series = deployment.series.get(place.1)?;
    let place = (place.0 as u64) << 8 | place.1 as u64;
    let nth = u64::from(number) + 1;
    Some(GeneratedSavepoint {
        id: uuid(IdKind::Serial, place << 32 | u64::from(number)),
        deployment: deployment.id.as_str().into(),
        job: series.job.as_str().into(),
        origin: &series.origin,
        at: series.triggered(number),
        took: series.took[number as usize % series.took.len()].0,
        fails: series.fails.is_some_and(|every| nth % every == 0),
    })
}

/// The indices of deployment and series, and the number, that an ID of a series was made from.
pub(super) fn position_in_series(id: &str) -> Option<(usize, usize, u32)> {
    let number = self::number(IdKind::Serial, id)?;
    let low = |number: u64, bits: u32| usize::try_from(number & ((1 << bits) - 1)).ok();
    Some((low(number >> 40, 8)?, low(number >> 32, 8)?, u32::try_from(low(number, 32)?).ok()?))
}

impl<'a> GeneratedSavepoint<'a> {
    /// The savepoint as the service shows it, `elapsed` after the start at `opened` (Unix seconds).
    pub(super) fn data(
        self,
        namespace: &'a str,
        elapsed: SignedDuration,
        opened: i64,
    ) -> SavepointData<'a> {
        let end = self.at.saturating_add(self.took);
        let over = end <= elapsed;
        let second = |at: SignedDuration| opened.saturating_add(at.as_secs());
        let state = match (over, self.fails) {
            (false, _) => "STARTED",
            (true, false) => "COMPLETED",
            (true, true) => "FAILED",
        };
        let location = (state == "COMPLETED").then(|| {
            let (deployment, id, job) = (&self.deployment, &self.id, &self.job[..6]);
            let tail = &id[24..];
            let root = "oss://acme-flink-prod";
            if self.origin == "RETAINED_CHECKPOINT" {
                let job = &self.job;
                format!("{root}/flink-jobs/namespaces/{namespace}/deployments/{deployment}/checkpoints/jobs/{job}/chk-{tail}")
            } else {
                format!("{root}/flink-savepoints/namespaces/{namespace}/deployments/{deployment}/{id}/savepoint-{job}-{tail}")
            }
        });
        let failure = (state == "FAILED").then(|| Failure {
            message: "Checkpoint expired before completing.",
            reason: "org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint expired before completing.\n\tat org.apache.flink.runtime.checkpoint.CheckpointCoordinator$CheckpointCanceller.run(CheckpointCoordinator.java:2242)\n\tat java.lang.Thread.run(Thread.java:879)",
            failed_at: second(end),
        });
        let created_at = second(self.at);
        SavepointData {
            savepoint_id: self.id.into(),
            deployment_id: self.deployment,
            job_id: self.job,
            namespace,
            savepoint_origin: self.origin,
            native_format: true,
            description: None,
            stop_with_drain_enabled: false,
            savepoint_location: location.map(Cow::from),
            status: Status { state, failure },
            created_at,
            modified_at: if over { second(end) } else { created_at },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn an_id_is_that_of_its_number_only(a in 0_u64..1 << 48, b in 0_u64..1 << 48) {
            let id = uuid(IdKind::Serial, a);
            assert_eq!(number(IdKind::Serial, &id), Some(a));
            assert_eq!(number(IdKind::Job, &id), None);
            assert_eq!(uuid(IdKind::Serial, b) == id, a == b);
            assert_eq!(id.len(), 36);
        }

        #[test]
        fn no_text_makes_it_panic(id in ".{0,40}") {
            assert_eq!(number(IdKind::Savepoint, &id), None);
        }
    }
}
