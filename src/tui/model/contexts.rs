//! The picker of contexts (named places).

use tui_input::Input;

use super::cursor::Cursor;
use crate::config::context::Context;

/// Name of the choice without a context.
pub const ALL: &str = "all";

#[derive(Debug, Clone, Default)]
pub struct ContextPicker {
    /// Typed part of a name.
    pub input: Input,
    pub cursor: Cursor,
}

impl ContextPicker {
    /// The matching choices, without regard to case; `None` stands for all contexts
    /// together. While only a part of [`ALL`] is typed, matching contexts come first.
    pub fn choices<'a>(&self, contexts: &'a [Context]) -> Vec<Option<&'a Context>> {
        let needle = self.input.value().trim().to_lowercase();
        let named = contexts.iter().filter(|it| it.name.to_lowercase().contains(&needle));
        let mut choices: Vec<_> = named.map(Some).collect();
        if needle.is_empty() || needle == ALL {
            choices.insert(0, None);
        } else if ALL.contains(&needle) {
            choices.push(None);
        }
        choices
    }
}
