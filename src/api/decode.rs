//! Lenient decoding of single fields: the types in the product's metadata differ from those in
//! real responses.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::domain::deployment::{Deployment, DeploymentId, JobSummary};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Failure, Savepoint, State};
use crate::util::json::read::Object;

/// Times from this value up are in milliseconds, below in seconds. In seconds, it is the year 5138.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// The service's own IDs have 36 bytes.
const MAX_ID_BYTES: usize = 1024;

/// Decodes the savepoint in a response's `data`. Takes the texts out of it: a copy of each costs.
pub(super) fn savepoint(mut data: Object<'_>) -> Savepoint {
    let mut take = |name| match data.remove(name)? {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        other => text(&other),
    };
    let description = take("description");
    let location = take("savepointLocation");
    let origin = take("savepointOrigin");
    let [savepoint_id, deployment_id, job_id, namespace] =
        ["savepointId", "deploymentId", "jobId", "namespace"]
            .map(|name| take(name).filter(|id| is_id(id)));
    let status = data.get("status");
    Savepoint {
        savepoint_id,
        deployment_id,
        job_id,
        namespace,
        origin,
        native_format: data.get("nativeFormat").and_then(boolean),
        stop_with_drain_enabled: data.get("stopWithDrainEnabled").and_then(boolean),
        description,
        location,
        state: status.and_then(|status| text(status.get("state")?)).map(|word| State::parse(&word)),
        failure: failure(status),
        created_at: data.get("createdAt").and_then(time),
        modified_at: data.get("modifiedAt").and_then(time),
    }
}

fn failure(status: Option<&Value>) -> Option<Box<Failure>> {
    let failure = status?.get("failure")?.as_object()?;
    Some(Box::new(Failure {
        message: failure.get("message").and_then(text),
        reason: failure.get("reason").and_then(text),
        failed_at: failure.get("failedAt").and_then(time),
    }))
}

/// Decodes the deployment in a response's `data`.
pub(super) fn deployment(data: &Object<'_>) -> Deployment {
    let text_of = |name| data.get(name).and_then(text);
    let summary = data.get("jobSummary").and_then(Value::as_object);
    Deployment {
        deployment_id: deployment_id(data),
        name: text_of("name"),
        namespace: data.get("namespace").and_then(id),
        execution_mode: text_of("executionMode"),
        jobs: summary.map(jobs),
        description: text_of("description"),
        engine_version: text_of("engineVersion"),
        creator: text_of("creatorName").or_else(|| text_of("creator")),
        created_at: data.get("createdAt").and_then(time),
        modified_at: data.get("modifiedAt").and_then(time),
    }
}

fn jobs(summary: &Map<String, Value>) -> JobSummary {
    let count = |name| summary.get(name).and_then(number).unwrap_or(0);
    JobSummary {
        starting: count("starting"),
        running: count("running"),
        cancelling: count("cancelling"),
        cancelled: count("cancelled"),
        failed: count("failed"),
        finished: count("finished"),
    }
}

/// Decodes the job in a response's `data`.
pub(super) fn job(data: &Object<'_>) -> Job {
    let status = data.get("status");
    let running = status.and_then(|status| status.get("running"));
    let text_of = |name| data.get(name).and_then(text);
    let time_of = |name| data.get(name).and_then(time);
    Job {
        job_id: data.get("jobId").and_then(id).and_then(|id| JobId::new(&id).ok()),
        deployment_id: deployment_id(data),
        deployment_name: text_of("deploymentName"),
        namespace: data.get("namespace").and_then(id),
        execution_mode: text_of("executionMode"),
        state: status.and_then(|status| text(status.get("currentJobStatus")?)),
        failure: failure(status),
        observed_state: running.and_then(|running| text(running.get("observedFlinkJobStatus")?)),
        restarts: running.and_then(|running| number(running.get("observedFlinkJobRestarts")?)),
        started_at: time_of("startTime"),
        ended_at: time_of("endTime"),
        created_at: time_of("createdAt"),
        modified_at: time_of("modifiedAt"),
    }
}

fn deployment_id(data: &Object<'_>) -> Option<DeploymentId> {
    data.get("deploymentId").and_then(id).and_then(|id| DeploymentId::new(&id).ok())
}

