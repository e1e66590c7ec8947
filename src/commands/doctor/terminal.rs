//! What the terminal can do according to the environment. Nothing is sent to it: a terminal that
//! does not answer would block the doctor.

use std::ffi::OsString;

use super::{Finding, Section, tmux};
use crate::config::appearance::Glyphs;
use crate::config::appearance::{Appearance, ColorDepth, LOCALE};
use crate::tui::terminal::multiplexer::Multiplexer;
use crate::tui::terminal::notification;
use crate::util::environment::Environment;

const SECTION: Section = Section::Terminal;

/// Columns and rows of the controlling terminal, even if the output is redirected to a file.
pub(super) fn size() -> Option<(u16, u16)> {
    use rustix::stdio::{stderr, stdin, stdout};
    let size = [stdout(), stderr(), stdin()]
        .into_iter()
        .find_map(|it| rustix::termios::tcgetwinsize(it).ok())?;
    Some((size.ws_col, size.ws_row))
}

pub(super) fn check(
    environment: &Environment,
    appearance: &Appearance,
    size: Option<(u16, u16)>,
    tmux: Option<&Result<String, String>>,
) -> Vec<Finding> {
    let multiplexer = Multiplexer::detect(|name| environment.get(name).map(OsString::from));
    let mut findings = vec![
        terminal(size),
        term(environment),
        colours(environment, appearance),
        encoding(appearance),
        clipboard(multiplexer, tmux),
    ];
    findings.extend(tmux.map(tmux::check).into_iter().flatten());
    findings.push(notifications(environment, multiplexer));
    findings.push(match environment.get("SSH_CONNECTION").or_else(|| environment.get("SSH_TTY")) {
        Some(_addresses) => SECTION.ok("ssh", "yes: terminal and clipboard are at the other end"),
        None => SECTION.ok("ssh", "no"),
    });
    findings
}

fn terminal(size: Option<(u16, u16)>) -> Finding {
    match size {
        None => SECTION.skipped("terminal", "none here: the screen needs one, get and wait do not"),
        Some((0, _) | (_, 0)) => {
            let advice = "resize the window, or run `stty cols 80 rows 24`";
            SECTION.warn("terminal", "it does not say its size", advice)
        }
        Some((columns, rows)) => SECTION.ok("terminal", format!("{columns} x {rows}")),
    }
}

fn term(environment: &Environment) -> Finding {
    let advice = "set TERM to what your terminal is, for instance xterm-256color";
    match environment.get("TERM") {
        None => SECTION.warn("term", "TERM is not set", advice),
        Some(term) if term == "dumb" => SECTION.warn("term", "dumb", advice),
        Some(term) => SECTION.ok("term", term),
    }
}

fn colours(environment: &Environment, appearance: &Appearance) -> Finding {
    let depth = match ColorDepth::detect(environment) {
        ColorDepth::Full(by) => format!("24 bit, by {by}"),
        ColorDepth::Indexed => "256, by TERM".to_owned(),
        ColorDepth::Basic => "16, as far as TERM says".to_owned(),
    };
    let words = format!("{depth}; theme {}, by {}", appearance.theme, appearance.theme_source);
    match appearance.unsupported {
        None => SECTION.ok("colours", words),
        Some(wanted) => {
            let advice = format!(
                "if your terminal has 24-bit colours, set COLORTERM=truecolor for the theme \
                 {wanted}, or give --theme {wanted}"
            );
            SECTION.warn("colours", words, &advice)
        }
    }
}

/// The characters to draw with. ASCII is a warning only if the locale is the reason: it may
/// be unset by mistake.
fn encoding(appearance: &Appearance) -> Finding {
    let why = &appearance.glyphs_source;
    match appearance.glyphs {
        Glyphs::Unicode => SECTION.ok("encoding", format!("UTF-8, by {why}")),
        Glyphs::Ascii => {
            let words = format!("ASCII, by {why}");
            if LOCALE.iter().any(|name| why.starts_with(name)) {
                let advice =
                    "for signs and Chinese text set LANG to a UTF-8 locale, for instance C.UTF-8";
                SECTION.warn("encoding", words, advice)
            } else {
                SECTION.ok("encoding", words)
            }
        }
    }
}

fn clipboard(multiplexer: Multiplexer, tmux: Option<&Result<String, String>>) -> Finding {
    if multiplexer == Multiplexer::Tmux && tmux.is_some_and(Result::is_err) {
        let advice = "what is copied goes through the tmux command: see below why it fails";
        return SECTION.warn("clipboard", "tmux load-buffer -w, and tmux does not answer", advice);
    }
    SECTION.ok(
        "clipboard",
        match multiplexer {
            Multiplexer::None => "OSC 52, which the terminal may ignore without a word",
            Multiplexer::Tmux => "tmux load-buffer -w",
            Multiplexer::Screen => "OSC 52 through screen, which the terminal may ignore",
        },
    )
}

