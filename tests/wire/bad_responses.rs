//! Malformed, incomplete and missing responses.

use std::time::Duration;

use rstest::rstest;
use savepeek::api::{Cause, Unreachable};

use crate::server::{Reply, Server, http, refusal, savepoint};
use crate::{PATIENCE, SECRET, at, client};

const TRANSIENT: Cause = Cause::Service { transient: true };
const BROKEN: Cause = Cause::Unreachable(Unreachable::Broken);
const TIMEOUT: Cause = Cause::Unreachable(Unreachable::Timeout);

fn head(headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes()
}

fn half() -> Vec<u8> {
    let whole = savepoint();
    whole[..whole.len() - 20].to_vec()
}

#[rstest]
#[case::half_a_body(|| Reply::Close(half()), BROKEN, "bytes of HTTP 200: {\"requestId\"")]
#[case::half_a_chunk(
    || Reply::Close([head("transfer-encoding: chunked\r\n"), b"10\r\n{\"da".to_vec()].concat()),
    BROKEN, "after 4 bytes of HTTP 200: {\"da"
)]
#[case::length_too_small(
    || Reply::Close([head("content-length: 9\r\n"), br#"{"data": {}}"#.to_vec()].concat()),
    Cause::Unreadable, "no answer of the service: {\"data\":"
)]
#[case::until_closed(
    || Reply::Close([head(""), b"{\"success\": tr".to_vec()].concat()),
    Cause::Unreadable, "no answer of the service: {\"success\": tr"
)]
#[case::not_compressed_as_asked(
    || Reply::KeepAlive(http(200, "content-encoding: gzip\r\n", b"\x1f\x8b\x08\x00")),
    Cause::Unreadable, "encoded as gzip"
)]
#[case::html(
    || Reply::KeepAlive(http(200, "content-type: text/html\r\n", "<html>Log in")),
    Cause::Unreadable, "a body of type text/html: <html>Log in"
)]
#[case::html_of_a_gateway(
    || Reply::KeepAlive(http(502, "content-type: text/html\r\n", "<html>Bad Gateway")),
    TRANSIENT, "a body of type text/html: <html>Bad Gateway"
)]
#[case::not_utf8(
    || Reply::KeepAlive(http(200, "", b"{\"data\": \"\xff\"}")), Cause::Unreadable, "not UTF-8"
)]
#[case::empty(|| Reply::KeepAlive(http(200, "", "")), Cause::Unreadable, "an empty body")]
#[case::five_mebibytes(
    || Reply::KeepAlive(http(200, "", vec![b' '; 5 << 20])), Cause::Unreadable, "more than 4 MiB"
)]
#[case::said_to_be_too_long(
    || Reply::Stall(head("content-length: 4194305\r\n")), Cause::Unreadable, "more than 4 MiB"
)]
#[case::endless(
    || Reply::Stall([head(""), vec![b' '; 5 << 20]].concat()), Cause::Unreadable, "more than 4 MiB"
)]
#[case::throttled(
    || Reply::KeepAlive(refusal(400, "Any", "x-acs-retry-after: 250\r\n")),
    Cause::Throttled { wait: Some(Duration::from_millis(250)) }, "no"
)]
#[tokio::test]
async fn a_bad_response_is_an_error_with_its_status(
    #[case] reply: fn() -> Reply,
    #[case] cause: Cause,
    #[case] message: &str,
) {
    let server = Server::always(reply).await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!(error.cause, cause, "{error}");
    assert!(error.http_status.is_some(), "{error}");
    assert!(error.message.contains(message), "{error}");
    assert_eq!(server.requests().len(), 1, "the client itself does not ask again");
}

#[rstest]
#[case::closed_at_once(|| Reply::Close(Vec::new()), BROKEN)]
#[case::reset_at_once(|| Reply::Reset(Vec::new()), BROKEN)]
#[case::reset_in_the_middle(|| Reply::Reset(half()), BROKEN)]
#[case::head_cut_off(|| Reply::Close(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()), BROKEN)]
#[case::not_http(|| Reply::Close(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), Cause::Unreadable)]
#[tokio::test]
async fn a_broken_connection_is_an_error_with_the_address(
    #[case] reply: fn() -> Reply,
    #[case] cause: Cause,
) {
    let server = Server::always(reply).await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!(error.cause, cause, "{error}");
    assert!(error.message.contains(&server.address.to_string()), "{error}");
}

#[rstest]
#[case::no_answer(|| Reply::Stall(Vec::new()), None)]
#[case::half_a_head(|| Reply::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()), None)]
#[case::half_a_body(|| Reply::Stall(half()), Some(200))]
#[tokio::test]
async fn a_stalled_response_times_out(#[case] reply: fn() -> Reply, #[case] status: Option<u16>) {
    let server = Server::always(reply).await;
    let client = client(Duration::from_secs(2));
    let error = client.get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!((&error.cause, error.http_status), (&TIMEOUT, status), "{error}");
    assert!(error.message.contains("within 2 s"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::always(|| Reply::KeepAlive(savepoint())).await;
    let location = format!("location: http://{}/\r\n", other.address);
    let server = Server::always(move || Reply::KeepAlive(http(302, &location, ""))).await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    assert_eq!((&error.cause, error.http_status), (&Cause::Unreadable, Some(302)));
    assert!(error.message.starts_with("redirects to 127.0.0.1,"), "{error}");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn an_echoed_secret_is_redacted_in_errors() {
    let page = format!("<html>you sent {SECRET}");
    let server = Server::always(move || Reply::KeepAlive(http(400, "", &page))).await;
    let error = client(PATIENCE).get_savepoint(&at(&server)).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("you sent ***") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn a_bad_response_does_not_affect_the_next_request() {
    let replies: [fn() -> Reply; 3] = [
        || Reply::Reset(half()),
        || Reply::KeepAlive(http(200, "", vec![b' '; 5 << 20])),
        || Reply::KeepAlive(savepoint()),
    ];
    let server = Server::new(move |n| replies[n]()).await;
    let client = client(PATIENCE);
    assert!(client.get_savepoint(&at(&server)).await.is_err());
    assert!(client.get_savepoint(&at(&server)).await.is_err());
    let answer = client.get_savepoint(&at(&server)).await.unwrap();
    assert_eq!(answer.savepoint.savepoint_id.as_deref(), Some("sp/1"));
}
