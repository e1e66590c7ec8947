//! Places that have a name.

use crate::savepoint::Place;

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
