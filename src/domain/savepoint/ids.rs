//! Finds savepoint IDs in typed or pasted text.
//!
//! The service's IDs are UUIDs. In a text with UUIDs only these are IDs. In a text without, every
//! word that looks like an identifier is taken, so that a service with other IDs works, too. On the
//! command line IDs are taken verbatim instead.

use indexmap::IndexSet;
use serde_json::Value;

use super::SavepointId;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The IDs, in order, each once.
    pub ids: Vec<SavepointId>,
    /// The words that are not savepoint IDs, in order, each once.
    pub rejected: Vec<String>,
}

/// Finds the savepoint IDs in a text of any shape: separated by commas, spaces or lines, quoted,
/// JSON, or a line of the console with other words around.
pub fn find(text: &str) -> Found {
    let mut sorted = Sorted::default();
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
        in_json(&json, None, &mut sorted);
    } else {
        in_words(text, &mut sorted);
    }
    let rejected = sorted.rejected.into_iter().collect();
    Found { ids: sorted.ids.into_iter().collect(), rejected }
}

fn in_words(text: &str, found: &mut Sorted) {
    let separator = |c: char| {
        c.is_whitespace() || c.is_control() || ",;'\"`()[]{}<>|=:\u{ff1a}，；、。“”".contains(c)
    };
    let words: Vec<&str> = text.split(separator).filter(|word| !word.is_empty()).collect();
    let uuids_only = words.iter().any(|word| is_uuid(word));
    let mut label = "";
    for word in words {
        let wanted = if uuids_only { is_uuid(word) } else { is_identifier(word) };
        if wanted && !names_another_id(label) {
            found.take(word);
        } else if wanted || !is_savepoint_label(word) {
            found.reject(word);
        }
        label = word;
    }
}

/// In JSON only the values of `savepointId` and bare strings of an array count.
fn in_json(json: &Value, key: Option<&str>, found: &mut Sorted) {
    match json {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| in_json(value, Some(key), found));
        }
        Value::Array(items) => items.iter().for_each(|item| in_json(item, key, found)),
        Value::String(text) if key.is_none_or(is_savepoint_label) => {
            if is_uuid(text) || is_identifier(text) {
                found.take(text);
            } else {
                found.reject(text);
            }
        }
        _ => {}
    }
}

/// What was found so far. Sets keep a paste of many thousand words from blocking the screen.
#[derive(Default)]
struct Sorted {
    ids: IndexSet<SavepointId>,
    rejected: IndexSet<String>,
}

impl Sorted {
    fn take(&mut self, word: &str) {
        match SavepointId::new(word) {
            Ok(id) => drop(self.ids.insert(id)),
            Err(_invalid) => self.reject(word),
        }
    }

    fn reject(&mut self, word: &str) {
        if !self.rejected.contains(word) {
            self.rejected.insert(word.to_owned());
        }
    }
}

/// `savepointId`, `savepoint_id`, `--savepoint-id`, `savepointIds`, `id`, ...
fn is_savepoint_label(word: &str) -> bool {
    let plain: String =
        word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(plain.as_str(), "savepoint" | "savepointid" | "savepointids" | "id" | "ids")
}

/// Whether a label says that the next UUID is something else: `deploymentId`, `jobId`, ...
fn names_another_id(word: &str) -> bool {
    (word.ends_with("Id") || word.ends_with("_id") || word.ends_with("-id"))
        && !is_savepoint_label(word)
}

pub(crate) fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a word consists of identifier characters and holds a digit. (`****` is the
/// documentation's mask, so a masked ID is rejected rather than requested.)
fn is_identifier(word: &str) -> bool {
    word.len() >= 3
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
    const B: &str = "1d716b22-6aad-4be2-85c2-50cfc7570002";

    fn ids(text: &str) -> Vec<String> {
        find(text).ids.iter().map(ToString::to_string).collect()
    }

    #[rstest::rstest]
    #[case::commas(format!("{A},{B}"))]
    #[case::spaces_and_lines(format!("  {A}\r\n\t{B}\n\n"))]
    #[case::quotes(format!("'{A}' \"{B}\" `{A}`"))]
    #[case::json_array(format!(r#"["{A}", "{B}"]"#))]
    #[case::json_answers(format!(
        r#"{{"data":[{{"savepointId":"{A}","jobId":"{B}"}},{{"savepointId":"{B}","deploymentId":"{A}"}}]}}"#
    ))]
    #[case::half_of_a_json(format!(r#""savepointId": "{A}", "jobId": "ffffffff-6aad-4be2-85c2-50cfc7570002", "savepointId":"{B}","#))]
    #[case::console_line(format!("Savepoint {A} COMPLETED 2026-11-23 21:00:01 nightly-7\nSavepoint {B} FAILED"))]
    #[case::chinese_punctuation(format!("快照：{A}，{B}。"))]
    #[case::flags(format!("--savepoint-id {A} --savepoint-id={B}"))]
    fn ids_come_out_of_any_shape_once_and_in_order(#[case] text: String) {
        assert_eq!(ids(&text), [A, B]);
    }

    #[test]
    fn words_that_cannot_be_ids_are_reported() {
        let found = find(&format!("please look at {A} and oss://bucket/x"));
        assert_eq!(found.rejected, ["please", "look", "at", "and", "oss", "//bucket/x"]);
    }

    #[test]
    fn a_masked_id_is_reported_as_rejected() {
        let found = find("354dde66-a3ae-463e-967a-0b4107fd****");
        assert_eq!(found.ids, []);
        assert_eq!(found.rejected, ["354dde66-a3ae-463e-967a-0b4107fd****"]);
    }

    #[test]
    fn without_uuids_identifiers_are_taken() {
        assert_eq!(ids("sp-00001, sp-00002 hello"), ["sp-00001", "sp-00002"]);
        assert_eq!(find("sp-00001 hello").rejected, ["hello"]);
    }

    proptest::proptest! {
        #[test]
        fn no_paste_panics(text in ".*") {
            for id in find(&text).ids {
                assert!(text.contains(id.as_str()) || text.contains('\\'));
            }
        }
    }
}
