//! A key, with its name on the screen and in the configuration file.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use KeyCode::{
    BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Insert, Left, PageDown,
    PageUp, Right, Tab, Up,
};

use crate::util::quote::quoted_or;

/// A key with or without Ctrl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

/// Names of keys that are not characters.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", Enter),
    ("esc", Esc),
    ("tab", Tab),
    ("shift-tab", BackTab),
    ("space", Char(' ')),
    ("up", Up),
    ("down", Down),
    ("left", Left),
    ("right", Right),
    ("home", Home),
    ("end", End),
    ("pgup", PageUp),
    ("pgdn", PageDown),
    ("backspace", Backspace),
    ("delete", Delete),
    ("insert", Insert),
];

impl Key {
    pub(super) const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    pub(super) const fn ctrl(letter: char) -> Self {
        Self { code: Char(letter), ctrl: true }
    }

    pub(super) fn from_event(event: KeyEvent) -> Self {
        Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) }
    }

    /// The character that the key types in a text field.
    pub(super) fn typed_char(self) -> Option<char> {
        match self.code {
            Char(letter) if !self.ctrl => Some(letter),
            _ => None,
        }
    }

    /// The name in the configuration file.
    pub fn config_name(self) -> String {
        match self.typed_char() {
            Some(letter) if letter != ' ' => letter.to_string(),
            _ => self.to_string().to_lowercase(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            Char(' ') => f.write_str("Space"),
            Char(letter) if self.ctrl => write!(f, "{}", letter.to_ascii_uppercase()),
            Char(letter) => write!(f, "{letter}"),
            F(number) => write!(f, "F{number}"),
            Up => f.write_str("up"),
            Down => f.write_str("down"),
            Left => f.write_str("left"),
            Right => f.write_str("right"),
            PageUp => f.write_str("PgUp"),
            PageDown => f.write_str("PgDn"),
            BackTab => f.write_str("Shift-Tab"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Parses a name: a character as it is typed or, ignoring case, `ctrl-r`, `f5`, `pgdn`, ...
impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut characters = text.chars();
        if let (Some(only), None) = (characters.next(), characters.next())
            && !only.is_control()
        {
            return Ok(Self::plain(Char(only)));
        }
        let name = text.to_lowercase();
        let (ctrl, name) = match name.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, name.as_str()),
        };
        let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
        let function = || {
            let number = name.strip_prefix('f')?.parse().ok();
            number.filter(|number| (1..=12).contains(number)).map(F)
        };
        let code = match (ctrl, name.as_bytes()) {
            // Terminals send the same byte for both.
            (true, b"i") => return Err("a terminal sends tab for ctrl-i".to_owned()),
            (true, b"m") => return Err("a terminal sends enter for ctrl-m".to_owned()),
            (true, [letter @ b'a'..=b'z']) => Some(Char(char::from(*letter))),
            (true, _) => None,
            (false, _) => named.or_else(function),
        };
        code.map(|code| Self { code, ctrl }).ok_or_else(|| {
            let known: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
            format!(
                "{} is no key: write a character, ctrl- and a letter, f1 to f12, or {}",
                quoted_or(text, "this"),
                known.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("r", "r")]
    #[case("R", "R")]
    #[case(",", ",")]
    #[case(" ", "space")]
    #[case("快", "快")]
    #[case("Ctrl-R", "ctrl-r")]
    #[case("F5", "f5")]
    #[case("PgDn", "pgdn")]
    #[case("shift-tab", "shift-tab")]
    fn a_name_is_read_and_spelled(#[case] text: &str, #[case] config_name: &str) {
        let key: Key = text.parse().unwrap();
        assert_eq!(key.config_name(), config_name);
        assert_eq!(config_name.parse(), Ok(key));
        assert_eq!(key.to_string().parse(), Ok(key), "as the footer shows it");
    }

    #[rstest::rstest]
    #[case("")]
    #[case("ctrl-")]
    #[case("ctrl-1")]
    #[case("ctrl-i")]
    #[case("ctrl-enter")]
    #[case("f13")]
    #[case("alt-x")]
    #[case("\n")]
    fn a_key_that_no_terminal_sends_is_rejected(#[case] text: &str) {
        assert!(text.parse::<Key>().is_err());
    }
}
