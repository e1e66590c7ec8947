//! Prints the report: plain lines that fit into a ticket, or one JSON object.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::{Report, Verdict};
use crate::VERSION;
use crate::util::{json, text};

/// The width that lines are wrapped at, in columns.
const WIDTH: usize = 80;

/// The column where the text begins.
const INDENT: usize = 26;

impl Verdict {
    fn sign(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Warn => "!",
            Self::Failed(_) => "✗",
            Self::Skipped => "-",
        }
    }
}

impl Report {
    pub fn to_text(&self) -> String {
        let at = text::moment(self.at, &TimeZone::UTC);
        let mut out = format!("savepeek {VERSION} doctor, {at}\n");
        let mut section = None;
        for finding in &self.findings {
            if section.replace(finding.section) != Some(finding.section) {
                let _ = write!(out, "\n{}\n", finding.section.word());
            }
            let (sign, word) = (finding.verdict.sign(), finding.verdict.word());
            let _ = write!(out, "  {sign} {word:<7} {:<13} ", finding.kind);
            wrap(&mut out, &finding.words);
            if let Some(advice) = &finding.advice {
                let _ = write!(out, "{:INDENT$}", "");
                wrap(&mut out, &format!("-> {advice}"));
            }
        }
        let end = match self.exit_code() {
            0 => "a request would succeed",
            _ => "a request would not succeed: see FAILED above",
        };
        let _ = write!(out, "\n{end}\n");
        out
    }

    /// Returns one object. Its keys and words do not change between versions.
    pub fn to_json(&self) -> String {
        let findings = self.findings.iter().map(|finding| FindingObject {
            section: finding.section.word(),
            kind: finding.kind,
            verdict: finding.verdict.word(),
            words: &finding.words,
            advice: finding.advice.as_deref(),
        });
        json::line(&ReportObject {
            version: VERSION,
            at: format!("{:.3}", self.at),
            exit_code: self.exit_code(),
            findings: findings.collect(),
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportObject<'a> {
    version: &'a str,
    at: String,
    exit_code: u8,
    findings: Vec<FindingObject<'a>>,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    section: &'a str,
    kind: &'a str,
    verdict: &'a str,
    words: &'a str,
    advice: Option<&'a str>,
}

/// Appends words, wrapped. A path or a URL is never broken.
fn wrap(out: &mut String, words: &str) {
    let mut used = INDENT;
    for (place, word) in text::clean(words).split(' ').enumerate() {
        if place > 0 && used + 1 + word.width() > WIDTH {
            let _ = write!(out, "\n{:INDENT$}", "");
            used = INDENT;
        } else if place > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
    }
    out.push('\n');
}
