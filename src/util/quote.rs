//! What an error may quote from a file, a variable or another program: the text may hold a secret,
//! by a slip of the hand or because one line was parsed as a part of another.

/// The longest value that is quoted, in characters. An access key's secret has 30.
const MAX_LENGTH: usize = 20;

/// Returns the value if it is a short identifier: nothing else is quoted.
pub(crate) fn quotable(value: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!value.is_empty() && value.len() <= MAX_LENGTH && value.bytes().all(plain)).then_some(value)
}

/// Returns the value in quotation marks with a space after it, if it may be quoted; else nothing.
pub(crate) fn quoted(value: &str) -> String {
    quotable(value).map(|value| format!("\"{value}\" ")).unwrap_or_default()
}

/// Returns the value in quotation marks, if it may be quoted; else `words`.
pub(crate) fn quoted_or(value: &str, words: &str) -> String {
    quotable(value).map_or_else(|| words.to_owned(), |value| format!("\"{value}\""))
}

/// Describes a JSON error without the value, which the library's message may quote.
pub(crate) fn without_value(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let field = words.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match field.and_then(quotable) {
        Some(field) => format!("missing field `{field}`"),
        None if words.starts_with("invalid type") => "invalid type of a field".to_owned(),
        None => "invalid value of a field".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::word("RsaKeyPair", true)]
    #[case::longest("a_234567890123456789", true)]
    #[case::too_long("a_2345678901234567890", false)]
    #[case::key("MARK5tFAKEFAKEFAKEFAKEFAKEFAKE", false)]
    #[case::lines("access_key\nMARK", false)]
    #[case::words("access_key MARK", false)]
    #[case::path("/etc/MARK", false)]
    #[case::empty("", false)]
    fn only_a_short_identifier_is_quoted(#[case] value: &str, #[case] quoted: bool) {
        assert_eq!(quotable(value).is_some(), quoted);
        assert!(!quoted_or(value, "that").contains("MARK"));
    }

    #[test]
    fn a_wrong_field_is_not_quoted() {
        #[derive(Debug, serde::Deserialize)]
        struct One {
            #[expect(dead_code, reason = "only read")]
            name: u8,
        }
        let wrong = |text: &str| without_value(&serde_json::from_str::<One>(text).unwrap_err());
        assert_eq!(wrong("{}"), "missing field `name`");
        assert!(!wrong(r#"{"name": "hunter2"}"#).contains("hunter2"));
    }
}
