//! `savepeek config`: the resolved configuration as an equivalent file, with the source of each
//! value in a comment.

use std::path::Path;
use std::time::Duration;

use super::layers::{Origin, name_of};
use super::{Config, File};
use crate::config::appearance;
use crate::config::appearance::Glyphs;
use crate::util::text::is_control;

/// The commented sample file; its values are the defaults.
pub const SAMPLE: &str = include_str!("../../assets/config.toml");

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
        (fields[0], service) = (endpoint.as_str().to_owned(), "endpoint");
    }
    for (name, value) in [service, "workspace", "namespace", "profile"].into_iter().zip(fields) {
        lines.push(match at.origins.get(name) {
            Some(origin) if !value.is_empty() => line(name, &quoted(&value), &comment(origin)),
            Some(origin) => format!("# {name} is as {origin} says"),
            None => format!("# {name} is not set"),
        });
    }
    lines.push(String::new());
    for (name, value) in values(config) {
        let source = source(config, name);
        lines.push(match (value, config.options.notifications.on_change.as_ref()) {
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
        let keys: Vec<String> = keys.iter().map(|key| quoted(&key.config_name())).collect();
        lines.push(line(&name, &format!("[{}]", keys.join(", ")), &comment(&origin)));
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

/// The source of an option's value. Shared variables, as `NO_COLOR`, are no origin of their own: the
/// appearance names them.
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

/// Name and value of each option; `None` if it is not set.
pub(crate) fn values(config: &Config) -> Vec<(&'static str, Option<String>)> {
    let (shared, notifications) = (&config.options.shared, &config.options.notifications);
    let on_change = notifications.on_change.as_ref();
    let command = on_change.map(|command| quoted(command.program()));
    let appearance = &config.options.appearance;
    let logging = &config.options.logging;
    let log_file = logging.log_file.as_ref().map(|path| quoted(&path.to_string_lossy()));
    let list = |items: Vec<String>| Some(format!("[{}]", items.join(", ")));
    let plain = |name, value: String| (name, Some(value));
    vec![
        plain("allow-http", shared.allow_http.to_string()),
        plain("request-timeout", span(shared.timeout)),
        plain("interval", span(shared.interval)),
        plain("rate", shared.rate.to_string()),
        plain("concurrency", shared.concurrency.to_string()),
        plain("notify", quoted(&name_of(&notifications.notify))),
        (
            "notify-on",
            list(notifications.notify_on.iter().map(|kind| quoted(&name_of(kind))).collect()),
        ),
        ("on-change", command),
        ("on-change-env", list(notifications.on_change_env.iter().map(|it| quoted(it)).collect())),
        plain("newest", config.options.newest.to_string()),
        (
            "columns",
            list(config.options.columns.iter().map(|cell| quoted(&name_of(cell))).collect()),
        ),
        plain("theme", quoted(&name_of(&appearance.theme))),
        plain("ascii", (appearance.glyphs == Glyphs::Ascii).to_string()),
        plain("mouse", appearance.mouse.to_string()),
        plain("time-zone", quoted(&config.options.zone.to_string())),
        ("log-file", log_file),
        plain("log-level", quoted(&name_of(&logging.log_level))),
    ]
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

/// Formats a duration as the flags accept it.
fn span(span: Duration) -> String {
    match span.subsec_millis() {
        0 => format!("\"{}s\"", span.as_secs()),
        _ => format!("\"{}ms\"", span.as_millis()),
    }
}

/// Quotes a text as TOML, with control characters escaped.
fn quoted(text: &str) -> String {
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
