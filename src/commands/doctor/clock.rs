//! Compares this machine's clock with the service's.

use jiff::SignedDuration;

use super::{Blame, Finding, Section};
use crate::commands::exit::FetchOutcome;
use crate::util::text;

const SECTION: Section = Section::Clock;

/// The largest difference that the service accepts.
const MAX_DIFFERENCE: SignedDuration = SignedDuration::from_mins(15);

/// A larger difference is worth a warning. Smaller ones may be the whole seconds of the header `Date`
/// and the round trip.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// `answered` if a signed request succeeded: the client dates requests by the service's clock.
pub(super) fn check(ahead: Option<SignedDuration>, answered: bool) -> Finding {
    let Some(ahead) = ahead else {
        return SECTION.skipped("clock", "no answer with a Date to compare it with");
    };
    let side = if ahead.is_negative() { "ahead of" } else { "behind" };
    let off = ahead.abs();
    let words = format!(
        "{} {side} the service's, which accepts 15 min",
        text::duration(off.unsigned_abs())
    );
    let advice = "set this machine's clock (is NTP running?)";
    match off {
        off if off < SignedDuration::from_secs(2) => {
            SECTION.ok("clock", "as the service's, which accepts 15 min")
        }
        off if off < TOLERANCE => SECTION.ok("clock", words),
        off if off < MAX_DIFFERENCE => SECTION.warn("clock", words, advice),
        _ if answered => {
            let words = format!("{words}; savepeek corrects for it, other tools may not");
            SECTION.warn("clock", words, advice)
        }
        _ => SECTION.failed("clock", Blame::Request(FetchOutcome::Refused), words, advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::right(1, false, "ok", "as the service's")]
    #[case::nearly(59, false, "ok", "59 s behind")]
    #[case::late(60, true, "warn", "1 min 00 s behind")]
    #[case::early(-899, true, "warn", "14 min 59 s ahead of")]
    #[case::refused(900, false, "FAILED", "15 min 00 s behind")]
    #[case::corrected(-7200, true, "warn", "2 h 00 min ahead of the service's, which accepts 15 min; savepeek corrects")]
    fn the_difference_decides_the_verdict(
        #[case] ahead: i64,
        #[case] answered: bool,
        #[case] verdict: &str,
        #[case] words: &str,
    ) {
        let finding = check(Some(SignedDuration::from_secs(ahead)), answered);
        assert_eq!(finding.verdict.word(), verdict);
        assert!(finding.words.starts_with(words), "{}", finding.words);
        assert_eq!(finding.advice.is_some(), verdict != "ok");
    }
}
