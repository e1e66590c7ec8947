//! `savepeek get` with the real client, against a service of canned answers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mod.rs"]
mod support;

use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::canned::{Service, business, example, gateway};
use support::{is_running, text, wait_for_file, wait_until, write_process_command};

fn get(service: &Service, args: &[&str]) -> Output {
    service.command(&[&["get"], args].concat()).output().unwrap()
}

fn answers(id: &str, before: usize) -> (u16, String) {
    match id {
        "odd" => (200, r#"{"success":true,"requestId":"R","data": {"z": 1.50, "a" : 10000000000000000000000, "s":"é\u001b"}}"#.to_owned()),
        "flaps" if before < 2 => (503, gateway("ServiceUnavailable")),
        "good" | "flaps" => (200, example(id)),
        "forbidden" => (403, gateway("NoPermission")),
        "wrong-key" => (404, gateway("InvalidAccessKeyId.NotFound")),
        "throttled" => (400, gateway("Throttling.User")),
        "broken" => (500, gateway("InternalError")),
        "wrong-id" => (200, example("another")),
        "surrogate" => (200, example(id).replace("Job snapshot", r"\ud800")),
        "beyond" => (200, example(id).replace("1659069473", "1e400")),
        "proxy" => (200, "<html>hello</html>".to_owned()),
        _ => (200, business("990301")),
    }
}

#[test]
fn data_is_verbatim_and_in_the_order_of_the_arguments() {
    let output = get(&Service::start(answers), &["--output", "json", "odd", "gone", "good"]);
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert!(
        lines[0].ends_with(r#""savepoint":{"z":1.50,"a":10000000000000000000000,"s":"é\u001b"}}"#),
        "{}",
        lines[0]
    );
    let [_, gone, good] = lines[..] else { panic!("{lines:?}") };
    let [gone, good]: [serde_json::Value; 2] =
        [gone, good].map(|line| serde_json::from_str(line).unwrap());
    let example: serde_json::Value = serde_json::from_str(&example("good")).unwrap();
    assert_eq!(good["savepoint"], example["data"]);
    assert_eq!(good["requestId"], example["requestId"]);
    assert_eq!((&good["namespace"], &good["workspace"]), (&"n".into(), &"w".into()));
    let expected = serde_json::json!({
        "kind": "not-found", "code": "990301", "message": "says no", "requestId": "R-B", "httpStatus": 200,
    });
    assert_eq!(gone["error"], expected);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn the_documented_example_is_printed_as_a_table() {
    let output = get(&Service::start(answers), &["good"]);
    insta::assert_snapshot!(text(&output.stdout), @r"
    ID    STATE      ORIGIN        CREATED                    MODIFIED                   LOCATION
    good  COMPLETED  USER_REQUEST  2022-07-29T03:51:51+00:00  2022-07-29T04:37:53+00:00  https://oss/bucket/flink/flink-jobs/namespaces/vvp-team/deployments/5a19a71b-1c42-4f34-94fd-86cf60782c81/checkpoints/sp-3285
    ");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn an_unreadable_field_does_not_affect_the_others() {
    let output = get(&Service::start(answers), &["surrogate", "beyond"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout).matches("COMPLETED").count(), 2, "{output:?}");
    let output = get(&Service::start(answers), &["--output", "json", "surrogate", "beyond"]);
    for verbatim in [r#""description":"\ud800 1""#, r#""modifiedAt":1e400"#] {
        assert!(text(&output.stdout).contains(verbatim), "{output:?}");
    }
}

#[test]
fn a_transient_error_is_retried_silently() {
    let service = Service::start(answers);
    let output = get(&service, &["flaps", "flaps"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(service.asked.lock().unwrap().len(), 3);
}

#[rstest::rstest]
#[case::good(&["good"], 0, &[])]
#[case::not_found(&["good", "gone"], 4, &["not-found"])]
#[case::invalid(&[".."], 4, &["invalid-id"])]
#[case::throttled(&["throttled"], 5, &["throttled"])]
#[case::service(&["broken"], 5, &["service"])]
#[case::unreadable(&["proxy"], 5, &["unreadable"])]
#[case::of_another(&["wrong-id"], 5, &["unreadable"])]
#[case::permission(&["forbidden"], 3, &["permission"])]
#[case::a_wrong_key_is_404_but_not_not_found(&["wrong-key"], 3, &["credentials"])]
#[case::five_before_four(&["gone", "broken"], 5, &["not-found", "service"])]
#[case::three_before_all(&["gone", "broken", "forbidden"], 3, &["not-found", "service", "permission"])]
fn each_error_has_its_kind_and_exit_code(
    #[case] ids: &[&str],
    #[case] code: i32,
    #[case] kinds: &[&str],
) {
    let args = [&["--output", "json", "--timeout-total", "5s"], ids].concat();
    let output = get(&Service::start(answers), &args);
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    let printed = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap());
    let printed: Vec<_> = printed
        .filter_map(|line: serde_json::Value| Some(line["error"]["kind"].as_str()?.to_owned()))
        .collect();
    assert_eq!(printed, kinds);
    assert!(![output.stdout, output.stderr].concat().windows(7).any(|w| w == b"hunter2"));
}

#[test]
fn a_refused_connection_exits_5() {
    let closed = Service::without_listener(1);
    let output = get(&closed, &["--timeout-total", "5s", "a"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(
        text(&output.stderr).starts_with("savepeek: a: no connection"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn any_id_is_encoded_in_the_path() {
    let service = Service::start(answers);
    get(&service, &["a/b c%2F?快"]);
    assert_eq!(*service.asked.lock().unwrap(), ["a%2Fb%20c%252F%3F%E5%BF%AB"]);
}

#[rstest::rstest]
#[case::get(&["get", "good"], Signal::INT, 130)]
#[case::list(&["list", "--job", "5f9e3b63-5f0c-4b8d-9d2f-0d1c2b3a4f5e"], Signal::TERM, 143)]
#[case::latest(&["latest", "--deployment", "d"], Signal::INT, 130)]
#[case::doctor(&["doctor"], Signal::TERM, 143)]
fn a_signal_also_ends_the_credentials_helper(
    #[case] args: &[&str],
    #[case] signal: Signal,
    #[case] code: i32,
) {
    let service = Service::start(answers);
    let file = service.home.path().join("pid");
    let helper = format!("sh -c 'echo $$ > {}; sleep 1000'", file.display());
    write_process_command(service.home.path(), &helper);
    let mut command = service.command(args);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let process = wait_for_file(&file);
    kill_process(Pid::from_child(&child), signal).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(code));
    wait_until("the helper ends", || !is_running(process.trim_end()));
}
