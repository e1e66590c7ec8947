//! The watch list, kept across restarts: `watch-list.json` in the
//! [state directory](Environment::state_directory).
//!
//! Several instances may share the list. None writes the list it has in memory: each sends its
//! changes as [`Edit`]s, which are applied under a lock to the current content of the file. The file
//! contains no data of the service and no secrets.

mod format;
mod json_members;
mod lock;
mod store;

use std::collections::HashMap;

use indexmap::IndexMap;
use indexmap::map::Entry;
use jiff::Timestamp;

use crate::domain::deployment::DeploymentTarget;
use crate::domain::savepoint::{Place, Target};
use crate::util::environment::Environment;
pub use store::{DamagedFile, Error, FileProblem, WatchListStore};

/// The watched savepoints and followed deployments, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchList {
    pub watched: IndexMap<Target, Annotation>,
    /// The followed deployments, with the time since when.
    pub followed: IndexMap<DeploymentTarget, Timestamp>,
    /// Fields that a newer version wrote.
    pub unknown: Unknown,
}

/// Fields that a newer version wrote, as the text of JSON members in their order, each
/// preceded by a comma.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    file: String,
    watched: HashMap<Target, String>,
    followed: HashMap<DeploymentTarget, String>,
}

/// What the list stores about a savepoint beside its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The user's note; empty for none.
    pub note: String,
    pub added_at: Timestamp,
}

/// One change by the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    Add(Target, Annotation),
    Remove(Target),
    /// Replace the note of a savepoint.
    Note(Target, Annotation),
    /// Follow a deployment from this time on.
    Follow(DeploymentTarget, Timestamp),
    Unfollow(DeploymentTarget),
}

/// Reads every valid entry of the watch list. Does not change the file.
///
/// Accepts endpoints with plain `http`: a caller that sends requests must check that it is allowed.
///
/// # Errors
/// When there is no state directory, or when the file exists and cannot be read at all.
pub fn read(environment: &Environment) -> Result<WatchList, Error> {
    WatchListStore::from_environment(environment)?.read()
}

impl WatchList {
    /// Applies one change. Keeps what another instance wrote about the same savepoint, unless
    /// the change replaces it.
    pub(crate) fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Remove(target) => {
                self.watched.shift_remove(target);
                self.unknown.watched.remove(target);
            }
            Edit::Follow(deployment, since) => {
                self.followed.entry(deployment.clone()).or_insert(*since);
            }
            Edit::Unfollow(deployment) => {
                self.followed.shift_remove(deployment);
                self.unknown.followed.remove(deployment);
            }
            Edit::Add(target, new) | Edit::Note(target, new) => {
                match self.watched.entry(target.clone()) {
                    Entry::Vacant(entry) => drop(entry.insert(new.clone())),
                    Entry::Occupied(mut entry) => {
                        if matches!(edit, Edit::Note(..)) || !new.note.is_empty() {
                            entry.get_mut().note.clone_from(&new.note);
                        }
                    }
                }
            }
        }
    }
}

impl Edit {
    /// Whether this edit makes an earlier one obsolete.
    pub fn supersedes(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Remove(this), Self::Add(that, _) | Self::Note(that, _) | Self::Remove(that))
            | (Self::Note(this, _), Self::Note(that, _)) => this == that,
            (Self::Unfollow(this), Self::Follow(that, _) | Self::Unfollow(that)) => this == that,
            _ => false,
        }
    }

    /// Describes the change so that the user can repeat it by hand. The text is not cleaned.
    pub fn describe(&self) -> String {
        let of = |target: &Target| format!("{} {}", target.id, at(&target.place));
        match self {
            Self::Add(target, Annotation { note, .. }) if note.is_empty() => {
                format!("watch {}", of(target))
            }
            Self::Add(target, Annotation { note, .. }) => {
                format!("watch {} with the note {note:?}", of(target))
            }
            Self::Remove(target) => format!("stop watching {}", of(target)),
            Self::Note(target, Annotation { note, .. }) if note.is_empty() => {
                format!("remove the note of {}", of(target))
            }
            Self::Note(target, Annotation { note, .. }) => {
                format!("note {note:?} at {}", of(target))
            }
            Self::Follow(DeploymentTarget { place, id }, _) => {
                format!("follow deployment {id} {}", at(place))
            }
            Self::Unfollow(DeploymentTarget { place, id }) => {
                format!("stop following deployment {id} {}", at(place))
            }
        }
    }
}

