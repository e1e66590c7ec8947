//! The time zone, by name.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;

use super::nearest::did_you_mean;
use crate::util::quote::quoted_or;

/// The zone times are shown in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ZoneName {
    #[default]
    Local,
    Utc,
    /// One of the time zone database.
    Named(String, TimeZone),
}

impl ZoneName {
    pub fn time_zone(&self) -> TimeZone {
        match self {
            Self::Local => TimeZone::system(),
            Self::Utc => TimeZone::UTC,
            Self::Named(_, zone) => zone.clone(),
        }
    }
}

impl FromStr for ZoneName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "local" => return Ok(Self::Local),
            "utc" => return Ok(Self::Utc),
            _ => {}
        }
        if let Ok(zone) = TimeZone::get(text) {
            return Ok(Self::Named(text.to_owned(), zone));
        }
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        if known.is_empty() {
            return Err("this machine has no time zone database; local and utc work".to_owned());
        }
        let hint = did_you_mean(text, known.iter().map(String::as_str));
        let hint = hint.unwrap_or_else(|| "give local, utc or a name as Asia/Shanghai".to_owned());
        Err(format!("there is no time zone {}; {hint}", quoted_or(text, "of that name")))
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Utc => "utc",
            Self::Named(name, _) => name,
        })
    }
}
