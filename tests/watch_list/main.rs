//! The watch list on disk, written and read by the real binary in a real terminal.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lock;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::time::Instant;

use rustix::process::Signal;
use savepeek::demo::Story;
use savepeek::domain::savepoint::Target;
use savepeek::storage::watch_list::WatchListStore;
use savepeek::util::environment::Environment;
use support::DEADLINE;
use support::service::DemoService;
use support::session::{Launch, Session};
use tempfile::TempDir;

/// A service, and a state directory that several runs of the program share.
struct Sandbox {
    service: DemoService,
    targets: Vec<Target>,
    home: TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let service = DemoService::start(Story::embedded());
        let targets = service.service.targets();
        Self { service, targets, home: tempfile::tempdir().unwrap() }
    }

    /// The program in a terminal of its own, with the watch list read.
    fn start(&self, arguments: &[&str]) -> Session {
        let session = self.launch(arguments);
        session.wait_until_drawn();
        session
    }

    /// The program in a terminal of its own.
    fn launch(&self, arguments: &[&str]) -> Session {
        let command = [&[env!("CARGO_BIN_EXE_savepeek")], arguments].concat();
        let state = self.state().display().to_string();
        let mut launch =
            Launch::command(&command).environment("XDG_STATE_HOME", &state).size(120, 40);
        let place = &self.targets[0].place;
        let at = [
            ("SAVEPEEK_WORKSPACE", place.workspace.to_string()),
            ("SAVEPEEK_NAMESPACE", place.namespace.to_string()),
        ];
        for (name, value) in self.service.variables().iter().chain(&at) {
            launch = launch.environment(name, value);
        }
        launch.start()
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    fn file(&self) -> PathBuf {
        self.state().join("savepeek/watch-list.json")
    }

    fn store(&self) -> WatchListStore {
        let state = self.state().display().to_string();
        WatchListStore::from_environment(&Environment::of([("XDG_STATE_HOME", &state)])).unwrap()
    }

    fn id(&self, number: usize) -> &str {
        self.targets[number].id.as_str()
    }

    /// Puts some savepoints on the watch list.
    fn watch(&self, numbers: std::ops::Range<usize>) {
        support::watch(&self.store(), &self.targets[numbers]);
    }

    /// The IDs and notes that the next run would restore, and its message.
    fn stored(&self) -> (Vec<(String, String)>, Option<String>) {
        let (list, words) = self.store().restore(false);
        let entries = list.watched.into_iter().map(|(target, it)| (target.id.to_string(), it.note));
        (entries.collect(), words)
    }

    /// The damaged files that were set aside.
    fn set_aside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.state().join("savepeek")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_str().unwrap().contains(".damaged-")).collect()
    }

    fn stored_ids(&self) -> Vec<String> {
        self.stored().0.into_iter().map(|(id, _)| id).collect()
    }
}

/// Adds a savepoint on the form.
fn add(session: &mut Session, id: &str) {
    session.send(&format!("\x1b[200~{id}\x1b[201~"));
    session.wait_for("1 savepoint ID found");
    session.send("\r");
    session.wait_for("1 added");
}

fn quit(mut session: Session) {
    session.send("q");
    assert_eq!(session.exit(), 0);
}

#[test]
fn the_watch_list_and_its_notes_are_restored() {
    let sandbox = Sandbox::new();
    let mut session = sandbox.start(&[]);
    session.wait_for("Savepoints");
    add(&mut session, sandbox.id(0));
    session.send("mbefore the upgrade\r");
    session.wait_for("Note        before the upgrade");
    quit(session);
    let entry = (sandbox.id(0).to_owned(), "before the upgrade".to_owned());
    assert_eq!(sandbox.stored(), (vec![entry], None));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(sandbox.file()), mode(sandbox.state().join("savepeek"))), (0o600, 0o700));

    let session = sandbox.start(&[]);
    session.wait_for("Note        before the upgrade");
    session.wait_for("live, asked every 5 s");
    assert!(!session.screen().contains("Savepoints "), "the form:\n{}", session.screen());
    quit(session);

    let session = sandbox.start(&[sandbox.id(1)]);
    session.wait_for("2 savepoints");
    quit(session);
    assert_eq!(sandbox.stored_ids(), [sandbox.id(0), sandbox.id(1)]);
}

#[test]
fn a_change_right_before_quitting_is_saved() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..2);
    let mut session = sandbox.start(&[]);
    session.send("ddu");
    quit(session);
    assert_eq!(sandbox.stored_ids().len(), 1);
}

