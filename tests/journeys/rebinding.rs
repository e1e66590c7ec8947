//! Other keys: what is pressed, what the footer and the help say.

use savepeek::config::context::Context;
use savepeek::config::keymap::{Action, Keymap};
use savepeek::domain::savepoint::Namespace;
use savepeek::tui::effect::Effect;
use savepeek::tui::model::Overlay;

use crate::stage::{Harness, target};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

#[test]
fn an_action_is_done_shown_and_explained_by_its_new_key() {
    let mut stage = Harness::watching(200, 50, &[A]);
    let keys = |names: [&str; 1]| names.map(|name| name.parse().unwrap()).to_vec();
    let changes = [
        (Action::RefreshAll, keys(["f5"])),
        (Action::Quit, keys(["Q"])),
        (Action::Undo, Vec::new()),
    ];
    stage.state.settings.keys = Keymap::rebound(&changes).unwrap();
    stage.keys("q R u");
    assert_eq!(stage.effects(), [], "the old keys do nothing");
    stage.see("F5 refresh all").see("Q quit").miss("q quit").miss("R refresh");
    stage.keys("F5");
    assert!(matches!(stage.effects()[..], [Effect::Refresh(_)]));
    stage.keys("?").see("F5                 ask for all of them now").see("Q Ctrl-C");
    stage.miss("watch the last dropped one again");
    stage.keys("Esc d").see(&format!("no longer watched: {A}")).miss("takes it back");
    stage.keys("Q");
    assert!(matches!(stage.effects()[..], [.., Effect::Quit]));
}

fn rebound(width: u16, height: u16, changes: &[(Action, &[&str])]) -> Harness {
    let mut stage = Harness::watching(width, height, &[A]);
    let keys = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let changes: Vec<_> = changes.iter().map(|(action, names)| (*action, keys(names))).collect();
    stage.state.settings.keys = Keymap::rebound(&changes).unwrap();
    stage
}

#[test]
fn what_opens_the_help_closes_it() {
    let mut stage = rebound(200, 60, &[(Action::Help, &["H"])]);
    stage.keys("?").miss("show these keys").keys("H").see("show these keys");
    stage.keys("?").see("show these keys").keys("H").miss("show these keys");
    stage.keys("H q").miss("show these keys");
}

#[test]
fn a_page_is_a_page_in_the_picker_and_the_contexts_too() {
    let changes: &[(Action, &[&str])] =
        &[(Action::PageDown, &["f5"]), (Action::Down, &["z", "f2"]), (Action::Add, &["Z"])];
    let mut stage = rebound(120, 30, changes);
    let context = |number: usize| {
        let mut place = target(A).place;
        place.namespace = Namespace::new(&format!("n-{number:02}")).unwrap();
        let fields = [place.endpoint.form_text(), place.workspace.as_str(), "n", ""];
        let fields = fields.map(str::to_owned);
        Context { name: format!("context-{number:02}"), fields, place: Some(place) }
    };
    stage.state.settings.contexts = (0..50).map(context).collect();
    stage.keys("x F2 F2").see("> context-01").keys("Down").see("> context-01");
    stage.keys("z").see("name: z").keys("Esc b");
    let Some(Overlay::Picker(before)) = stage.state.overlay.clone() else { panic!("no picker") };
    stage.keys("PgDn z");
    let Some(Overlay::Picker(one)) = stage.state.overlay.clone() else { panic!("no picker") };
    assert_eq!(one.position().0, before.position().0 + 1);
    stage.keys("F5");
    let Some(Overlay::Picker(page)) = &stage.state.overlay else { panic!("no picker") };
    let rows = usize::from(stage.state.geometry.picker_area.height);
    assert_eq!(page.position().0, one.position().0 + rows - 1);
}

#[test]
fn the_journal_is_left_by_the_new_key_and_by_the_second_way() {
    let changes: &[(Action, &[&str])] = &[(Action::Back, &["F5"]), (Action::Quit, &["Q"])];
    let mut stage = rebound(120, 30, changes);
    for back in ["F5", "q"] {
        stage.keys("e");
        assert!(matches!(stage.state.overlay, Some(Overlay::Journal(_))));
        stage.keys("Esc");
        assert!(
            matches!(stage.state.overlay, Some(Overlay::Journal(_))),
            "the old key does nothing"
        );
        stage.keys(back);
        assert!(stage.state.overlay.is_none(), "{back}");
    }
    assert_eq!(stage.effects(), []);
}
