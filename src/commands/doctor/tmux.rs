//! The options of tmux that matter, if the program runs inside tmux.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::{Finding, Section};
use crate::util::environment::Environment;
use crate::util::subprocess::passed_on_to_tmux;
use crate::util::text;

const SECTION: Section = Section::Terminal;

/// The timeout of the tmux command.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The options that delay keys, and that decide what happens to copied text.
const OPTIONS: &str =
    "#{version} #{set-clipboard} #{allow-passthrough} #{escape-time} #{focus-events}";

/// From this `escape-time` on, in milliseconds, a user notices the delay of Esc.
const NOTICEABLE_DELAY: u32 = 100;

/// Returns the values of the options; `None` outside tmux.
pub(super) async fn read_options(environment: &Environment) -> Option<Result<String, String>> {
    environment.get("TMUX")?;
    let mut command = Command::new("tmux");
    command.args(["display-message", "-p", OPTIONS]).stdin(Stdio::null()).kill_on_drop(true);
    command.env_clear().envs(passed_on_to_tmux());
    Some(match timeout(TIMEOUT, command.output()).await {
        Err(_elapsed) => Err("no answer within 2 s".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(Ok(output)) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let message = stderr.lines().next().map(|line| format!(": {}", text::clean(line)));
            Err(format!("{}{}", output.status, message.unwrap_or_default()))
        }
    })
}

pub(super) fn check(options: &Result<String, String>) -> Vec<Finding> {
    let words: Vec<&str> = options.iter().flat_map(|words| words.split(' ')).collect();
    let &[version, clipboard, passthrough, escape, focus] = words.as_slice() else {
        let why = options.as_ref().err().map_or("an answer of another kind", String::as_str);
        let advice = "run `tmux display-message -p ok` by hand to see why";
        return vec![SECTION.warn("tmux", format!("its settings are unknown: {why}"), advice)];
    };
    let escape_words = format!("{escape} ms until Esc arrives");
    vec![
        SECTION.ok("tmux", version),
        match clipboard {
            "off" => {
                let advice =
                    "for the clipboard of your terminal: tmux set -s set-clipboard external";
                SECTION.warn("set-clipboard", "off: a copy stays in tmux", advice)
            }
            other => SECTION.ok("set-clipboard", other),
        },
        match passthrough {
            "0" | "off" => SECTION
                .ok("passthrough", "off; --notify desktop needs tmux set -g allow-passthrough on"),
            "" => SECTION.skipped("passthrough", "not known to this tmux, which lets all pass"),
            _ => SECTION.ok("passthrough", "on"),
        },
        match escape.parse::<u32>() {
            Ok(NOTICEABLE_DELAY..) => {
                SECTION.warn("escape-time", escape_words, "tmux set -s escape-time 20")
            }
            _ => SECTION.ok("escape-time", escape_words),
        },
        match focus {
            "1" | "on" => SECTION.ok("focus-events", "on; not used"),
            _ => SECTION.ok("focus-events", "off; not needed"),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(options: &str) -> Vec<(&'static str, &'static str)> {
        let findings = check(&Ok(options.to_owned()));
        findings.iter().map(|finding| (finding.kind, finding.verdict.word())).collect()
    }

    #[test]
    fn the_defaults_only_delay_esc() {
        let expected = [
            ("tmux", "ok"),
            ("set-clipboard", "ok"),
            ("passthrough", "ok"),
            ("escape-time", "warn"),
            ("focus-events", "ok"),
        ];
        assert_eq!(verdicts("3.3a external 0 500 0"), expected);
    }

    #[rstest::rstest]
    #[case::quick("3.5a on all 10 1", "escape-time", "ok")]
    #[case::no_clipboard("3.3a off 0 10 0", "set-clipboard", "warn")]
    #[case::old("3.2 external  10 0", "passthrough", "skipped")]
    #[case::strange("what", "tmux", "warn")]
    fn each_option_decides_its_verdict(
        #[case] options: &str,
        #[case] kind: &str,
        #[case] verdict: &str,
    ) {
        assert!(verdicts(options).contains(&(kind, verdict)), "{:?}", verdicts(options));
    }

    #[test]
    fn a_tmux_that_does_not_answer_is_reported() {
        let findings = check(&Err("no answer within 2 s".to_owned()));
        assert_eq!(findings[0].words, "its settings are unknown: no answer within 2 s");
    }
}
