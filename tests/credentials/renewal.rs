//! The client's credentials when their file changes.

use savepeek::api::credentials::Chain;
use savepeek::api::{Cause, Client, Settings};
use savepeek::domain::savepoint::Profile;
use savepeek::util::environment::Environment;

use crate::{Hosts, profile};

const CONFIG: &str = ".aliyun/config.json";

fn config(id: &str) -> String {
    format!(
        r#"{{"profiles": [{{"name": "p", "access_key_id": "{id}", "access_key_secret": "s"}}]}}"#
    )
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let home = profile(r#""mode": "AK""#);
    let path = home.path().to_str().unwrap().to_owned();
    let chain = move |_: Option<&Profile>| {
        Chain::with_hosts(&Environment::of([("HOME", &path)]), Some("p"), Hosts::default())
    };
    let client = Client::with_environment(Settings::default(), chain, Environment::of([]));
    assert_eq!(client.identity(None).await.unwrap_err().cause, Cause::CredentialsUnusable);

    let write = |text: &str| std::fs::write(home.path().join(CONFIG), text).unwrap();
    write(&config("LTAI-the-first"));
    assert_eq!(client.identity(None).await.unwrap().access_key_id_masked, "LTAI…irst");
    write(&config("LTAI-the-second-one"));
    assert_eq!(client.identity(None).await.unwrap().access_key_id_masked, "LTAI…-one");

    write(&config("LTAI-the-third")[..40]);
    let kept = client.identity(None).await.unwrap();
    assert_eq!(kept.access_key_id_masked, "LTAI…-one", "while it is being written");
    assert!(kept.renewal_error.unwrap().contains("is damaged at line 1"));
    write(r#"{"profiles": []}"#);
    let gone = client.identity(None).await.unwrap_err();
    assert!(gone.message.contains("does not exist"), "a profile that was removed is not used");
    write(&config("LTAI-the-third"));
    let healed = client.identity(None).await.unwrap();
    assert_eq!((healed.access_key_id_masked.as_str(), healed.renewal_error), ("LTAI…hird", None));

    std::fs::remove_file(home.path().join(CONFIG)).unwrap();
    let gone = client.identity(None).await.unwrap_err();
    assert!(gone.message.contains("there is no ~/.aliyun/config.json"), "{gone}");
}