fn notifications(environment: &Environment, multiplexer: Multiplexer) -> Finding {
    let through = match multiplexer {
        Multiplexer::None => "",
        Multiplexer::Tmux => ", through tmux",
        Multiplexer::Screen => ", through screen",
    };
    match notification::sequence_name(|name| environment.get(name).map(OsString::from)) {
        Some(name) => SECTION.ok("notifications", format!("bell; desktop by {name}{through}")),
        None => SECTION.ok("notifications", "bell; this terminal knows no desktop notifications"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::appearance::Theme;
    use crate::config::appearance::{Requested, Source};

    fn verdict(variables: [(&str, &str); 2], kind: &str) -> (String, &'static str) {
        let environment = Environment::of(variables);
        let appearance = Appearance::resolve(
            Requested { theme: Some((Theme::Dark, Source::File)), ..Requested::default() },
            &environment,
        );
        let findings = check(&environment, &appearance, Some((80, 24)), None);
        let finding = findings.into_iter().find(|finding| finding.kind == kind).unwrap();
        (finding.words, finding.verdict.word())
    }

    const NONE: (&str, &str) = ("", "");

    #[test]
    fn a_tmux_that_does_not_answer_is_a_warning_for_the_clipboard() {
        let environment = Environment::of([("TMUX", "x"), ("TERM", "tmux")]);
        let appearance = Appearance::resolve(Requested::default(), &environment);
        let findings = check(&environment, &appearance, None, Some(&Err("no server".to_owned())));
        let clipboard = findings.iter().find(|finding| finding.kind == "clipboard").unwrap();
        assert_eq!(clipboard.verdict.word(), "warn");
    }

    #[test]
    fn requested_ascii_is_no_warning() {
        let environment = Environment::of([("LANG", "C")]);
        let requested = Requested { ascii: Some((true, Source::Flag)), ..Requested::default() };
        let finding = encoding(&Appearance::resolve(requested, &environment));
        assert_eq!((finding.words.as_str(), finding.verdict.word()), ("ASCII, by --ascii", "ok"));
    }

    #[rstest::rstest]
    #[case::no_term([NONE, NONE], "term", "TERM is not set", "warn")]
    #[case::dumb([("TERM", "dumb"), NONE], "term", "dumb", "warn")]
    #[case::term([("TERM", "xterm"), NONE], "term", "xterm", "ok")]
    #[case::no_colours([("NO_COLOR", "1"), ("COLORTERM", "truecolor")], "colours", "24 bit, by COLORTERM; theme mono, by NO_COLOR", "ok")]
    #[case::all_colours([("COLORTERM", "truecolor"), NONE], "colours", "24 bit, by COLORTERM; theme dark, by the configuration", "ok")]
    #[case::some_colours([("TERM", "xterm-256color"), NONE], "colours", "256, by TERM; theme terminal, by COLORTERM, which does not say truecolor", "warn")]
    #[case::by_its_name([("TERM", "xterm-kitty"), NONE], "colours", "24 bit, by TERM; theme dark, by the configuration", "ok")]
    #[case::colours_in_tmux([("TMUX", "x"), ("TERM", "screen")], "colours", "24 bit, by TMUX; theme dark, by the configuration", "ok")]
    #[case::few_colours([("TERM", "linux"), NONE], "colours", "16, as far as TERM says; theme terminal, by COLORTERM, which does not say truecolor", "warn")]
    #[case::no_locale([NONE, NONE], "encoding", "UTF-8, by the default", "ok")]
    #[case::the_first_locale([("LC_ALL", "C"), ("LANG", "C.UTF-8")], "encoding", "ASCII, by LC_ALL=C", "warn")]
    #[case::utf_8([("LANG", "zh_CN.utf8"), NONE], "encoding", "UTF-8, by LANG=zh_CN.utf8", "ok")]
    #[case::the_console([("LANG", "C.UTF-8"), ("TERM", "linux")], "encoding", "ASCII, by TERM=linux, whose fonts lack the signs", "ok")]
    #[case::in_tmux([("TMUX", "x"), ("TERM", "tmux")], "clipboard", "tmux load-buffer -w", "ok")]
    #[case::ssh([("SSH_CONNECTION", "192.0.2.7 1 192.0.2.8 22"), NONE], "ssh", "yes: terminal and clipboard are at the other end", "ok")]
    fn the_environment_decides_the_verdict(
        #[case] variables: [(&str, &str); 2],
        #[case] kind: &str,
        #[case] words: &str,
        #[case] word: &str,
    ) {
        assert_eq!(verdict(variables, kind), (words.to_owned(), word));
    }
}
