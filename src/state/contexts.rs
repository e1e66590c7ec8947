//! Places that have a name, and the choice of one.

use tui_input::Input;

use crate::savepoint::{Place, Profile};

/// A place of the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// What the user calls it.
    pub name: String,
    /// What it fills a form with: service, workspace, namespace, profile; empty where it says
    /// nothing.
    pub fields: [String; 4],
    /// The place, if it says enough.
    pub place: Option<Place>,
}

impl Context {
    /// Whether a place is in it: the one that it is, or where it says too little to be one, any of
    /// which it says nothing else.
    pub fn has(&self, place: &Place) -> bool {
        if let Some(own) = &self.place {
            return own == place;
        }
        let theirs = [
            place.endpoint.form_text(),
            place.workspace.as_str(),
            place.namespace.as_str(),
            place.profile.as_ref().map_or("", Profile::as_str),
        ];
        self.fields.iter().zip(theirs).all(|(ours, theirs)| ours.is_empty() || ours == theirs)
    }
}

/// What all contexts together are called.
pub const ALL: &str = "all";

/// A context is being chosen.
#[derive(Debug, Clone, Default)]
pub struct Picker {
    /// What was typed: part of a name.
    pub input: Input,
    /// The line that is marked.
    pub marked: usize,
}

impl Picker {
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
