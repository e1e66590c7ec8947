//! The resolved settings, except for the place: polling, alerts, screen, log.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::ValueEnum as _;
use jiff::tz::TimeZone;

use super::Error;
use super::columns::{self, ListColumn};
use super::file::{File, Rebinding};
use super::flags::{self, Flags, Logging, Notifications, Shared};
use super::layers::{Layers, Origin, Origins, parse_word, parse_words};
use super::nearest::did_you_mean;
use super::values;
use super::zone::ZoneName;
use crate::config::appearance::{Appearance, Requested};
use crate::config::keymap::{Action, Key, Keymap};
use crate::util::quote::quotable;
use crate::{api, poller};

/// The resolved settings, mostly in the form of flags.
#[derive(Debug, Clone)]
pub struct Options {
    /// Polling. Its flags for the place hold only what was given: see [`super::Config`].
    pub shared: Shared,
    pub notifications: Notifications,
    pub appearance: Appearance,
    /// How many of the newest savepoints of a followed deployment are watched.
    pub newest: usize,
    pub logging: Logging,
    /// The zone times are shown in.
    pub zone: ZoneName,
    /// The columns of the list, from left to right.
    pub columns: Vec<ListColumn>,
    pub keys: Keymap,
    /// The origin of each value.
    pub origins: Origins,
}

impl Options {
    /// Resolves every setting.
    ///
    /// # Errors
    /// When a variable or a line of the file is invalid.
    pub fn new(flags: Flags, mut layers: Layers) -> Result<Self, Error> {
        let Flags { mut shared, mut notifications, mut screen, logging } = flags;
        layers.resolve("allow-http", &mut shared.allow_http, values::boolean)?;
        layers.resolve("request-timeout", &mut shared.timeout, values::request_timeout)?;
        layers.resolve("interval", &mut shared.interval, values::interval)?;
        layers.resolve("rate", &mut shared.rate, values::rate)?;
        layers.resolve("concurrency", &mut shared.concurrency, values::concurrency)?;
        layers.resolve("notify", &mut notifications.notify, parse_word)?;
        layers.resolve("notify-on", &mut notifications.notify_on, parse_words)?;
        layers.resolve("on-change", &mut notifications.on_change, |text| text.parse().map(Some))?;
        let named = &mut notifications.on_change_env;
        layers.resolve("on-change-env", named, values::variables)?;
        layers.resolve("newest", &mut screen.newest, values::newest)?;
        layers.resolve("time-zone", &mut screen.time_zone, str::parse)?;
        layers
            .resolve("columns", &mut screen.columns, |text| columns::check(parse_words(text)?))?;
        let appearance = self::appearance(&screen, &mut layers)?;
        let flags::ScreenFlags { newest, columns, time_zone: zone, .. } = screen;
        // clap checked each column of the flag, but not their combination.
        let flag = Origin::Flag("columns");
        let columns = columns::check(columns).map_err(|why| Error::of(&flag, &why))?;
        let logging = self::logging(logging, &mut layers)?;
        let (keys, origins) = (keys(layers.file())?, layers.origins);
        Ok(Self {
            shared,
            notifications,
            appearance,
            newest,
            logging,
            zone,
            columns,
            keys,
            origins,
        })
    }

    pub fn poller(&self) -> poller::Settings {
        poller::Settings {
            interval: self.shared.interval,
            concurrency: self.shared.concurrency.into(),
            rate: self.shared.rate,
            ..poller::Settings::default()
        }
    }

    /// The API client's settings.
    pub fn client(&self) -> api::Settings {
        api::Settings { timeout: self.shared.timeout }
    }

    /// The zone for the key that toggles between UTC and local time.
    pub fn local_zone(&self) -> TimeZone {
        match &self.zone {
            ZoneName::Utc => TimeZone::system(),
            zone => zone.time_zone(),
        }
    }

    pub fn time_zone(&self) -> TimeZone {
        self.zone.time_zone()
    }
}

/// Resolves the settings of the log.
pub(super) fn logging(mut flags: Logging, layers: &mut Layers) -> Result<Logging, Error> {
    // Expand `~/` as a shell would for a flag.
    let home = layers.environment().home();
    let path = |text: &str| match (text.strip_prefix("~/"), &home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    layers
        .resolve("log-file", &mut flags.log_file, |text| Ok::<_, Infallible>(Some(path(text))))?;
    layers.resolve("log-level", &mut flags.log_level, parse_word)?;
    Ok(flags)
}

/// Resolves the appearance. Variables that many programs share, as `NO_COLOR`, rank between our own
/// variables and the file.
fn appearance(flags: &flags::ScreenFlags, layers: &mut Layers) -> Result<Appearance, Error> {
    let &flags::ScreenFlags { mut theme, mut ascii, mut mouse, .. } = flags;
    layers.resolve("theme", &mut theme, |text| parse_word(text).map(Some))?;
    layers.resolve("ascii", &mut ascii, |text| values::boolean(text).map(Some))?;
    layers.resolve("mouse", &mut mouse, values::boolean)?;
    let by = |name| layers.origins.get(name).and_then(Origin::source);
    let requested =
        Requested { theme: theme.zip(by("theme")), ascii: ascii.zip(by("ascii")), mouse };
    Ok(Appearance::resolve(requested, layers.environment()))
}

/// The key bindings with those of the file.
fn keys(file: &File) -> Result<Keymap, Error> {
    let origin = |of: &Rebinding| {
        let key = match quotable(&of.action) {
            Some(action) => format!("keys.{action}"),
            None if Action::from_str(&of.action, false).is_ok() => format!("keys.{}", of.action),
            None => "keys".to_owned(),
        };
        Origin::Line(file.shown(), of.line, key)
    };
    let changes = file.keys.iter().map(|change| {
        let refuse = |why: String| Error::of(&origin(change), &why);
        let action = Action::from_str(&change.action, false).map_err(|_unknown| {
            let names: Vec<String> = Action::value_variants().iter().map(|it| it.name()).collect();
            let in_footer = Action::from_footer_word(&change.action)
                .map(|it| format!("what the footer calls {} is {:?}", change.action, it.name()));
            let hint = in_footer
                .or_else(|| did_you_mean(&change.action, names.iter().map(String::as_str)));
            let hint =
                hint.unwrap_or_else(|| "savepeek config --sample shows all there are".to_owned());
            refuse(format!("there is no such action; {hint}"))
        })?;
        let keys = change.keys.iter().map(|key| key.parse()).collect::<Result<_, _>>();
        Ok((action, keys.map_err(refuse)?))
    });
    let changes: Vec<(Action, Vec<Key>)> = changes.collect::<Result<_, Error>>()?;
    Keymap::with_overrides(&changes).map_err(|(action, why)| {
        let change = file.keys.iter().find(|change| change.action == action.name());
        Error::of(&change.map_or(Origin::Default, origin), &why)
    })
}
