use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::*;
use crate::api::credentials::Credentials;

const CONFIG: &str = r#"{"current": "prod", "unknown": [1], "profiles": [
    {"name": "default", "mode": "AK", "access_key_id": "LTAI0", "access_key_secret": "s0"},
    {"name": "prod", "mode": "AK", "access_key_id": "LTAI1", "access_key_secret": "s1",
     "sts_token": "left over", "region_id": "cn-hangzhou", "output_format": "json"},
    {"name": "sts", "mode": "StsToken", "access_key_id": "STS.2", "access_key_secret": "s2",
     "sts_token": "t2", "region_id": ""},
    {"name": "old", "access_key_id": "LTAI3", "access_key_secret": "s3"},
    {"name": "role", "mode": "RamRoleArn", "region_id": "cn-beijing"},
    {"name": "rsa", "mode": "RsaKeyPair"},
    {"name": "circle", "mode": "ChainableRamRoleArn", "source_profile": "circle", "ram_role_arn": "a"},
    {"name": "astray", "mode": "ChainableRamRoleArn", "source_profile": "gone", "ram_role_arn": "a"},
    {"name": "sso", "mode": "CloudSSO", "access_key_id": "STS.8", "access_key_secret": "s8",
     "sts_token": "t8", "sts_expiration": 1700000000},
    {"name": "o auth", "mode": "OAuth", "oauth_refresh_token": "hunter2"},
    {"name": "blank", "mode": "AK", "access_key_id": "", "access_key_secret": ""},
    {"name": "case", "mode": "ak", "access_key_id": "LTAI4", "access_key_secret": "s4"},
    {"name": "new", "mode": "AK", "access_key_id": "", "access_key_secret": "s5"},
    {"name": "half", "mode": "AK", "access_key_id": "LTAI6", "access_key_secret": null},
    {"name": "tokenless", "mode": "StsToken", "access_key_id": "STS.7", "access_key_secret": "s7"}
]}"#;

fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
    home
}

fn read(cli: &CliProfile) -> Result<Credentials, Declined> {
    cli.source().map(|source| match source {
        CredentialSource::Keys(keys) => keys,
        _ => panic!("not keys"),
    })
}

fn failure(cli: &CliProfile) -> String {
    match cli.source() {
        Err(Declined::Failed(error)) => error.to_string(),
        Err(passed_over) => panic!("{passed_over:?}"),
        Ok(_) => panic!("usable"),
    }
}

fn passed_over(cli: &CliProfile) -> String {
    match cli.source() {
        Err(Declined::Skipped(reason)) => reason,
        Err(failed) => panic!("{failed:?}"),
        Ok(_) => panic!("usable"),
    }
}

fn cli(home: &TempDir, variables: (&str, &str), named: Option<&str>) -> CliProfile {
    let environment = Environment::of([("HOME", home.path().to_str().unwrap()), variables]);
    CliProfile::new(environment, named.map(str::to_owned))
}

#[rstest::rstest]
#[case::current(("", ""), None, "prod", "LTAI1")]
#[case::of_the_environment((PROFILE_VARIABLE, "old"), None, "old", "LTAI3")]
#[case::named((PROFILE_VARIABLE, "old"), Some("default"), "default", "LTAI0")]
fn flag_variable_and_file_select_the_profile_in_this_order(
    #[case] variable: (&str, &str),
    #[case] named: Option<&str>,
    #[case] name: &str,
    #[case] id: &str,
) {
    let home = home(CONFIG);
    let cli = cli(&home, variable, named);
    let keys = read(&cli).unwrap();
    assert_eq!(keys.access_key_id, id);
    assert!(keys.security_token.is_none(), "the mode decides, not a token left over");
    assert_eq!(cli.name(), format!("profile {name:?}"));
}

#[test]
fn temporary_keys_include_their_token() {
    let home = home(CONFIG);
    let keys = read(&cli(&home, ("", ""), Some("sts"))).unwrap();
    assert_eq!(keys.security_token.unwrap().expose_secret(), "t2");
}