#[test]
fn instances_do_not_overwrite_each_other_s_additions() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..1);
    let [mut one, mut other] = [sandbox.start(&[]), sandbox.start(&[])];
    for (session, id) in [(&mut one, sandbox.id(1)), (&mut other, sandbox.id(2))] {
        session.send(&format!("\x1b[200~{id}\x1b[201~"));
        session.wait_for("1 savepoint ID found");
    }
    one.send("\r");
    other.send("\r");
    one.wait_for("1 added");
    other.wait_for("1 added");
    quit(one);
    quit(other);
    let mut stored = sandbox.stored_ids();
    stored.sort();
    let mut expected = [0, 1, 2].map(|number| sandbox.id(number).to_owned());
    expected.sort();
    assert_eq!(stored, expected);
}

#[test]
fn a_damaged_file_is_set_aside_and_reported_and_the_rest_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let torn = fs::read_to_string(sandbox.file()).unwrap();
    let torn = torn[..torn.rfind("addedAt").unwrap()].to_owned();
    fs::write(sandbox.file(), &torn).unwrap();
    let session = sandbox.start(&[]);
    session.wait_for("damaged watch list set aside as watch-list.damaged-20");
    session.wait_for("2 savepoints");
    quit(session);
    assert_eq!(sandbox.stored_ids(), [sandbox.id(0), sandbox.id(1)]);
    let [aside] = &sandbox.set_aside()[..] else { panic!("{:?}", sandbox.set_aside()) };
    assert_eq!(fs::read_to_string(aside).unwrap(), torn);
}

#[rstest::rstest]
#[case::fresh(&["--fresh"], "0 savepoints")]
#[case::the_demo(&["demo"], "the demo")]
fn fresh_and_the_demo_do_not_change_the_file(#[case] arguments: &[&str], #[case] seen: &str) {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let before = (fs::read(sandbox.file()).unwrap(), fs::metadata(sandbox.file()).unwrap().ino());
    let mut session = sandbox.start(arguments);
    session.wait_for(seen);
    if arguments == ["--fresh"] {
        add(&mut session, sandbox.id(4));
        session.wait_for("1 savepoint,");
    }
    session.send("dumof no consequence\r");
    session.wait_for("Note        of no consequence");
    quit(session);
    let after = (fs::read(sandbox.file()).unwrap(), fs::metadata(sandbox.file()).unwrap().ino());
    assert_eq!(before, after);
}

#[test]
fn a_failing_disk_is_reported_and_the_program_continues() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.state(), "a file in the place of the directory").unwrap();
    let mut session = sandbox.start(&[sandbox.id(0)]);
    session.wait_for(" not saved: ");
    session.send("m");
    session.wait_for("note:");
    session.send("mine\r");
    session.wait_for("Note        mine");
    session.wait_for("live, asked every 5 s");
    session.send("q");
    assert_eq!(session.exit(), 7);
}

#[test]
fn killing_it_while_it_saves_does_not_damage_the_file() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let version = || {
        let file = fs::metadata(sandbox.file()).unwrap();
        (file.ino(), file.mtime(), file.mtime_nsec())
    };
    let next = sandbox.file().with_extension("json.new");
    for _round in 0..6 {
        let mut session = sandbox.start(&[]);
        session.wait_for(" 3 savepoints");
        let within = Instant::now() + DEADLINE;
        'saving: loop {
            let before = version();
            session.send("du");
            while version() == before {
                if next.exists() {
                    break 'saving;
                }
                assert!(Instant::now() < within, "nothing is written:\n{}", session.screen());
            }
        }
        session.signal(Signal::KILL);
        drop(session);
        let (entries, words) = sandbox.stored();
        assert_eq!(words, None);
        // The selected savepoint may have been removed or not.
        assert!((2..=3).contains(&entries.len()), "{entries:?}");
        sandbox.watch(0..3);
    }
    assert_eq!(sandbox.set_aside(), [""; 0].map(PathBuf::from));
}

#[test]
fn keys_after_q_go_to_the_shell() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..1);
    let mut session = sandbox.start(&[]);
    session.wait_for(sandbox.id(0));
    session.send("qd");
    assert_eq!(session.exit(), 0);
    assert_eq!(sandbox.stored_ids(), [sandbox.id(0)]);
}

#[test]
fn a_list_of_a_newer_version_is_read_but_not_changed() {
    let sandbox = Sandbox::new();
    sandbox.watch(0..3);
    let text = fs::read_to_string(sandbox.file()).unwrap();
    let text = text.replace("\"version\":1", "\"version\":2,\"rules\":[7]");
    fs::write(sandbox.file(), &text).unwrap();
    let mut session = sandbox.start(&[]);
    session.wait_for("the watch list is only read, nothing is saved: ");
    session.wait_for(" 3 savepoints");
    session.send("d");
    session.wait_for(" not saved: ");
    session.send("q");
    assert_eq!(session.exit(), 7);
    session.wait("what is not saved", |seen| {
        String::from_utf8_lossy(&seen.bytes).contains("is of a newer savepeek (version 2)")
    });
    assert_eq!(fs::read_to_string(sandbox.file()).unwrap(), text);
    assert_eq!(sandbox.set_aside(), [""; 0].map(PathBuf::from));
}
