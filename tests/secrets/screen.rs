//! The screen and everything it copies, journals, logs, passes to hooks and reports in a panic.

use crate::commands::World;
use crate::marks::mark;
use crate::sources::{KEY_IDS, SECRETS, TOKENS};
use crate::support::session::{Launch, Session};
use crate::support::{count, wait_until};

fn world() -> World {
    let sources = [SECRETS[0], TOKENS[0], KEY_IDS[0]];
    let mut world = World::new(&sources);
    for name in sources {
        world.set(name, &mark(name));
    }
    world
}

fn start(world: &World, arguments: &[&str]) -> Session {
    let launch = Launch::savepeek(arguments).size(160, 50);
    let variables = world.variables().iter();
    variables.fold(launch, |launch, (name, value)| launch.environment(name, value)).start()
}

#[test]
fn secrets_do_not_leak_to_the_screen_or_its_outputs() {
    let mut world = world();
    let output = world.home.path().join("output");
    let command = format!("sh -c '{{ cat; env; }} >> {}'", output.display());
    let hook = ["--on-change", &command, "--notify", "all", "--interval", "1s", "--fresh"];
    let ids = ["good", "failed", "state", "refused", "denied", "xml", "page", "broken"];
    let mut session = start(&world, &[&hook[..], &ids].concat());
    session.wait_for("FAILED");
    session.wait_for("***");
    // The raw response, the copy menu and each of its items, the journal, the help.
    for keys in ["J", "J", "e", "\x1b", "?", "\x1b", "c", "\x1b"] {
        session.send(keys);
    }
    let copies = |session: &Session| count(&session.bytes(), "\x1b]52");
    for copy in ["Y", "yi", "yl", "yd", "yj", "yr", "y\x1b"] {
        session.send(copy);
    }
    session.wait("a copy", |seen| count(&seen.bytes, "\x1b]52") > 0);
    // Each savepoint in turn.
    for _ in ids {
        session.send("j");
        session.send("J");
        session.send("J");
    }
    session.send("b");
    session.wait("the list of deployments", |seen| {
        seen.emulator.screen().contents().to_lowercase().contains("deployment")
    });
    session.send("\x1b");
    session.send("\x03");
    assert_eq!(session.exit(), 0);
    assert!(copies(&session) > 0);
    world.assert_nothing_left(&[]);
    world.finder.assert_none("the terminal", &session.bytes());
    for call in [&["journal"][..], &["journal", "--output", "json"], &["report"]] {
        world.run(call);
    }
}

#[test]
fn secrets_do_not_leak_to_a_hook() {
    let mut world = world();
    let output = world.home.path().join("output");
    let command = format!("sh -c '{{ cat; env; echo end; }} > {}'", output.display());
    let flags = ["--on-change", &command, "--notify-on", "new,appeared,state,lost,vanished"];
    let here = ["--interval", "1s", "--fresh", "changing"];
    let session = start(&world, &[&flags[..], &here].concat());
    wait_until("the hook was run", || {
        std::fs::read_to_string(&output).is_ok_and(|text| text.ends_with("end\n"))
    });
    let text = std::fs::read_to_string(&output).unwrap();
    assert!(text.contains("***") && text.contains("SAVEPEEK_ID=changing"), "{text}");
    drop(session);
    world.assert_nothing_left(&[]);
}

#[cfg(debug_assertions)]
#[rstest::rstest]
#[case("ui")]
#[case("task")]
fn secrets_do_not_leak_in_a_panic(#[case] place: &str) {
    let mut world = world();
    world.set("SAVEPEEK_PANIC", place);
    world.set("RUST_BACKTRACE", "full");
    world.set("COLORBT_SHOW_HIDDEN", "1");
    let mut session = start(&world, &["good", "refused", "--fresh"]);
    assert_eq!(session.exit(), 101);
    session.wait("the report", |seen| count(&seen.bytes, "asked to panic") > 0);
    world.finder.assert_none("the panic", &session.bytes());
    world.assert_nothing_left(&[]);
}

#[test]
fn secrets_in_the_environment_do_not_leak_from_the_demo() {
    let world = world();
    let mut session = start(&world, &["demo"]);
    session.wait_for("FAILED");
    session.send("q");
    assert_eq!(session.exit(), 0);
    world.finder.assert_none("the demo", &session.bytes());
}
