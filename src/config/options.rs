//! How to ask, to tell and to show: everything but where to ask.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::ValueEnum as _;
use jiff::tz::TimeZone;

use super::Error;
use super::columns::{self, ListColumn};
use super::file::{File, Rebinding};
use super::flags::{self, Flags, Logging, Notifications, Shared};
use super::layers::{Layers, Origin, Origins, word, words};
use super::nearest::did_you_mean;
use super::values;
use super::zone::ZoneName;
use crate::config::appearance::{Appearance, Requested};
use crate::config::keymap::{Action, Key, Keymap};
use crate::util::quote::quotable;
use crate::{api, poller};

/// The values that hold, as the flags that they could have been.
#[derive(Debug, Clone)]
pub struct Options {
    /// How to ask. Of the flags that say where, only what was given: see [`super::Config`].
    pub shared: Shared,
    /// How to tell of changes.
    pub notifications: Notifications,
    /// What the screen looks like.
    pub appearance: Appearance,
    /// How many of the newest savepoints of a followed deployment are watched.
    pub newest: usize,
    /// What to write down.
    pub logging: Logging,
    /// The zone times are shown in.
    pub zone: ZoneName,
    /// The columns of the list, from left to right.
    pub columns: Vec<ListColumn>,
    /// Which key does what.
    pub keys: Keymap,
    /// Where each of them comes from.
    pub origins: Origins,
}

impl Options {
    /// Decides every value.
    ///
    /// # Errors
    /// When environment or file say what cannot be.
    pub fn new(flags: Flags, mut layers: Layers) -> Result<Self, Error> {
        let Flags { mut shared, mut notifications, mut screen, logging } = flags;
        layers.decide("allow-http", &mut shared.allow_http, values::boolean)?;
        layers.decide("request-timeout", &mut shared.timeout, values::request_timeout)?;
        layers.decide("interval", &mut shared.interval, values::interval)?;
        layers.decide("rate", &mut shared.rate, values::rate)?;
        layers.decide("concurrency", &mut shared.concurrency, values::concurrency)?;
        layers.decide("notify", &mut notifications.notify, word)?;
        layers.decide("notify-on", &mut notifications.notify_on, words)?;
        layers.decide("on-change", &mut notifications.on_change, |text| text.parse().map(Some))?;
        let named = &mut notifications.on_change_env;
        layers.decide("on-change-env", named, values::variables)?;
        layers.decide("newest", &mut screen.newest, values::newest)?;
        layers.decide("time-zone", &mut screen.time_zone, str::parse)?;
        layers.decide("columns", &mut screen.columns, |text| columns::check(words(text)?))?;
        let appearance = self::appearance(&screen, &mut layers)?;
        let flags::ScreenFlags { newest, columns, time_zone: zone, .. } = screen;
        // Of the flag each word is known to be right, and not yet all of them together.
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

    /// How often to ask.
    pub fn poller(&self) -> poller::Settings {
        poller::Settings {
            interval: self.shared.interval,
            concurrency: self.shared.concurrency.into(),
            rate: self.shared.rate,
            ..poller::Settings::default()
        }
    }

    /// How to ask once.
    pub fn client(&self) -> api::Settings {
        api::Settings { timeout: self.shared.timeout }
    }

    /// The zone beside UTC, for the key that goes from the one to the other.
    pub fn local_zone(&self) -> TimeZone {
        match &self.zone {
            ZoneName::Utc => TimeZone::system(),
            zone => zone.time_zone(),
        }
    }

    /// The zone in which times are printed.
    pub fn time_zone(&self) -> TimeZone {
        self.zone.time_zone()
    }
}

/// What to write down.
pub(super) fn logging(mut flags: Logging, layers: &mut Layers) -> Result<Logging, Error> {
    // What a shell would have done, had the path been a flag.
    let home = layers.environment().home();
    let path = |text: &str| match (text.strip_prefix("~/"), &home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    layers.decide("log-file", &mut flags.log_file, |text| Ok::<_, Infallible>(Some(path(text))))?;
    layers.decide("log-level", &mut flags.log_level, word)?;
    Ok(flags)
}

/// The looks: between our own variables and the file stand those that all programs share.
fn appearance(flags: &flags::ScreenFlags, layers: &mut Layers) -> Result<Appearance, Error> {
    let &flags::ScreenFlags { mut theme, mut ascii, mut mouse, .. } = flags;
    layers.decide("theme", &mut theme, |text| word(text).map(Some))?;
    layers.decide("ascii", &mut ascii, |text| values::boolean(text).map(Some))?;
    layers.decide("mouse", &mut mouse, values::boolean)?;
    let by = |name| layers.origins.get(name).and_then(Origin::by);
    let wish = Requested { theme: theme.zip(by("theme")), ascii: ascii.zip(by("ascii")), mouse };
    Ok(Appearance::resolve(wish, layers.environment()))
}

/// The table with the keys that the file wants.
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
