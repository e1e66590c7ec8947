//! What a failure's text means for an operator: a table, matched by substring. The texts are Flink's
//! own (its `CheckpointFailureReason` and what wraps it). The raw text is always shown first, and
//! separately.

use super::Failure;

/// One kind of failure.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureHint {
    /// The text of this kind of failure contains one of these.
    pub contains: &'static [&'static str],
    pub meaning: &'static str,
    pub look_at: &'static str,
    pub next: &'static str,
}

/// The kinds, specific before general: the first that matches counts.
pub const TABLE: &[FailureHint] = &[
    FailureHint {
        contains: &["failed during stopping"],
        meaning: "stop-with-savepoint failed after the savepoint had been written: the state is usable although it is marked FAILED",
        look_at: "the path in the text",
        next: "restart from that path",
    },
    FailureHint {
        contains: &["Cannot map checkpoint/savepoint state for operator"],
        meaning: "at restore: an operator's uid changed or went away",
        look_at: "what changed in the job graph",
        next: "restore the uid, or allow non-restored state (allowNonRestoredState)",
    },
    FailureHint {
        contains: &[
            "OSSException",
            "AccessDenied",
            "InvalidToken",
            "IO-problem detected",
            "IO Exception",
        ],
        meaning: "storage refused, or the job's own credentials for it did: not this tool's",
        look_at: "bucket, path, role, quota and endpoint of the job's storage",
        next: "fix the permission, then trigger again",
    },
    FailureHint {
        contains: &["Checkpoint expired before completing"],
        meaning: "it took longer than the checkpoint timeout, which savepoints share",
        look_at: "backpressure; a high alignment time is a barrier problem, a high async time with a large size is an upload problem",
        next: "relieve the backpressure, use the native format, or raise the timeout; meanwhile restart from the newest COMPLETED one",
    },
    FailureHint {
        contains: &["Not all required tasks are currently running"],
        meaning: "the job is starting, restarting or failing over",
        look_at: "the job's state and events",
        next: "wait for RUNNING, then trigger again",
    },
    FailureHint {
        contains: &[
            "maximum number of queued checkpoint requests exceeded",
            "minimum time between checkpoints",
        ],
        meaning: "another one is running, or this one came too soon after it",
        look_at: "the deployment's STARTED savepoints",
        next: "wait",
    },
    FailureHint {
        contains: &["Checkpoint was declined"],
        meaning: "a task was closing or not ready",
        look_at: "the states of the operators",
        next: "trigger again",
    },
    FailureHint {
        contains: &["Asynchronous task checkpoint failed", "Task local checkpoint failure"],
        meaning: "the upload of the state failed on a task",
        look_at: "the TaskManager's log, its disk, throttling by the storage",
        next: "fix what the log names, then trigger again",
    },
    FailureHint {
        contains: &[
            "Checkpoint Coordinator is suspending",
            "shutdown",
            "The job has failed",
            "Task has failed",
        ],
        meaning: "the job went down during the savepoint; the real cause is among the job's exceptions",
        look_at: "the job's exceptions",
        next: "fix the job, then restore from the newest COMPLETED one",
    },
];

/// Returns the first hint that matches a failure.
pub fn find(failure: &Failure) -> Option<&'static FailureHint> {
    let texts = [failure.message.as_deref(), failure.reason.as_deref()];
    let says = |needle: &&str| texts.into_iter().flatten().any(|text| text.contains(needle));
    TABLE.iter().find(|kind| kind.contains.iter().any(&says))
}

/// Returns the path of a savepoint that was written although stopping the job failed. It is derived
/// from the text of the failure; the screen must say so.
pub fn usable_path(failure: &Failure) -> Option<&str> {
    let texts = [failure.message.as_deref(), failure.reason.as_deref()];
    texts.into_iter().flatten().filter(|text| text.contains("failed during stopping")).find_map(
        |text| {
            let (_, after) = text.split_once("A savepoint has been created at: ")?;
            let (path, _) = after.split_once(", but the corresponding job")?;
            (!path.is_empty() && !path.contains(char::is_whitespace)).then_some(path)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(reason: &str) -> Failure {
        Failure { reason: Some(reason.to_owned()), ..Failure::default() }
    }

    #[rstest::rstest]
    #[case::timeout(
        "CheckpointException: Checkpoint expired before completing.",
        "checkpoint timeout"
    )]
    #[case::tasks("Not all required tasks are currently running.", "failing over")]
    #[case::storage("com.aliyun.oss.OSSException: AccessDenied", "not this tool's")]
    #[case::upload("Asynchronous task checkpoint failed.", "upload")]
    #[case::declined("Checkpoint was declined (tasks not ready)", "not ready")]
    #[case::job("The job has failed", "job's exceptions")]
    #[case::queue("The maximum number of queued checkpoint requests exceeded", "another one")]
    #[case::restore("Cannot map checkpoint/savepoint state for operator bc76", "uid")]
    fn a_known_text_has_its_hint(#[case] reason: &str, #[case] meaning: &str) {
        let kind = find(&failure(reason)).unwrap();
        assert!(kind.meaning.contains(meaning), "{}", kind.meaning);
    }

    #[test]
    fn a_storage_problem_inside_a_failed_upload_is_a_storage_problem() {
        let text = "Asynchronous task checkpoint failed.\nCaused by: OSSException: AccessDenied";
        assert!(find(&failure(text)).unwrap().meaning.contains("storage refused"));
    }

    #[test]
    fn an_unknown_text_gets_no_advice() {
        assert_eq!(find(&failure("the moon was in the wrong house")), None);
        assert_eq!(find(&Failure::default()), None);
    }

    #[test]
    fn the_path_of_a_savepoint_that_is_usable_although_failed() {
        let text = "A savepoint has been created at: oss://b/sp-1, but the corresponding job 5af6 failed during stopping.";
        assert_eq!(usable_path(&failure(text)), Some("oss://b/sp-1"));
        assert!(find(&failure(text)).unwrap().meaning.contains("usable"));
    }

    #[rstest::rstest]
    #[case("A savepoint has been created at: , but the corresponding job 5 failed during stopping")]
    #[case(
        "A savepoint has been created at: a b, but the corresponding job 5 failed during stopping"
    )]
    #[case("A savepoint has been created at: oss://b/sp-1")]
    fn an_incomplete_sentence_gives_no_path(#[case] text: &str) {
        assert_eq!(usable_path(&failure(text)), None);
    }
}
