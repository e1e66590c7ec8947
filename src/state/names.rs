//! What deployments are called, as far as it was ever heard.

use std::collections::BTreeMap;

use crate::deployment::DeploymentTarget;

/// The names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    deployments: BTreeMap<DeploymentTarget, String>,
}

impl Names {
    /// What a deployment is called.
    pub fn deployment(&self, target: &DeploymentTarget) -> Option<&str> {
        self.deployments.get(target).map(String::as_str)
    }

    /// Hears a deployment's name.
    pub fn hear(&mut self, target: DeploymentTarget, name: String) {
        self.deployments.insert(target, name);
    }
}
