//! The same screen in every theme, and in ASCII.

use std::collections::HashSet;
use std::time::Duration;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use rstest::rstest;
use savepeek::api::lists::Page;
use savepeek::config::appearance::Glyphs;
use savepeek::config::appearance::Theme;
use savepeek::config::context::{Context, PlaceFields};
use savepeek::config::keymap::Mode;
use savepeek::domain::deployment::{Deployment, DeploymentId, JobSummary};
use savepeek::domain::savepoint::Namespace;
use savepeek::poller::{Event, Reply};
use savepeek::tui::message::{Message, Outcome};
use savepeek::tui::model::Overlay;
use savepeek::tui::view::title;

use crate::harness::{Harness, answer, failed, identity, not_found, target, unavailable};

const COMPLETED: &str = "11111111-a3ae-463e-967a-0b4107fd0001";
const FAILED: &str = "22222222-a3ae-463e-967a-0b4107fd0002";
const STARTED: &str = "33333333-a3ae-463e-967a-0b4107fd0003";
const OTHER: &str = "44444444-a3ae-463e-967a-0b4107fd0004";
const GONE: &str = "55555555-a3ae-463e-967a-0b4107fd0005";
const MUTE: &str = "66666666-a3ae-463e-967a-0b4107fd0006";
const NEW: &str = "77777777-a3ae-463e-967a-0b4107fd0007";
const ALL: [&str; 7] = [COMPLETED, FAILED, STARTED, OTHER, GONE, MUTE, NEW];

/// A savepoint in each display status.
fn harness(width: u16, height: u16) -> Harness {
    let mut harness = Harness::watching(width, height, &ALL);
    harness
        .polled(COMPLETED, Ok(answer(COMPLETED, "COMPLETED")))
        .polled(FAILED, Ok(failed(FAILED, 40)))
        .polled(STARTED, Ok(answer(STARTED, "STARTED")))
        .polled(OTHER, Ok(answer(OTHER, "PENDING_DELETION")))
        .polled(GONE, Err(not_found()))
        .polled(MUTE, Err(unavailable()));
    let place = target(NEW).place;
    let fields = PlaceFields::from(&place);
    harness.state.settings.contexts =
        vec![Context { name: "prod".to_owned(), fields, place: Some(place) }];
    harness
}

/// Replies to the picker with two deployments.
fn deployments(harness: &mut Harness) -> &mut Harness {
    let Some(Overlay::Picker(picker)) = &harness.state.overlay else { panic!("no picker") };
    let deployment = |name: &str| Deployment {
        deployment_id: Some(DeploymentId::new(name).unwrap()),
        name: Some(name.to_owned()),
        jobs: Some(JobSummary { running: 1, ..JobSummary::default() }),
        ..Deployment::default()
    };
    let page = Page {
        items: ["orders", "payments"].map(deployment).into(),
        unreadable: 0,
        index: 1,
        size: 100,
        total: Some(2),
        request_id: None,
        round_trip: Duration::ZERO,
        clock_correction: None,
    };
    let query = picker.asked.clone().unwrap();
    harness.replied(query, Ok(Reply::Deployments(page)))
}

/// Changes the state that a screen shows.
type Change = fn(&mut Harness) -> &mut Harness;