/// An ID or a namespace, verbatim.
fn id(value: &Value) -> Option<String> {
    text(value).filter(|id| is_id(id))
}

/// Whether a text can be an ID or a namespace. One with a lone surrogate, which decodes to U+FFFD, can
/// be neither requested nor compared.
fn is_id(text: &str) -> bool {
    text.len() <= MAX_ID_BYTES && !text.contains(char::REPLACEMENT_CHARACTER)
}

/// A count: a number or its text.
pub(super) fn number(value: &Value) -> Option<u64> {
    scalar(value)?.trim().parse().ok()
}

/// A text, verbatim. Numbers and booleans become text; an empty text is `None`.
pub(super) fn text(value: &Value) -> Option<String> {
    scalar(value).map(Cow::into_owned)
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => {
            Some(text.as_str().into()).filter(|text: &Cow<str>| !text.is_empty())
        }
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `true`, `"true"` or 1, or their opposites.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    let text = scalar(value)?;
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    if is("true") || is("1") {
        return Some(true);
    }
    (is("false") || is("0")).then_some(false)
}

/// A time: seconds or milliseconds, a number or its text, or ISO 8601 (an older API's form).
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let text = scalar(value)?;
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let number = text.parse::<i64>().ok().or_else(|| whole(text.parse().ok()?))?;
    if number.unsigned_abs() >= MILLISECONDS_FROM {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

/// The integer part of a number like `1.659066711E9`.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the fraction goes, the rest fits")]
    (number.abs() < 1e15).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(data: &Value) -> Object<'_> {
        let fields = data.as_object().unwrap().iter();
        fields.map(|(name, value)| (name.as_str().into(), value.clone())).collect()
    }

    #[rstest::rstest]
    #[case::seconds(json!(1_659_066_711), Some("2022-07-29T03:51:51Z"))]
    #[case::seconds_as_text(json!("1659066711"), Some("2022-07-29T03:51:51Z"))]
    #[case::padded(json!(" 1659066711 "), Some("2022-07-29T03:51:51Z"))]
    #[case::milliseconds(json!(1_659_066_711_250_i64), Some("2022-07-29T03:51:51.25Z"))]
    #[case::milliseconds_as_text(json!("1659066711250"), Some("2022-07-29T03:51:51.25Z"))]
    #[case::last_second(json!(99_999_999_999_i64), Some("5138-11-16T09:46:39Z"))]
    #[case::first_millisecond(json!(100_000_000_000_i64), Some("1973-03-03T09:46:40Z"))]
    #[case::float(json!(1_659_066_711.9), Some("2022-07-29T03:51:51Z"))]
    #[case::exponent(json!("1.659066711E9"), Some("2022-07-29T03:51:51Z"))]
    #[case::before_the_epoch(json!(-1), Some("1969-12-31T23:59:59Z"))]
    #[case::iso(json!("2022-07-29T03:51:51Z"), Some("2022-07-29T03:51:51Z"))]
    #[case::iso_with_offset(json!("2022-07-29T11:51:51+08:00"), Some("2022-07-29T03:51:51Z"))]
    #[case::out_of_range(json!(i64::MAX), None)]
    #[case::out_of_range_below(json!(i64::MIN), None)]
    #[case::beyond_integers(json!(1e300), None)]
    #[case::not_a_number(json!("NaN"), None)]
    #[case::empty(json!(""), None)]
    #[case::word(json!("yesterday"), None)]
    #[case::null(json!(null), None)]
    #[case::object(json!({"seconds": 1}), None)]
    fn a_time_is_decoded_from_every_form(#[case] value: Value, #[case] expected: Option<&str>) {
        assert_eq!(time(&value).map(|time| time.to_string()).as_deref(), expected);
    }

    #[rstest::rstest]
    #[case(json!(true), Some(true))]
    #[case(json!("True"), Some(true))]
    #[case(json!(1), Some(true))]
    #[case(json!("false"), Some(false))]
    #[case(json!(0), Some(false))]
    #[case(json!("yes"), None)]
    #[case(json!([]), None)]
    fn a_boolean_is_read_in_every_form(#[case] value: Value, #[case] expected: Option<bool>) {
        assert_eq!(boolean(&value), expected);
    }

    #[rstest::rstest]
    #[case(json!(" as it is "), Some(" as it is "))]
    #[case(json!(42), Some("42"))]
    #[case(json!(false), Some("false"))]
    #[case(json!(""), None)]
    #[case(json!({}), None)]
    fn a_text_is_decoded_from_every_form(#[case] value: Value, #[case] expected: Option<&str>) {
        assert_eq!(text(&value).as_deref(), expected);
    }

    #[test]
    fn every_field_is_optional() {
        assert_eq!(savepoint(Object::new()), Savepoint::default());
        assert_eq!(deployment(&Object::new()), Deployment::default());
        assert_eq!(job(&Object::new()), Job::default());
    }

    #[test]
    fn every_field_of_a_deployment_is_decoded() {
        let data = json!({
            "deploymentId": "d-1", "name": "orders-enrichment", "namespace": "n",
            "executionMode": "STREAMING", "description": "", "engineVersion": "vvr-8.0.5-flink-1.17",
            "creator": "183899668", "creatorName": "mei", "flinkConf": {"a": 1},
            "jobSummary": {"running": 1, "failed": "2", "finished": null, "other": 5},
            "createdAt": "1659066711", "modifiedAt": 1_659_069_473_250_i64,
        });
        let text = |text: &str| Some(text.to_owned());
        let expected = Deployment {
            deployment_id: DeploymentId::new("d-1").ok(),
            name: text("orders-enrichment"),
            namespace: text("n"),
            execution_mode: text("STREAMING"),
            jobs: Some(JobSummary { running: 1, failed: 2, ..JobSummary::default() }),
            description: None,
            engine_version: text("vvr-8.0.5-flink-1.17"),
            creator: text("mei"),
            created_at: "2022-07-29T03:51:51Z".parse().ok(),
            modified_at: "2022-07-29T04:37:53.25Z".parse().ok(),
        };
        assert_eq!(deployment(&object(&data)), expected);
    }

    #[test]
    fn every_field_of_a_job_is_decoded() {
        let data = json!({
            "jobId": "j-1", "deploymentId": "..", "deploymentName": "orders-enrichment",
            "namespace": "n", "executionMode": "STREAMING", "metric": {},
            "status": {
                "currentJobStatus": "FAILED", "healthScore": 80,
                "failure": {"message": "m", "reason": "r", "failedAt": 1_659_066_711},
                "running": {"observedFlinkJobRestarts": 3, "observedFlinkJobStatus": "FAILING"},
            },
            "startTime": 1_659_066_711, "endTime": "1659066712", "createdAt": "1659066711",
        });
        let text = |text: &str| Some(text.to_owned());
        let expected = Job {
            job_id: JobId::new("j-1").ok(),
            deployment_id: None,
            deployment_name: text("orders-enrichment"),
            namespace: text("n"),
            execution_mode: text("STREAMING"),
            state: text("FAILED"),
            failure: Some(Box::new(Failure {
                message: text("m"),
                reason: text("r"),
                failed_at: "2022-07-29T03:51:51Z".parse().ok(),
            })),
            observed_state: text("FAILING"),
            restarts: Some(3),
            started_at: "2022-07-29T03:51:51Z".parse().ok(),
            ended_at: "2022-07-29T03:51:52Z".parse().ok(),
            created_at: "2022-07-29T03:51:51Z".parse().ok(),
            modified_at: None,
        };
        assert_eq!(job(&object(&data)), expected);
    }

    #[test]
    fn unknown_states_are_kept_and_unknown_fields_ignored() {
        let data = json!({
            "savepointOrigin": "SUSPEND_AND_UPGRADE",
            "status": {"state": "PENDING_DELETION", "failure": null},
            "creatorName": "someone",
        });
        let expected = Savepoint {
            origin: Some("SUSPEND_AND_UPGRADE".to_owned()),
            state: Some(State::Other("PENDING_DELETION".to_owned())),
            ..Savepoint::default()
        };
        assert_eq!(savepoint(object(&data)), expected);
    }
}
