//! `savepeek get` with the real client, against a service of canned answers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/canned.rs"]
mod canned;

use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

use canned::{EXAMPLE, Service, business, gateway, text};
use rustix::process::{Pid, Signal, kill_process};

fn get(service: &Service, args: &[&str]) -> Output {
    service.command(&[&["get"], args].concat()).output().unwrap()
}

fn answers(id: &str, before: usize) -> (u16, String) {
    match id {
        "odd" => (200, r#"{"success":true,"requestId":"R","data": {"z": 1.50, "a" : 10000000000000000000000, "s":"é\u001b"}}"#.to_owned()),
        "flaps" if before < 2 => (503, gateway("ServiceUnavailable")),
        "good" | "flaps" => (200, EXAMPLE.to_owned()),
        "forbidden" => (403, gateway("NoPermission")),
        "wrong-key" => (404, gateway("InvalidAccessKeyId.NotFound")),
        "throttled" => (400, gateway("Throttling.User")),
        "broken" => (500, gateway("InternalError")),
        "proxy" => (200, "<html>hello</html>".to_owned()),
        _ => (200, business("990301")),
    }
}

#[test]
fn the_data_is_verbatim_and_the_order_is_that_of_the_arguments() {
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
    let example: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
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
fn the_documented_example_as_a_table() {
    let output = get(&Service::start(answers), &["good"]);
    insta::assert_snapshot!(text(&output.stdout), @r"
    ID    STATE      ORIGIN        CREATED                    MODIFIED                   LOCATION
    good  COMPLETED  USER_REQUEST  2022-07-29T03:51:51+00:00  2022-07-29T04:37:53+00:00  https://oss/bucket/flink/flink-jobs/namespaces/vvp-team/deployments/5a19a71b-1c42-4f34-94fd-86cf60782c81/checkpoints/sp-3285
    ");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
}

#[test]
fn trouble_that_passes_is_not_even_mentioned() {
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
#[case::permission(&["forbidden"], 3, &["permission"])]
#[case::a_wrong_key_is_404_but_not_not_found(&["wrong-key"], 3, &["credentials"])]
#[case::five_before_four(&["gone", "broken"], 5, &["not-found", "service"])]
#[case::three_before_all(&["gone", "broken", "forbidden"], 3, &["not-found", "service", "permission"])]
fn kinds_and_exit_codes(#[case] ids: &[&str], #[case] code: i32, #[case] kinds: &[&str]) {
    let args = [&["--output", "json", "--timeout-total", "3s"], ids].concat();
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
fn nobody_at_home_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = Service::nobody_at(port);
    let output = get(&closed, &["--timeout-total", "3s", "a"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(
        text(&output.stderr).starts_with("savepeek: a: no connection"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_id_travels_whatever_it_holds() {
    let service = Service::start(answers);
    get(&service, &["a/b c%2F?快"]);
    assert_eq!(*service.asked.lock().unwrap(), ["a%2Fb%20c%252F%3F%E5%BF%AB"]);
}

/// A program that lends credentials is in a process group of its own, which a Ctrl-C does not reach.
#[rstest::rstest]
#[case::get(&["get", "good"])]
#[case::list(&["list"])]
#[case::latest(&["latest", "--deployment", "354dde66-a3ae-463e-967a-0b4107fd0001"])]
#[case::doctor(&["doctor"])]
fn a_signal_ends_what_lends_credentials_too(#[case] args: &[&str]) {
    let (service, home) = (Service::start(answers), tempfile::tempdir().unwrap());
    let file = home.path().join("pid");
    let script = format!("echo $$ > {0}; echo end >> {0}; exec sleep 600", file.display());
    let config = serde_json::json!({"profiles": [
        {"name": "p", "mode": "External", "process_command": format!("sh -c '{script}'")}]});
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), config.to_string()).unwrap();
    let mut command = service.command(&[args, &["--profile", "p"]].concat());
    let mut child = command.env("HOME", home.path()).spawn().unwrap();
    let until = |what: &str, done: &dyn Fn() -> bool| {
        let within = Instant::now() + Duration::from_secs(30);
        while !done() {
            assert!(Instant::now() < within, "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let told = || std::fs::read_to_string(&file).unwrap_or_default();
    until("no helper", &|| told().ends_with("end\n"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let pid = told().lines().next().unwrap().to_owned();
    // Nobody may be there to wait for an orphan, which then stays as a zombie.
    let stat = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    until("it lives", &|| stat().is_empty() || stat().contains(") Z "));
}
