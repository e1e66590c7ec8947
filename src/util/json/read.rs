//! Reads JSON field by field: an unreadable value does not affect the others.
//!
//! A JSON library rejects a whole text for one lone surrogate (`"\ud800"`), one number out of range
//! (`1e400`) or one value that is nested too deep. Here a lone surrogate becomes U+FFFD, a number its
//! text, and a value nested deeper than this program needs null.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Value};

/// How many levels of objects are read; `data.status.failure.message` of a response takes three.
const LEVELS: u8 = 4;

/// Written by some programs before a text, although JSON does not allow it there.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The readable fields of an object by name.
pub(crate) type Object<'a> = BTreeMap<Cow<'a, str>, Value>;

/// Returns the readable fields of a JSON object; `None` if the JSON is no object.
pub(crate) fn object(json: &[u8]) -> Option<Object<'_>> {
    object_within(json, LEVELS)
}

/// Returns the fields of a JSON object, each verbatim; the last one of those with the same name.
pub(crate) fn fields(json: &[u8]) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    Some(entries(json)?.into_iter().collect())
}

/// Returns the fields in their order, also those with the same name.
fn entries(json: &[u8]) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut json = Deserializer::from_slice(json);
    let entries = json.deserialize_map(Entries).ok()?;
    json.end().ok()?;
    Some(entries)
}

/// Reads a value: a number as its text, and a list as null, because callers read the items of a
/// list one by one.
pub(crate) fn value(json: &RawValue) -> Value {
    value_within(json.get(), LEVELS)
}

fn object_within<'a, O>(json: &'a [u8], levels: u8) -> Option<O>
where
    O: FromIterator<(Cow<'a, str>, Value)>,
{
    let entries = entries(json)?.into_iter();
    // Of fields with the same name the last one stays.
    Some(entries.map(|(name, raw)| (name, value_within(raw.get(), levels - 1))).collect())
}

fn value_within(json: &str, levels: u8) -> Value {
    let read = match json.as_bytes().first() {
        Some(b'"') => string(json).map(Value::from),
        Some(b'-' | b'0'..=b'9') => Some(Value::from(json)),
        Some(b't') => Some(Value::Bool(true)),
        Some(b'f') => Some(Value::Bool(false)),
        Some(b'{') if levels > 0 => object_within(json.as_bytes(), levels),
        _ => None,
    };
    read.unwrap_or_default()
}

/// Reads a string, with U+FFFD for every lone surrogate.
fn string(json: &str) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    if let Some(text) = inside.filter(|text| !text.contains('\\')) {
        // No escape, as in most texts: it reads as it stands.
        return Some(text.into());
    }
    Deserializer::from_str(json).deserialize_bytes(Text).ok().map(Cow::Owned)
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::with_capacity(16);
        while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            entries.push((string(name.get()).unwrap_or_default(), value));
        }
        Ok(entries)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // The JSON library hands over a lone surrogate as three bytes, the first of them this.
            if chunk.invalid().first() == Some(&0xED) {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Value {
        object(json.as_bytes()).map_or(Value::Null, |fields| fields.into_iter().collect())
    }

    #[rstest::rstest]
    #[case::lone_surrogate(r#"{"a": "x\ud800y", "b": "\udc00"}"#, json!({"a": "x\u{fffd}y", "b": "\u{fffd}"}))]
    #[case::two_high_ones(r#"{"a": "\ud800\ud800"}"#, json!({"a": "\u{fffd}\u{fffd}"}))]
    #[case::a_pair(r#"{"a": "\ud83d\ude00 \u4e2d"}"#, json!({"a": "\u{1f600} 中"}))]
    #[case::in_a_name(r#"{"\ud800": 1, "b": true}"#, json!({"\u{fffd}": "1", "b": true}))]
    #[case::beyond_a_float(r#"{"a": 1e400, "b": false}"#, json!({"a": "1e400", "b": false}))]
    #[case::as_many_digits_as_given(r#"{"a": 12345678901234567890123}"#, json!({"a": "12345678901234567890123"}))]
    #[case::twice(r#"{"a": 1, "a": "2"}"#, json!({"a": "2"}))]
    #[case::a_list(r#"{"a": [1, 1e400, "\ud800"], "b": null}"#, json!({"a": null, "b": null}))]
    #[case::byte_order_mark("\u{feff}{\"a\": \"1\"}", json!({"a": "1"}))]
    #[case::four_levels(
        r#"{"a": {"b": {"c": {"d": {}, "e": "x"}}}}"#,
        json!({"a": {"b": {"c": {"d": null, "e": "x"}}}})
    )]
    #[case::no_object("[]", json!(null))]
    #[case::two_texts("{} {}", json!(null))]
    #[case::cut_off(r#"{"a": "#, json!(null))]
    fn each_value_is_read_independently(#[case] json: &str, #[case] expected: Value) {
        assert_eq!(read(json), expected);
    }

    #[test]
    fn a_deeply_nested_value_does_not_affect_the_others() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let json = format!(r#"{{"deep": {deep}, "state": "COMPLETED"}}"#);
            assert_eq!(read(&json)["state"], "COMPLETED");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = object(&bytes);
        }

        #[test]
        fn no_text_panics(text in r#"[{}\[\]":,\\ud8cef0-9a tn-]*"#) {
            let _ = object(text.as_bytes());
        }

        #[test]
        fn a_text_reads_as_serde_json_reads_it(text in ".*", name in ".*") {
            let json = json!({ &name: text });
            proptest::prop_assert_eq!(read(&json.to_string()), json);
        }
    }
}
