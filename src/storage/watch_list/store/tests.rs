use std::os::unix::fs::PermissionsExt as _;
use std::thread::ScopedJoinHandle;

use tempfile::TempDir;

use super::super::tests::{add, remark, target};
use super::*;
use crate::util::small_file::tests::{SPECIAL, put};

fn store(home: &TempDir) -> WatchListStore {
    let directory = home.path().join("state/savepeek");
    WatchListStore { directory, patience: Duration::from_secs(60) }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(store: &WatchListStore) -> Vec<String> {
    let entries = fs::read_dir(&store.directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn ids(list: &WatchList) -> Vec<&str> {
    list.watched.keys().map(|target| target.id.as_str()).collect()
}

#[test]
fn an_added_savepoint_is_restored_and_only_the_owner_can_read_it() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    assert_eq!(store.restore(false), (WatchList::default(), None));
    assert!(!store.directory.exists(), "reading leaves no trace");
    assert_eq!(store.edit(&[add("a", "x"), add("b", "")]).unwrap(), None);
    store.edit(&[Edit::Remove(target("b")), add("c", "")]).unwrap();
    let (list, words) = store.restore(false);
    assert_eq!((ids(&list), words), (vec!["a", "c"], None));
    assert_eq!(list.watched[&target("a")], remark("x"));
    assert_eq!(store.read().unwrap(), list);
    assert_eq!(names(&store), [FILE, LOCK]);
    assert_eq!(mode(&store.directory), 0o700);
    assert_eq!(mode(&store.directory.join(FILE)), 0o600);
    assert_eq!(mode(&store.directory.join(LOCK)), 0o600);
}

#[test]
fn files_left_by_a_killed_process_do_no_harm() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    store.edit(&[add("a", "")]).unwrap();
    fs::write(store.directory.join(NEXT), "{\"vers").unwrap();
    assert_eq!(ids(&store.read().unwrap()), ["a"]);
    store.edit(&[add("b", "")]).unwrap();
    assert_eq!(ids(&store.read().unwrap()), ["a", "b"]);
    assert_eq!(mode(&store.directory.join(FILE)), 0o600, "not the mode of the one left behind");
    assert_eq!(names(&store), [FILE, LOCK]);
}

/// Makes the file a damaged one.
fn damage(store: &WatchListStore) -> Vec<u8> {
    store.edit(&[add("a", "x"), add("b", "")]).unwrap();
    let text = fs::read_to_string(store.directory.join(FILE)).unwrap().replace("\"b\"", "\"..\"");
    fs::write(store.directory.join(FILE), &text).unwrap();
    text.into_bytes()
}

#[test]
fn a_damaged_file_is_set_aside_and_valid_entries_are_kept() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    let text = damage(&store);
    let (list, words) = store.restore(false);
    assert_eq!(ids(&list), ["a"]);
    let [aside, file, _lock] = &names(&store)[..] else { panic!("{:?}", names(&store)) };
    assert!(aside.starts_with("watch-list.damaged-20") && aside.ends_with("Z.json"), "{aside}");
    let expected = format!("damaged watch list set aside as {aside}: entry 2: the savepoint ID");
    assert!(words.as_ref().unwrap().starts_with(&expected), "{words:?}");
    assert_eq!(fs::read(store.directory.join(aside)).unwrap(), text);
    assert_eq!(mode(&store.directory.join(file)), 0o600);
    assert_eq!(store.restore(false), (list, None), "and said once");
}

#[test]
fn a_file_damaged_meanwhile_is_set_aside_by_the_next_change() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    let text = damage(&store);
    let aside = store.edit(&[add("c", "")]).unwrap().unwrap();
    assert_eq!(ids(&store.read().unwrap()), ["a", "c"]);
    assert_eq!(fs::read(store.directory.join(aside.name)).unwrap(), text);
}

