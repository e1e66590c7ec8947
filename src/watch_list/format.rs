//! The file's text: JSON, one savepoint a line, so that most of a damaged file can still be read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Remark, WatchList};
use crate::deployment::{DeploymentId, DeploymentTarget};
use crate::endpoint::{Endpoint, InvalidEndpoint};
use crate::json;
use crate::savepoint::{Namespace, Place, Profile, SavepointId, Target, Workspace};

/// What the texts of this form call themselves.
const VERSION: u32 = 1;

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

/// The list as text.
pub(super) fn print(list: &WatchList) -> Result<String, serde_json::Error> {
    let lines = list.watched.iter().map(|(Target { place, id }, remark)| {
        let line = Line {
            endpoint: place.endpoint.as_str().to_owned(),
            workspace: place.workspace.to_string(),
            namespace: place.namespace.to_string(),
            profile: place.profile.as_ref().map(Profile::to_string),
            savepoint_id: id.to_string(),
            note: remark.note.clone(),
            added_at: remark.added_at,
        };
        // Nothing in it acts on a terminal that the file is printed to.
        Ok(json::compact(&serde_json::to_string(&line)?))
    });
    let lines = lines.collect::<Result<Vec<String>, serde_json::Error>>()?.join(",\n");
    let followed = list.followed.iter().map(|(DeploymentTarget { place, id }, since)| {
        let line = FollowedLine {
            endpoint: place.endpoint.as_str().to_owned(),
            workspace: place.workspace.to_string(),
            namespace: place.namespace.to_string(),
            profile: place.profile.as_ref().map(Profile::to_string),
            deployment_id: id.to_string(),
            followed_since: *since,
        };
        Ok(json::compact(&serde_json::to_string(&line)?))
    });
    let followed = followed.collect::<Result<Vec<String>, serde_json::Error>>()?.join(",\n");
    // Programs that follow nothing yet read the rest.
    let followed = match followed.as_str() {
        "" => String::new(),
        lines => format!(",\"followed\":[\n{lines}\n]"),
    };
    Ok(format!("{{\"version\":{VERSION},\"watched\":[\n{lines}\n]{followed}}}\n"))
}

/// Everything in a text that can be read, and the first thing that is wrong with the rest.
///
/// Plain `http` to another machine is wrong unless it is allowed.
pub(super) fn parse(text: &[u8], allow_http: bool) -> (WatchList, Option<String>) {
    let (lines, mut damage) = match serde_json::from_slice::<Value>(text) {
        Ok(mut file) => {
            let damage = (file.get("version") != Some(&VERSION.into()))
                .then(|| format!("its version is not {VERSION}"));
            let followed = match file.get_mut("followed").map(Value::take) {
                Some(Value::Array(lines)) => lines,
                _ => Vec::new(),
            };
            match file.get_mut("watched").map(Value::take) {
                Some(Value::Array(lines)) => ([lines, followed].concat(), damage),
                _ => (followed, damage.or_else(|| Some("it holds no list".to_owned()))),
            }
        }
        Err(error) => (salvage(text), Some(format!("it is no JSON: {error}"))),
    };
    let mut list = WatchList::default();
    for (at, line) in lines.into_iter().enumerate() {
        match entry(line, allow_http) {
            Ok(Kept::Savepoint(target, remark)) => {
                list.watched.entry(target).or_insert(remark);
            }
            Ok(Kept::Deployment(deployment, since)) => {
                list.followed.entry(deployment).or_insert(since);
            }
            Err(why) => drop(damage.get_or_insert_with(|| format!("entry {}: {why}", at + 1))),
        }
    }
    (list, damage)
}

/// The lines that are JSON although the whole is not.
fn salvage(text: &[u8]) -> Vec<Value> {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.map(|line| line.strip_suffix(b",").unwrap_or(line));
    lines.filter_map(|line| serde_json::from_slice(line).ok()).filter(Value::is_object).collect()
}

/// One thing in the file.
enum Kept {
    Savepoint(Target, Remark),
    Deployment(DeploymentTarget, Timestamp),
}

