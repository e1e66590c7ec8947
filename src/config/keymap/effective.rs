//! The bindings with the user's keys.

use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

use super::{Action, Binding, Key, Mode, Rebind, TABLE};

/// The letters of the copy menu: they cannot be bound to actions there.
pub(crate) const COPY_LETTERS: &str = "ilfdbapmrsnv";

/// Actions that must have a key.
const NEEDED: [Action; 5] =
    [Action::Quit, Action::Help, Action::Back, Action::Accept, Action::NextField];

/// The keys of each line of [`TABLE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap(Vec<Vec<Key>>);

impl Default for Keymap {
    fn default() -> Self {
        Self(TABLE.iter().map(|binding| binding.keys.to_vec()).collect())
    }
}

impl Keymap {
    /// The default bindings with other keys for some actions. An empty list unbinds an action.
    ///
    /// # Errors
    /// The action whose keys are invalid, and why.
    pub fn with_overrides(changes: &[(Action, Vec<Key>)]) -> Result<Self, (Action, String)> {
        let mut keymap = Self::default();
        for (action, keys) in changes {
            if keys.is_empty() && NEEDED.contains(action) {
                return Err((*action, "it needs a key".to_owned()));
            }
            let mut keys = keys.clone();
            if *action == Action::Quit && !keys.contains(&Key::ctrl('c')) {
                keys.push(Key::ctrl('c'));
            }
            for (binding, bound) in TABLE.iter().zip(&mut keymap.0) {
                if binding.action == *action && binding.rebind == Rebind::All {
                    bound.clone_from(&keys);
                }
            }
        }
        for (at, binding) in TABLE.iter().enumerate() {
            if binding.rebind == Rebind::Free {
                keymap.0[at] = keymap.free(binding);
            }
        }
        for (action, keys) in changes {
            keymap.check(*action, keys).map_err(|why| (*action, why))?;
        }
        Ok(keymap)
    }

    /// Those of an action's keys that are not bound otherwise in the modes of a line.
    fn free(&self, line: &Binding) -> Vec<Key> {
        let taken = |key: &Key| {
            line.modes.iter().any(|&mode| {
                let mut others = self.bindings(mode).filter(|(it, _)| it.action != line.action);
                (mode.takes_text() && key.typed_char().is_some())
                    || others.any(|(_, keys)| keys.contains(key))
            })
        };
        let mut lines = TABLE.iter().zip(&self.0);
        let first = lines.find(|(it, _)| it.action == line.action);
        first.map_or_else(Vec::new, |(_, keys)| {
            keys.iter().copied().filter(|key| !taken(key)).collect()
        })
    }

    /// Checks that each requested key triggers this action in all modes where it applies. A conflict
    /// with a key that the action keeps anyway is reported for the other action.
    fn check(&self, action: Action, requested: &[Key]) -> Result<(), String> {
        let lines = || TABLE.iter().zip(&self.0);
        for (at, (binding, keys)) in lines().enumerate().filter(|(_, (b, _))| b.action == action) {
            for (&mode, &key) in
                binding.modes.iter().flat_map(|mode| keys.iter().map(move |key| (mode, key)))
            {
                if !requested.contains(&key) {
                    continue;
                }
                let shown = key.config_name();
                let place = mode.name();
                if key.typed_char().is_some() && mode.takes_text() {
                    return Err(format!(
                        "{shown:?} is typed as text in {place}: take ctrl- and a letter, or a key with a name"
                    ));
                }
                if mode == Mode::CopyMenu
                    && key.typed_char().is_some_and(|c| COPY_LETTERS.contains(c))
                {
                    return Err(format!(
                        "{shown:?} is a letter of the copy menu: take another key"
                    ));
                }
                let other = lines().enumerate().find(|(other, (binding, keys))| {
                    *other != at && binding.modes.contains(&mode) && keys.contains(&key)
                });
                if let Some((_, (other, _))) = other {
                    return Err(format!(
                        "{shown:?} is also the key of {} in {place}: give one of them another",
                        other.action.name()
                    ));
                }
            }
        }
        Ok(())
    }

