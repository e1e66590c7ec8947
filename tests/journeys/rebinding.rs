//! Other keys: what is pressed, what the footer and the help say.

use savepeek::effect::Effect;
use savepeek::keymap::{Action, Keymap};

use crate::stage::Stage;

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";

#[test]
fn an_action_is_done_shown_and_explained_by_its_new_key() {
    let mut stage = Stage::watching(200, 50, &[A]);
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
    stage.keys("Esc d").see("no longer watched").see("((undo) takes it back)");
    stage.keys("Q");
    assert!(matches!(stage.effects()[..], [.., Effect::Quit]));
}