#[test]
fn reading_does_not_set_a_damaged_file_aside() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    let text = damage(&store);
    assert_eq!(ids(&store.read().unwrap()), ["a"]);
    assert_eq!(fs::read(store.directory.join(FILE)).unwrap(), text);
}

#[test]
fn plain_http_of_an_instance_that_may_survives_one_that_may_not() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    let mut http = target("a");
    http.place.endpoint =
        crate::domain::endpoint::Endpoint::of_url("http://example.com", true).unwrap();
    store.edit(&[Edit::Add(http.clone(), remark(""))]).unwrap();
    assert_eq!(store.edit(&[add("b", "")]).unwrap(), None);
    assert_eq!(store.restore(true).0.watched.len(), 2);
    let (list, words) = store.restore(false);
    assert_eq!(ids(&list), ["b"]);
    assert!(words.unwrap().contains("--allow-http"));
    assert_eq!(store.restore(true).0.watched.len(), 2, "and it is still there");
    assert_eq!(names(&store), [FILE, LOCK], "nothing was set aside");
}

#[test]
fn a_failed_write_keeps_the_file_and_names_the_path() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    store.edit(&[add("a", "")]).unwrap();
    // A directory in the way of the new file: as sure for root as for anybody.
    fs::create_dir(store.directory.join(NEXT)).unwrap();
    let error = store.edit(&[add("b", "")]).unwrap_err().to_string();
    assert!(error.contains(FILE), "{error}");
    assert_eq!(ids(&store.read().unwrap()), ["a"]);
}

#[test]
fn a_file_in_the_place_of_the_directory_is_an_error() {
    let home = TempDir::new().unwrap();
    let store = WatchListStore { directory: home.path().join("file/savepeek"), patience: PATIENCE };
    fs::write(home.path().join("file"), "").unwrap();
    assert!(store.edit(&[add("a", "")]).is_err());
    let (list, words) = store.restore(false);
    assert_eq!(list, WatchList::default());
    assert!(words.unwrap().starts_with("no watch list: "));
}

#[test]
fn concurrent_instances_keep_each_other_s_changes() {
    const EACH: usize = 10;
    let home = TempDir::new().unwrap();
    let store = store(&home);
    std::thread::scope(|scope| {
        let store = &store;
        let instances = [0, 1, 2, 3].map(|instance| {
            scope.spawn(move || {
                for number in 0..EACH {
                    store.edit(&[add(&format!("{instance}-{number}"), "")]).unwrap();
                    store.edit(&[add("passing", ""), Edit::Remove(target("passing"))]).unwrap();
                }
            })
        });
        // A concurrent reader always finds a whole file.
        while !instances.iter().all(ScopedJoinHandle::is_finished) {
            assert_eq!(store.restore(false).1, None);
        }
    });
    assert_eq!(store.read().unwrap().watched.len(), 4 * EACH);
    assert_eq!(names(&store), [FILE, LOCK]);
}

#[test]
fn waiting_for_the_lock_times_out_and_names_the_holder() {
    let home = TempDir::new().unwrap();
    let store = WatchListStore { patience: Duration::from_millis(50), ..store(&home) };
    store.edit(&[add("a", "")]).unwrap();
    let held = store.lock(&mut |_| {}).unwrap();
    let mut reports = Vec::new();
    let edits = [add("b", "")];
    let error =
        store.edit_reporting_wait(&edits, &mut |who| reports.push(who.to_owned())).unwrap_err();
    let words = format!("watch-list.lock is held by savepeek pid {}", std::process::id());
    assert!(error.to_string().ends_with(&words), "{error}");
    assert!(reports[0].ends_with(&words), "{reports:?}");
    drop(held);
    store.edit(&edits).unwrap();
    assert_eq!(ids(&store.read().unwrap()), ["a", "b"]);
}