/// Calls `check` on every screen and state of the program, with what led to it.
fn every_screen(
    width: u16,
    height: u16,
    prepare: impl Fn(&mut Harness),
    check: impl Fn(&Harness, &str),
) {
    let screens = [
        "",
        "j",
        "Enter",
        "J",
        "w",
        "?",
        "? G",
        "a",
        "a Tab Tab Tab x",
        "y",
        "e",
        "e e",
        "e e j",
        "e /",
        "/",
        "/ z z z",
        "/ z z z Enter",
        "Tab / f",
        "Tab / f Enter",
        "m",
        "b",
        "b /",
        "x",
        "x p",
        "x Down Enter",
        "d",
        "s",
        "u",
        "p",
        "r",
        "R",
        "t",
        "d d d d d d d",
        "d d d d d d d a",
    ];
    let mut seen = Vec::new();
    for keys in screens {
        let mut harness = harness(width, height);
        prepare(&mut harness);
        harness.send(Message::Done(Outcome::Identity(None, Ok(identity("profile \"prod\"")))));
        harness.after(0).keys(keys);
        seen.push(harness.state.mode());
        check(&harness, keys);
    }
    for mode in Mode::ALL {
        assert!(seen.contains(&mode), "{mode:?} is on no screen");
    }
    // Different freshness, groups and dialogs.
    let states: [(&str, Change); 10] = [
        ("followed", |harness| {
            harness
                .keys("g f")
                .listed(Ok(ALL[..3].iter().map(|id| answer(id, "COMPLETED")).collect()));
            assert!(!harness.state.histories.is_following_none(), "{}", harness.screen());
            harness.keys("j")
        }),
        ("deployments", |harness| deployments(harness.keys("b"))),
        ("savepoints", |harness| deployments(harness.keys("b")).keys("Enter")),
        ("a context without savepoints", |harness| harness.keys("d d d d d d d x Down Enter")),
        ("grouped", |harness| {
            let mut elsewhere = target(NEW);
            elsewhere.place.namespace = Namespace::new("elsewhere").unwrap();
            harness.watch(vec![elsewhere]);
            harness.keys("o")
        }),
        ("live", |harness| harness.polled(MUTE, Ok(answer(MUTE, "STARTED")))),
        ("paused", |harness| harness.keys("p").send(Message::Poller(Event::Paused))),
        ("stale", |harness| harness.after(80)),
        ("lost", |harness| harness.after(30).polled(STARTED, Err(unavailable()))),
        ("dead", |harness| harness.send(Message::PollerDied("a test".to_owned()))),
    ];
    for (state, change) in states {
        let mut harness = harness(width, height);
        prepare(&mut harness);
        change(&mut harness);
        harness.send(Message::Done(Outcome::CannotSuspend("no shell…".to_owned())));
        check(&harness, state);
        harness.keys("Esc Esc Esc e");
        check(&harness, state);
    }
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
#[case(200, 50)]
fn in_ascii_every_screen_is_ascii(#[case] width: u16, #[case] height: u16) {
    let ascii = |harness: &mut Harness| harness.state.settings.glyphs = Glyphs::Ascii;
    every_screen(width, height, ascii, |harness, keys| {
        let screen = harness.screen();
        assert!(screen.is_ascii(), "after {keys:?}:\n{screen}");
        assert!(title::text(&harness.state).is_ascii(), "{}", title::text(&harness.state));
    });
}

#[test]
fn ascii_mode_keeps_the_data() {
    let mut harness = harness(120, 40);
    harness.state.settings.glyphs = Glyphs::Ascii;
    let mut chinese = answer(COMPLETED, "COMPLETED");
    chinese.savepoint.description = Some("升级前 ✓".to_owned());
    harness.polled(COMPLETED, Ok(chinese)).assert_screen("升级前 ✓");
}

#[rstest]
#[case(80, 24)]
#[case(120, 40)]
#[case(200, 50)]
fn themes_change_no_text(#[case] width: u16, #[case] height: u16) {
    every_screen(
        width,
        height,
        |_| (),
        |harness, keys| {
            let mut other = Harness::new(width, height);
            other.state = harness.state.clone();
            for theme in Theme::ALL {
                other.state.settings.theme = theme;
                other.after(0);
                for (ours, theirs) in harness.buffer().content.iter().zip(&other.buffer().content) {
                    assert_eq!(ours.symbol(), theirs.symbol(), "{theme:?} after {keys:?}");
                }
                assert_theme_colours(&other, theme, keys);
            }
        },
    );
}

fn assert_theme_colours(harness: &Harness, theme: Theme, keys: &str) {
    for cell in &harness.buffer().content {
        let ours = [cell.fg, cell.bg].map(|colour| matches!(colour, Color::Rgb(..)));
        match theme {
            Theme::Terminal => assert_eq!(ours, [false; 2], "{theme:?} {keys:?} {cell:?}"),
            Theme::Mono => {
                assert_eq!([cell.fg, cell.bg], [Color::Reset; 2], "{theme:?} {keys:?} {cell:?}");
            }
            Theme::Dark | Theme::Light | Theme::Contrast => {
                assert_eq!(ours, [true; 2], "{theme:?} {keys:?} {cell:?}");
                assert!(!cell.modifier.contains(Modifier::DIM), "{theme:?} {keys:?} {cell:?}");
            }
        }
    }
}

/// The list's lines without colours: text, and for each cell its modifiers.
fn rows(harness: &Harness) -> Vec<(String, Vec<Modifier>)> {
    let columns = harness.buffer().area.width;
    let line = |y: u16| (0..columns / 2).map(move |x| &harness.buffer()[(x, y)]);
    (4..4 + u16::try_from(ALL.len()).unwrap())
        .map(|y| {
            let text: String = line(y).map(Cell::symbol).collect();
            (text, line(y).map(|cell| cell.modifier).collect())
        })
        .collect()
}

#[test]
fn without_colours_states_and_selection_still_differ() {
    for theme in Theme::ALL {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let mut harness = harness(120, 40);
            harness.state.settings.theme = theme;
            harness.state.settings.glyphs = glyphs;
            harness.keys("j");
            let rows = rows(&harness);
            let word = |text: &str| text.chars().skip(3).take(11).collect::<String>();
            let signs: HashSet<char> =
                rows.iter().filter_map(|(text, _)| word(text).chars().next()).collect();
            let words: HashSet<String> =
                rows.iter().map(|(text, _)| word(text).chars().skip(2).collect()).collect();
            assert_eq!((signs.len(), words.len()), (ALL.len(), ALL.len()), "{theme:?} {rows:?}");
            let marked: Vec<usize> =
                (0..rows.len()).filter(|&row| rows[row].0.chars().nth(1) == Some('>')).collect();
            assert_eq!(marked, [1], "{theme:?} {glyphs:?}");
            let (selected, other) = (&rows[1].1[1], &rows[0].1[1]);
            assert_ne!(selected, other, "{theme:?}: nothing but a colour marks the row");
        }
    }
}

#[test]
fn without_colours_freshness_still_differs() {
    let mut lines = HashSet::new();
    let mut live = harness(120, 40);
    live.state.settings.theme = Theme::Mono;
    live.polled(MUTE, Ok(answer(MUTE, "STARTED"))).polled(NEW, Ok(answer(NEW, "STARTED")));
    let mut failing = harness(120, 40);
    failing.state.settings.theme = Theme::Mono;
    failing.after(0);
    let trust = |harness: &Harness| {
        let cells = (1..4).map(|x| &harness.buffer()[(x, 1)]);
        cells.map(|cell| (cell.symbol().to_owned(), cell.modifier)).collect::<Vec<_>>()
    };
    assert!(lines.insert(trust(&live)));
    assert!(lines.insert(trust(&failing)), "{}", failing.screen());
    live.keys("p").send(Message::Poller(Event::Paused));
    assert!(lines.insert(trust(&live)), "{}", live.screen());
    live.send(Message::PollerDied("a test".to_owned()));
    assert!(lines.insert(trust(&live)), "{}", live.screen());
}
