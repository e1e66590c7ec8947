//! Places that have a name, and the choice of one.

use tui_input::Input;

use crate::config::context::Context;

/// What all contexts together are called.
pub const ALL: &str = "all";

/// A context is being chosen.
#[derive(Debug, Clone, Default)]
pub struct ContextPicker {
    /// What was typed: part of a name.
    pub input: Input,
    /// The line that is marked.
    pub marked: usize,
}

impl ContextPicker {
    /// What there is to choose from: all of them together (`None`), and the contexts whose names
    /// contain what is typed, without regard to case. [`ALL`] is such a name too; while only a part
    /// of it is typed a context may be meant, which goes before it.
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
