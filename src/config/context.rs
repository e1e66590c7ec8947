//! A named place of the configuration file.

use crate::domain::savepoint::{Place, Profile};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    /// The fields for the form: service, workspace, namespace, profile; empty if not set.
    pub fields: [String; 4],
    /// The place, if the context is complete.
    pub place: Option<Place>,
}

impl Context {
    /// Whether a place belongs to this context: it equals the context's place or, if the context is
    /// incomplete, all fields that are set.
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
