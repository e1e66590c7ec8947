//! The files in use, with their sizes, modes and contents.

use std::os::unix::fs::PermissionsExt as _;

use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{Namespace, Place, SavepointId, Target, Workspace};
use savepeek::storage::watch_list::WatchListStore;
use savepeek::util::environment::Environment;

use crate::support::canned::Service;
use crate::support::watch;
use crate::{Findings, answers, doctor};

/// A service with savepoints of it on the watch list.
fn service_watching(ids: &[&str]) -> Service {
    let service = Service::start(answers);
    let place = Place {
        endpoint: Endpoint::of_url(&service.url, false).unwrap(),
        workspace: Workspace::new("w").unwrap(),
        namespace: Namespace::new("n").unwrap(),
        profile: None,
    };
    let target = |id: &&str| Target { place: place.clone(), id: SavepointId::new(id).unwrap() };
    let environment = Environment::of([("HOME", service.home.path().to_str().unwrap())]);
    let store = WatchListStore::from_environment(&environment).unwrap();
    watch(&store, &ids.iter().map(target).collect::<Vec<_>>());
    service
}

#[test]
fn the_watch_list_is_counted_and_gives_the_place_and_the_savepoint() {
    let service = service_watching(&["good", "other"]);
    let mut command = doctor(&service, &[]);
    for variable in ["SAVEPEEK_ENDPOINT", "SAVEPEEK_WORKSPACE", "SAVEPEEK_NAMESPACE"] {
        command.env_remove(variable);
    }
    let seen = Findings::of(command);
    let (verdict, words) = seen.of_kind("watch-list");
    assert_eq!(verdict, "ok");
    assert!(words.starts_with("~/.local/state/savepeek/watch-list.json: "), "{words}");
    assert!(words.ends_with(" bytes, mode 0600, 2 savepoints"), "{words}");
    let (verdict, words) = seen.of_kind("request");
    assert_eq!((seen.code, verdict), (0, "ok"));
    assert!(words.starts_with("GetSavepoint of good (of the watch list): "), "{words}");
}

#[test]
fn a_damaged_or_open_watch_list_is_a_warning() {
    let service = service_watching(&["good", "other"]);
    let path = service.home.path().join(".local/state/savepeek/watch-list.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let seen = Findings::of(doctor(&service, &["good"]));
    assert_eq!((seen.code, seen.of_kind("watch-list").0), (0, "warn"));
    std::fs::write(&path, "{").unwrap();
    let seen = Findings::of(doctor(&service, &["good"]));
    let (verdict, words) = seen.of_kind("watch-list");
    assert_eq!((seen.code, verdict), (0, "warn"));
    assert!(words.contains("watch-list.json: 1 bytes") && words.contains("damaged"), "{words}");
}
