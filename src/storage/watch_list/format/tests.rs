use super::super::tests::{remark, target};
use super::*;

/// What is understood of a text, and what is wrong with the rest.
fn parsed(text: &[u8], allow_http: bool) -> (WatchList, Option<String>) {
    let read = parse(text, allow_http);
    assert_eq!(read.newer, None);
    (read.list, read.damage)
}

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
    assert_eq!(parsed(text.as_bytes(), false), (two, None));
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
    assert_eq!(parsed(text.as_bytes(), false), (list.clone(), None));
    let torn = text.trim_end().trim_end_matches("]}");
    assert_eq!(parsed(torn.as_bytes(), false).0, list);
    let (read, damage) = parsed(text.replace("d-1", "..").as_bytes(), false);
    assert_eq!((read.watched, read.followed.len()), (list.watched, 0));
    assert!(damage.unwrap().starts_with("entry 2: the deployment ID"));
}

#[test]
fn an_empty_list_is_a_list() {
    assert_eq!(parsed(print(&list(&[])).unwrap().as_bytes(), false), (list(&[]), None));
}

proptest::proptest! {
    #[test]
    fn what_is_printed_is_read_and_acts_on_nothing(id in "\\PC{1,9}x", note in ".*") {
        let list = list(&[(&id, &note), ("b", "")]);
        let text = print(&list).unwrap();
        let acts = text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}');
        proptest::prop_assert!(!acts, "{}", text);
        proptest::prop_assert_eq!(text.lines().count(), 4);
        proptest::prop_assert_eq!(parsed(text.as_bytes(), false), (list, None));
    }

    #[test]
    fn every_complete_line_of_a_truncated_file_is_read(cut in 0_usize..1000) {
        let all = list(&[("a", "x"), ("b", "y"), ("c", "z")]);
        let text = print(&all).unwrap();
        let torn = &text[..cut.min(text.len() - 3)];
        let (read, damage) = parsed(torn.as_bytes(), false);
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
#[case::no_version(spoilt("", "").replace("\"version\":1", "\"version\":0"), "its version")]
#[case::a_version_in_words(spoilt("", "").replace("\"version\":1", "\"version\":\"1\""), "its version")]
fn an_invalid_entry_does_not_affect_the_others(#[case] text: String, #[case] why: &str) {
    let (read, damage) = parsed(text.as_bytes(), false);
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
#[case::a_word("\"x\"", "it is no watch list")]
fn some_files_are_entirely_unreadable(#[case] text: &str, #[case] why: &str) {
    let (read, damage) = parsed(text.as_bytes(), false);
    assert_eq!(read, WatchList::default());
    assert!(damage.unwrap().starts_with(why));
}

#[test]
fn plain_http_needs_permission() {
    let (read, damage) = parsed(spoilt(HOST, "http://example.com").as_bytes(), true);
    assert_eq!((read.watched.len(), damage), (2, None));
}

/// The printed form of two savepoints and a deployment, with something replaced once.
fn with_a_deployment(what: &str, by: &str) -> String {
    let mut list = list(&[("good", "x"), ("bad", "y")]);
    let id = DeploymentId::new("d-1").unwrap();
    let deployment = DeploymentTarget { place: target("a").place, id };
    list.followed.insert(deployment, "2026-11-23T03:00:00Z".parse().unwrap());
    let text = print(&list).unwrap();
    assert!(text.contains(what), "{text}");
    text.replacen(what, by, 1)
}

#[rstest::rstest]
#[case::of_the_file(
    with_a_deployment("\"followed\"", "\"followee\""),
    "unknown key \"followee\", did you mean \"followed\"?"
)]
#[case::of_the_file_by_case(
    with_a_deployment("\"followed\"", "\"Followed\""),
    "unknown key \"Followed\""
)]
#[case::of_a_deployment(
    with_a_deployment("\"deploymentId\"", "\"deploymentID\""),
    "entry 3: unknown key \"deploymentID\""
)]
#[case::profile(
    spoilt("\"savepointId\":\"bad\"", "\"profilE\":\"ops\",\"savepointId\":\"bad\""),
    "entry 2: unknown key \"profilE\", did you mean \"profile\"?"
)]
#[case::profile_by_two(
    spoilt("\"savepointId\":\"bad\"", "\"porfiel\":\"ops\",\"savepointId\":\"bad\""),
    "entry 2: unknown key \"porfiel\""
)]
#[case::note(spoilt("\"note\":\"y\"", "\"Note\":\"y\""), "entry 2: unknown key \"Note\"")]
#[case::twice(
    spoilt("\"note\":\"y\"", "\"note\":\"y\",\"note\":\"z\""),
    "entry 2: the key \"note\" comes twice"
)]
#[case::twice_in_another_spelling(
    spoilt("\"note\":\"y\"", "\"profile\":\"ops\",\"profil\\u0065\":\"dev\""),
    "entry 2: the key \"profile\" comes twice"
)]
#[case::twice_in_the_file(spoilt("]}", "],\"watched\":[]}"), "the key \"watched\" comes twice")]
#[case::two_things_at_once(
    spoilt("\"savepointId\":\"bad\"", "\"deploymentId\":\"d\",\"savepointId\":\"bad\""),
    "entry 2: it has both"
)]
#[case::twice_with_another_note(spoilt("\"bad\"", "\"good\""), "entry 2: it is there twice")]
fn an_ambiguous_entry_is_damaged_and_not_used(#[case] text: String, #[case] why: &str) {
    let (read, damage) = parsed(text.as_bytes(), false);
    assert_eq!(read.watched.get(&target("good")), Some(&remark("x")));
    assert!(!read.watched.keys().any(|it| it.id.as_str() == "bad") || !why.starts_with("entry 2"));
    assert!(read.watched.keys().all(|it| it.place.profile.is_none()));
    let damage = damage.unwrap();
    assert!(damage.starts_with(why), "{damage}");
}

