//! Savepoints and their names, in the service's own words.
//!
//! Every field of a response is optional and open sets stay open: an unknown state or origin is
//! kept verbatim. Nothing here is inferred; in particular a filled `failure` does not
//! make a savepoint FAILED, because the service's own documented example carries one beside
//! `COMPLETED`.

pub mod failure_hints;
pub mod ids;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::endpoint::Endpoint;

/// The state of a savepoint; an open set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Triggered, not complete.
    Started,
    /// Can be restored from.
    Completed,
    /// The creation failed; `failure` says why.
    Failed,
    /// Any other word, verbatim.
    Other(String),
}

impl State {
    pub const KNOWN: [Self; 3] = [Self::Started, Self::Completed, Self::Failed];

    pub fn parse(word: &str) -> Self {
        match word {
            "STARTED" => Self::Started,
            "COMPLETED" => Self::Completed,
            "FAILED" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Started => "STARTED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Other(word) => word,
        }
    }

    /// Whether a savepoint stays in this state (it can still be deleted).
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// The known origins; the service may send others.
pub const ORIGINS: [&str; 4] =
    ["USER_REQUEST", "AUTO_TRIGGERED", "STOP_WITH_SAVEPOINT", "RETAINED_CHECKPOINT"];

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a savepoint or a job failed. Meaningful only while its state is FAILED.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// `status.failure.message`.
    pub message: Option<String>,
    /// `status.failure.reason`, often a Java stack trace.
    pub reason: Option<String>,
    /// `status.failure.failedAt`; may lie before `created_at`.
    pub failed_at: Option<Timestamp>,
}

/// A savepoint; fields that the service left out are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Savepoint {
    pub savepoint_id: Option<String>,
    pub deployment_id: Option<String>,
    pub job_id: Option<String>,
    pub namespace: Option<String>,
    /// `savepointOrigin`, verbatim: an open set.
    pub origin: Option<String>,
    pub native_format: Option<bool>,
    /// `stopWithDrainEnabled`: windows were flushed with a maximum watermark.
    pub stop_with_drain_enabled: Option<bool>,
    pub description: Option<String>,
    /// `savepointLocation`, opaque; valid only when COMPLETED.
    pub location: Option<String>,
    /// `status.state`.
    pub state: Option<State>,
    /// `status.failure`, which may be present in any state. Boxed, because most savepoints have none.
    pub failure: Option<Box<Failure>>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

/// A savepoint's ID: any text that fits into one path segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SavepointId(Arc<str>);

/// A namespace: any text that fits into one path segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace(Arc<str>);

/// A workspace ID: any text that fits into a header's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Workspace(Arc<str>);

/// The name of a profile of the `aliyun` CLI: whose credentials requests are sent with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Profile(Arc<str>);

/// Why a text is not a valid name; reported with the kind `invalid-id`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {problem}")]
pub struct InvalidName {
    what: &'static str,
    problem: &'static str,
}

/// Refuses what percent-encoding cannot protect: an empty segment turns the path into another
/// operation's, and URL parsers resolve dot segments even when they are encoded.
pub(crate) fn path_segment(what: &'static str, text: &str) -> Result<String, InvalidName> {
    let problem = match text {
        "" => "is empty",
        "." | ".." => "must not be \".\" or \"..\"",
        _ if text.chars().any(char::is_control) => "holds a control character",
        _ => return Ok(text.to_owned()),
    };
    Err(InvalidName { what, problem })
}

/// Adds a checking constructor and accessors to a newtype over a text. Clones share the text, because
/// each of ten thousand savepoints names its place, in several lists.
macro_rules! name {
    ($name:ident, $check:expr) => {
        impl $name {
            /// Keeps the text verbatim.
            ///
            /// # Errors
            /// [`InvalidName`](crate::domain::savepoint::InvalidName) if the text is not valid.
            pub fn new(text: &str) -> Result<Self, $crate::domain::savepoint::InvalidName> {
                let check: fn(&str) -> Result<String, $crate::domain::savepoint::InvalidName> =
                    $check;
                check(text).map(|text| Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use name;

name!(SavepointId, |text| path_segment("the savepoint ID", text));
name!(Namespace, |text| path_segment("the namespace", text));
name!(Workspace, |text| {
    let what = "the workspace ID";
    match text.trim() {
        "" => Err(InvalidName { what, problem: "is empty" }),
        id if id.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(id.to_owned()),
        _ => Err(InvalidName { what, problem: "may hold only visible ASCII characters" }),
    }
});

name!(Profile, |text| {
    let what = "the profile's name";
    match text {
        _ if text.trim().is_empty() => Err(InvalidName { what, problem: "is empty" }),
        _ if text.chars().any(char::is_control) => {
            Err(InvalidName { what, problem: "holds a control character" })
        }
        name => Ok(name.to_owned()),
    }
});

/// Where savepoints are, and with which profile they are requested. Two profiles for the same
/// namespace are two places, because their permissions differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub endpoint: Endpoint,
    /// Sent as the header `workspace`.
    pub workspace: Workspace,
    /// Part of the path.
    pub namespace: Namespace,
    /// The profile of the credentials; `None` means the default credential chain.
    pub profile: Option<Profile>,
}

/// Identifies a savepoint everywhere in the program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    pub place: Place,
    pub id: SavepointId,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn place() -> Place {
        Place {
            endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
            workspace: Workspace::new("w").unwrap(),
            namespace: Namespace::new("n").unwrap(),
            profile: None,
        }
    }

    pub(crate) fn target(id: &str) -> Target {
        Target { place: place(), id: SavepointId::new(id).unwrap() }
    }

    #[rstest::rstest]
    #[case::empty("", "is empty")]
    #[case::dot(".", "must not be")]
    #[case::dots("..", "must not be")]
    #[case::newline("a\nb", "control")]
    #[case::nul("a\0", "control")]
    #[case::c1("a\u{9b}", "control")]
    fn names_that_do_not_fit_a_path_are_refused(#[case] text: &str, #[case] problem: &str) {
        let id = SavepointId::new(text).unwrap_err().to_string();
        assert!(id.contains(problem), "{id}");
        let namespace = Namespace::new(text).unwrap_err().to_string();
        assert!(namespace.contains(problem), "{namespace}");
    }

    #[rstest::rstest]
    #[case("354dde66-a3ae-463e-967a-0b4107fd0001")]
    #[case(" lead")]
    #[case("...")]
    #[case("c/d/e")]
    #[case("快照/1 %2F+~*")]
    fn any_other_name_is_kept_verbatim(#[case] text: &str) {
        assert_eq!(SavepointId::new(text).unwrap().as_str(), text);
    }

    #[rstest::rstest]
    #[case::empty("")]
    #[case::blank("  ")]
    #[case::control("a\u{1b}[31m")]
    fn a_profile_name_must_not_be_blank_or_hold_controls(#[case] text: &str) {
        assert!(Profile::new(text).is_err());
        assert_eq!(Profile::new("值班 ops").unwrap().as_str(), "值班 ops");
    }

    #[test]
    fn an_unknown_state_is_kept_and_not_final() {
        let state = State::parse("PENDING_DELETION");
        assert_eq!(state.as_str(), "PENDING_DELETION");
        assert!(!state.is_final());
    }

    #[rstest::rstest]
    #[case("a b")]
    #[case("a\r\nx: y")]
    #[case("工作空间")]
    fn a_workspace_must_fit_a_header(#[case] text: &str) {
        assert!(Workspace::new(text).is_err());
    }
}
