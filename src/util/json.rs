//! JSON text with another layout: the service's numbers, key order and escapes stay verbatim.
//!
//! A JSON library would convert `1.0` or `1e400` to its own numbers and sort the keys. Here only the
//! white space between tokens changes, and characters that act on a terminal become equivalent
//! escapes.

pub(crate) mod read;

use std::fmt::Write as _;

use serde::Serialize;

use crate::util::text;

/// Maximum indentation, in levels: without it a text of brackets would grow with the
/// square of its length.
const DEEPEST: usize = 20;

/// Returns one line, without white space between tokens.
pub fn compact(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for_each(raw, |token| match token {
        Token::Outside(c) | Token::Inside(c) => push(&mut out, c),
    });
    out
}

/// Returns one member a line, indented by two spaces a level, up to twenty levels.
pub fn pretty(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() * 2);
    let mut depth = 0_usize;
    let mut just_opened = false;
    for_each(raw, |token| {
        let opened = std::mem::take(&mut just_opened);
        if let Token::Outside(']' | '}') = token {
            depth = depth.saturating_sub(1);
            if !opened {
                new_line(&mut out, depth);
            }
        } else if opened {
            new_line(&mut out, depth);
        }
        let (Token::Outside(c) | Token::Inside(c)) = token;
        push(&mut out, c);
        match token {
            Token::Outside('[' | '{') => {
                depth += 1;
                just_opened = true;
            }
            Token::Outside(',') => new_line(&mut out, depth),
            Token::Outside(':') => out.push(' '),
            _ => {}
        }
    });
    out
}

/// Returns a text as a JSON string, quotes included.
pub fn string(text: &str) -> String {
    compact(&serde_json::Value::from(text).to_string())
}

/// Returns one line, with its line break.
pub fn line(value: &impl Serialize) -> String {
    compact(&serde_json::to_string(value).unwrap_or_default()) + "\n"
}

/// A character that is not white space between tokens.
enum Token {
    Outside(char),
    Inside(char),
}

fn for_each(raw: &str, mut take: impl FnMut(Token)) {
    let (mut inside, mut escaped) = (false, false);
    for c in raw.chars() {
        if inside {
            take(Token::Inside(c));
            inside = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            take(Token::Inside(c));
            inside = true;
        } else if !matches!(c, ' ' | '\t' | '\n' | '\r') {
            take(Token::Outside(c));
        }
    }
}

/// Appends a character, as an escape if it would act on a terminal, reorder text or be invisible.
fn push(out: &mut String, c: char) {
    if text::is_control(c) {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    } else {
        out.push(c);
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = " {\"b\" : [1.0, 1e400,\t-0],\r\n \"a\": {\"x\":\"a  \\\" , {b\\\\\"}, \"e\": [ ], \"o\":{ }, \"n\": null}\n";

    #[test]
    fn compact_changes_only_white_space() {
        let expected = r#"{"b":[1.0,1e400,-0],"a":{"x":"a  \" , {b\\"},"e":[],"o":{},"n":null}"#;
        assert_eq!(compact(RAW), expected);
    }

    #[test]
    fn pretty_puts_one_member_on_a_line() {
        let expected = r#"{
  "b": [
    1.0,
    1e400,
    -0
  ],
  "a": {
    "x": "a  \" , {b\\"
  },
  "e": [],
  "o": {},
  "n": null
}"#;
        assert_eq!(pretty(RAW), expected);
        assert_eq!(compact(&pretty(RAW)), compact(RAW));
    }

    #[test]
    fn deep_nesting_grows_by_a_constant_factor() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let raw = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
            assert!(pretty(&raw).len() <= raw.len() * 42);
            assert_eq!(compact(&pretty(&raw)), raw);
        }
    }

    #[test]
    fn terminal_controls_become_equivalent_escapes() {
        let text = "\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{2066}\u{200f}\u{0}\n\"\\ 快照 \u{1f600}\u{3164}\u{e0100}";
        let json = string(text);
        assert_eq!(
            json,
            r#""\u001b[31m\u007f\u009b\u202e\u2066\u200f\u0000\n\"\\ 快照 😀\u3164\udb40\udd00""#
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    proptest::proptest! {
        #[test]
        fn both_layouts_mean_the_same(key in ".*", other in ".*", number: f64) {
            let value = serde_json::json!({ &key: [number, null, { &other: other }], "k": [[], {}] });
            let raw = value.to_string();
            for laid_out in [compact(&raw), pretty(&raw)] {
                let read: serde_json::Value = serde_json::from_str(&laid_out).unwrap();
                proptest::prop_assert_eq!(&read, &serde_json::from_str::<serde_json::Value>(&raw).unwrap());
                proptest::prop_assert!(!laid_out.chars().any(|c| text::is_control(c) && c != '\n'));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[\\[\\]{}\",:\\\\ a]*") {
            let _ = (compact(&text), pretty(&text));
        }
    }
}
