//! Keys that end while the program runs, and their successors in the `aliyun` CLI's file.

use std::fs;
use std::path::Path;

use rstest::rstest;
use savepeek::api::credentials::Credentials;
use savepeek::demo::Service;

use crate::service::{Embedded, LIVE, profile, recovers};

type Keys = fn(&Service) -> Credentials;

#[rstest]
#[case::a_token_expires(
    Service::temporary_credentials,
    "expired-token",
    "token expired",
    Service::renewed_credentials
)]
#[case::a_key_is_rotated(
    Service::credentials,
    "disabled-key",
    "credentials refused (InvalidAccessKeyId.Inactive)",
    Service::rotated_credentials
)]
#[case::a_key_gives_way_to_a_token(
    Service::credentials,
    "disabled-key",
    "credentials refused",
    Service::temporary_credentials
)]
fn new_keys_in_the_file_are_picked_up(
    #[case] old: Keys,
    #[case] fault: &str,
    #[case] words: &str,
    #[case] new: Keys,
) {
    let home = tempfile::tempdir().unwrap();
    let embedded = Embedded::start();
    write(home.path(), &old(&embedded.service));
    let launch = embedded.watched().environment("HOME", home.path().to_str().unwrap());
    let mut session = launch.start();
    session.wait_for(LIVE);
    session.wait_for("2 STARTED");

    embedded.suffers(&format!("[[fault]]\nkind = {fault:?}"));
    session.wait_for(words);
    session.wait_for("waiting for you: 2 of 2: ");
    session.wait_for("2 STARTED");
    write(home.path(), &new(&embedded.service));
    recovers(&session);
    session.send("q");
    assert_eq!(session.exit(), 0);
}

/// In one step, as the CLI's users expect of whatever rotates their keys.
fn write(home: &Path, keys: &Credentials) {
    let folder = home.join(".aliyun");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("new"), profile(keys)).unwrap();
    fs::rename(folder.join("new"), folder.join("config.json")).unwrap();
}
