//! What is hidden, and what is left as it is.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "CAISzgJ1q6Ft5B2yfSjIr5fTL+/mubWVqnDzKg==";

fn redactor() -> Redactor {
    let mut secrets = Secrets::of([TOKEN, "hunter2", "s"]);
    secrets.mask("LTAI5tFAKEFAKEFAKEFAKE01", "LTAI…KE01");
    secrets.hide_around_words(
        "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host;x-acs-action,Signature=0123456789abcdef",
        &["0123456789abcdef"],
    );
    Redactor::new([Arc::new(secrets.index())])
}

#[rstest::rstest]
#[case::whole("a CAISzgJ1q6Ft5B2yfSjIr5fTL+/mubWVqnDzKg== b", "a *** b")]
#[case::shortened("q6Ft5B2yfSjIr5fTL+/mubW", "***")]
#[case::twelve(":zgJ1q6Ft5B2y:", ":***:")]
#[case::eleven(":zgJ1q6Ft5B2:", ":zgJ1q6Ft5B2:")]
#[case::other_case("caiszgj1Q6FT5B2YFSJIR5FTL", "***")]
#[case::percent("fSjIr5fTL%2B%2FmubWV", "***")]
#[case::percent_twice("fSjIr5fTL%252b%252fmubWV", "***")]
#[case::every_one("x=%43%41%49%53%7a%67%4a%31%71%36%46%74", "x=***")]
#[case::json(r#"{"a":"fSjIr5fTL\u002b\/mubWV"}"#, r#"{"a":"***"}"#)]
#[case::named("fSjIr5fTL&plus;&sol;mubWV", "***")]
#[case::decimal("fSjIr5fTL&#43;&#047;mubWV", "***")]
#[case::hex("fSjIr5fTL&#x2b;&#x2F;mubWV", "***")]
#[case::html_in_json(r"fSjIr5fTL\u0026#43;/mubWV", "***")]
#[case::percent_in_html("fSjIr5fTL&#37;2b/mubWV", "***")]
#[case::between_line_breaks(r"a\nfSjIr5fTL+/mubWV\nb", r"a\n***\nb")]
#[case::near_quotes(r#"\"fSjIr5fTL+/mubWV\""#, r#"\"***\""#)]
#[case::short_one("is hunter2.", "is ***.")]
#[case::within_a_word("hunter22 is", "hunter22 is")]
#[case::very_short("s: it's a story", "***: it'*** a story")]
#[case::short_after_an_escape(r"\nhunter2\n%3Dhunter2", r"\n***\n%3D***")]
#[case::short_and_escaped("%68unter2", "***")]
#[case::masked("LTAI5tFAKEFAKEFAKEFAKE01 is unknown", "LTAI…KE01 is unknown")]
#[case::masked_in_part("LTAI5tFAKEFAKEFAKE", "***")]
#[case::word_in_a_template(
    "the header x-acs-action is missing",
    "the header x-acs-action is missing"
)]
#[case::beyond_a_word("SignedHeaders=host; y", "*** y")]
#[case::signature("got 0123456789ABCDEF", "got ***")]
#[case::two("hunter2 and zgJ1q6Ft5B2y", "*** and ***")]
#[case::beside_other_letters("升级zgJ1q6Ft5B2y前", "升级***前")]
fn a_secret_is_hidden(#[case] text: &str, #[case] shown: &str) {
    assert_eq!(redactor().text(text), shown);
}

#[test]
fn base64_is_hidden_whatever_stands_before_it() {
    for before in ["", "u:", "us:", "user:"] {
        let encoded = BASE64_STANDARD.encode(format!("{before}{TOKEN}"));
        let shown = redactor().text(&encoded).into_owned();
        assert!(shown.contains("***") && shown.len() < 16, "{shown}");
    }
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", redactor()), "Redactor([Secrets])");
}

#[test]
fn a_text_that_repeats_a_secret_is_read_quickly() {
    let text = TOKEN.repeat(50_000);
    assert_eq!(redactor().text(&text), "***");
}

/// One character in one of its spellings.
fn spell(c: char, how: u8) -> String {
    let code = u32::from(c);
    match how {
        0 => format!("%{code:02x}"),
        1 => format!("%{code:02X}"),
        2 => format!("&#{code};"),
        3 => format!("&#x{code:X};"),
        4 => format!("\\u{code:04x}"),
        5 => format!("%25{code:02X}"),
        6 => format!("\\u0026#{code};"),
        7 => c.to_ascii_uppercase().to_string(),
        8 => c.to_ascii_lowercase().to_string(),
        _ => c.to_string(),
    }
}

proptest! {
    #[test]
    fn no_run_of_a_secret_gets_through_in_any_spelling(
        secret in "[A-Za-z0-9+/=._-]{12,60}",
        hows in prop::collection::vec(0_u8..20, 60),
        before in "[ -~]{0,50}",
        after in "[ -~]{0,50}",
        start in 0_usize..48,
        length in 12_usize..60,
    ) {
        let start = start.min(secret.len() - RUN);
        let part = &secret[start..secret.len().min(start + length)];
        let mut spelled = String::new();
        for (c, how) in part.chars().zip(&hows) {
            let _ = write!(spelled, "{}", spell(c, *how));
        }
        let redactor = Redactor::new([Arc::new(Secrets::of([secret.as_str()]))]);
        let text = format!("{before} {spelled} {after}");
        let shown = redactor.text(&text);
        prop_assert!(shown.contains("***"), "{shown}");
        prop_assert!(!shown.contains(&spelled), "{shown}");
        // Nothing is left to find.
        prop_assert!(!redactor.finds_any(shown.replace("***", " ").as_bytes()), "{shown}");
    }

    #[test]
    fn other_text_stays_as_it_is(text in "\\PC{0,200}") {
        let redactor = Redactor::new([Arc::new(Secrets::of([TOKEN]))]);
        prop_assert!(matches!(redactor.text(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = redactor().bytes(&bytes);
    }
}
