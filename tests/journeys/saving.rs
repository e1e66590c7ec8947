//! What is saved for the next start: watched savepoints and notes.

use indexmap::IndexMap;
use savepeek::config::context::PlaceFields;
use savepeek::poller::Command;
use savepeek::storage::journal::WriterReport;
use savepeek::storage::watch_list::{Annotation, Edit, WatchList};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};

use crate::harness::{Harness, START, answer, deployment, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn annotation(note: &str) -> Annotation {
    Annotation { note: note.to_owned(), added_at: START.parse().unwrap() }
}

/// Two savepoints restored from the watch list.
fn restored(notes: [&str; 2]) -> Harness {
    let mut harness = Harness::new(120, 40);
    let [a, b] = notes.map(annotation);
    harness.state.restore(WatchList {
        watched: IndexMap::from([(target(A), a), (target(B), b)]),
        ..WatchList::default()
    });
    harness.state.derive();
    harness.keys("s s j g");
    harness
}

fn saved(harness: &mut Harness, result: Result<Option<&str>, &str>) {
    let result = result.map(|words| words.map(str::to_owned)).map_err(str::to_owned);
    harness.send(Message::Done(Outcome::Saved(result)));
}

#[test]
fn restored_savepoints_claim_nothing_before_an_answer() {
    let mut harness = restored(["before the upgrade", ""]);
    harness
        .assert_screen("2 savepoints")
        .assert_screen("asking")
        .assert_not_on_screen("live")
        .assert_not_on_screen("COMPLETED")
        .assert_not_on_screen("just now");
    harness.assert_screen("before the upgrade").assert_screen("never");
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .assert_screen("COMPLETED")
        .assert_screen("before the upgrade");
}

#[test]
fn added_savepoint_is_saved() {
    let mut harness = restored(["", ""]);
    harness.paste("1d716b22-6aad-4be2-85c2-50cfc7570002").keys("Enter");
    let added = target("1d716b22-6aad-4be2-85c2-50cfc7570002");
    assert_eq!(harness.edits(), [Edit::Add(added, annotation(""))]);
    harness.paste(A).keys("Enter").assert_screen("1 already watched");
    assert_eq!(harness.edits(), []);
}

#[test]
fn removed_savepoint_is_deleted_and_undone_with_its_note() {
    let mut harness = restored(["before the upgrade", ""]);
    harness.keys("d").assert_screen("no longer watched").assert_not_on_screen("before the upgrade");
    assert_eq!(harness.edits(), [Edit::Remove(target(A))]);
    harness.keys("u").assert_screen("before the upgrade");
    assert_eq!(harness.edits(), [Edit::Add(target(A), annotation("before the upgrade"))]);
}

#[test]
fn demo_is_not_saved() {
    let mut harness = Harness::new(120, 40);
    harness.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    harness.keys("m").text("mine").keys("Enter d u").assert_screen("mine");
    assert_eq!(harness.edits(), []);
}

#[test]
fn note_is_saved_shown_and_filterable() {
    let mut harness = restored(["", ""]);
    harness
        .keys("m")
        .assert_screen(" note:")
        .text("before 4.2")
        .assert_screen("note: before 4.2")
        .keys("Enter");
    harness.assert_screen("Note        before 4.2");
    assert_eq!(harness.edits(), [Edit::Note(target(A), annotation("before 4.2"))]);
    harness
        .keys("/")
        .text("BEFORE")
        .assert_screen("1 of 2 savepoints")
        .assert_screen(&A[..13])
        .keys("Enter");
    harness.keys("m Ctrl-u").text("after").keys("Enter").assert_screen("0 of 2 savepoints");
}

#[test]
fn note_belongs_to_the_savepoint_it_was_started_on() {
    let mut harness = restored(["", ""]);
    harness.keys("m").text("mine");
    harness.polled(B, Ok(answer(B, "FAILED"))).keys("Enter");
    assert_eq!(harness.edits(), [Edit::Note(target(A), annotation("mine"))]);
}

#[test]
fn escape_leaves_the_note_as_it_was() {
    let mut harness = restored(["before 4.2", ""]);
    harness
        .keys("m")
        .assert_screen("note: before 4.2")
        .text(" or not")
        .keys("Esc")
        .assert_screen("Note        before 4.2");
    harness.assert_not_on_screen("or not");
    harness.keys("m Enter");
    assert_eq!(harness.edits(), [], "the same note is no change");
}

#[test]
fn empty_note_removes_it() {
    let mut harness = restored(["before 4.2", ""]);
    harness.keys("m Ctrl-u").text("  ").keys("Enter").assert_not_on_screen("Note ");
    assert_eq!(harness.edits(), [Edit::Note(target(A), annotation(""))]);
}

#[test]
fn without_a_savepoint_there_is_nothing_to_note() {
    let mut harness = Harness::new(80, 24);
    harness.keys("m");
    assert!(harness.state.overlay.is_none());
}

#[test]
fn a_note_cannot_act_on_the_terminal() {
    let mut harness = restored(["from\x1b[31m a\nfile\u{202e}", ""]);
    harness
        .assert_screen("from\\x1b[31m a")
        .assert_screen("file\\u{202e}")
        .keys("m")
        .paste("\x1b[2J\u{9b}\n\u{202e}x");
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!harness.screen().contains(acts));
    harness.keys("Enter");
    assert!(!harness.screen().contains(acts));
    let [Edit::Note(_, annotation)] = &harness.edits()[..] else { panic!("no note") };
    assert!(!annotation.note.ends_with(char::is_control));
}

