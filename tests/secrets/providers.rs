//! Remote credential providers and a proxy that echo everything.

use std::time::Duration;

use savepeek::api::credentials::{Chain, Hosts};
use savepeek::api::{Client, Settings};
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{Namespace, Place, SavepointId, Target, Workspace};
use savepeek::util::environment::Environment;
use serde_json::json;

use crate::marks::{Finder, mark, plain_mark};
use crate::reflecting::Reflecting;

const SECRET: &str = "a provider's secret";
const TOKEN: &str = "a provider's token";
const ROLE: &str = "an external ID";

/// The chain's report for this profile, with this service.
async fn explained(profile: serde_json::Value, service: &Reflecting) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut profile = profile;
    profile["name"] = "p".into();
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    let file = json!({"profiles": [profile]}).to_string();
    std::fs::write(home.path().join(".aliyun/config.json"), file).unwrap();
    let at = Endpoint::of_url(&service.url, false).unwrap();
    let hosts = Hosts { sts: Some(at.clone()), metadata: Some(at) };
    let environment = Environment::of([("HOME", home.path().to_str().unwrap())]);
    let chain = Chain::with_hosts(&environment, Some("p"), hosts);
    let error = chain.provide().await.unwrap_err();
    format!("{error} {error:?} {:?}", chain.explain().await)
}

fn finder() -> Finder {
    let plain = plain_mark(SECRET);
    let marks = [SECRET, TOKEN, ROLE].map(|source| (source, mark(source)));
    let marks = marks.iter().map(|(source, mark)| (*source, mark.as_str()));
    Finder::of(marks.chain([(SECRET, plain.as_str())]))
}

#[tokio::test]
async fn secrets_echoed_by_sts_do_not_leak() {
    let service = Reflecting::new(&[&mark(SECRET)]);
    let keys = json!({"mode": "RamRoleArn", "access_key_id": "LTAI5tFAKE",
        "access_key_secret": mark(SECRET), "ram_role_arn": "r", "external_id": mark(ROLE)});
    finder().assert_none("STS", explained(keys, &service).await.as_bytes());

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, mark(TOKEN)).unwrap();
    let oidc = json!({"mode": "OIDC", "ram_role_arn": "r", "oidc_provider_arn": "p",
        "oidc_token_file": file.to_str().unwrap()});
    finder().assert_none("STS", explained(oidc, &service).await.as_bytes());
    assert!(service.requests() >= 2, "STS was not asked");
}

#[tokio::test]
async fn secrets_echoed_by_the_metadata_service_and_a_uri_do_not_leak() {
    let service = Reflecting::new(&[&mark(TOKEN)]);
    let instance = json!({"mode": "EcsRamRole", "ram_role_name": "refused"});
    finder().assert_none("metadata", explained(instance, &service).await.as_bytes());

    let requests = service.requests();
    let service = Reflecting::new(&[]);
    let host = service.url.strip_prefix("http://").unwrap();
    let secret = plain_mark(SECRET);
    for id in ["refused", "good", "broken", "page"] {
        let uri = format!("http://{secret}:{secret}@{host}/{secret}/{id}?token={secret}");
        let profile = json!({"mode": "CredentialsURI", "credentials_uri": uri});
        finder().assert_none("a URI", explained(profile, &service).await.as_bytes());
    }
    assert!(requests >= 2 && service.requests() >= 4, "no request was sent");
}

#[tokio::test]
async fn a_proxy_s_password_does_not_leak() {
    let proxy = Reflecting::new(&[]);
    let secret = plain_mark(SECRET);
    let url = proxy.url.replace("://", &format!("://user:{secret}@"));
    let environment = Environment::of([
        ("HTTP_PROXY", url.as_str()),
        ("HTTPS_PROXY", url.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tFAKE"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not looked for"),
    ]);
    let keys = environment.clone();
    let chain = move |_: Option<&_>| Chain::standard(&keys, None);
    let settings = Settings { timeout: Duration::from_secs(30) };
    let client = Client::with_environment(settings, chain, environment);
    for endpoint in ["http://service.invalid", "https://service.invalid"] {
        for id in ["refused", "page", "good"] {
            let place = Place {
                endpoint: Endpoint::of_url(endpoint, true).unwrap(),
                workspace: Workspace::new("w").unwrap(),
                namespace: Namespace::new("n").unwrap(),
                profile: None,
            };
            let target = Target { place, id: SavepointId::new(id).unwrap() };
            let text = format!("{:?}", client.get_savepoint(&target).await);
            finder().assert_none("a proxy", text.as_bytes());
        }
    }
    assert!(proxy.requests() >= 3, "the proxy was not asked");
}
