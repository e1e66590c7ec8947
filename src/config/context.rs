//! A named place of the configuration file.

use crate::domain::savepoint::{Place, Profile};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    pub name: String,
    pub fields: PlaceFields,
    /// The place, if the context is complete.
    pub place: Option<Place>,
}

/// A place as the form has it; a field that is not set is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlaceFields {
    /// The region, or the endpoint.
    pub service: String,
    pub workspace: String,
    pub namespace: String,
    pub profile: String,
}

impl PlaceFields {
    pub fn new(service: &str, workspace: &str, namespace: &str, profile: &str) -> Self {
        let [service, workspace, namespace, profile] =
            [service, workspace, namespace, profile].map(str::to_owned);
        Self { service, workspace, namespace, profile }
    }

    /// Service, workspace, namespace, profile.
    pub fn in_order(&self) -> [&str; 4] {
        [&self.service, &self.workspace, &self.namespace, &self.profile]
    }
}

impl From<&Place> for PlaceFields {
    fn from(place: &Place) -> Self {
        let profile = place.profile.as_ref().map_or("", Profile::as_str);
        let (workspace, namespace) = (place.workspace.as_str(), place.namespace.as_str());
        Self::new(place.endpoint.form_text(), workspace, namespace, profile)
    }
}

impl Context {
    /// Whether a place belongs to this context: it equals the context's place or, if the context is
    /// incomplete, all fields that are set.
    pub fn contains(&self, place: &Place) -> bool {
        if let Some(own) = &self.place {
            return own == place;
        }
        let theirs = PlaceFields::from(place);
        let mut fields = self.fields.in_order().into_iter().zip(theirs.in_order());
        fields.all(|(ours, theirs)| ours.is_empty() || ours == theirs)
    }
}
