//! The settings of tmux that matter, where the program runs inside it.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::{Finding, Section};
use crate::util::environment::Environment;
use crate::util::subprocess::passed_on_to_tmux;
use crate::util::text;

const SECTION: Section = Section::Terminal;

/// How long tmux may take.
const LIMIT: Duration = Duration::from_secs(2);

/// The options by which tmux makes keys wait, and takes or drops what is copied.
const ASKED: &str =
    "#{version} #{set-clipboard} #{allow-passthrough} #{escape-time} #{focus-events}";

/// From here on, in milliseconds, Esc is felt to be late.
const LATE: u32 = 100;

/// What tmux says of itself; `None` outside of it.
pub(super) async fn ask(environment: &Environment) -> Option<Result<String, String>> {
    environment.get("TMUX")?;
    let mut command = Command::new("tmux");
    command.args(["display-message", "-p", ASKED]).stdin(Stdio::null()).kill_on_drop(true);
    command.env_clear().envs(passed_on_to_tmux());
    Some(match timeout(LIMIT, command.output()).await {
        Err(_elapsed) => Err("no answer within 2 s".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(output)) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().map(|line| format!(": {}", text::clean(line)));
            Err(format!("{}{}", output.status, said.unwrap_or_default()))
        }
    })
}

/// What the settings mean here.
pub(super) fn judge(said: &Result<String, String>) -> Vec<Finding> {
    let words: Vec<&str> = said.iter().flat_map(|words| words.split(' ')).collect();
    let &[version, clipboard, passthrough, escape, focus] = words.as_slice() else {
        let why = said.as_ref().err().map_or("an answer of another kind", String::as_str);
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
            Ok(LATE..) => SECTION.warn("escape-time", escape_words, "tmux set -s escape-time 20"),
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

    fn verdicts(said: &str) -> Vec<(&'static str, &'static str)> {
        let findings = judge(&Ok(said.to_owned()));
        findings.iter().map(|finding| (finding.kind, finding.verdict.word())).collect()
    }

    #[test]
    fn its_defaults_only_keep_esc_waiting() {
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
    fn each_setting_is_judged(#[case] said: &str, #[case] kind: &str, #[case] verdict: &str) {
        assert!(verdicts(said).contains(&(kind, verdict)), "{:?}", verdicts(said));
    }

    #[test]
    fn that_it_does_not_answer_is_said() {
        let findings = judge(&Err("no answer within 2 s".to_owned()));
        assert_eq!(findings[0].words, "its settings are unknown: no answer within 2 s");
    }
}
