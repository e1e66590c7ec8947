//! Secrets in the wrong place by mistake: the errors do not quote them.

use rstest::rstest;
use serde_json::json;

use crate::commands::World;
use crate::marks::{mark, plain_mark};
use crate::sources::{SLIPS, settings, variable};

const SLIP: &str = "a slip";

/// Settings whose values are meant to be shown.
const SHOWN: [&str; 4] = ["workspace", "namespace", "profile", "log-file"];

fn world() -> World {
    let mut world = World::new(&[SLIP]);
    world.finder.add(SLIP, &plain_mark(SLIP));
    world
}

fn try_all(world: &mut World, file: &str) {
    for call in [&["doctor"][..], &["get", "good"], &["config"]] {
        world.run(call);
    }
    world.assert_nothing_left(&[file]);
}

/// A misplaced secret in a form that fits the setting.
fn slip(setting: &str) -> String {
    match setting {
        "endpoint" => format!("https://user:{}@127.0.0.1:9", plain_mark(SLIP)),
        "on-change" => format!("true {}", mark(SLIP)),
        _ => mark(SLIP),
    }
}

#[test]
fn a_variable_is_not_quoted() {
    for name in SLIPS {
        let mut world = world();
        world.set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r");
        world.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p");
        world.set(name, &mark(SLIP));
        try_all(&mut world, "none");
    }
}

#[test]
fn a_setting_is_not_quoted_from_a_variable_or_the_file() {
    for setting in settings().iter().filter(|setting| !SHOWN.contains(&setting.as_str())) {
        let mut by_variable = world();
        by_variable.set(&variable(setting), &slip(setting));
        try_all(&mut by_variable, "none");

        let by_file = &mut world();
        by_file
            .write(".config/savepeek/config.toml", &format!("{setting} = {:?}\n", slip(setting)));
        try_all(by_file, ".config/savepeek/config.toml");
    }
}

#[rstest]
#[case::a_key("MARK = 1")]
#[case::a_dotted_key("\"MARK\".x = 1")]
#[case::no_quotes("access_key_secret = MARK")]
#[case::no_value("MARK")]
#[case::open_quote("interval = \"MARK")]
#[case::twice("\"MARK\" = 1\n\"MARK\" = 1")]
#[case::extended("\"MARK\" = 1\n[\"MARK\".x]")]
#[case::an_action("[keys]\n\"MARK\" = \"q\"")]
#[case::a_key_of_the_keyboard("[keys]\nquit = \"MARK\"")]
#[case::in_a_context("[contexts.prod]\n\"MARK\" = \"x\"")]
#[case::a_region("[contexts.prod]\nregion = \"MARK\"")]
fn a_malformed_line_of_the_configuration_is_not_quoted(#[case] text: &str) {
    let mut world = world();
    world.write(".config/savepeek/config.toml", &text.replace("MARK", &mark(SLIP)));
    try_all(&mut world, ".config/savepeek/config.toml");
}

#[rstest]
#[case::continued("type = access_key\n  access_key_id = LTAI\n  access_key_secret = MARK")]
#[case::one_line("type = access_key access_key_id = LTAI access_key_secret = MARK")]
#[case::a_type("type = MARK")]
#[case::no_key("MARK")]
#[case::a_role("type = ecs_ram_role\nrole_name = MARK")]
#[case::a_token(
    "type = oidc_role_arn\nrole_arn = r\noidc_provider_arn = p\noidc_token_file_path = MARK"
)]
fn a_malformed_line_of_the_ini_file_is_not_quoted(#[case] text: &str) {
    let mut world = world();
    let text = format!("[default]\n{text}\n").replace("MARK", &mark(SLIP));
    world.write(".alibabacloud/credentials", &text);
    try_all(&mut world, ".alibabacloud/credentials");
}

#[rstest]
#[case::mode(json!({"mode": "MARK"}))]
#[case::mode_of_another_kind(json!({"mode": ["MARK"]}))]
#[case::source(json!({"mode": "ChainableRamRoleArn", "source_profile": "MARK"}))]
#[case::command(json!({"mode": "External", "process_command": "MARK"}))]
#[case::arguments(json!({"mode": "External", "process_command": "false MARK"}))]
#[case::prints(json!({"mode": "External", "process_command": "sh -c 'echo MARK; echo MARK >&2'"}))]
#[case::uri(json!({"mode": "CredentialsURI", "credentials_uri": "MARK"}))]
#[case::uri_of_another_kind(json!({"mode": "CredentialsURI", "credentials_uri": "ftp://u:MARK@h/MARK"}))]
#[case::uri_in_clear(json!({"mode": "CredentialsURI", "credentials_uri": "http://u:MARK@example.com/MARK"}))]
#[case::role(json!({"mode": "EcsRamRole", "ram_role_name": "MARK"}))]
#[case::region(json!({"mode": "RamRoleArn", "access_key_id": "i", "access_key_secret": "MARK",
    "ram_role_arn": "r", "sts_region": "MARK"}))]
#[case::seconds(json!({"mode": "RamRoleArn", "access_key_id": "i", "access_key_secret": "MARK",
    "ram_role_arn": "r", "expired_seconds": "MARK"}))]
#[case::token_file(json!({"mode": "OIDC", "ram_role_arn": "r", "oidc_provider_arn": "p",
    "oidc_token_file": "MARK"}))]
fn an_invalid_field_of_a_cli_profile_is_not_quoted(#[case] mut profile: serde_json::Value) {
    let mut world = world();
    profile["name"] = "p".into();
    let file = json!({"current": "p", "profiles": [profile]});
    let text = file.to_string().replace("MARK", &plain_mark(SLIP));
    world.write(".aliyun/config.json", &text);
    try_all(&mut world, ".aliyun/config.json");
}

#[rstest]
#[case::current(r#"{"current": "MARK", "profiles": []}"#)]
#[case::profiles(r#"{"current": "p", "profiles": "MARK"}"#)]
#[case::no_json(r#"{"access_key_secret": MARK"#)]
fn a_damaged_cli_file_is_not_quoted(#[case] text: &str) {
    let mut world = world();
    world.write(".aliyun/config.json", &text.replace("MARK", &mark(SLIP)));
    try_all(&mut world, ".aliyun/config.json");
}
