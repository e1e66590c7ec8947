//! The resolved settings, except for the place: polling, alerts, screen, log.

use clap::ValueEnum as _;
use jiff::tz::TimeZone;

use super::Error;
use super::columns;
use super::file::{File, Rebinding};
use super::flags::{AppearanceFlags, Flags, Logging};
use super::layers::{Layers, Origin, Origins};
use super::nearest::did_you_mean;
use super::settings::Group as _;
use super::zone::ZoneName;
use crate::config::appearance::{Appearance, Glyphs, Requested};
use crate::config::keymap::{Action, Key, Keymap};
use crate::util::quote::quotable;
use crate::{api, poller};

#[derive(Debug, Clone)]
pub struct Options {
    /// The values. Those of the place are only the given ones: see [`super::Config`]; the appearance
    /// is the resolved one.
    pub flags: Flags,
    pub appearance: Appearance,
    pub keys: Keymap,
    pub origins: Origins,
}

impl Options {
    /// Resolves every setting.
    ///
    /// # Errors
    /// When a variable or a line of the file is invalid.
    pub fn new(mut flags: Flags, mut layers: Layers) -> Result<Self, Error> {
        layers.resolve(&mut flags.shared.polling)?;
        layers.resolve(&mut flags.notifications)?;
        layers.resolve(&mut flags.screen.list)?;
        layers.resolve(&mut flags.screen.time)?;
        let appearance = appearance(&mut flags.screen.appearance, &mut layers)?;
        // clap checked each column of the flag, but not their combination.
        flags.screen.list.columns = columns::check(flags.screen.list.columns)
            .map_err(|why| Error::of(&Origin::Flag("columns"), &why))?;
        flags.logging = logging(flags.logging, &mut layers)?;
        let (keys, origins) = (keys(layers.file())?, layers.origins);
        Ok(Self { flags, appearance, keys, origins })
    }

    /// The name of each setting, and its value in TOML, in the order of `savepeek config`.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let Flags { shared, notifications, screen, logging } = &self.flags;
        let values = shared.polling.values().chain(notifications.values());
        let values = values.chain(screen.list.values()).chain(screen.appearance.values());
        values.chain(screen.time.values()).chain(logging.values())
    }

    pub fn poller(&self) -> poller::Settings {
        poller::Settings {
            interval: self.flags.shared.polling.interval,
            concurrency: self.flags.shared.polling.concurrency.into(),
            rate: self.flags.shared.polling.rate,
            ..poller::Settings::default()
        }
    }

    pub fn client(&self) -> api::Settings {
        api::Settings { timeout: self.flags.shared.polling.timeout }
    }

    /// The zone for the key that toggles between UTC and local time.
    pub fn local_zone(&self) -> TimeZone {
        match &self.flags.screen.time.zone {
            ZoneName::Utc => TimeZone::system(),
            zone => zone.time_zone(),
        }
    }

    pub fn time_zone(&self) -> TimeZone {
        self.flags.screen.time.zone.time_zone()
    }
}

/// Resolves the settings of the log.
pub(super) fn logging(mut flags: Logging, layers: &mut Layers) -> Result<Logging, Error> {
    layers.resolve(&mut flags)?;
    // A shell expands `~/` of a flag.
    let by_flag = matches!(layers.origins.get("log-file"), Some(Origin::Flag(_)));
    let text = flags.log_file.as_ref().filter(|_| !by_flag).and_then(|path| path.to_str());
    if let (Some(rest), Some(home)) =
        (text.and_then(|text| text.strip_prefix("~/")), layers.environment().home())
    {
        flags.log_file = Some(home.join(rest));
    }
    Ok(flags)
}

/// Resolves the appearance, and sets the flags to it. Variables that many programs share, as
/// `NO_COLOR`, rank between our own variables and the file.
fn appearance(flags: &mut AppearanceFlags, layers: &mut Layers) -> Result<Appearance, Error> {
    layers.resolve(flags)?;
    let by = |name| layers.origins.get(name).and_then(Origin::source);
    let requested =
        Requested { theme: flags.theme.zip(by("theme")), ascii: flags.ascii.zip(by("ascii")) };
    let appearance = Appearance::resolve(requested, layers.environment());
    flags.theme = Some(appearance.theme);
    flags.ascii = Some(appearance.glyphs == Glyphs::Ascii);
    Ok(appearance)
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
