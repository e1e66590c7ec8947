//! "Did you mean": the known name that is most similar to a misspelt one.

/// The least similarity for a suggestion, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.8;

/// Returns `did you mean "interval"?` if one of the names is similar enough.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let name = name.to_lowercase().replace('_', "-");
    let similarity = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let nearest = known.into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(nearest) >= MIN_SIMILARITY).then(|| format!("did you mean {nearest:?}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("intervall", Some("did you mean \"interval\"?"))]
    #[case("notify_on", Some("did you mean \"notify-on\"?"))]
    #[case("Rate", Some("did you mean \"rate\"?"))]
    #[case("colour", None)]
    #[case("", None)]
    fn suggests_the_most_similar_name(#[case] name: &str, #[case] hint: Option<&str>) {
        let known = ["interval", "rate", "notify", "notify-on"];
        assert_eq!(did_you_mean(name, known).as_deref(), hint);
    }
}