#[rstest::rstest]
#[case::unknown("nobody", "the profile \"nobody\": does not exist")]
#[case::other_mode("rsa", "the profile \"rsa\": savepeek cannot use its mode \"RsaKeyPair\"")]
#[case::mode_in_another_case("case", "its mode \"ak\"")]
#[case::nothing_to_start_from("role", "the profile \"role\": has no access_key_id")]
#[case::source_that_is_not_there("astray", "the profile \"gone\": does not exist")]
#[case::its_own_source("circle", "source_profile goes in a circle")]
#[case::cached_keys_that_ended(
    "sso",
    "its temporary keys ended at 2023-11-14T22:13:20Z: run `aliyun configure --mode CloudSSO --profile sso`"
)]
#[case::no_cached_keys(
    "o auth",
    "are not there yet: run `aliyun configure --mode OAuth --profile 'o auth'`"
)]
#[case::blank_but_named("blank", "has no access_key_id")]
#[case::no_id("new", "has no access_key_id")]
#[case::no_secret("half", "has no access_key_secret")]
#[case::no_token("tokenless", "has no sts_token")]
fn an_unusable_profile_is_an_error_that_says_why(#[case] name: &str, #[case] why: &str) {
    let home = home(CONFIG);
    let error = failure(&cli(&home, ("", ""), Some(name)));
    assert!(error.contains(why), "{error}");
}

#[rstest::rstest]
#[case::cut_off(r#"{"current": "default", "profiles": [{"name""#)]
#[case::empty("")]
#[case::no_object("[]")]
fn the_error_for_a_damaged_file_does_not_quote_it(#[case] config: &str) {
    let home = home(config);
    let error = failure(&cli(&home, ("", ""), None));
    assert!(error.starts_with("~/.aliyun/config.json is damaged at line 1"), "{error}");
    assert!(!error.contains("hunter2") && !error.contains("42424242"), "{error}");
}

#[rstest::rstest]
#[case::profiles(r#"{"profiles": "hunter2"}"#, "its \"profiles\" is not a list")]
#[case::current(r#"{"current": ["hunter2"]}"#, "its \"current\" is not text")]
#[case::mode(r#"{"profiles": [{"name": "default", "mode": ["hunter2"]}]}"#, "its mode in")]
#[case::secret(
    r#"{"profiles": [{"name": "default", "access_key_id": "a", "access_key_secret": 42}]}"#,
    "the profile \"default\": its access_key_secret in ~/.aliyun/config.json is not text"
)]
#[case::expiration(
    r#"{"profiles": [{"name": "default", "mode": "OAuth", "sts_expiration": 1.5}]}"#,
    "its sts_expiration in ~/.aliyun/config.json is not a whole number"
)]
fn the_error_for_a_field_of_the_wrong_type_does_not_quote_it(
    #[case] config: &str,
    #[case] why: &str,
) {
    let error = failure(&cli(&home(config), ("", ""), None));
    assert!(error.contains(why), "{error}");
    assert!(!error.contains("hunter2") && !error.contains("42"), "{error}");
}

#[test]
fn malformed_profiles_and_fields_that_are_not_used_are_ignored() {
    let home = home(
        r#"{"current": null, "profiles": [null, {"name": 7}, {"name": "odd", "expired_seconds": "3600"},
        {"name": "default", "mode": null, "access_key_id": "LTAI9", "access_key_secret": "s9",
         "enable_vpc": "true", "sts_expiration": 1.5}]}"#,
    );
    assert_eq!(read(&cli(&home, ("", ""), None)).unwrap().access_key_id, "LTAI9");
}

#[test]
fn a_null_list_of_profiles_is_empty() {
    let home = home(r#"{"current": "", "profiles": null}"#);
    assert!(passed_over(&cli(&home, ("", ""), None)).contains("names no current profile"));
}

#[test]
fn the_error_for_an_unknown_profile_lists_the_most_similar_name_first() {
    let error = failure(&cli(&home(CONFIG), ("", ""), Some("prd")));
    assert!(error.contains("config.json, which has \"prod\", "), "{error}");
    assert!(error.ends_with(" and others"), "{error}");
    let none = failure(&cli(&home("{}"), ("", ""), Some("prd")));
    assert!(none.ends_with("which has none"), "{none}");
}

#[test]
fn a_name_that_may_be_a_secret_is_not_listed() {
    let damaged = r#"{"profiles": [{"name": "a\n  access_key_secret = MARK"}, {"name": "prod"}]}"#;
    let error = failure(&cli(&home(damaged), ("", ""), Some("prd")));
    assert!(error.ends_with("config.json, which has \"prod\" and others"), "{error}");
    let only = failure(&cli(&home(r#"{"profiles": [{"name": "a = MARK"}]}"#), ("", ""), Some("b")));
    assert!(only.ends_with("config.json"), "{only}");
}

#[test]
fn expired_keys_need_a_new_login_only_if_the_login_has_expired_too() {
    let sso = |end: &str| {
        let home = home(&format!(
            r#"{{"profiles": [{{"name": "s", "mode": "CloudSSO", "access_key_id": "STS.8",
            "access_key_secret": "s8", "sts_token": "t8", "sts_expiration": 1700000000,
            "cloud_sso_access_token_expire": {end}}}]}}"#
        ));
        failure(&cli(&home, ("", ""), Some("s")))
    };
    assert!(sso("4102444800").ends_with("run `aliyun sts GetCallerIdentity --profile s`"));
    for end in ["1700000000", "0", "null"] {
        let error = sso(end);
        assert!(error.ends_with("run `aliyun configure --mode CloudSSO --profile s`"));
    }
}

