//! Text from the service is data: a corpus of text that could control a terminal goes through every
//! output that needs no process, and the output is checked. `tests/journal` and the unit tests do the
//! same for the journal, the report, the watch list and the variables of a command.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Parser as _;
use icu_properties::props::GeneralCategory;
use icu_properties::{CodePointMapData, CodePointSetData};
use savepeek::api::{Answer, Cause, Error};
use savepeek::commands::request::Request;
use savepeek::commands::{Cli, Output, get};
use savepeek::config::explicit_args::ExplicitArgs;
use savepeek::config::notifications::Notify;
use savepeek::config::{Config, File, Layers, Options};
use savepeek::domain::deployment::Deployment;
use savepeek::domain::job::Job;
use savepeek::domain::savepoint::{Failure, Profile, State};
use savepeek::poller::{Fetch, Query, Reply};
use savepeek::tui::effect::Effect;
use savepeek::tui::terminal::clipboard;
use savepeek::tui::terminal::multiplexer::Multiplexer;
use savepeek::tui::terminal::notification;
use savepeek::tui::view::title;
use savepeek::util::environment::Environment;

use crate::harness::{Harness, answer};

const A: &str = "354dde66-a3ae-463e-967a-0b4107fd0001";
const B: &str = "4b1f0c57-91d8-4d52-8e0c-6f2b7c1d0002";

/// Text that could control a terminal, or hide something from its reader.
fn corpus() -> Vec<String> {
    let mut corpus: Vec<String> = [
        "\x1b[31mred\x1b[2J\x1b[H",
        "\x1b]0;owned\x07",
        "\x1b]52;c;ZXZpbA==\x07",
        "\x1bP+q544e\x1b\\\x1b_x\x1b\\\x1b^y\x1b\\",
        "\u{9b}31m\u{9d}0;x\u{9c}\u{90}q\u{9c}",
        "\0\x07\x08\x0b\x0c\x0e\x0f\x1a\x7f",
        "a\r\n\x1b[1A\rCOMPLETED",
        "safe\u{202e}txe.evil\u{202c}\u{2066}x\u{2069}",
        "zero\u{200b}width\u{200d}\u{feff}\u{2060}\u{ad}",
        "\u{e0041}\u{e0042}tags",
        "\u{2028}\u{2029}\u{85}",
        "\u{3164}\u{115f}\u{1160}\u{ffa0}\u{34f}\u{2800}\u{180e}\u{61c}",
        "\u{fe00}\u{fe0f}a\u{fe0e}\u{e0100}\u{e01ef}\u{2764}\u{fe0f}1\u{fe0f}\u{20e3}",
        "\u{1d173}\u{1d17a}\u{2061}\u{2064}\u{206a}\u{17b4}\u{180b}\u{1bca0}",
        "\u{a0}\u{2003}\u{202f}\u{e000}\u{10fffd}\u{378}\u{ffff}\u{fdd0}",
        "升级\t前 👨\u{200d}👩\u{200d}👧 e\u{301}",
    ]
    .map(str::to_owned)
    .into();
    corpus.push(format!("e{}", "\u{301}".repeat(5_000)));
    corpus.push("长x".repeat(1 << 10));
    corpus
}

/// Whether Unicode says that a character controls, formats, hides or means nothing yet.
fn is_unsafe(c: char) -> bool {
    use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategoryGroup as Group};
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let separates = Group::Separator.contains(category) && !matches!(c, ' ' | '\u{3000}');
    separates
        || Group::Other.contains(category)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || c == '\u{2800}'
}

/// The keys of the copy menu, but for those of a deployment that is followed.
const COPY_KEYS: [&str; 10] = ["i", "l", "f", "d", "b", "a", "p", "m", "r", "s"];

#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    if let Some(c) = text.chars().find(|&c| is_unsafe(c) && c != '\n') {
        panic!("{what} lets {c:?} through: {:?}", text.chars().take(300).collect::<String>());
    }
}

