//! External programs that print credentials.

use savepeek::api::credentials::Hosts;

use crate::{chain_of, keys_of, parts, profile};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/credentials");

fn external(command: &str) -> String {
    format!(r#""mode": "External", "process_command": {}"#, serde_json::json!(command))
}

#[rstest::rstest]
#[case::ak("external-ak.json", ["LTAI5tFAKE10", "fakeSecret10", ""])]
#[case::sts("external-sts.json", ["STS.NTFAKE09", "fakeSecret09", "CAISfake09=="])]
#[tokio::test]
async fn the_printed_credentials_are_used(#[case] file: &str, #[case] expected: [&str; 3]) {
    let fields = external(&format!("cat '{DATA}/{file}'"));
    let home = profile(&fields);
    let before = std::fs::read(home.path().join(".aliyun/config.json")).unwrap();
    let keys = keys_of(&chain_of(&home, Hosts::default())).await.unwrap();
    assert_eq!(parts(&keys), expected);
    assert_eq!(keys.expires_at.is_some(), file.contains("sts"));
    let after = std::fs::read(home.path().join(".aliyun/config.json")).unwrap();
    assert_eq!(before, after, "the vendor's file is not written");
}

#[rstest::rstest]
#[case::words_but_no_shell(
    r#"printf '%s %s' '$HOME' "; echo hunter2""#,
    "\"printf\" printed no JSON"
)]
#[case::fails("sh -c 'echo hunter2; echo hunter2 >&2; exit 3'", "\"sh\" failed (exit status: 3)")]
#[case::wants_to_read("sh -c 'read answer && echo {}'", "\"sh\" failed (exit status: 1)")]
#[case::half(
    r#"echo '{"mode": "StsToken", "access_key_id": "a", "access_key_secret": "hunter2"}'"#,
    "printed no sts_token"
)]
#[case::no_secret(
    r#"echo '{"mode": "AK", "access_key_id": "hunter2"}'"#,
    "printed no access_key_secret"
)]
#[case::nothing("true", "printed no JSON")]
#[case::not_there("/nowhere/helper --password hunter2", "\"helper\" cannot be started")]
#[case::an_assignment("FOO=hunter2 helper", "put `env` before it")]
#[case::an_open_quote("echo 'hunter2", "check its quotes")]
#[tokio::test]
async fn errors_do_not_quote_the_output(#[case] command: &str, #[case] why: &str) {
    let home = profile(&external(command));
    let error = keys_of(&chain_of(&home, Hosts::default())).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains(why) && !text.contains("hunter2"), "{text}");
}
