//! Limits the memory of kept answers.
//!
//! One answer can have 4 MiB, and ten thousand savepoints can be watched. So all answers share
//! a fixed number of bytes, and the selected savepoint gets the maximum: select it and refresh
//! to see more. What is cut is marked where it is shown, with the number of bytes. `savepeek
//! get` holds one answer at a time and prints all of it.

use crate::api::Answer;
use crate::domain::deployment::Deployment;
use crate::domain::job::Job;
use crate::domain::savepoint::{Savepoint, State};

/// Bytes of JSON for all answers together.
const ALL_ANSWERS: usize = 16 << 20;

/// Maximum bytes of one answer, and of the selected one.
pub const MAX_ANSWER: usize = 64 << 10;

/// Minimum bytes per answer, however many there are. A typical answer has about 700 bytes.
pub const MIN_ANSWER: usize = 2 << 10;

/// Maximum bytes of a location. A cut location says so, so that it is not used to restore.
const MAX_LOCATION: usize = 4 << 10;

/// Maximum bytes of a deployment's text.
const MAX_LINE: usize = 1 << 10;

/// Maximum bytes of a word of an open set (state, origin).
const MAX_WORD: usize = 256;

/// Bytes per answer for this many answers.
pub fn share(answers: usize) -> usize {
    (ALL_ANSWERS / answers.max(1)).clamp(MIN_ANSWER, MAX_ANSWER)
}

/// Truncates an answer to its share. Long texts can take half as much again.
pub fn cut(answer: &mut Answer, share: usize) {
    if answer.data.len() > share {
        let end = boundary(&answer.data, share);
        answer.omitted_bytes = answer.data.len() - end;
        answer.data = answer.data[..end].into();
    }
    cut_savepoint(&mut answer.savepoint, share);
}

/// Truncates a savepoint's texts to half of the share each.
pub fn cut_savepoint(savepoint: &mut Savepoint, share: usize) {
    if let Some(State::Other(word)) = &mut savepoint.state {
        shorten(word, MAX_WORD);
    }
    let failure = savepoint.failure.iter_mut();
    let failure =
        failure.flat_map(|it| [(&mut it.message, share / 2), (&mut it.reason, share / 2)]);
    let texts = [
        (&mut savepoint.origin, MAX_WORD),
        (&mut savepoint.location, MAX_LOCATION),
        (&mut savepoint.description, share / 2),
    ];
    for (text, max) in texts.into_iter().chain(failure) {
        if let Some(text) = text {
            shorten(text, max);
        }
    }
}

/// Truncates a deployment's texts to one line each.
pub fn cut_deployment(deployment: &mut Deployment) {
    let texts = [
        &mut deployment.name,
        &mut deployment.execution_mode,
        &mut deployment.description,
        &mut deployment.engine_version,
        &mut deployment.creator,
    ];
    texts.into_iter().flatten().for_each(|text| shorten(text, MAX_LINE));
}

/// Truncates a job's texts to half of the maximum share each.
pub fn cut_job(job: &mut Job) {
    let failure = job.failure.iter_mut().flat_map(|it| [&mut it.message, &mut it.reason]);
    for text in failure.flatten() {
        shorten(text, MAX_ANSWER / 2);
    }
    let words = [&mut job.deployment_name, &mut job.execution_mode, &mut job.observed_state];
    for word in words.into_iter().chain([&mut job.state]).flatten() {
        shorten(word, MAX_WORD);
    }
}

/// Cuts the middle of a text that is too long: a stack trace starts with what failed and ends
/// with the root cause.
pub fn shorten(text: &mut String, max: usize) {
    if text.len() <= max {
        return;
    }
    let head = boundary(text, max / 2);
    let mut tail = text.len() - max / 2;
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    *text = format!("{} …({} bytes left out)… {}", &text[..head], tail - head, &text[tail..]);
}

/// The last char boundary at or before `max`.
fn boundary(text: &str, max: usize) -> usize {
    (0..=max).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::savepoint::Failure;

    fn answer(text: &str) -> Answer {
        let long = || Some(text.to_owned());
        let failure = Failure { message: long(), reason: long(), failed_at: None };
        Answer {
            savepoint: Savepoint {
                origin: long(),
                description: long(),
                location: long(),
                state: Some(State::parse(text)),
                failure: Some(Box::new(failure)),
                ..Savepoint::default()
            },
            data: text.into(),
            omitted_bytes: 0,
            request_id: None,
            round_trip: Duration::ZERO,
            clock_correction: None,
        }
    }

    fn size(answer: &Answer) -> usize {
        let savepoint = &answer.savepoint;
        let failure = savepoint.failure.as_ref().unwrap();
        let texts = [&savepoint.origin, &savepoint.description, &savepoint.location];
        let texts = texts.into_iter().chain([&failure.message, &failure.reason]).flatten();
        let state = savepoint.state.as_ref().unwrap().as_str().len();
        answer.data.len() + state + texts.map(String::len).sum::<usize>()
    }

    #[test]
    fn ten_thousand_large_answers_are_truncated() {
        for text in ["x".repeat(4 << 20), "快照".repeat(600_000)] {
            for (count, max) in [(1, 200 << 10), (256, 200 << 10), (10_000, 12 << 10)] {
                let mut answer = answer(&text);
                cut(&mut answer, share(count));
                assert!(size(&answer) <= max, "{count}: {}", size(&answer));
                assert_eq!(answer.data.len() + answer.omitted_bytes, text.len());
                let description = answer.savepoint.description.unwrap();
                let (head, rest) = description.split_once(" …(").unwrap();
                let (left_out, tail) = rest.split_once(" bytes left out)… ").unwrap();
                assert!(text.starts_with(head) && text.ends_with(tail));
                let left_out: usize = left_out.parse().unwrap();
                assert_eq!(head.len() + left_out + tail.len(), text.len());
            }
        }
    }

    #[test]
    fn an_ordinary_answer_is_kept_whole() {
        let whole = answer(&"x".repeat(255));
        for count in [0, 1, 10_000, 1_000_000] {
            let mut kept = whole.clone();
            cut(&mut kept, share(count));
            assert_eq!(kept, whole);
        }
    }

    #[test]
    fn a_long_stack_trace_keeps_its_beginning_and_its_root_cause() {
        let trace =
            format!("CheckpointException: no{}\nCaused by: disk", "\n\tat x".repeat(50_000));
        let mut answer = answer(&trace);
        cut(&mut answer, share(10_000));
        let reason = answer.savepoint.failure.unwrap().reason.unwrap();
        assert!(reason.starts_with("CheckpointException: no\n\tat x"), "{reason}");
        assert!(reason.ends_with("\n\tat x\nCaused by: disk"), "{reason}");
    }
}