/// An answer in which every text is the hostile one.
fn hostile(text: &str) -> Answer {
    let mut hostile = answer(A, text);
    let savepoint = &mut hostile.savepoint;
    for field in [
        &mut savepoint.savepoint_id,
        &mut savepoint.deployment_id,
        &mut savepoint.job_id,
        &mut savepoint.namespace,
        &mut savepoint.origin,
        &mut savepoint.description,
        &mut savepoint.location,
    ] {
        *field = Some(text.to_owned());
    }
    let reason = format!("{text}\nCaused by: {text}");
    let failure = Failure { message: Some(text.to_owned()), reason: Some(reason), failed_at: None };
    savepoint.failure = Some(failure.into());
    hostile.request_id = Some(text.to_owned());
    hostile.data = serde_json::json!({ "savepointId": text, text: [text] }).to_string().into();
    hostile
}

/// Replies to the requests for the deployment and the job with the hostile text.
fn reply_with_metadata(harness: &mut Harness, text: &str) {
    let reply = |query: &Query| {
        if text.len().is_multiple_of(2) {
            let denied = Cause::NoPermission { action: text.to_owned(), detail: None };
            return Err(Error::local(denied, text));
        }
        let name = Some(text.to_owned());
        Ok(match query {
            Query::Job(..) => {
                let failure = failed(text).savepoint.failure;
                let word = Some("FAILED".to_owned());
                Reply::Job(Job { state: word, failure, deployment_name: name, ..Job::default() })
            }
            _ => Reply::Deployment(Deployment { name, ..Deployment::default() }),
        })
    };
    let queries = harness.metadata_queries().0;
    assert!(queries.len() >= 2, "{queries:?}");
    for query in queries {
        let result = reply(&query);
        harness.replied(query, result);
    }
}

/// The same, FAILED: then its failure is shown, explained and copied.
fn failed(text: &str) -> Answer {
    let mut failed = hostile(text);
    failed.savepoint.state = Some(State::Failed);
    failed
}

/// Two FAILED answers, the second with valid IDs, so that its deployment and job are asked for.
fn poll_hostile(harness: &mut Harness, text: &str) {
    let ids = answer(A, "FAILED").savepoint;
    let mut named = failed(text);
    named.savepoint.deployment_id = ids.deployment_id;
    named.savepoint.job_id = ids.job_id;
    harness.polled(A, Ok(failed(text))).after(5).polled(B, Ok(named)).keys("g G");
    reply_with_metadata(harness, text);
}

#[test]
fn screen_and_title_escape_hostile_text() {
    for text in corpus() {
        let mut harness = Harness::watching(120, 40, &[A, B]);
        harness.polled(A, Ok(hostile(&text))).after(5);
        poll_hostile(&mut harness, &text);
        harness.state.notify_problem(text.clone());
        for keys in [
            "g", "Enter", "c", "G", "w", "J", "G", "Esc", "Esc", "j", "Enter", "c", "G", "Esc",
            "e", "e", "Esc", "y", "Esc", "?", "Esc",
        ] {
            harness.keys(keys);
            assert_harmless(&format!("the screen after {keys}"), &harness.screen());
            let longest =
                harness.buffer().content.iter().map(|cell| cell.symbol().chars().count()).max();
            assert!(longest <= Some(8), "{longest:?} characters in one cell");
        }
        harness.paste(&text);
        assert_harmless("the form", &harness.screen());
        assert_harmless("the title", &title::text(&harness.state));
    }
}

/// Drawn only twice: every frame goes through the whole line.
#[test]
fn a_line_of_one_mebibyte_is_drawn() {
    let mut harness = Harness::watching(120, 40, &[A]);
    harness.polled(A, Ok(failed(&"x".repeat(1 << 20))));
    assert_harmless("the screen", &harness.screen());
    harness.assert_screen("more below").keys("w").assert_screen("1 savepoint");
}

