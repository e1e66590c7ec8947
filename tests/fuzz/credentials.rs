//! All sources of credentials. The secrets in the samples contain `Zq7/` and `Zq7+`, which no
//! identifier contains, so that a quoted part of a secret is found.

use savepeek::api::credentials::{
    Chain, CliProfile, CredentialSource, Credentials, CredentialsError, Declined, Hosts, Ini,
    Provider, profile_region,
};
use savepeek::domain::endpoint::Endpoint;
use savepeek::util::environment::Environment;
use serde_json::Value;

use crate::server::{Answer, Server};
use crate::{assert_one_line, driver, text_of};

/// A part of every secret.
const MARKS: [&str; 2] = ["q7/Z", "q7+Z"];

/// Whether a mutation put a secret into a field whose text is shown, such as a name or a message.
fn is_shown(bytes: &[u8]) -> bool {
    fn any(value: &Value) -> bool {
        let shown = ["name", "current", "source_profile", "Code", "Message", "RequestId"];
        match value {
            Value::Object(fields) => fields.iter().any(|(key, value)| {
                let marked = value.as_str().is_some_and(|text| text.contains("q7"));
                any(value) || (marked && shown.iter().any(|it| it.eq_ignore_ascii_case(key)))
            }),
            Value::Array(items) => items.iter().any(any),
            _ => false,
        }
    }
    // The program reads each field alone, so a lone surrogate does not affect the other fields.
    let whole = text_of(bytes).replace("\\ud", "?");
    serde_json::from_str(&whole).is_ok_and(|value: Value| any(&value))
}

#[track_caller]
fn assert_no_secret(text: &str) {
    assert!(!MARKS.iter().any(|mark| text.contains(mark)), "a secret is shown: {text}");
    assert!(text.len() < 4_000, "{text}");
}

#[track_caller]
fn check_error(error: &CredentialsError) {
    assert_no_secret(&format!("{error} {error:?}"));
    assert_one_line(&savepeek::util::text::clean(&error.message));
}

/// Checks everything but the key ID, which is not secret even if a mutation copied a secret there.
#[track_caller]
fn check_keys(credentials: Credentials) {
    assert_no_secret(&format!("{:?}", Credentials { access_key_id: String::new(), ..credentials }));
}

/// Checks what a provider reads without network and without running a command.
#[track_caller]
fn check_source(provider: &impl Provider) {
    match provider.source() {
        Ok(CredentialSource::Keys(credentials)) => check_keys(credentials),
        Ok(_) => {}
        Err(Declined::Skipped(why)) => assert_no_secret(&why),
        Err(Declined::Failed(error)) => check_error(&error),
    }
}

fn home() -> (tempfile::TempDir, Environment) {
    let home = tempfile::tempdir().unwrap();
    for directory in [".aliyun", ".alibabacloud"] {
        std::fs::create_dir(home.path().join(directory)).unwrap();
    }
    let environment = Environment::of([
        ("HOME", home.path().to_str().unwrap()),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
    ]);
    (home, environment)
}

#[test]
fn profiles_of_the_aliyun_cli() {
    let (home, environment) = home();
    driver::run("profiles", 1_500, |bytes| {
        if is_shown(bytes) {
            return;
        }
        std::fs::write(home.path().join(".aliyun/config.json"), bytes).unwrap();
        for name in [None, Some("default"), Some("sts"), Some("role"), Some("sso"), Some("nobody")]
        {
            check_source(&CliProfile::new(environment.clone(), name.map(str::to_owned)));
            if let Err(error) = profile_region(&environment, name) {
                assert_no_secret(&error.to_string());
            }
        }
    });
}

#[test]
fn the_ini_file() {
    let (home, environment) = home();
    driver::run("ini", 1_500, |bytes| {
        std::fs::write(home.path().join(".alibabacloud/credentials"), bytes).unwrap();
        check_source(&Ini::new(environment.clone()));
    });
}

#[test]
fn responses_of_credential_providers() {
    let server = Server::new();
    let endpoint = Endpoint::of_url(&server.url, false).unwrap();
    let (home, _) = home();
    let role = r#"{"profiles": [{"name": "role", "mode": "RamRoleArn", "access_key_id": "LTAI",
        "access_key_secret": "Zq7/Zq7+Zq7/", "ram_role_arn": "acs:ram::1:role/r", "ram_session_name": "s"}]}"#;
    std::fs::write(home.path().join(".aliyun/config.json"), role).unwrap();
    let variables = |more| Environment::of([("HOME", home.path().to_str().unwrap()), more]);
    let uri = format!("{}/x", server.url);
    let by_uri = variables(("ALIBABA_CLOUD_CREDENTIALS_URI", uri.as_str()));
    let by_uri = Chain::new(vec![Box::new(savepeek::api::credentials::Uri::new(by_uri))]);
    let hosts = Hosts { sts: Some(endpoint.clone()), metadata: Some(endpoint) };
    let by_role = Chain::with_hosts(&variables(("", "")), Some("role"), hosts);
    driver::run("lent", 300, |bytes| {
        if is_shown(bytes) {
            return;
        }
        let status = if bytes.len().is_multiple_of(5) { 400 } else { 200 };
        let answer = Answer { status, headers: String::new(), body: bytes.to_vec() };
        for chain in [&by_uri, &by_role] {
            match server.answering(answer.clone(), chain.provide()) {
                Ok((_, credentials)) => check_keys(credentials),
                Err(error) => check_error(&error),
            }
        }
    });
}