fn entry(line: Value, allow_http: bool) -> Result<Kept, String> {
    if line.get("deploymentId").is_some() {
        let line: FollowedLine = serde_json::from_value(line).map_err(|error| error.to_string())?;
        let names = [&line.endpoint, &line.workspace, &line.namespace];
        let place = place(names, line.profile.as_deref(), allow_http)?;
        let id = DeploymentId::new(&line.deployment_id).map_err(|why| why.to_string())?;
        return Ok(Kept::Deployment(DeploymentTarget { place, id }, line.followed_since));
    }
    let line: Line = serde_json::from_value(line).map_err(|error| error.to_string())?;
    let names = [&line.endpoint, &line.workspace, &line.namespace];
    let place = place(names, line.profile.as_deref(), allow_http)?;
    let id = SavepointId::new(&line.savepoint_id).map_err(|why| why.to_string())?;
    let remark = Remark { note: line.note, added_at: line.added_at };
    Ok(Kept::Savepoint(Target { place, id }, remark))
}

fn place(
    [endpoint, workspace, namespace]: [&String; 3],
    profile: Option<&str>,
    allow_http: bool,
) -> Result<Place, String> {
    let endpoint = Endpoint::of_url(endpoint, allow_http).map_err(|why| match why {
        InvalidEndpoint::PlainHttp(_) => why.to_string(),
        // The text of another might hold a password.
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
mod tests {
    use super::super::tests::{remark, target};
    use super::*;

    fn list(notes: &[(&str, &str)]) -> WatchList {
        let watched = notes.iter().map(|(id, note)| (target(id), remark(note))).collect();
        WatchList { watched, ..WatchList::default() }
    }

    #[test]
    fn the_file_as_it_is() {
        let text = print(&list(&[("354dde66", "before 4.2"), ("快照/1", "")])).unwrap();
        let expected = r#"{"version":1,"watched":[
{"endpoint":"https://ververica.cn-hangzhou.aliyuncs.com","workspace":"a14bd5d90a0001","namespace":"prod-default","savepointId":"354dde66","note":"before 4.2","addedAt":"2026-11-23T03:00:00Z"},
{"endpoint":"https://ververica.cn-hangzhou.aliyuncs.com","workspace":"a14bd5d90a0001","namespace":"prod-default","savepointId":"快照/1","note":"","addedAt":"2026-11-23T03:00:00Z"}
]}
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_profile_is_kept_with_its_place() {
        let mut ours = target("a");
        ours.place.profile = Some(Profile::new("ops").unwrap());
        let watched = [ours, target("a")].into_iter().map(|it| (it, remark(""))).collect();
        let two = WatchList { watched, ..WatchList::default() };
        let text = print(&two).unwrap();
        assert_eq!(text.matches(r#","profile":"ops","#).count(), 1, "{text}");
        assert_eq!(parse(text.as_bytes(), false), (two, None));
    }

    #[test]
    fn what_is_followed_is_kept_beside_it() {
        let mut list = list(&[("a", "x")]);
        let deployment = |id: &str| DeploymentTarget {
            place: target("a").place,
            id: DeploymentId::new(id).unwrap(),
        };
        let since: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        list.followed.insert(deployment("d-1"), since);
        let text = print(&list).unwrap();
        let line = r#"{"endpoint":"https://ververica.cn-hangzhou.aliyuncs.com","workspace":"a14bd5d90a0001","namespace":"prod-default","deploymentId":"d-1","followedSince":"2026-11-23T03:00:00Z"}"#;
        assert!(text.ends_with(&format!("\n],\"followed\":[\n{line}\n]}}\n")), "{text}");
        assert_eq!(parse(text.as_bytes(), false), (list.clone(), None));
        let torn = text.trim_end().trim_end_matches("]}");
        assert_eq!(parse(torn.as_bytes(), false).0, list);
        let (read, damage) = parse(text.replace("d-1", "..").as_bytes(), false);
        assert_eq!((read.watched, read.followed.len()), (list.watched, 0));
        assert!(damage.unwrap().starts_with("entry 2: the deployment ID"));
    }

    #[test]
    fn an_empty_list_is_a_list() {
        assert_eq!(parse(print(&list(&[])).unwrap().as_bytes(), false), (list(&[]), None));
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_read_and_acts_on_nothing(id in "\\PC{1,9}x", note in ".*") {
            let list = list(&[(&id, &note), ("b", "")]);
            let text = print(&list).unwrap();
            let acts = text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}');
            proptest::prop_assert!(!acts, "{}", text);
            proptest::prop_assert_eq!(text.lines().count(), 4);
            proptest::prop_assert_eq!(parse(text.as_bytes(), false), (list, None));
        }

        #[test]
        fn of_a_torn_file_every_whole_line_is_read(cut in 0_usize..1000) {
            let all = list(&[("a", "x"), ("b", "y"), ("c", "z")]);
            let text = print(&all).unwrap();
            let torn = &text[..cut.min(text.len() - 3)];
            let (read, damage) = parse(torn.as_bytes(), false);
            let whole = torn.lines().filter(|line| line.ends_with("\"},") || line.ends_with("\"}"));
            proptest::prop_assert_eq!(read.watched.len(), whole.count());
            proptest::prop_assert!(read.watched.iter().all(|(target, remark)| all.watched.get(target) == Some(remark)));
            proptest::prop_assert!(damage.is_some());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes, false);
        }
    }

    /// The printed form of two savepoints, with something replaced in the second one's line.
    fn spoilt(what: &str, by: &str) -> String {
        let text = print(&list(&[("good", "x"), ("bad", "y")])).unwrap();
        let (first, second) = text.split_once(",\n").unwrap();
        assert!(second.contains(what));
        format!("{first},\n{}", second.replacen(what, by, 1))
    }

    const HOST: &str = "https://ververica.cn-hangzhou.aliyuncs.com";

    #[rstest::rstest]
    #[case::plain_http(spoilt(HOST, "http://example.com"), "entry 2: plain http to example.com")]
    #[case::with_a_password(spoilt(HOST, "https://u:hunter2@example.com"), "entry 2: its endpoint")]
    #[case::no_url(spoilt(HOST, "ftp://u:hunter2@example.com"), "entry 2: its endpoint")]
    #[case::empty_id(spoilt("\"bad\"", "\"\""), "entry 2: the savepoint ID is empty")]
    #[case::dots(spoilt("\"bad\"", "\"..\""), "entry 2: the savepoint ID must not")]
    #[case::control(spoilt("\"bad\"", "\"a\\n\""), "entry 2: the savepoint ID holds")]
    #[case::workspace(spoilt("a14bd5d90a0001", "a b"), "entry 2: the workspace ID")]
    #[case::namespace(spoilt("prod-default", "."), "entry 2: the namespace")]
    #[case::profile(
        spoilt("\"savepointId\":\"bad\"", "\"profile\":\"\",\"savepointId\":\"bad\""),
        "entry 2: the profile's name is empty"
    )]
    #[case::time(spoilt("2026-11-23T03:00:00Z", "soon"), "entry 2: ")]
    #[case::wrong_type(spoilt("\"y\"", "7"), "entry 2: invalid type")]
    #[case::missing(spoilt("\"savepointId\":\"bad\",", ""), "entry 2: missing field")]
    #[case::no_object(spoilt("]}", ",7]}"), "entry 3: invalid type")]
    #[case::no_json(spoilt("]}", "]}}"), "it is no JSON")]
    #[case::torn(spoilt("\"}", ""), "it is no JSON")]
    #[case::another_version(spoilt("", "").replace("\"version\":1", "\"version\":2"), "its version")]
    #[case::a_version_in_words(spoilt("", "").replace("\"version\":1", "\"version\":\"1\""), "its version")]
    fn what_is_wrong_costs_only_itself(#[case] text: String, #[case] why: &str) {
        let (read, damage) = parse(text.as_bytes(), false);
        assert_eq!(read.watched.get(&target("good")), Some(&remark("x")));
        let damage = damage.unwrap();
        assert!(damage.starts_with(why), "{damage}");
        assert!(!damage.contains("hunter2"));
    }

    #[rstest::rstest]
    #[case::empty("", "it is no JSON")]
    #[case::another("{}", "its version")]
    #[case::no_list(r#"{"version":1}"#, "it holds no list")]
    #[case::no_array(r#"{"version":1,"watched":{}}"#, "it holds no list")]
    #[case::a_word("\"x\"", "its version")]
    fn of_some_files_nothing_can_be_read(#[case] text: &str, #[case] why: &str) {
        let (read, damage) = parse(text.as_bytes(), false);
        assert_eq!(read, WatchList::default());
        assert!(damage.unwrap().starts_with(why));
    }

    #[test]
    fn plain_http_is_for_whoever_allows_it() {
        let (read, damage) = parse(spoilt(HOST, "http://example.com").as_bytes(), true);
        assert_eq!((read.watched.len(), damage), (2, None));
    }
}
