//! Credentials that are missing, incomplete, unreadable or slow to come.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::support::canned::Service;
use crate::support::{text, write_process_command};
use crate::{Findings, answers, assert_no_secret, doctor};

#[test]
fn a_credentials_provider_has_a_timeout_of_its_own() {
    let (service, home) = (Service::start(answers), tempfile::tempdir().unwrap());
    let keys = r#"{"mode": "AK", "access_key_id": "LTAI1", "access_key_secret": "s"}"#;
    let script = format!("sleep 1; echo '{keys}'");
    let helper = home.path().join("helper");
    std::fs::write(&helper, script).unwrap();
    write_process_command(home.path(), &format!("sh {}", helper.display()));
    let mut command = doctor(&service, &["--profile", "p", "--request-timeout", "800ms", "good"]);
    command.env("HOME", home.path());
    assert_eq!(Findings::of(command).of_kind("provider").0, "ok");
}

#[test]
fn missing_credentials_fail_and_the_connection_is_still_checked() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID");
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let seen = Findings::of(command);
    assert_eq!((seen.code, seen.failed()), (3, vec!["identity"]));
    assert_eq!(seen.of_kind("request"), ("skipped", "no credentials"));
    assert_eq!(seen.of_kind("round-trip").0, "ok", "the way there is examined nevertheless");
    let passed_over = seen.findings.iter().filter(|finding| finding["kind"] == "provider");
    assert_eq!(passed_over.count(), 6);
}

#[test]
fn incomplete_credentials_end_the_chain() {
    let service = Service::start(answers);
    let mut command = doctor(&service, &[]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID");
    let seen = Findings::of(command);
    assert_eq!((seen.code, seen.failed()), (3, vec!["provider"]));
    assert!(seen.of_kind("provider").1.contains("ALIBABA_CLOUD_ACCESS_KEY_ID is not"));
}

#[test]
fn a_profile_that_cannot_be_read_is_a_finding_among_others() {
    let service = Service::start(answers);
    std::fs::create_dir(service.home.path().join(".aliyun")).unwrap();
    let damaged = r#"{"profiles": [{"name": "default", "access_key_secret": hunter2"#;
    std::fs::write(service.home.path().join(".aliyun/config.json"), damaged).unwrap();
    let mut command = doctor(&service, &[]);
    command.env_remove("SAVEPEEK_ENDPOINT");
    let seen = Findings::of(command);
    assert_eq!((seen.code, seen.failed()), (2, vec!["endpoint"]));
    assert!(seen.of_kind("endpoint").1.contains("config.json is damaged at line 1"));
    assert_eq!(seen.of_kind("request"), ("skipped", "the service does not answer"));
    assert_eq!(seen.of_kind("keys-file").0, "warn", "others may read it");
}

/// Runs each sample profile of the vendor's files, also those that cannot be used.
#[test]
fn no_secret_of_any_profile_is_printed() {
    let samples = Path::new("tests/data/credentials/home");
    let config = std::fs::read_to_string(samples.join(".aliyun/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let secret = |key: &str| {
        ["secret", "token"].iter().any(|it| key.contains(it))
            && !["_file", "_expire"].iter().any(|it| key.ends_with(it))
    };
    let service = Service::start(answers);
    copy(samples, service.home.path());
    for profile in config["profiles"].as_array().unwrap() {
        let name = profile["name"].as_str().unwrap();
        let mut command = doctor(&service, &["--profile", name, "--request-timeout", "200ms"]);
        // No credentials provider can be reached.
        command.env("HTTPS_PROXY", "http://127.0.0.1:1");
        let output = command.output().unwrap();
        assert_no_secret(&output);
        let report = text(&output.stdout);
        // The report is not empty: it names the profile and the result.
        assert!(
            report.contains(&format!("profile       {name:?}, named by --profile")),
            "{report}"
        );
        let reached = ["✓ ok    ", "✗ FAILED"]
            .map(|verdict| format!("{verdict}  provider      profile {name:?}: "));
        assert!(reached.iter().any(|line| report.contains(line)), "{report}");
        for (key, value) in profile.as_object().unwrap() {
            if let Some(value) = value.as_str().filter(|it| it.len() > 3 && secret(key)) {
                assert!(!report.contains(value), "{name}: {key}: {report}");
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
            std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}
