//! "Did you mean": the known name that is nearest to what was written.

/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.8;

/// `did you mean "interval"?`, if any of the names is near.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let name = name.to_lowercase().replace('_', "-");
    let likeness = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let nearest = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) >= ALIKE).then(|| format!("did you mean {nearest:?}?"))
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
    fn names_what_is_near(#[case] name: &str, #[case] hint: Option<&str>) {
        let known = ["interval", "rate", "notify", "notify-on"];
        assert_eq!(did_you_mean(name, known).as_deref(), hint);
    }
}
