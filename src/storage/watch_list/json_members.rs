//! The members of a JSON object in their order, including duplicate and unknown keys.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::util::json;
use crate::util::quote::quoted_or;

/// The keys of an object, with their values as text.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(super) fn all(&self, key: &str) -> impl Iterator<Item = &'a RawValue> {
        self.0.iter().filter(move |(name, _)| name == key).map(|&(_, value)| value)
    }

    /// Reports a key that occurs twice, or that nearly equals a known one.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), String> {
        let mut seen = HashSet::new();
        for (key, _) in &self.0 {
            if !seen.insert(key) {
                return Err(format!("the key {} comes twice", quoted_or(key, "of one name")));
            }
            if known.contains(&key.as_str()) {
                continue;
            }
            if let Some(meant) = known.iter().find(|meant| is_near(key, meant)) {
                let key = quoted_or(key, "of another name");
                return Err(format!("unknown key {key}, did you mean {meant:?}?"));
            }
        }
        Ok(())
    }

    /// The members with unknown keys, as text to insert before the end of an object.
    pub(super) fn unknown(&self, known: &[&str]) -> String {
        let mut text = String::new();
        for (key, value) in self.0.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            text.push(',');
            text.push_str(&json::string(key));
            text.push(':');
            text.push_str(&json::compact(value.get()));
        }
        text
    }
}

/// Whether a key is a misspelt known one rather than one of a newer version: it differs in case only,
/// or in one character, or in two if the known key has six or more.
fn is_near(key: &str, known: &str) -> bool {
    let (key, known) = (key.to_lowercase(), known.to_lowercase());
    let most = if known.len() < 6 { 1 } else { 2 };
    key.chars().count() <= known.len() + most && strsim::osa_distance(&key, &known) <= most
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// Inserts an entry, with the members that only a newer version knows. A duplicate is an error only
/// if the two entries differ.
pub(super) fn insert<K: Hash + Eq + Clone, V: PartialEq>(
    list: &mut IndexMap<K, V>,
    unknown: &mut HashMap<K, String>,
    key: K,
    value: V,
    rest: String,
) -> Result<(), String> {
    match list.entry(key) {
        Entry::Occupied(there) => {
            let known = unknown.get(there.key()).map_or("", String::as_str);
            if *there.get() != value || known != rest {
                return Err("it is there twice, and not the same".to_owned());
            }
        }
        Entry::Vacant(place) => {
            if !rest.is_empty() {
                unknown.insert(place.key().clone(), rest);
            }
            place.insert(value);
        }
    }
    Ok(())
}
