//! What is kept for the next start: what is watched, and the user's notes.

use indexmap::IndexMap;
use savepeek::storage::journal::WriterReport;
use savepeek::storage::watch_list::{Annotation, Edit, WatchList};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::{Message, Outcome};

use crate::stage::{Harness, START, answer, deployment, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

fn remark(note: &str) -> Annotation {
    Annotation { note: note.to_owned(), added_at: START.parse().unwrap() }
}

/// A stage on which two savepoints are watched as the last time.
fn restored(notes: [&str; 2]) -> Harness {
    let mut stage = Harness::new(120, 40);
    let [a, b] = notes.map(remark);
    stage.state.restore(WatchList {
        watched: IndexMap::from([(target(A), a), (target(B), b)]),
        ..WatchList::default()
    });
    stage.keys("s s j g");
    stage
}

fn saved(stage: &mut Harness, result: Result<Option<&str>, &str>) {
    let result = result.map(|words| words.map(str::to_owned)).map_err(str::to_owned);
    stage.send(Message::Done(Outcome::Saved(result)));
}

#[test]
fn what_is_restored_claims_nothing_until_it_is_answered() {
    let mut stage = restored(["before the upgrade", ""]);
    stage.see("2 savepoints").see("asking").miss("live").miss("COMPLETED").miss("just now");
    stage.see("before the upgrade").see("never");
    stage.polled(A, Ok(answer(A, "COMPLETED"))).see("COMPLETED").see("before the upgrade");
}

#[test]
fn what_is_added_is_kept() {
    let mut stage = restored(["", ""]);
    stage.paste("1d716b22-6aad-4be2-85c2-50cfc7570002").keys("Enter");
    let added = target("1d716b22-6aad-4be2-85c2-50cfc7570002");
    assert_eq!(stage.edits(), [Edit::Add(added, remark(""))]);
    stage.paste(A).keys("Enter").see("1 already watched");
    assert_eq!(stage.edits(), []);
}

#[test]
fn what_is_dropped_is_forgotten_and_comes_back_with_its_note() {
    let mut stage = restored(["before the upgrade", ""]);
    stage.keys("d").see("no longer watched").miss("before the upgrade");
    assert_eq!(stage.edits(), [Edit::Remove(target(A))]);
    stage.keys("u").see("before the upgrade");
    assert_eq!(stage.edits(), [Edit::Add(target(A), remark("before the upgrade"))]);
}

#[test]
fn the_demo_is_not_kept() {
    let mut stage = Harness::new(120, 40);
    stage.send(Message::Done(Outcome::Demo(Ok(vec![target(A)]))));
    stage.keys("m").text("mine").keys("Enter d u").see("mine");
    assert_eq!(stage.edits(), []);
}

#[test]
fn a_note_is_written_shown_and_found() {
    let mut stage = restored(["", ""]);
    stage.keys("m").see(" note:").text("before 4.2").see("note: before 4.2").keys("Enter");
    stage.see("Note        before 4.2");
    assert_eq!(stage.edits(), [Edit::Note(target(A), remark("before 4.2"))]);
    stage.keys("/").text("BEFORE").see("1 of 2 savepoints").see(&A[..13]).keys("Enter");
    stage.keys("m Ctrl-u").text("after").keys("Enter").see("0 of 2 savepoints");
}

#[test]
fn a_note_goes_to_the_savepoint_it_was_begun_for() {
    let mut stage = restored(["", ""]);
    stage.keys("m").text("mine");
    stage.polled(B, Ok(answer(B, "FAILED"))).keys("Enter");
    assert_eq!(stage.edits(), [Edit::Note(target(A), remark("mine"))]);
}

#[test]
fn escape_leaves_the_note_as_it_was() {
    let mut stage = restored(["before 4.2", ""]);
    stage
        .keys("m")
        .see("note: before 4.2")
        .text(" or not")
        .keys("Esc")
        .see("Note        before 4.2");
    stage.miss("or not");
    stage.keys("m Enter");
    assert_eq!(stage.edits(), [], "the same note is no change");
}

#[test]
fn an_empty_note_is_none() {
    let mut stage = restored(["before 4.2", ""]);
    stage.keys("m Ctrl-u").text("  ").keys("Enter").miss("Note ");
    assert_eq!(stage.edits(), [Edit::Note(target(A), remark(""))]);
}

#[test]
fn without_a_savepoint_there_is_nothing_to_note() {
    let mut stage = Harness::new(80, 24);
    stage.keys("m");
    assert!(stage.state.overlay.is_none());
}

#[test]
fn a_note_cannot_act_on_the_terminal() {
    let mut stage = restored(["from\x1b[31m a\nfile\u{202e}", ""]);
    stage.see("from\\x1b[31m a").see("file\\u{202e}").keys("m").paste("\x1b[2J\u{9b}\n\u{202e}x");
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!stage.screen().contains(acts));
    stage.keys("Enter");
    assert!(!stage.screen().contains(acts));
    let [Edit::Note(_, remark)] = &stage.edits()[..] else { panic!("no note") };
    assert!(!remark.note.ends_with(char::is_control));
}

#[test]
fn the_summary_to_copy_has_the_note() {
    let mut stage = restored(["before 4.2", ""]);
    stage.keys("y s");
    let effects = stage.effects();
    let [Effect::Copy(clip)] = &effects[..] else { panic!("{effects:?}") };
    assert!(clip.text.contains("note       before 4.2"), "{}", clip.text);
}

