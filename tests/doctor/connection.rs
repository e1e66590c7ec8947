//! The way to the service: name, address, proxy, TLS, first answer.

use std::net::TcpListener;

use crate::support::canned::Service;
use crate::{Findings, answers, doctor};

#[test]
fn a_refused_connection_fails_and_later_checks_are_skipped() {
    let seen = Findings::of(doctor(&Service::without_listener(1), &[]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["connection"]));
    for kind in ["tls", "round-trip", "clock", "request"] {
        assert_eq!(seen.of_kind(kind).0, "skipped", "{kind}");
    }
}

#[test]
fn an_unknown_host_fails_the_resolution() {
    let service = Service::start(answers);
    let seen = Findings::of(doctor(&service, &["--endpoint", "https://savepeek-test.invalid"]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["resolution"]));
    assert_eq!(seen.of_kind("connection"), ("skipped", "no address"));
}

#[test]
fn tls_to_a_plain_http_port_fails() {
    let service = Service::start(answers);
    let url = service.url.replace("http:", "https:");
    let seen = Findings::of(doctor(&service, &["--endpoint", &url]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["tls"]));
}

#[test]
fn a_silent_service_fails_at_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = Service::without_listener(listener.local_addr().unwrap().port());
    // The kernel accepts connections, and nothing reads from them.
    let seen = Findings::of(doctor(&service, &["--request-timeout", "3s"]));
    assert_eq!((seen.code, seen.failed()), (5, vec!["round-trip"]));
    assert!(seen.of_kind("round-trip").1.contains("within 3 s"));
    drop(listener);
}

#[test]
fn the_password_of_a_proxy_is_not_printed() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &["--endpoint", "https://savepeek-test.invalid"]);
    command.env("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:1");
    let seen = Findings::of(command);
    assert_eq!(seen.of_kind("proxy"), ("ok", "127.0.0.1:1 (from HTTPS_PROXY)"));
    assert_eq!((seen.code, seen.failed()), (5, vec!["connection"]));
}
