//! The text of the file: JSON with one entry a line, so that most of a damaged file can be read.
//!
//! A newer version may add keys: they are kept and written back. A key that nearly equals a known
//! one is a typing error instead: ignoring `profilE` would send requests with other credentials.
//! An entry with such a key is damaged and not used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::json_members::{self, Members};
use super::{Annotation, WatchList};
use crate::domain::deployment::{DeploymentId, DeploymentTarget};
use crate::domain::endpoint::{Endpoint, InvalidEndpoint};
use crate::domain::savepoint::{Namespace, Place, Profile, SavepointId, Target, Workspace};
use crate::util::json;
use crate::util::quote::without_value;
use crate::util::text;

const VERSION: u32 = 1;

/// The longest description of a file's damage, in columns.
const LONGEST_DAMAGE: usize = 300;

const FILE_KEYS: [&str; 3] = ["version", "watched", "followed"];

/// The keys of a savepoint in the file.
const SAVEPOINT_KEYS: [&str; 7] =
    ["endpoint", "workspace", "namespace", "profile", "savepointId", "note", "addedAt"];

/// The keys of a followed deployment in the file.
const DEPLOYMENT_KEYS: [&str; 6] =
    ["endpoint", "workspace", "namespace", "profile", "deploymentId", "followedSince"];

#[derive(Debug, Default)]
pub(super) struct ParsedFile {
    pub(super) list: WatchList,
    /// The first error in the rest of the file.
    pub(super) damage: Option<String>,
    /// The file's version, if it is newer than this program's. Unknown content is not damage then.
    pub(super) newer: Option<String>,
}

/// A savepoint in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    endpoint: String,
    workspace: String,
    namespace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    savepoint_id: String,
    #[serde(default)]
    note: String,
    added_at: Timestamp,
}

/// A followed deployment in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FollowedLine {
    endpoint: String,
    workspace: String,
    namespace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    deployment_id: String,
    followed_since: Timestamp,
}

pub(super) fn print(list: &WatchList) -> Result<String, serde_json::Error> {
    let lines = list.watched.iter().map(|(target, remark)| {
        let Target { place, id } = target;
        let line = Line {
            endpoint: place.endpoint.as_str().to_owned(),
            workspace: place.workspace.to_string(),
            namespace: place.namespace.to_string(),
            profile: place.profile.as_ref().map(Profile::to_string),
            savepoint_id: id.to_string(),
            note: remark.note.clone(),
            added_at: remark.added_at,
        };
        with(&line, list.unknown.watched.get(target))
    });
    let lines = lines.collect::<Result<Vec<String>, serde_json::Error>>()?.join(",\n");
    let followed = list.followed.iter().map(|(deployment, since)| {
        let DeploymentTarget { place, id } = deployment;
        let line = FollowedLine {
            endpoint: place.endpoint.as_str().to_owned(),
            workspace: place.workspace.to_string(),
            namespace: place.namespace.to_string(),
            profile: place.profile.as_ref().map(Profile::to_string),
            deployment_id: id.to_string(),
            followed_since: *since,
        };
        with(&line, list.unknown.followed.get(deployment))
    });
    let followed = followed.collect::<Result<Vec<String>, serde_json::Error>>()?.join(",\n");
    // Versions without `followed` can read a list that follows nothing.
    let followed = match followed.as_str() {
        "" => String::new(),
        lines => format!(",\"followed\":[\n{lines}\n]"),
    };
    let unknown = &list.unknown.file;
    Ok(format!("{{\"version\":{VERSION},\"watched\":[\n{lines}\n]{followed}{unknown}}}\n"))
}

/// Formats one entry, with the members that a newer version wrote. The text
/// contains no control characters.
fn with(line: &impl Serialize, unknown: Option<&String>) -> Result<String, serde_json::Error> {
    let mut line = json::compact(&serde_json::to_string(line)?);
    if let Some(unknown) = unknown {
        line.pop();
        line.push_str(unknown);
        line.push('}');
    }
    Ok(line)
}