#[tokio::test]
async fn copied_text_is_harmless() {
    for text in corpus() {
        let mut harness = Harness::watching(120, 40, &[A, B]);
        poll_hostile(&mut harness, &text);
        let mut copied = 0;
        for keys in
            ["g y ", "G y "].iter().flat_map(|row| COPY_KEYS.map(|key| format!("{row}{key}")))
        {
            harness.keys(&keys).keys("Esc");
            for effect in harness.effects() {
                let Effect::Copy(clip) = effect else { continue };
                copied += 1;
                assert_harmless("a clip", &clip.text);
                let several_lines = keys.ends_with(['f', 'a', 's']);
                assert!(several_lines || !clip.text.contains('\n'), "{keys}: {clip:?}");
                let delivery = clipboard::deliver(&clip.text, Multiplexer::None).await;
                let bytes = String::from_utf8(delivery.bytes).unwrap();
                let payload =
                    bytes.strip_prefix("\x1b]52;c;").and_then(|rest| rest.strip_suffix('\x07'));
                let decoded =
                    String::from_utf8(STANDARD.decode(payload.unwrap()).unwrap()).unwrap();
                assert_harmless("the clipboard", &decoded);
            }
        }
        assert!(copied >= 18, "all but the usable path: {copied} of {text:?}");
    }
}

#[test]
fn notifications_are_harmless() {
    for text in corpus() {
        let mut harness = Harness::watching(120, 40, &[A]);
        harness
            .polled(A, Ok(answer(A, "STARTED")))
            .after(5)
            .polled(A, Ok(hostile(&text)))
            .after(61);
        let alerts: Vec<_> = harness
            .effects()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Alert(alert) => Some(alert),
                _ => None,
            })
            .collect();
        assert!(!alerts.is_empty());
        for alert in alerts {
            let bytes = notification::encode(&alert, Notify::Desktop, |name| {
                (name == "TERM").then(|| "xterm-256color".into())
            });
            let text = String::from_utf8(bytes).unwrap();
            let payload = text.strip_prefix("\x1b]9;").and_then(|rest| rest.strip_suffix('\x07'));
            assert_harmless("a notification", payload.unwrap());
        }
    }
}

/// Answers every request with one savepoint.
struct Fixed(Answer);

impl Fetch for Fixed {
    async fn fetch(&self, _: &Query) -> Result<Reply, Error> {
        Ok(Reply::Savepoint(self.0.clone()))
    }

    async fn reload_credentials(&self, _: Option<&Profile>, _: bool) -> bool {
        false
    }
}

#[rstest::rstest]
#[case::table(Output::Table)]
#[case::json(Output::Json)]
#[tokio::test(start_paused = true)]
async fn get_prints_harmless_text(#[case] output: Output) {
    for text in corpus() {
        let cli =
            Cli::try_parse_from(["savepeek", "--region", "cn-hangzhou", "-w", "w", "-n", "n", A])
                .unwrap();
        let (given, environment, file) =
            (ExplicitArgs::default(), Environment::of([]), File::default());
        let layers = Layers::new(&given, &environment, &file);
        let options = Options::new(cli.flags, layers).unwrap();
        let config = Config::new(options, cli.ids, &environment, &file, &|_| Ok(None)).unwrap();
        let request = Request::new(config, output, None).unwrap();
        let clock = || "2026-11-23T03:00:00Z".parse().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        get::get(Arc::new(Fixed(failed(&text))), &request, clock, &mut out, &mut err)
            .await
            .unwrap();
        let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
        assert_harmless("standard output", &out);
        assert_harmless("standard error", &err);
        if let Output::Json = output {
            assert_eq!(out.lines().count(), 1);
            let value: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!(
                value["savepoint"]["savepointId"],
                text.as_str(),
                "the value itself is kept"
            );
        }
    }
}