#[test]
fn a_missing_file_is_an_error_only_with_a_named_profile() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(passed_over(&cli(&home, ("", ""), None)), format!("there is no {FILE}"));
    let error = failure(&cli(&home, ("", ""), Some("work")));
    assert_eq!(error, format!("the profile \"work\": there is no {FILE}"));
}

#[test]
fn the_environment_s_profile_may_be_a_section_of_the_ini_file() {
    let home = home(CONFIG);
    let elsewhere = cli(&home, (PROFILE_VARIABLE, "elsewhere"), None);
    assert!(passed_over(&elsewhere).contains("\"elsewhere\" does not exist"));
    let off = Environment::of([
        ("HOME", home.path().to_str().unwrap()),
        (PROFILE_VARIABLE, "prod"),
        ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true"),
    ]);
    let error = profile_region(&off, None).unwrap_err().to_string();
    assert!(error.contains("is nowhere: turned off by"), "{error}");
    let region = || profile_region(&elsewhere.environment, None);
    let error = region().unwrap_err().to_string();
    assert!(error.contains("\"elsewhere\", which ALIBABA_CLOUD_PROFILE names"), "{error}");

    std::fs::create_dir(home.path().join(".alibabacloud")).unwrap();
    std::fs::write(home.path().join(".alibabacloud/credentials"), "[elsewhere]").unwrap();
    assert_eq!(region().unwrap(), None);
}

#[rstest::rstest]
#[case::blank(
    r#"{"current": "a", "profiles": [{"name": "a", "mode": "AK", "access_key_id": ""}]}"#,
    "is empty"
)]
#[case::none(r#"{"current": "", "profiles": []}"#, "names no current profile")]
fn an_unconfigured_cli_is_skipped(#[case] config: &str, #[case] reason: &str) {
    let reasons = passed_over(&cli(&home(config), ("", ""), None));
    assert!(reasons.contains(reason), "{reasons}");
}

#[rstest::rstest]
fn variables_disable_profiles(
    #[values("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE")] by: &str,
) {
    let home = home(CONFIG);
    assert!(passed_over(&cli(&home, (by, "TRUE"), None)).contains(by));
    assert!(failure(&cli(&home, (by, "true"), Some("prod"))).contains(by));
}

#[rstest::rstest]
fn the_cli_s_own_variables_never_name_ini_sections(
    #[values("ALIBABACLOUD_PROFILE", "ALICLOUD_PROFILE")] by: &str,
) {
    let home = home(CONFIG);
    let keys = read(&cli(&home, (by, "old"), None)).unwrap();
    assert_eq!(keys.access_key_id, "LTAI3");
    let error = failure(&cli(&home, (by, "elsewhere"), None));
    assert!(error.contains("\"elsewhere\"") && error.contains(by), "{error}");
    assert_eq!(cli(&home, (by, "old"), Some("prod")).name(), "profile \"prod\"");
}

#[test]
fn rotated_keys_are_read_again() {
    let home = home(CONFIG);
    let cli = cli(&home, ("", ""), None);
    assert_eq!(read(&cli).unwrap().access_key_secret.expose_secret(), "s1");
    let rotated = CONFIG.replace("s1", "rotated");
    std::fs::write(home.path().join(".aliyun/config.json"), rotated).unwrap();
    assert_eq!(read(&cli).unwrap().access_key_secret.expose_secret(), "rotated");
}

#[rstest::rstest]
#[case::current(None, Some("cn-hangzhou"))]
#[case::of_a_mode_without_keys(Some("role"), Some("cn-beijing"))]
#[case::empty(Some("sts"), None)]
#[case::not_found(Some("default"), None)]
fn the_region_comes_from_the_profile(#[case] named: Option<&str>, #[case] region: Option<&str>) {
    let home = home(CONFIG);
    let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
    assert_eq!(profile_region(&environment, named).unwrap().as_deref(), region);
}