#[test]
fn a_damaged_file_is_read_although_the_lock_is_held() {
    let home = TempDir::new().unwrap();
    let store = WatchListStore { patience: Duration::from_millis(50), ..store(&home) };
    let text = damage(&store);
    let _held = store.lock(&mut |_| {}).unwrap();
    let (list, words) = store.restore(false);
    assert_eq!(ids(&list), ["a"]);
    let words = words.unwrap();
    assert!(words.starts_with("damaged watch list not set aside (entry 2: "), "{words}");
    assert!(words.contains(" is held by savepeek pid "), "{words}");
    assert_eq!(fs::read(store.directory.join(FILE)).unwrap(), text);
}

#[test]
fn a_file_of_a_newer_version_is_read_and_never_changed() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    store.edit(&[add("a", "x")]).unwrap();
    let text = fs::read_to_string(store.directory.join(FILE)).unwrap();
    let text = text.replace("\"version\":1", "\"version\":2").replace("\"note\"", "\"notes\"");
    fs::write(store.directory.join(FILE), &text).unwrap();
    let (_, words) = store.restore(false);
    let words = words.unwrap();
    assert!(words.starts_with("the watch list is only read, nothing is saved: "), "{words}");
    let error = store.edit(&[add("b", "")]).unwrap_err().to_string();
    assert!(error.contains("is of a newer savepeek (version 2): update this one"), "{error}");
    assert_eq!(fs::read_to_string(store.directory.join(FILE)).unwrap(), text);
    assert_eq!(names(&store), [FILE, LOCK], "nothing was set aside");
    assert!(matches!(store.problem(), Some(FileProblem::Unusable(_))));
}

#[test]
fn fields_of_a_newer_version_survive_a_change() {
    let home = TempDir::new().unwrap();
    let store = store(&home);
    store.edit(&[add("a", "x"), add("b", "")]).unwrap();
    let text = fs::read_to_string(store.directory.join(FILE)).unwrap();
    let text = text.replace("\"note\":\"x\"", "\"note\":\"x\",\"colour\":{\"z\":1e400,\"a\":null}");
    let text = text.replace("\n]}\n", "\n],\"zones\":[\"a\",\n \"b\"],\"audit\":true}\n");
    fs::write(store.directory.join(FILE), &text).unwrap();
    assert_eq!(store.restore(false).1, None);
    store.edit(&[add("c", ""), Edit::Remove(target("b"))]).unwrap();
    let text = fs::read_to_string(store.directory.join(FILE)).unwrap();
    assert!(text.contains("Z\",\"colour\":{\"z\":1e400,\"a\":null}},\n"), "{text}");
    assert!(text.ends_with("\n],\"zones\":[\"a\",\"b\"],\"audit\":true}\n"), "{text}");
    assert_eq!(ids(&store.read().unwrap()), ["a", "c"]);
    store.edit(&[Edit::Remove(target("a")), add("a", "")]).unwrap();
    let text = fs::read_to_string(store.directory.join(FILE)).unwrap();
    assert!(!text.contains("colour"), "it went with what it belonged to: {text}");
}

#[test]
fn a_special_file_in_place_of_the_list_is_reported_and_kept() {
    for (kind, why) in SPECIAL {
        let home = TempDir::new().unwrap();
        let store = store(&home);
        put(kind, &store.directory.join(FILE));
        let (list, words) = store.restore(false);
        assert_eq!(list, WatchList::default());
        let words = words.unwrap();
        assert!(words.starts_with("no watch list: ") && words.contains(why), "{kind}: {words}");
        let error = store.edit(&[add("a", "")]).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(FILE), "{kind}: {error}");
        assert!(store.directory.join(FILE).symlink_metadata().is_ok());
    }
}

#[test]
fn a_special_file_in_place_of_the_lock_is_reported() {
    for (kind, why) in SPECIAL.into_iter().filter(|(kind, _)| *kind != "gigabyte") {
        let home = TempDir::new().unwrap();
        let store = store(&home);
        put(kind, &store.directory.join(LOCK));
        let error = store.edit(&[add("a", "")]).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(LOCK), "{kind}: {error}");
    }
}