    /// The action of a key in a mode.
    pub fn action(&self, mode: Mode, event: KeyEvent) -> Option<Action> {
        if event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META)
        {
            return None;
        }
        let pressed = Key::from_event(event);
        let (binding, _) = self.bindings(mode).find(|(_, keys)| keys.contains(&pressed))?;
        Some(binding.action)
    }

    /// The bindings of a mode, with their keys.
    pub fn bindings(&self, mode: Mode) -> impl Iterator<Item = (&'static Binding, &[Key])> {
        let lines = TABLE.iter().zip(self.0.iter().map(Vec::as_slice));
        lines.filter(move |(binding, _)| binding.modes.contains(&mode))
    }

    /// The key to show for an action in a mode, if it is bound there.
    pub fn first_key(&self, mode: Mode, action: Action) -> Option<String> {
        let mut bindings = self.bindings(mode).filter(|(binding, _)| binding.action == action);
        bindings.find_map(|(_, keys)| keys.first()).map(ToString::to_string)
    }

    /// The key to show for an action; its name in parentheses if it is unbound.
    pub fn key(&self, mode: Mode, action: Action) -> String {
        self.first_key(mode, action).unwrap_or_else(|| format!("({})", action.name()))
    }

    /// The keys of each action, for the configuration file.
    pub fn actions(&self) -> impl Iterator<Item = (Action, &[Key])> {
        let lines = TABLE.iter().zip(&self.0).enumerate();
        let first = |at: usize, action| TABLE.iter().position(|b| b.action == action) == Some(at);
        lines
            .filter(move |(at, (binding, _))| first(*at, binding.action))
            .map(|(_, (binding, keys))| (binding.action, keys.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyCode;

    use super::*;

    fn rebound(changes: &[(Action, &[&str])]) -> Result<Keymap, (Action, String)> {
        let keys = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
        let changes: Vec<_> =
            changes.iter().map(|(action, names)| (*action, keys(names))).collect();
        Keymap::with_overrides(&changes)
    }

    fn press(keymap: &Keymap, mode: Mode, key: char) -> Option<Action> {
        keymap.action(mode, KeyEvent::from(KeyCode::Char(key)))
    }

    #[test]
    fn no_key_has_two_actions_in_a_mode() {
        let keymap = Keymap::default();
        for mode in Mode::ALL {
            let keys: Vec<Key> =
                keymap.bindings(mode).flat_map(|(_, keys)| keys).copied().collect();
            assert!(!keys.is_empty());
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{key} in {mode:?}");
            }
        }
        for (action, keys) in keymap.actions() {
            keymap.check(action, keys).unwrap();
        }
    }

    #[test]
    fn an_override_applies_in_all_modes_of_the_action() {
        let keymap = rebound(&[(Action::Journal, &["v", "f5"]), (Action::Quit, &["Q"])]).unwrap();
        for mode in [Mode::Browse, Mode::Journal] {
            assert_eq!(press(&keymap, mode, 'v'), Some(Action::Journal));
            assert_eq!(press(&keymap, mode, 'e'), None);
        }
        assert_eq!(press(&keymap, Mode::Browse, 'q'), None);
        assert_eq!(press(&keymap, Mode::Browse, 'Q'), Some(Action::Quit));
        for mode in Mode::ALL {
            let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
            assert_eq!(keymap.action(mode, ctrl_c), Some(Action::Quit), "{mode:?}");
        }
        assert_eq!(keymap.key(Mode::Browse, Action::Journal), "v");
    }

    #[test]
    fn free_bindings_take_those_keys_that_are_not_bound_otherwise() {
        assert_eq!(Keymap::with_overrides(&[]), Ok(Keymap::default()));
        let keymap = rebound(&[
            (Action::PageDown, &["f7", "space"]),
            (Action::Down, &["z", "ctrl-n"]),
            (Action::Help, &["H"]),
        ])
        .unwrap();
        let f7 = KeyEvent::from(KeyCode::F(7));
        for mode in [Mode::Browse, Mode::Help, Mode::Journal, Mode::Picker] {
            assert_eq!(keymap.action(mode, f7), Some(Action::PageDown), "{mode:?}");
        }
        assert_eq!(press(&keymap, Mode::Picker, ' '), Some(Action::Mark));
        let ctrl_n = KeyEvent::new(KeyCode::Char('n'), KeyModifiers::CONTROL);
        assert_eq!(keymap.action(Mode::Contexts, ctrl_n), Some(Action::Down));
        assert_eq!(press(&keymap, Mode::Contexts, 'z'), None, "it is typed");
        for mode in [Mode::Browse, Mode::Help] {
            assert_eq!(press(&keymap, mode, 'H'), Some(Action::Help));
            assert_eq!(press(&keymap, mode, '?'), None);
        }
        assert_eq!(press(&keymap, Mode::Help, 'q'), Some(Action::Back), "a second way stays");
    }

    #[test]
    fn two_actions_can_swap_keys() {
        let keymap = rebound(&[(Action::Copy, &["r"]), (Action::Refresh, &["y"])]).unwrap();
        assert_eq!(press(&keymap, Mode::Browse, 'r'), Some(Action::Copy));
        assert_eq!(press(&keymap, Mode::Browse, 'y'), Some(Action::Refresh));
    }

    #[test]
    fn an_action_without_keys_is_unbound() {
        let keymap = rebound(&[(Action::Remove, &[])]).unwrap();
        assert_eq!(press(&keymap, Mode::Browse, 'd'), None);
        assert_eq!(keymap.key(Mode::Browse, Action::Remove), "(remove)");
    }

    #[rstest::rstest]
    #[case::taken(&[(Action::Refresh, &["J"][..])], "\"J\" is also the key of raw in the list")]
    #[case::taken_by_another_change(&[(Action::Refresh, &["f9"][..]), (Action::Raw, &["f9"])], "\"f9\" is also the key of raw")]
    #[case::in_another_mode(&[(Action::Mark, &["R"][..])], "\"R\" is also the key of refresh-all in the picker")]
    #[case::ctrl_c(&[(Action::Refresh, &["ctrl-c"][..])], "\"ctrl-c\" is also the key of quit")]
    #[case::text(&[(Action::Accept, &["v"][..])], "is typed as text in")]
    #[case::a_letter_of_the_copy_menu(&[(Action::Down, &["i"][..])], "a letter of the copy menu")]
    #[case::needed(&[(Action::Quit, &[][..])], "it needs a key")]
    fn a_conflict_is_reported_with_its_reason(
        #[case] changes: &[(Action, &[&str])],
        #[case] why: &str,
    ) {
        let (action, error) = rebound(changes).unwrap_err();
        assert_eq!(action, changes[0].0);
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_conflict_with_a_permanent_key_is_reported_for_the_other_action() {
        let changes = [(Action::Quit, &["Q"][..]), (Action::Down, &["ctrl-c"])];
        let (action, error) = rebound(&changes).unwrap_err();
        assert_eq!(action, Action::Down, "{error}");
        assert!(error.contains("\"ctrl-c\" is also the key of quit"), "{error}");
    }

    #[test]
    fn the_letters_of_the_copy_menu_are_not_bound() {
        let keymap = Keymap::default();
        for letter in COPY_LETTERS.chars() {
            assert_eq!(press(&keymap, Mode::CopyMenu, letter), None, "{letter}");
        }
    }
}
