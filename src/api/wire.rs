//! What the service's answers mean.
