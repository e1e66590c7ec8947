//! Terminal input, and values from flags and environment variables.

use std::str::FromStr as _;

use crossterm::event::{KeyCode, KeyModifiers};
use savepeek::config::command_line::CommandLine;
use savepeek::config::zone::ZoneName;
use savepeek::domain::endpoint::Endpoint;
use savepeek::domain::savepoint::{Namespace, SavepointId, ids};
use savepeek::tui::message::Input;
use savepeek::tui::model::typing::TextEdit;
use savepeek::tui::terminal::decode;
use savepeek::util::text;

use crate::{assert_one_line, driver, text_of};

#[test]
fn terminal_input() {
    driver::run("keys", 3_000, |bytes| {
        let inputs = decode::decode_all(bytes);
        assert!(inputs.len() <= bytes.len());
        let pasted = inputs.iter().map(|input| match input {
            Input::Paste(text) => text.len(),
            _ => 0,
        });
        // A byte that is no UTF-8 becomes three.
        assert!(pasted.sum::<usize>() <= 3 * bytes.len());
        // Ctrl-C after any input is recognised.
        let pressed = decode::decode_all(&[bytes, b"\x03"].concat());
        let is_interrupt = |input: &Input| {
            matches!(input, Input::Key(key) if key.code == KeyCode::Char('c')
                && key.modifiers.contains(KeyModifiers::CONTROL))
        };
        assert!(pressed.last().is_some_and(is_interrupt), "{pressed:?}");
    });
}

#[test]
fn pasted_ids() {
    driver::run("paste", 2_000, |bytes| {
        let raw = text_of(bytes);
        let found = ids::find(&raw);
        assert!(found.ids.len() + found.rejected.len() <= raw.len());
        for id in &found.ids {
            assert!(id.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{id}");
            assert_eq!(SavepointId::new(id.as_str()).as_ref(), Ok(id));
        }
        let mut input = tui_input::Input::default();
        TextEdit::Paste(&raw).apply_to(&mut input);
        assert!(!input.value().contains(char::is_control));
    });
}

#[test]
fn endpoints_and_names() {
    driver::run("endpoint", 3_000, |bytes| {
        let raw = text_of(bytes);
        for allow_http in [false, true] {
            let endpoint = match Endpoint::of_url(&raw, allow_http) {
                Ok(endpoint) => endpoint,
                Err(error) => {
                    let said = error.to_string();
                    assert_one_line(&text::clean(&said));
                    // Text before an @ may be a password.
                    let secret =
                        raw.rsplit_once('@').is_some_and(|(_, host)| !host.contains("hunt"));
                    assert!(!secret || !said.contains("hunter2"), "{said}");
                    continue;
                }
            };
            assert_one_line(endpoint.as_str());
            assert!(endpoint.as_str().is_ascii() && !endpoint.as_str().contains('@'));
            let https = endpoint.as_str().starts_with("https://");
            assert!(https || allow_http || endpoint.is_loopback(), "{endpoint:?}");
            assert_eq!(Endpoint::of_url(endpoint.as_str(), allow_http).as_ref(), Ok(&endpoint));
            let _ = (endpoint.host(), endpoint.region(), endpoint.form_text());
        }
        if let Ok(endpoint) = Endpoint::of_region(&raw) {
            assert_eq!(endpoint.region(), Some(&*raw));
        }
        let names = [
            SavepointId::new(&raw).map(|id| id.to_string()),
            Namespace::new(&raw).map(|id| id.to_string()),
        ];
        for name in names.into_iter().flatten() {
            assert_eq!(name, raw, "a name is verbatim");
            assert!(!name.contains(char::is_control) && !matches!(&*name, "" | "." | ".."));
        }
    });
}

#[test]
fn commands() {
    driver::run("command", 2_000, |bytes| {
        let raw = text_of(bytes);
        if let Ok(command) = CommandLine::from_str(&raw) {
            assert!(!command.program().is_empty());
            let words = std::iter::once(command.program());
            let words = words.chain(command.arguments().iter().map(String::as_str));
            let words: Vec<&str> = words.collect();
            // A NUL cannot be quoted, nor handed to any program.
            if let Ok(line) = shlex::try_join(words.iter().copied()) {
                assert_eq!(shlex::split(&line).unwrap(), words);
            }
        }
    });
}

/// Few cases: each one searches for a file.
#[test]
fn time_zones() {
    driver::run("zone", 50, |bytes| match text_of(bytes).parse::<ZoneName>() {
        Ok(zone) => drop(zone.time_zone()),
        Err(error) => assert_one_line(&text::clean(&error)),
    });
}
