//! Text for the screen, and formatted JSON.

use savepeek::util::{json, text};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::{assert_harmless, assert_one_line, driver, text_of};

#[test]
fn shown_text() {
    driver::run("text", 3_000, |bytes| {
        let raw = text_of(bytes);
        let cleaned = text::clean(&raw);
        assert_one_line(&cleaned);
        assert_eq!(text::clean(&cleaned), cleaned, "cleaned twice");
        assert!(cleaned.len() <= 10 * raw.len());
        let plain = text::plain(&raw);
        assert_harmless(&plain);
        assert!(plain.lines().count() <= raw.lines().count());
        let width = bytes.len() % 50;
        assert!(text::fit(&cleaned, width).width() <= width, "fitted");
        let chopped = text::chop(&cleaned, width);
        assert_eq!(chopped.concat(), cleaned);
        let wrapped = text::wrap(&cleaned, width).concat();
        let without_spaces = |text: &str| text.replace(' ', "");
        assert_eq!(without_spaces(&wrapped), without_spaces(&cleaned));
        let widest = 2.max(width);
        for line in text::wrap(&cleaned, widest).iter().chain(&text::chop(&cleaned, widest)) {
            assert!(line.width() <= widest, "{line:?} is wider than {widest}");
        }
    });
}

#[test]
fn json_layouts() {
    driver::run("json", 3_000, |bytes| {
        let raw = text_of(bytes);
        let (compact, pretty, string) =
            (json::compact(&raw), json::pretty(&raw), json::string(&raw));
        assert_one_line(&compact);
        assert_one_line(&string);
        assert_harmless(&pretty);
        assert!(compact.len() <= 12 * raw.len());
        assert_eq!(json::compact(&pretty), compact);
        assert_eq!(serde_json::from_str::<String>(&string).unwrap(), raw);
        if let Ok(value) = serde_json::from_str::<Value>(&raw) {
            for laid_out in [&compact, &pretty] {
                assert_eq!(serde_json::from_str::<Value>(laid_out).unwrap(), value);
            }
        }
    });
}
