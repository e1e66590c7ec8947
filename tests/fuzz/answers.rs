//! Responses of the service, through the real client.

use savepeek::api::credentials::{Chain, CredentialSource, Credentials, Declined, Provider};
use savepeek::api::lists::{PageRequest, SavepointQuery};
use savepeek::api::{Client, Error, Settings};
use savepeek::domain::deployment::DeploymentId;
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::job::JobId;
use savepeek::domain::savepoint::{
    Namespace, Place, Profile, SavepointId, State, Target, Workspace,
};
use savepeek::util::environment::Environment;
use savepeek::util::{json, text};

use crate::server::{Answer, Server};
use crate::{assert_harmless, assert_one_line, driver};

const SECRET: &str = "hunter2/hunter2+hunter2";

#[derive(Debug)]
struct Keys;

impl Provider for Keys {
    fn name(&self) -> String {
        "fuzz".to_owned()
    }

    fn source(&self) -> Result<CredentialSource, Declined> {
        Ok(CredentialSource::Keys(Credentials {
            access_key_id: "LTAI5tFAKE".to_owned(),
            access_key_secret: SECRET.into(),
            security_token: Some(format!("token/{SECRET}").into()),
            expires_at: None,
        }))
    }
}

fn client() -> Client {
    let chain = |_: Option<&Profile>| Chain::new(vec![Box::new(Keys)]);
    let timeout = std::time::Duration::from_secs(60);
    Client::with_environment(Settings { timeout }, chain, Environment::of([]))
}

fn place(server: &Server) -> Place {
    Place {
        endpoint: Endpoint::of_url(&server.url, false).unwrap(),
        workspace: Workspace::new("a14bd5d90a0001").unwrap(),
        namespace: Namespace::new("prod-default").unwrap(),
        profile: None,
    }
}

/// An HTTP answer whose status and type depend on the input, so that mutation changes them, too.
fn answer(body: &[u8]) -> Answer {
    let sum = body.iter().fold(0_usize, |sum, byte| sum.wrapping_add(usize::from(*byte)));
    let status = [200, 200, 200, 204, 302, 400, 403, 404, 429, 500, 503][sum % 11];
    let kind = if body.starts_with(b"<") { "text/xml" } else { "application/json" };
    let status = if kind == "text/xml" && status < 300 { 400 } else { status };
    let body = if status == 204 { Vec::new() } else { body.to_vec() };
    Answer { status, headers: format!("content-type: {kind}\r\n"), body }
}

/// Checks that an error is one bounded line without a secret.
fn check_error(error: &Error) {
    let line = error.to_string();
    assert_eq!(text::clean(&line), line);
    assert!(error.message.chars().count() <= 300, "{line}");
    for text in [&line, &error.why(), &error.advice(), &error.summary()] {
        assert_one_line(&text::clean(text));
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// Checks the JSON that is kept of an answer.
fn check_raw(data: &str, body: &[u8]) {
    assert!(data.len() <= body.len(), "more than came");
    assert_one_line(&json::compact(data));
    assert_harmless(&json::pretty(data));
}

#[test]
fn savepoints() {
    let (server, client) = (Server::new(), client());
    let target = Target {
        place: place(&server),
        id: SavepointId::new("354dde66-a3ae-463e-967a-0b4107fd0001").unwrap(),
    };
    driver::run("savepoint", 1_500, |bytes| {
        match server.answering(answer(bytes), client.get_savepoint(&target)) {
            Ok(answer) => {
                check_raw(&answer.data, bytes);
                let value: serde_json::Value =
                    serde_json::from_str(&answer.data).unwrap_or_default();
                let state = answer.savepoint.state.as_ref().map(State::as_str);
                if let Some(given) = value.pointer("/status/state").and_then(|it| it.as_str()) {
                    assert!(state.is_none_or(|state| state == given), "{state:?} {given:?}");
                }
            }
            Err(refused) => check_error(&refused),
        }
    });
}

#[test]
fn lists() {
    let (server, client) = (Server::new(), client());
    let place = place(&server);
    let at = PageRequest::new(1, 20);
    let savepoints = SavepointQuery::default();
    driver::run("list", 1_000, |bytes| {
        let ask = client.list_savepoints(&place, &savepoints, at);
        match server.answering(answer(bytes), ask) {
            Ok(page) => {
                assert!(page.items.len() + page.unreadable <= bytes.len());
                page.items.iter().for_each(|item| check_raw(&item.data, bytes));
            }
            Err(refused) => check_error(&refused),
        }
        let ask = client.list_deployments(&place, None, at);
        match server.answering(answer(bytes), ask) {
            Ok(page) => assert!(page.items.len() + page.unreadable <= bytes.len()),
            Err(refused) => check_error(&refused),
        }
    });
}

#[test]
fn deployments_and_jobs() {
    let (server, client) = (Server::new(), client());
    let place = place(&server);
    let deployment = DeploymentId::new("1d716b22-6aad-4be2-85c2-50cfc7570002").unwrap();
    let job = JobId::new("5af678c0-7db0-4650-94c2-d2604f0a0003").unwrap();
    driver::run("owner", 1_000, |bytes| {
        let answers = [
            server.answering(answer(bytes), client.get_deployment(&place, &deployment)).err(),
            server.answering(answer(bytes), client.get_job(&place, &job)).err(),
        ];
        answers.iter().flatten().for_each(check_error);
    });
}

#[test]
fn refusals() {
    let (server, client) = (Server::new(), client());
    let target = Target { place: place(&server), id: SavepointId::new("sp-1").unwrap() };
    driver::run("refusal", 1_500, |bytes| {
        let mut answer = answer(bytes);
        answer.status = answer.status.max(400);
        answer.body = bytes.to_vec();
        match server.answering(answer, client.get_savepoint(&target)) {
            Ok(answer) => panic!("a refusal is no answer: {answer:?}"),
            Err(refused) => check_error(&refused),
        }
    });
}