/// The description of a place, in parentheses.
fn at(place: &Place) -> String {
    let Place { endpoint, workspace, namespace, profile } = place;
    let profile = profile.as_ref().map(|profile| format!(", profile {profile}"));
    let profile = profile.unwrap_or_default();
    format!("({}, workspace {workspace}, namespace {namespace}{profile})", endpoint.as_str())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::deployment::DeploymentId;
    use crate::domain::endpoint::Endpoint;
    use crate::domain::savepoint::{Namespace, Profile, SavepointId, Workspace};

    pub(crate) fn target(id: &str) -> Target {
        let place = Place {
            endpoint: Endpoint::of_region("cn-hangzhou").unwrap(),
            workspace: Workspace::new("a14bd5d90a0001").unwrap(),
            namespace: Namespace::new("prod-default").unwrap(),
            profile: None,
        };
        Target { place, id: SavepointId::new(id).unwrap() }
    }

    pub(super) fn remark(note: &str) -> Annotation {
        Annotation { note: note.to_owned(), added_at: "2026-11-23T03:00:00Z".parse().unwrap() }
    }

    pub(crate) fn add(id: &str, note: &str) -> Edit {
        Edit::Add(target(id), remark(note))
    }

    fn note(id: &str, text: &str) -> Edit {
        Edit::Note(target(id), remark(text))
    }

    fn remove(id: &str) -> Edit {
        Edit::Remove(target(id))
    }

    fn applied(edits: &[Edit]) -> WatchList {
        let mut list = WatchList::default();
        for edit in edits {
            list.apply(edit);
        }
        list
    }

    fn words(list: &WatchList) -> Vec<String> {
        list.watched
            .iter()
            .map(|(target, remark)| format!("{}={}", target.id, remark.note))
            .collect()
    }

    #[rstest::rstest]
    #[case::added_in_order(&[add("a", ""), add("b", "")], &["a=", "b="])]
    #[case::added_twice_keeps_the_note(&[add("a", "x"), add("a", "")], &["a=x"])]
    #[case::taken_back_with_its_note(&[add("a", "x"), remove("a"), add("a", "x")], &["a=x"])]
    #[case::taken_back_beside_another_s(&[add("a", ""), add("a", "x")], &["a=x"])]
    #[case::noted(&[add("a", "x"), note("a", "y")], &["a=y"])]
    #[case::note_removed(&[add("a", "x"), note("a", "")], &["a="])]
    #[case::noted_after_another_instance_removed_it(&[note("a", "x")], &["a=x"])]
    #[case::removed(&[add("a", "x"), add("b", ""), remove("a")], &["b="])]
    #[case::removed_twice(&[remove("a")], &[])]
    fn edits_of_several_instances_merge(#[case] edits: &[Edit], #[case] expected: &[&str]) {
        assert_eq!(words(&applied(edits)), expected);
    }

    #[test]
    fn a_description_contains_everything_needed_to_repeat_the_change() {
        let place = "(https://ververica.cn-hangzhou.aliyuncs.com, workspace a14bd5d90a0001, namespace prod-default)";
        assert_eq!(add("a", "").describe(), format!("watch a {place}"));
        assert_eq!(add("a", "x").describe(), format!("watch a {place} with the note \"x\""));
        assert_eq!(remove("a").describe(), format!("stop watching a {place}"));
        assert_eq!(note("a", "x").describe(), format!("note \"x\" at a {place}"));
        assert_eq!(note("a", "").describe(), format!("remove the note of a {place}"));
        let mut place = target("a").place;
        place.profile = Some(Profile::new("ops").unwrap());
        let deployment = DeploymentTarget { place, id: DeploymentId::new("d").unwrap() };
        let words = Edit::Unfollow(deployment).describe();
        assert!(words.starts_with("stop following deployment d (https://"), "{words}");
        assert!(words.ends_with(", namespace prod-default, profile ops)"), "{words}");
    }

    fn edit() -> impl proptest::strategy::Strategy<Value = Edit> {
        use proptest::prelude::*;
        ("[ab]", "[xy]?", 0..3_u8).prop_map(|(id, text, kind)| match kind {
            0 => add(&id, &text),
            1 => note(&id, &text),
            _ => remove(&id),
        })
    }

    proptest::proptest! {
        #[test]
        fn superseded_edits_do_not_change_the_result(edits in proptest::collection::vec(edit(), 0..20)) {
            let mut kept: Vec<Edit> = Vec::new();
            for edit in &edits {
                kept.retain(|earlier| !edit.supersedes(earlier));
                kept.push(edit.clone());
            }
            let (all, kept) = (applied(&edits), applied(&kept));
            for (target, remark) in &all.watched {
                proptest::prop_assert_eq!(Some(remark), kept.watched.get(target));
            }
            proptest::prop_assert_eq!(all.watched.len(), kept.watched.len());
        }
    }
}
