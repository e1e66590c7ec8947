//! The inputs that can contain secrets, compared with the code: an input that is not listed here
//! fails a test.

use std::collections::BTreeSet;
use std::path::Path;

use savepeek::api::credentials::CredentialSource;

/// The environment variables that the code reads, by their content.
pub(crate) const KEY_IDS: [&str; 3] =
    ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_ID"];
pub(crate) const SECRETS: [&str; 3] = [
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABACLOUD_ACCESS_KEY_SECRET",
    "ALICLOUD_ACCESS_KEY_SECRET",
];
pub(crate) const TOKENS: [&str; 3] =
    ["ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABACLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN"];

/// Variables that contain a secret only by mistake. Each is tested with one.
pub(crate) const SLIPS: [&str; 15] = [
    "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
    "ALIBABA_CLOUD_CREDENTIALS_FILE",
    "ALIBABA_CLOUD_ECS_METADATA",
    "ALIBABA_CLOUD_IGNORE_PROFILE",
    "ALIBABA_CLOUD_IMDSV1_DISABLED",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALIBABACLOUD_PROFILE",
    "ALICLOUD_PROFILE",
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "ALIBABA_CLOUD_STS_REGION",
    "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED",
];

/// Variables that the tests of [`super::commands`] and [`super::providers`] set correctly.
const OTHERS: [&str; 4] = [
    "ALIBABA_CLOUD_CREDENTIALS_URI",
    "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_ROLE_SESSION_NAME",
];

/// Proxies, which may have a password.
pub(crate) const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The keys of the configuration file, which also exist as variables.
pub(crate) fn settings() -> Vec<String> {
    let sample = include_str!("../../assets/config.toml");
    let settings = sample.split("[keys]").next().unwrap().lines();
    let keys = settings.filter_map(|line| {
        let (key, _) = line.trim_start_matches(['#', ' ']).split_once(" = ")?;
        key.chars().all(|c| c.is_ascii_lowercase() || c == '-').then(|| key.to_owned())
    });
    keys.chain(["context".to_owned(), "endpoint".to_owned()])
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The variable of a setting.
pub(crate) fn variable(setting: &str) -> String {
    format!("SAVEPEEK_{}", setting.to_uppercase().replace('-', "_"))
}

/// The test that covers a source of credentials. A new source does not compile.
#[expect(dead_code, reason = "what matters is that it compiles")]
fn marked_in(source: &CredentialSource) -> &'static str {
    match source {
        CredentialSource::Keys(_) => "commands: every family of variables, both kinds of files",
        CredentialSource::Assume { .. } | CredentialSource::Oidc { .. } => "providers: STS",
        CredentialSource::EcsRamRole { .. } => "providers: metadata",
        CredentialSource::Command(_) => "providers: a program",
        CredentialSource::Uri(_) => "providers: a URI",
    }
}

#[test]
fn every_variable_that_the_code_reads_is_listed() {
    let known: BTreeSet<&str> =
        [&KEY_IDS[..], &SECRETS, &TOKENS, &SLIPS, &OTHERS, &PROXIES].concat().into_iter().collect();
    let mut read = BTreeSet::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut |text| {
        read.extend(text.split('"').filter(|text| is_vendor_s(text)).map(str::to_owned));
    });
    let unknown: Vec<_> = read.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "no test puts a secret into {unknown:?}");
    assert!(read.len() > 25, "the names are no longer found: {read:?}");
}

/// Whether a text is the name of a vendor's or a proxy's variable.
fn is_vendor_s(text: &str) -> bool {
    let name =
        text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let vendor = ["ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_"];
    let proxy =
        text.to_ascii_uppercase().ends_with("_PROXY") && !text.eq_ignore_ascii_case("NO_PROXY");
    proxy
        || (name
            && vendor.iter().any(|prefix| text.len() > prefix.len() && text.starts_with(prefix)))
}

fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, read);
        } else if path.extension().is_some_and(|end| end == "rs") {
            read(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_setting_of_the_file_is_listed() {
    let settings = settings();
    for known in ["interval", "notify", "on-change", "log-file", "region", "endpoint", "context"] {
        assert!(settings.iter().any(|setting| setting == known), "{settings:?}");
    }
    assert!(settings.len() >= 20, "{settings:?}");
}