#[test]
fn that_nothing_can_be_saved_is_said_once_and_so_is_that_it_can_again() {
    let mut stage = restored(["", ""]);
    saved(&mut stage, Err("No space left on device"));
    stage.see("not saved, so lost when you quit: No space left on device");
    stage.keys("j").miss("lost when you quit").see(" not saved: No space left on device ─");
    saved(&mut stage, Err("No space left on device"));
    stage.miss("lost when you quit");
    saved(&mut stage, Err("Read-only file system"));
    stage.see("Read-only file system").keys("j");
    saved(&mut stage, Ok(None));
    stage.see("saved again").miss("not saved").keys("j");
    saved(&mut stage, Ok(None));
    stage.miss("saved");
    saved(&mut stage, Ok(Some("damaged watch list set aside as x")));
    stage.see("set aside as x");
}

/// A stage as at the start, while the watch list is being read.
fn starting(ids: &[&str]) -> Harness {
    let mut stage = Harness::watching(120, 40, ids);
    stage.state.unread = Some(Vec::new());
    stage.state.defaults = ["cn-hangzhou", "a14bd5d90a0001", "prod-default", ""].map(str::to_owned);
    stage.keys("s s");
    stage
}

/// The disk gives the watch list.
fn read(stage: &mut Harness, ids: &[&str], words: Option<&str>) {
    let watched = ids.iter().map(|id| (target(id), remark("mine"))).collect();
    let list = WatchList { watched, ..WatchList::default() };
    let words = words.map(str::to_owned);
    stage.send(Message::Done(Outcome::WatchListRead(Box::new(list), words)));
}

#[test]
fn while_the_disk_does_not_answer_that_is_said_and_everything_else_goes_on() {
    let mut stage = starting(&[]);
    stage.see("reading the watch list ...").miss("adds savepoints").after(3600);
    stage.see("reading the watch list ...");
    stage.paste(A).keys("Enter").see("1 added").see("reading the watch list ...");
    assert!(stage.effects().contains(&Effect::Watch(vec![target(A)])));
    stage.polled(A, Ok(answer(A, "COMPLETED"))).see("live").see("reading the watch list ...");
    stage.keys("q");
    assert_eq!(stage.effects().last(), Some(&Effect::Quit));
}

#[test]
fn what_is_read_later_comes_before_what_is_there_and_is_asked_for() {
    let mut stage = starting(&[B]);
    stage.polled(B, Ok(answer(B, "COMPLETED")));
    stage.effects();
    read(&mut stage, &[A, B], None);
    stage.see("2 savepoints").see("COMPLETED").miss("reading");
    assert_eq!(stage.effects(), [Effect::Watch(vec![target(A)])]);
    let notes: Vec<_> =
        stage.state.feeds.iter().map(|(it, feed)| (it.id.as_str(), &*feed.note)).collect();
    assert_eq!(notes, [(A, "mine"), (B, "mine")]);
    assert_eq!(stage.edits(), [], "it is on the disk already");
}

#[test]
fn what_the_user_changed_before_the_disk_answered_holds() {
    let mut stage = starting(&[]);
    stage.paste(&format!("{A} {B}")).keys("Enter");
    stage.keys("g d").see("no longer watched");
    stage.keys("m").text("newer").keys("Enter");
    let [removed, noted] = match stage.state.feeds.keys().next() {
        Some(left) if *left == target(A) => [B, A],
        _ => [A, B],
    };
    read(&mut stage, &[A, B], None);
    stage.see("1 savepoint").see("newer").miss("mine");
    assert!(!stage.state.feeds.contains_key(&target(removed)));
    assert!(stage.state.feeds.contains_key(&target(noted)));
}

#[test]
fn a_deployment_followed_meanwhile_is_asked_for_once() {
    let mut stage = starting(&[]);
    let followed = [(deployment(), START.parse().unwrap())].into();
    let list = WatchList { followed, ..WatchList::default() };
    stage.send(Message::Done(Outcome::WatchListRead(Box::new(list.clone()), None)));
    assert_eq!(stage.effects().len(), 1);
    stage.state.unread = Some(Vec::new());
    stage.send(Message::Done(Outcome::WatchListRead(Box::new(list), None)));
    assert_eq!(stage.effects(), []);
}

#[test]
fn an_empty_list_opens_the_form_unless_something_else_is_open() {
    let mut stage = starting(&[]);
    read(&mut stage, &[], None);
    stage.see("cn-hangzhou").see("Savepoints");
    let mut stage = starting(&[]);
    stage.keys("e");
    read(&mut stage, &[], None);
    stage.miss("cn-hangzhou");
}

#[test]
fn damage_is_said_with_what_could_be_read() {
    let mut stage = starting(&[]);
    read(&mut stage, &[A], Some("damaged watch list set aside as x.json: entry 2: \u{1b}[31m"));
    stage.see("damaged watch list set aside as x.json: entry 2:").see("1 savepoint").see("mine");
}

#[test]
fn one_warning_does_not_take_the_place_of_another() {
    let mut stage = starting(&[]);
    let failing =
        |why: &str| Message::Done(Outcome::Journal(WriterReport::Failing(why.to_owned())));
    stage.send(failing("disk full"));
    read(&mut stage, &[A], Some("damaged watch list set aside as x.json"));
    stage.see("disk full").miss("set aside").keys("j").see("set aside as x.json").miss("disk full");
    stage.send(failing("disk gone")).see("set aside").after(11).see("disk gone");
    stage.after(11).miss("disk gone").miss("set aside");
}
