//! A place of the configuration file that has a name.

use crate::domain::savepoint::{Place, Profile};

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
    pub fn contains(&self, place: &Place) -> bool {
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