#[test]
fn the_summary_to_copy_has_the_note() {
    let mut harness = restored(["before 4.2", ""]);
    harness.keys("y s");
    let effects = harness.effects();
    let [Effect::Copy(clip)] = &effects[..] else { panic!("{effects:?}") };
    assert!(clip.text.contains("note       before 4.2"), "{}", clip.text);
}

#[test]
fn save_failure_and_recovery_are_each_reported_once() {
    let mut harness = restored(["", ""]);
    saved(&mut harness, Err("No space left on device"));
    harness.assert_screen("not saved, so lost when you quit: No space left on device");
    harness
        .keys("j")
        .assert_not_on_screen("lost when you quit")
        .assert_screen(" not saved: No space left on device ─");
    saved(&mut harness, Err("No space left on device"));
    harness.assert_not_on_screen("lost when you quit");
    saved(&mut harness, Err("Read-only file system"));
    harness.assert_screen("Read-only file system").keys("j");
    saved(&mut harness, Ok(None));
    harness.assert_screen("saved again").assert_not_on_screen("not saved").keys("j");
    saved(&mut harness, Ok(None));
    harness.assert_not_on_screen("saved");
    saved(&mut harness, Ok(Some("damaged watch list set aside as x")));
    harness.assert_screen("set aside as x");
}

/// The program at its start, while the watch list is being read.
fn starting(ids: &[&str]) -> Harness {
    let mut harness = Harness::watching(120, 40, ids);
    harness.state.watch_list.edits_while_loading = Some(Vec::new());
    harness.state.defaults = PlaceFields::new("cn-hangzhou", "a14bd5d90a0001", "prod-default", "");
    harness.keys("s s");
    harness
}

/// Delivers the watch list that was read.
fn read(harness: &mut Harness, ids: &[&str], words: Option<&str>) {
    let watched = ids.iter().map(|id| (target(id), annotation("mine"))).collect();
    let list = WatchList { watched, ..WatchList::default() };
    let words = words.map(str::to_owned);
    harness.send(Message::Done(Outcome::WatchListRead(Box::new(list), words)));
}