/// Parses all valid entries of a text, and describes the first error in the rest.
///
/// An endpoint with plain `http` on another machine is an error unless `allow_http` is set.
pub(super) fn parse(text: &[u8], allow_http: bool) -> ParsedFile {
    let mut read = ParsedFile::default();
    let mut lines: Vec<&RawValue> = Vec::new();
    match serde_json::from_slice::<Members>(text) {
        Ok(file) => {
            read.newer = version(&file, &mut read.damage);
            for key in ["watched", "followed"] {
                let all: Vec<_> = file.all(key).collect();
                let parsed = all.iter().map(|list| serde_json::from_str(list.get()));
                let lists: Vec<Vec<&RawValue>> = parsed.filter_map(Result::ok).collect();
                if lists.len() < all.len() || (all.is_empty() && key == "watched") {
                    read.damage.get_or_insert_with(|| format!("it holds no list {key:?}"));
                }
                lines.extend(lists.into_iter().flatten());
            }
            match file.check(&FILE_KEYS) {
                Ok(()) => read.list.unknown.file = file.unknown(&FILE_KEYS),
                // Written back, the key would be an error again at each start.
                Err(why) => drop(read.damage.get_or_insert(why)),
            }
        }
        Err(error) => {
            let what = if error.is_data() { "it is no watch list" } else { "it is no JSON" };
            let why = if error.is_data() { without_value(&error) } else { error.to_string() };
            read.damage = Some(format!("{what}: {why}"));
            lines = salvage(text);
        }
    }
    for (at, line) in lines.into_iter().enumerate() {
        if let Err(why) = take(&mut read.list, line, allow_http) {
            read.damage.get_or_insert_with(|| format!("entry {}: {why}", at + 1));
        }
    }
    if read.newer.is_some() {
        read.damage = None;
    }
    // The description may quote the file.
    read.damage =
        read.damage.map(|words| text::fit(&text::clean(&words), LONGEST_DAMAGE).into_owned());
    read
}

/// Returns the file's version if it is newer than this program's; sets `damage` if it is invalid.
fn version(file: &Members, damage: &mut Option<String>) -> Option<String> {
    let version = file.all("version").next().map(RawValue::get);
    match version.and_then(|version| version.parse::<u32>().ok()) {
        Some(VERSION) => None,
        Some(version) if version > VERSION => Some(format!("version {version}")),
        _ => {
            *damage = Some(format!("its version is not {VERSION}"));
            None
        }
    }
}

/// The lines that are JSON objects, in a file that is not valid JSON.
fn salvage(text: &[u8]) -> Vec<&RawValue> {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.map(|line| line.strip_suffix(b",").unwrap_or(line));
    let lines = lines.filter(|line| line.starts_with(b"{"));
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Parses one entry into the list.
fn take(list: &mut WatchList, line: &RawValue, allow_http: bool) -> Result<(), String> {
    let members: Members =
        serde_json::from_str(line.get()).map_err(|error| without_value(&error))?;
    members.check(&[&SAVEPOINT_KEYS[..], &DEPLOYMENT_KEYS[..]].concat())?;
    let is_deployment = members.all("deploymentId").next().is_some();
    if is_deployment && members.all("savepointId").next().is_some() {
        return Err("it has both a savepointId and a deploymentId".to_owned());
    }
    if is_deployment {
        let line: FollowedLine =
            serde_json::from_str(line.get()).map_err(|error| without_value(&error))?;
        let names = [&line.endpoint, &line.workspace, &line.namespace];
        let place = place(names, line.profile.as_deref(), allow_http)?;
        let id = DeploymentId::new(&line.deployment_id).map_err(|why| why.to_string())?;
        let (deployment, since) = (DeploymentTarget { place, id }, line.followed_since);
        let unknown = members.unknown(&DEPLOYMENT_KEYS);
        json_members::insert(
            &mut list.followed,
            &mut list.unknown.followed,
            deployment,
            since,
            unknown,
        )
    } else {
        let line: Line = serde_json::from_str(line.get()).map_err(|error| without_value(&error))?;
        let names = [&line.endpoint, &line.workspace, &line.namespace];
        let place = place(names, line.profile.as_deref(), allow_http)?;
        let id = SavepointId::new(&line.savepoint_id).map_err(|why| why.to_string())?;
        let (target, remark) =
            (Target { place, id }, Annotation { note: line.note, added_at: line.added_at });
        let unknown = members.unknown(&SAVEPOINT_KEYS);
        json_members::insert(&mut list.watched, &mut list.unknown.watched, target, remark, unknown)
    }
}

fn place(
    [endpoint, workspace, namespace]: [&String; 3],
    profile: Option<&str>,
    allow_http: bool,
) -> Result<Place, String> {
    let endpoint = Endpoint::of_url(endpoint, allow_http).map_err(|why| match why {
        InvalidEndpoint::PlainHttp(_) => why.to_string(),
        // An invalid URL may contain a password: it is not quoted.
        _ => "its endpoint is none".to_owned(),
    })?;
    let profile = profile.map(Profile::new).transpose();
    Ok(Place {
        endpoint,
        workspace: Workspace::new(workspace).map_err(|why| why.to_string())?,
        namespace: Namespace::new(namespace).map_err(|why| why.to_string())?,
        profile: profile.map_err(|why| why.to_string())?,
    })
}

#[cfg(test)]
mod tests;
