//! TOML files that the user writes.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, Error};

/// The most `[` and `{` in a file, without those of the tables' headers.
///
/// The parser limits the levels of nesting to 80, but loses count after an error inside an inline
/// table (`toml_parser` 1.1.5); 60,000 levels then overflow the main thread's stack. A file has no
/// more levels than brackets.
const MAX_BRACKETS: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum TomlError {
    #[error("this has more than {MAX_BRACKETS} brackets: split it, or delete what is not needed")]
    Brackets {
        /// Where the first one too many stands, in bytes.
        at: usize,
    },
    #[error(transparent)]
    Format(#[from] Error),
}

impl TomlError {
    /// Where the error is, in bytes from the start.
    pub fn at(&self) -> usize {
        match self {
            Self::Brackets { at } => *at,
            Self::Format(error) => error.span().map_or(0, |span| span.start),
        }
    }

    /// The error without its quotation of the file, which may hold a secret.
    pub fn message(&self) -> String {
        match self {
            Self::Brackets { .. } => self.to_string(),
            Self::Format(error) => format!("this is not TOML: {}", error.message()),
        }
    }
}

/// Parses a file into a table, with the position of each key and value.
///
/// # Errors
/// When it is not TOML, or has too many brackets.
pub fn table(text: &str) -> Result<Spanned<DeTable<'_>>, TomlError> {
    check_brackets(text)?;
    Ok(DeTable::parse(text)?)
}

/// Parses a file into a value.
///
/// # Errors
/// When it is not TOML, does not fit the type, or has too many brackets.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, TomlError> {
    check_brackets(text)?;
    Ok(toml::from_str(text)?)
}

fn check_brackets(text: &str) -> Result<(), TomlError> {
    let mut start = 0;
    let mut left = MAX_BRACKETS;
    for line in text.split_inclusive('\n') {
        if !is_header(line) {
            for (at, _) in line.match_indices(['[', '{']) {
                left = left.checked_sub(1).ok_or(TomlError::Brackets { at: start + at })?;
            }
        }
        start += line.len();
    }
    Ok(())
}

/// Whether the line is a table's header, as `[contexts.prod]`: its brackets close in the line. Names in
/// quotation marks do not count, because a bracket in them may close nothing.
fn is_header(line: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let name = line.trim().trim_start_matches('[').trim_end_matches(']');
    line.trim_start().starts_with('[') && line.trim_end().ends_with(']') && name.chars().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_that_the_parser_does_not_count_are_limited() {
        let nested = format!("n\n{}", "[x]\na = {\n".repeat(60_000));
        let error = table(&nested).unwrap_err();
        assert!(matches!(error, TomlError::Brackets { .. }), "{error}");
        assert!(parse::<toml::Table>(&nested).is_err());
        assert_eq!(nested[..error.at()].matches('{').count(), MAX_BRACKETS);
    }

    #[test]
    fn as_many_brackets_as_allowed_and_any_number_of_headers_are_parsed() {
        let arrays: Vec<String> = (0..MAX_BRACKETS).map(|n| format!("k{n} = []")).collect();
        assert_eq!(table(&arrays.join("\n")).unwrap().get_ref().len(), MAX_BRACKETS);
        let headers: Vec<String> = (0..3_000).map(|n| format!("[[a]]\n [t.t{n}] \n")).collect();
        assert!(table(&headers.concat()).is_ok());
    }
}