#[test]
fn hanging_disk_is_shown_and_blocks_nothing_else() {
    let mut harness = starting(&[]);
    harness
        .assert_screen("reading the watch list ...")
        .assert_not_on_screen("adds savepoints")
        .after(3600);
    harness.assert_screen("reading the watch list ...");
    harness
        .paste(A)
        .keys("Enter")
        .assert_screen("1 added")
        .assert_screen("reading the watch list ...");
    assert!(harness.effects().contains(&Effect::Poller(Command::watch(vec![target(A)]))));
    harness
        .polled(A, Ok(answer(A, "COMPLETED")))
        .assert_screen("live")
        .assert_screen("reading the watch list ...");
    harness.keys("q");
    assert_eq!(harness.effects().last(), Some(&Effect::Quit));
}

#[test]
fn late_watch_list_is_placed_first_and_polled() {
    let mut harness = starting(&[B]);
    harness.polled(B, Ok(answer(B, "COMPLETED")));
    harness.effects();
    read(&mut harness, &[A, B], None);
    harness
        .assert_screen("2 savepoints")
        .assert_screen("COMPLETED")
        .assert_not_on_screen("reading");
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![target(A)]))]);
    let notes: Vec<_> =
        harness.state.feeds.iter().map(|(it, feed)| (it.id.as_str(), &*feed.note)).collect();
    assert_eq!(notes, [(A, "mine"), (B, "mine")]);
    assert_eq!(harness.edits(), [], "it is on the disk already");
}

#[test]
fn edits_during_loading_win_over_the_stored_list() {
    let mut harness = starting(&[]);
    harness.paste(&format!("{A} {B}")).keys("Enter");
    harness.keys("g d").assert_screen("no longer watched");
    harness.keys("m").text("newer").keys("Enter");
    let [removed, noted] = match harness.state.feeds.keys().next() {
        Some(left) if *left == target(A) => [B, A],
        _ => [A, B],
    };
    read(&mut harness, &[A, B], None);
    harness.assert_screen("1 savepoint").assert_screen("newer").assert_not_on_screen("mine");
    assert!(!harness.state.feeds.contains_key(&target(removed)));
    assert!(harness.state.feeds.contains_key(&target(noted)));
}

#[test]
fn deployment_followed_during_loading_is_subscribed_once() {
    let mut harness = starting(&[]);
    let followed = [(deployment(), START.parse().unwrap())].into();
    let list = WatchList { followed, ..WatchList::default() };
    harness.send(Message::Done(Outcome::WatchListRead(Box::new(list.clone()), None)));
    assert_eq!(harness.effects().len(), 1);
    harness.state.watch_list.edits_while_loading = Some(Vec::new());
    harness.send(Message::Done(Outcome::WatchListRead(Box::new(list), None)));
    assert_eq!(harness.effects(), []);
}

#[test]
fn an_empty_list_opens_the_form_unless_something_else_is_open() {
    let mut harness = starting(&[]);
    read(&mut harness, &[], None);
    harness.assert_screen("cn-hangzhou").assert_screen("Savepoints");
    let mut harness = starting(&[]);
    harness.keys("e");
    read(&mut harness, &[], None);
    harness.assert_not_on_screen("cn-hangzhou");
}

#[test]
fn damaged_file_is_reported_and_the_rest_restored() {
    let mut harness = starting(&[]);
    read(&mut harness, &[A], Some("damaged watch list set aside as x.json: entry 2: \u{1b}[31m"));
    harness
        .assert_screen("damaged watch list set aside as x.json: entry 2:")
        .assert_screen("1 savepoint")
        .assert_screen("mine");
}

#[test]
fn warnings_are_queued() {
    let mut harness = starting(&[]);
    let failing =
        |why: &str| Message::Done(Outcome::Journal(WriterReport::Failing(why.to_owned())));
    harness.send(failing("disk full"));
    read(&mut harness, &[A], Some("damaged watch list set aside as x.json"));
    harness
        .assert_screen("disk full")
        .assert_not_on_screen("set aside")
        .keys("j")
        .assert_screen("set aside as x.json")
        .assert_not_on_screen("disk full");
    harness
        .send(failing("disk gone"))
        .assert_screen("set aside")
        .after(11)
        .assert_screen("disk gone");
    harness.after(11).assert_not_on_screen("disk gone").assert_not_on_screen("set aside");
}
