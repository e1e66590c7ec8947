//! The credentials of the sample files, profile by profile.

use std::process::Command;

use jiff::Timestamp;
use savepeek::api::credentials::{Chain, Hosts, ProviderOutcome};
use savepeek::util::environment::Environment;

use crate::{NO_METADATA, keys_of, outcome, parts};

const HOME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/credentials/home");

#[rstest::rstest]
#[case::ak("default", ["LTAI5tFAKE0000000000AK01", "fakeSecretAk01", ""])]
#[case::sts("sts", ["STS.NTFAKE02", "fakeSecretSts02", "CAISfake02=="])]
#[case::cloud_sso_cached("sso", ["STS.NTFAKE07", "fakeSecret07", "CAISfake07=="])]
#[case::oauth_cached("oauth", ["STS.NTFAKE08", "fakeSecret08", "CAISfake08=="])]
#[tokio::test]
async fn a_profile_with_keys_provides_them(#[case] name: &str, #[case] expected: [&str; 3]) {
    let chain = Chain::standard(&Environment::of([("HOME", HOME)]), Some(name));
    let (provider, keys) = chain.provide().await.unwrap();
    assert_eq!(parts(&keys), expected);
    assert_eq!(provider, format!("profile {name:?}"));
    let borrowed = matches!(name, "sso" | "oauth");
    assert_eq!(keys.expires_at.map(Timestamp::as_second), borrowed.then_some(4_102_444_800));
}

#[rstest::rstest]
#[case::rsa("rsa", "cannot use its mode \"RsaKeyPair\"")]
#[case::anonymous("anon", "cannot use its mode \"Anonymous\"")]
#[case::missing("nobody", "does not exist")]
#[case::no_helper("external", "process_command cannot be started")]
#[case::no_token_file("oidc", "the OIDC token file cannot be read")]
#[case::nobody_behind_the_uri("uri", "127.0.0.1:9: ")]
#[tokio::test]
async fn a_profile_that_cannot_be_used_says_why(#[case] name: &str, #[case] why: &str) {
    let chain = Chain::standard(&Environment::of([("HOME", HOME)]), Some(name));
    let error = keys_of(&chain).await.unwrap_err().to_string();
    assert!(error.contains(&format!("profile {name:?}")) && error.contains(why), "{error}");
}

#[tokio::test]
async fn a_pipe_instead_of_the_file_does_not_block() {
    let home = crate::home("");
    let file = home.path().join(".aliyun/config.json");
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    let error = keys_of(&crate::chain_of(&home, Hosts::default())).await.unwrap_err();
    assert!(error.message.contains("it is no regular file"), "{error}");

    let all = [
        ("HOME", home.path().to_str().unwrap()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "id"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret"),
    ];
    let keys = keys_of(&Chain::standard(&Environment::of(all), None)).await.unwrap();
    assert_eq!(parts(&keys), ["id", "secret", ""]);
}

const FILES: [&str; 2] = [".alibabacloud/credentials.ini", ".alibabacloud/credentials"];

#[rstest::rstest]
#[tokio::test]
async fn both_default_ini_files_are_read(#[values(0, 1)] which: usize) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".alibabacloud")).unwrap();
    std::fs::copy(format!("{HOME}/{}", FILES[which]), home.path().join(FILES[which])).unwrap();
    let environment = Environment::of([("HOME", home.path().to_str().unwrap()), NO_METADATA]);
    let (provider, keys) = Chain::standard(&environment, None).provide().await.unwrap();
    assert_eq!(provider, format!("~/{}", FILES[which]));
    assert_eq!(parts(&keys), ["LTAI5tFAKEINI01", "fakeSecretIni01", ""]);
}

#[rstest::rstest]
#[case::by_variable("default", "", Ok("LTAI5tFAKEINI01"))]
#[case::ecs_is_turned_off("ecs", "", Err("turned off by ALIBABA_CLOUD_ECS_METADATA_DISABLED"))]
#[case::no_section("nobody", "", Err("\"nobody\", which ALIBABA_CLOUD_PROFILE names, is nowhere"))]
#[case::no_file(
    "default",
    "/nowhere",
    Err("the file that ALIBABA_CLOUD_CREDENTIALS_FILE names cannot be read")
)]
#[tokio::test]
async fn the_environment_can_name_the_ini_file(
    #[case] section: &str,
    #[case] file: &str,
    #[case] expected: Result<&str, &str>,
) {
    let sample = format!("{HOME}/{}", FILES[0]);
    let file = if file.is_empty() { &sample } else { file };
    let environment = Environment::of([
        ("ALIBABA_CLOUD_CREDENTIALS_FILE", file),
        ("ALIBABA_CLOUD_PROFILE", section),
        NO_METADATA,
    ]);
    match (keys_of(&Chain::standard(&environment, None)).await, expected) {
        (Ok(keys), Ok(id)) => assert_eq!(keys.access_key_id, id),
        (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
        (got, _) => panic!("{got:?}"),
    }
}

#[rstest::rstest]
#[case::cut_at_the_first_sign("type=access_key\naccess_key_id=a#b\naccess_key_secret: c = d # e", Ok(["a", "c = d", ""]))]
#[case::any_case_and_indented("  Type = access_key\n  Access_Key_ID = a\n  access_key_secret = b", Ok(["a", "b", ""]))]
#[case::comments("; no\ntype = access_key\n# no = no\n\naccess_key_id = a\naccess_key_secret = b", Ok(["a", "b", ""]))]
#[case::another_type("type = rsa_key_pair", Err("cannot use the type \"rsa_key_pair\""))]
#[case::no_type("access_key_id = a", Err("has no type"))]
#[case::no_secret(
    "type = access_key\naccess_key_id = a\naccess_key_secret = # none",
    Err("has no access_key_secret")
)]
#[case::damaged("type = access_key\nhunter2", Err("is damaged at line 3"))]
#[tokio::test]
async fn an_ini_section(#[case] lines: &str, #[case] expected: Result<[&str; 3], &str>) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ini");
    std::fs::write(&file, format!("[default]\n{lines}\n")).unwrap();
    let file = file.to_str().unwrap();
    let environment = Environment::of([("ALIBABA_CLOUD_CREDENTIALS_FILE", file), NO_METADATA]);
    let chain = Chain::standard(&environment, None);
    match (outcome(&chain, file).await, expected) {
        (ProviderOutcome::Used(keys), Ok(expected)) => assert_eq!(parts(&keys), expected),
        (ProviderOutcome::Failed(error), Err(why)) => {
            let error = error.to_string();
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
        (got, _) => panic!("{got:?}"),
    }
}
