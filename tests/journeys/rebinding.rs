//! Rebound keys: what they do, and what footer and help show.

use savepeek::config::context::{Context, PlaceFields};
use savepeek::config::keymap::{Action, Keymap};
use savepeek::domain::savepoint::Namespace;
use savepeek::poller::Command;
use savepeek::tui::effect::Effect;
use savepeek::tui::model::Overlay;

use crate::harness::{Harness, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

#[test]
fn rebound_key_works_and_is_shown_in_footer_and_help() {
    let mut harness = Harness::watching(200, 50, &[A]);
    let keys = |names: [&str; 1]| names.map(|name| name.parse().unwrap()).to_vec();
    let changes = [
        (Action::RefreshAll, keys(["f5"])),
        (Action::Quit, keys(["Q"])),
        (Action::Undo, Vec::new()),
    ];
    harness.state.settings.keys = Keymap::with_overrides(&changes).unwrap();
    harness.keys("q R u");
    assert_eq!(harness.effects(), [], "the old keys do nothing");
    harness
        .assert_screen("F5 refresh all")
        .assert_screen("Q quit")
        .assert_not_on_screen("q quit")
        .assert_not_on_screen("R refresh");
    harness.keys("F5");
    assert!(matches!(harness.effects()[..], [Effect::Poller(Command::Fetch(_))]));
    harness
        .keys("?")
        .assert_screen("F5                 ask for all of them now")
        .assert_screen("Q Ctrl-C");
    harness.assert_not_on_screen("watch the last dropped one again");
    harness
        .keys("Esc d")
        .assert_screen(&format!("no longer watched: {A}"))
        .assert_not_on_screen("takes it back");
    harness.keys("Q");
    assert!(matches!(harness.effects()[..], [.., Effect::Quit]));
}

fn rebound(width: u16, height: u16, changes: &[(Action, &[&str])]) -> Harness {
    let mut harness = Harness::watching(width, height, &[A]);
    let keys = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let changes: Vec<_> = changes.iter().map(|(action, names)| (*action, keys(names))).collect();
    harness.state.settings.keys = Keymap::with_overrides(&changes).unwrap();
    harness
}

#[test]
fn rebound_help_key_also_closes_help() {
    let mut harness = rebound(200, 60, &[(Action::Help, &["H"])]);
    harness
        .keys("?")
        .assert_not_on_screen("show these keys")
        .keys("H")
        .assert_screen("show these keys");
    harness
        .keys("?")
        .assert_screen("show these keys")
        .keys("H")
        .assert_not_on_screen("show these keys");
    harness.keys("H q").assert_not_on_screen("show these keys");
}

#[test]
fn rebound_page_key_works_in_picker_and_contexts() {
    let changes: &[(Action, &[&str])] =
        &[(Action::PageDown, &["f5"]), (Action::Down, &["z", "f2"]), (Action::Add, &["Z"])];
    let mut harness = rebound(120, 30, changes);
    let context = |number: usize| {
        let mut place = target(A).place;
        place.namespace = Namespace::new(&format!("n-{number:02}")).unwrap();
        let (service, workspace) = (place.endpoint.form_text(), place.workspace.as_str());
        let fields = PlaceFields::new(service, workspace, "n", "");
        Context { name: format!("context-{number:02}"), fields, place: Some(place) }
    };
    harness.state.settings.contexts = (0..50).map(context).collect();
    harness
        .keys("x F2 F2")
        .assert_screen("> context-01")
        .keys("Down")
        .assert_screen("> context-01");
    harness.keys("z").assert_screen("name: z").keys("Esc b");
    let Some(Overlay::Picker(before)) = harness.state.overlay.clone() else { panic!("no picker") };
    harness.keys("PgDn z");
    let Some(Overlay::Picker(one)) = harness.state.overlay.clone() else { panic!("no picker") };
    assert_eq!(one.position().0, before.position().0 + 1);
    harness.keys("F5");
    let Some(Overlay::Picker(page)) = &harness.state.overlay else { panic!("no picker") };
    let rows = harness.state.geometry.picker.height();
    assert_eq!(page.position().0, one.position().0 + rows - 1);
}

#[test]
fn journal_closes_by_rebound_key_and_esc() {
    let changes: &[(Action, &[&str])] = &[(Action::Back, &["F5"]), (Action::Quit, &["Q"])];
    let mut harness = rebound(120, 30, changes);
    for back in ["F5", "q"] {
        harness.keys("e");
        assert!(matches!(harness.state.overlay, Some(Overlay::Journal(_))));
        harness.keys("Esc");
        assert!(
            matches!(harness.state.overlay, Some(Overlay::Journal(_))),
            "the old key does nothing"
        );
        harness.keys(back);
        assert!(harness.state.overlay.is_none(), "{back}");
    }
    assert_eq!(harness.effects(), []);
}
