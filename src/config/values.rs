//! Parsers of flag values.

use std::net::SocketAddr;
use std::time::Duration;

use crate::domain::deployment::HISTORY_LIMIT;

/// 30 days in milliseconds: the longest timeout of a wait, and the longest look back into the journal.
pub(crate) const MONTH: u32 = 30 * 86_400_000;

/// Parses `5s`, `1500ms`, `2m`, `1h`, `2d`; a bare number means seconds. Limits are in milliseconds.
pub(crate) fn duration(text: &str, least: u32, most: u32) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let millis = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" | "" => 1000.0,
        "m" | "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return Err("a duration looks like 5s, 1500ms or 2m".to_owned()),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 =
        digits.parse().ok().filter(|_| plain).ok_or("a duration looks like 5s, 1500ms or 2m")?;
    let bounds = f64::from(least)..=f64::from(most);
    if !bounds.contains(&(number * millis)) {
        let [least, most] =
            [least, most].map(|ms| crate::util::text::duration(Duration::from_millis(ms.into())));
        return Err(format!("must be from {least} to {most}"));
    }
    Ok(Duration::from_secs_f64(number * millis / 1000.0))
}

/// Parses `true`, `1`, `false` or `0`.
pub(crate) fn boolean(text: &str) -> Result<bool, &'static str> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false"),
    }
}

pub(crate) fn request_timeout(text: &str) -> Result<Duration, String> {
    duration(text, 100, 600_000)
}

pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    duration(text, 1000, 3_600_000)
}

pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_no_number| "must be a number".to_owned())?;
    if (0.1..=100.0).contains(&number) { Ok(number) } else { Err("must be from 0.1 to 100".into()) }
}

pub(crate) fn concurrency(text: &str) -> Result<u8, String> {
    let number = text.parse().ok().filter(|number| (1..=64).contains(number));
    number.ok_or_else(|| "must be a whole number from 1 to 64".to_owned())
}

/// `--newest`: at most as many savepoints as one request for a deployment's history returns.
pub(crate) fn newest(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=HISTORY_LIMIT).contains(number));
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("must be a whole number from 1 to {HISTORY_LIMIT}"))
}

/// A name of `--on-change-env`.
pub(crate) fn variable(text: &str) -> Result<String, String> {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(begins) && text.chars().all(rest) {
        Ok(text.to_owned())
    } else {
        Err("must be the name of a variable, as https_proxy, without its value".to_owned())
    }
}

/// Parses names of variables, separated by commas.
pub(crate) fn variables(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(variable).collect()
}

pub(crate) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_not_one| "an address looks like 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the demo is for this machine only: give a loopback address".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("5s", 5000)]
    #[case("1500ms", 1500)]
    #[case("2m", 120_000)]
    #[case("1h", 3_600_000)]
    #[case("7", 7000)]
    #[case("2.5s", 2500)]
    fn reads_a_duration(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(duration(text, 1000, 3_600_000), Ok(Duration::from_millis(millis)));
    }

    #[rstest::rstest]
    #[case::zero("0", "from 1 s to 1 h")]
    #[case::too_short("999ms", "from 1 s to 1 h")]
    #[case::too_long("2h", "from 1 s to 1 h")]
    #[case::empty("", "looks like")]
    #[case::no_number("s", "looks like")]
    #[case::negative("-5s", "looks like")]
    #[case::exponent("1e3", "looks like")]
    #[case::not_a_number("nan", "looks like")]
    #[case::other_unit("5 days", "looks like")]
    #[case::other_script("五s", "looks like")]
    fn rejects_an_invalid_duration(#[case] text: &str, #[case] why: &str) {
        let error = duration(text, 1000, 3_600_000).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}
