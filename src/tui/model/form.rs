//! The form for adding savepoints.

use tui_input::Input;

use super::Settings;
use super::typing::TextEdit;
use crate::config::context::PlaceFields;
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::ids::{self, Found};
use crate::domain::savepoint::{Namespace, Place, Profile, Target, Workspace};

/// A field of the form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Field {
    /// A region, or an endpoint's URL.
    #[default]
    Service,
    Workspace,
    Namespace,
    /// The credentials profile; optional.
    Profile,
    /// Savepoint IDs in any notation.
    Ids,
}

impl Field {
    /// All fields from top to bottom.
    pub const ALL: [Self; 5] =
        [Self::Service, Self::Workspace, Self::Namespace, Self::Profile, Self::Ids];

    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        let count = Self::ALL.len();
        let at = Self::ALL.iter().position(|&field| field == self).unwrap_or_default();
        Self::ALL[(at + if forward { 1 } else { count - 1 }) % count]
    }
}

#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Region or endpoint URL.
    pub service: Input,
    pub workspace: Input,
    pub namespace: Input,
    pub profile: Input,
    pub ids: Input,
    pub field: Field,
    /// Why the last submit failed.
    pub problem: Option<String>,
}

impl Form {
    /// A form with initial values: service, workspace, namespace, profile. The focus is on
    /// the first required field that is empty.
    pub fn prefilled(fields: &PlaceFields) -> Self {
        let [service, workspace, namespace, profile] = fields.in_order().map(Input::from);
        let mut form = Self { service, workspace, namespace, profile, ..Self::default() };
        form.field = Field::ALL
            .into_iter()
            .filter(|&field| field != Field::Profile)
            .find(|&field| form.input(field).value().trim().is_empty())
            .unwrap_or_default();
        form
    }

    pub fn input(&self, field: Field) -> &Input {
        match field {
            Field::Service => &self.service,
            Field::Workspace => &self.workspace,
            Field::Namespace => &self.namespace,
            Field::Profile => &self.profile,
            Field::Ids => &self.ids,
        }
    }

    fn current(&mut self) -> &mut Input {
        match self.field {
            Field::Service => &mut self.service,
            Field::Workspace => &mut self.workspace,
            Field::Namespace => &mut self.namespace,
            Field::Profile => &mut self.profile,
            Field::Ids => &mut self.ids,
        }
    }

    /// Edits the focused field.
    pub fn take(&mut self, text: TextEdit) {
        text.apply_to(self.current());
        self.problem = None;
    }

    pub fn found(&self) -> Found {
        ids::find(self.ids.value())
    }

    /// The place, or the invalid field and the reason.
    pub fn place(&self, settings: &Settings) -> Result<Place, (Field, String)> {
        let in_field = |field| move |error: &dyn std::fmt::Display| (field, error.to_string());
        let service = self.service.value().trim();
        let endpoint = if service.contains(['.', ':', '/']) || service == "localhost" {
            Endpoint::of_url(service, settings.allow_http)
        } else {
            Endpoint::of_region(service)
        }
        .map_err(|error| in_field(Field::Service)(&error))?;
        let workspace = Workspace::new(self.workspace.value().trim())
            .map_err(|error| in_field(Field::Workspace)(&error))?;
        let namespace = Namespace::new(self.namespace.value().trim())
            .map_err(|error| in_field(Field::Namespace)(&error))?;
        let profile = Some(self.profile.value().trim()).filter(|name| !name.is_empty());
        let profile = profile
            .map(Profile::new)
            .transpose()
            .map_err(|error| in_field(Field::Profile)(&error))?;
        Ok(Place { endpoint, workspace, namespace, profile })
    }

    /// The targets and the rejected words, or the invalid field and the reason.
    pub fn submit(
        &self,
        settings: &Settings,
    ) -> Result<(Vec<Target>, Vec<String>), (Field, String)> {
        let place = self.place(settings)?;
        let found = self.found();
        if found.ids.is_empty() {
            let problem = if found.rejected.is_empty() {
                "type or paste at least one savepoint ID".to_owned()
            } else {
                format!("no savepoint ID in this: {}", found.rejected.join(" "))
            };
            return Err((Field::Ids, problem));
        }
        let targets = found.ids.into_iter().map(|id| Target { place: place.clone(), id }).collect();
        Ok((targets, found.rejected))
    }
}
