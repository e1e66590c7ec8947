//! `savepeek config`: the resolved configuration as an equivalent file, with the source of each
//! value in a comment.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use super::explicit_args::ExplicitArgs;
use super::flags::Flags;
use super::layers::{Layers, Origin, name_of};
use super::{Config, Error, File, Options};
use crate::config::appearance;
use crate::config::keymap::Key;
use crate::util::environment::Environment;
use crate::util::text::is_control;

/// The sample file; the word DEFAULT stands for a default.
const TEMPLATE: &str = include_str!("../../assets/config.toml");

/// Returns the commented sample file, whose values are the defaults.
pub fn sample() -> Result<String, Error> {
    let (explicit, environment) = (ExplicitArgs::default(), Environment::of([]));
    let file = File::default();
    let layers = Layers::new(&explicit, &environment, &file);
    let options = Options::new(Flags::parse_from([""]), layers)?;
    let settings = options.values().map(|(name, value)| (name.to_owned(), value));
    let keys = options.keys.actions().map(|(action, keys)| (action.name(), Some(key_list(keys))));
    let defaults: BTreeMap<_, _> = settings.chain(keys).collect();
    let lines = TEMPLATE.lines().map(|line| {
        let name = line.strip_prefix('#').and_then(|line| line.strip_suffix(" = DEFAULT"));
        let value = name.and_then(|name| defaults.get(name)?.as_deref());
        line.replace("DEFAULT", value.unwrap_or("DEFAULT")) + "\n"
    });
    Ok(lines.collect())
}

/// Formats the configuration as TOML.
pub fn effective(config: &Config, file: &File) -> String {
    let mut lines = vec![match &file.path {
        Some(_) => format!("# read: {}", file.shown()),
        None => "# no configuration file was read".to_owned(),
    }];
    lines.push(String::new());
    if let Some((name, origin)) = &config.context {
        lines.push(line("context", &quoted(name), &comment(origin)));
    }
    let at = &config.place;
    let (mut fields, mut service) = (at.fields(), "region");
    if let Some(endpoint) = at.endpoint.as_ref().filter(|_| at.origins.contains_key("endpoint")) {
        (fields.service, service) = (endpoint.as_str().to_owned(), "endpoint");
    }
    let names = [service, "workspace", "namespace", "profile"];
    for (name, value) in names.into_iter().zip(fields.in_order()) {
        lines.push(match at.origins.get(name) {
            Some(origin) if !value.is_empty() => line(name, &quoted(value), &comment(origin)),
            Some(origin) => format!("# {name} is as {origin} says"),
            None => format!("# {name} is not set"),
        });
    }
    lines.push(String::new());
    for (name, value) in config.options.values() {
        let source = source(config, name);
        lines.push(match (value, config.options.flags.notifications.on_change.as_ref()) {
            // The arguments often contain a URL with a secret. Without them the line would set
            // another command, so it is commented out.
            (Some(value), Some(command))
                if name == "on-change" && !command.arguments().is_empty() =>
            {
                let remark = "its arguments are not shown, they may hold a secret";
                format!("# {}; {remark}", line(name, &value, &source))
            }
            (Some(value), _) => line(name, &value, &source),
            (None, _) => format!("# {name} is not set"),
        });
    }
    lines.extend([String::new(), "[keys]".to_owned()]);
    for (action, keys) in config.options.keys.actions() {
        let name = action.name();
        let changed = file.keys.iter().find(|change| change.action == name);
        let origin = changed.map_or(Origin::Default, |change| {
            Origin::Line(file.shown(), change.line, name.clone())
        });
        lines.push(line(&name, &key_list(keys), &comment(&origin)));
    }
    for (name, entries) in &file.contexts {
        lines.extend([String::new(), format!("[contexts.{}]", quoted(name))]);
        lines.extend(entries.iter().map(|(key, entry)| {
            let origin = Origin::Line(file.shown(), entry.line, key.clone());
            line(key, &quoted(&entry.text), &comment(&origin))
        }));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The source of an option's value. Shared variables, as `NO_COLOR`, are no origin of their own:
/// the appearance names them.
fn source(config: &Config, name: &str) -> String {
    let appearance = &config.options.appearance;
    let why = match name {
        "theme" => Some(&appearance.theme_source),
        "ascii" => Some(&appearance.glyphs_source),
        _ => None,
    };
    let Some(origin) = config.options.origins.get(name) else { return String::new() };
    match (why, origin.source()) {
        (Some(why), None) if why != appearance::DEFAULT => why.clone(),
        (Some(why), Some(by)) if *why != by.words(name) => {
            format!("{why}, against {}", comment(origin))
        }
        _ => comment(origin),
    }
}

fn line(name: &str, value: &str, comment: &str) -> String {
    format!("{:<40} # {comment}", format!("{name} = {value}"))
}

fn comment(origin: &Origin) -> String {
    match origin {
        Origin::Flag(name) => format!("flag --{name}"),
        Origin::Line(path, line, _) => {
            let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
            format!("{name}:{line}")
        }
        other => other.to_string(),
    }
}

pub(super) fn plain<T: ToString>(value: &T) -> String {
    value.to_string()
}

/// Formats a duration as the flags accept it.
pub(super) fn span(span: &Duration) -> String {
    match span.subsec_millis() {
        0 => format!("\"{}s\"", span.as_secs()),
        _ => format!("\"{}ms\"", span.as_millis()),
    }
}

pub(super) fn text<T: ToString>(value: &T) -> String {
    quoted(&value.to_string())
}

pub(super) fn word<T: ValueEnum>(value: &T) -> String {
    quoted(&name_of(value))
}

pub(super) fn words<T: ValueEnum>(values: &[T]) -> String {
    list(values.iter().map(word))
}

fn key_list(keys: &[Key]) -> String {
    list(keys.iter().map(|key| quoted(&key.config_name())))
}

pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// Quotes a text as TOML, with control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if is_control(c) => out.extend(format!("\\U{:08X}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