#[test]
fn unknown_fields_keep_their_order() {
    let text = with_a_deployment(
        "\"note\":\"x\"",
        "\"z\" : [ 1.0, {\"b\":1e400,\"a\":\"\\ud800\"} ], \"colour\":\"red\",\"note\":\"x\"",
    );
    let text = text.replace("\"followedSince\"", "\"label\":\"\u{202e}\",\"followedSince\"");
    let text = text.replace("\n]}\n", "\n],\"zones\":[1,\n2],\"audit\":null}\n");
    let (read, damage) = parsed(text.as_bytes(), false);
    assert_eq!((read.watched.len(), read.followed.len(), damage), (2, 1, None));
    let printed = print(&read).unwrap();
    let first = printed.lines().nth(1).unwrap();
    let rest = r#","z":[1.0,{"b":1e400,"a":"\ud800"}],"colour":"red"},"#;
    assert!(first.ends_with(rest), "{first}");
    assert!(printed.contains("Z\",\"label\":\"\\u202e\"}\n"), "{printed}");
    assert!(printed.ends_with("\n],\"zones\":[1,2],\"audit\":null}\n"), "{printed}");
    let (again, damage) = parsed(printed.as_bytes(), false);
    assert_eq!((again, damage), (read, None));
}

#[rstest::rstest]
#[case::another_number("\"version\":2", "version 2")]
#[case::much_later("\"version\":4000000000", "version 4000000000")]
fn unknown_content_of_a_newer_version_is_not_damage(#[case] version: &str, #[case] newer: &str) {
    let text = spoilt("\"savepointId\"", "\"savepoint\"").replace("\"version\":1", version);
    let read = parse(text.as_bytes(), false);
    assert_eq!(read.list.watched.len(), 1);
    assert_eq!((read.newer.as_deref(), read.damage), (Some(newer), None));
}

#[test]
fn a_duplicate_entry_counts_once() {
    let text = spoilt("\"bad\"", "\"good\"").replace("\"y\"", "\"x\"");
    assert_eq!(parsed(text.as_bytes(), false), (list(&[("good", "x")]), None));
}
