//! Theme and glyphs: resolved once from flags, environment and configuration, with the source
//! of each decision.
//!
//! Flags beat the environment, the environment beats the configuration file, and the file beats the
//! defaults.
//!
//! Terminals cannot be queried for the characters they can draw, so ASCII follows the locale, as in
//! htop and tmux: a locale without UTF-8 means ASCII, and tmux draws `_` for other characters then.
//! If no locale is set, as in most containers, the terminal is assumed to support UTF-8.

use std::fmt;

use clap::ValueEnum;

use crate::config::layers;
use crate::util::environment::Environment;

/// How meanings become styles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// The terminal's own foreground, background and 16 colours
    #[default]
    Terminal,
    /// Light text on a dark ground, in 24-bit colours
    Dark,
    /// Dark text on a light ground, in 24-bit colours
    Light,
    /// As much contrast as there is, in 24-bit colours
    Contrast,
    /// No colours: only bold, dim, underlined, reversed
    Mono,
}

impl fmt::Display for Theme {
    /// The value of `--theme`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

impl Theme {
    pub const ALL: [Self; 5] =
        [Self::Terminal, Self::Dark, Self::Light, Self::Contrast, Self::Mono];

    /// Whether the theme uses 24-bit colours, which not every terminal has.
    fn is_24_bit(self) -> bool {
        matches!(self, Self::Dark | Self::Light | Self::Contrast)
    }
}

/// Which characters the program draws with. Text of the service is shown unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Line drawing, and symbols that are one cell wide in every terminal, also in East Asian ones.
    #[default]
    Unicode,
    Ascii,
}

/// Where an explicit setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag,
    Variable,
    File,
}

impl Source {
    /// The source in words, for the setting with this flag.
    pub fn words(self, flag: &str) -> String {
        match self {
            Self::Flag => format!("--{flag}"),
            Self::Variable => layers::variable(flag),
            Self::File => "the configuration".to_owned(),
        }
    }
}

/// The explicit settings; `None` where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requested {
    pub theme: Option<(Theme, Source)>,
    /// Whether to draw with ASCII only.
    pub ascii: Option<(bool, Source)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    pub theme: Theme,
    /// The source of the theme, in words: `NO_COLOR`, `--theme`, `the default`.
    pub theme_source: String,
    /// The requested theme, if it was replaced because the terminal may lack its colours.
    pub unsupported: Option<Theme>,
    pub glyphs: Glyphs,
    /// The source of the glyphs, in words: `--ascii`, `LANG=C`, `the default`.
    pub glyphs_source: String,
}

/// The source of a value that was not set anywhere.
pub const DEFAULT: &str = "the default";

impl Appearance {
    /// Resolves the explicit settings against the environment.
    pub fn resolve(requested: Requested, environment: &Environment) -> Self {
        let (wanted, mut theme_source) = theme(requested.theme, environment);
        let (ascii, glyphs_source) = ascii(requested.ascii, environment);
        // A file or a variable is for all of the user's terminals; a flag is for this one.
        let by_flag = matches!(requested.theme, Some((_, Source::Flag)));
        let full = matches!(ColorDepth::detect(environment), ColorDepth::Full(_));
        let unsupported = wanted.is_24_bit() && !by_flag && !full;
        if unsupported {
            "COLORTERM, which does not say truecolor".clone_into(&mut theme_source);
        }
        Self {
            theme: if unsupported { Theme::Terminal } else { wanted },
            theme_source,
            unsupported: unsupported.then_some(wanted),
            glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            glyphs_source,
        }
    }
}

fn theme(requested: Option<(Theme, Source)>, environment: &Environment) -> (Theme, String) {
    // no-color.org and bixense.com/clicolors: an empty variable counts as unset.
    let clicolor =
        |name: &str, on: bool| environment.get(name).is_some_and(|value| (value != "0") == on);
    let said = |(theme, by): (Theme, Source)| (theme, by.words("theme"));
    let (theme, why) = match requested {
        Some(explicit @ (_, Source::Flag | Source::Variable)) => return said(explicit),
        _ if environment.get("NO_COLOR").is_some() => (Theme::Mono, "NO_COLOR"),
        Some(in_file) if clicolor("CLICOLOR_FORCE", true) => return said(in_file),
        None if clicolor("CLICOLOR_FORCE", true) => (Theme::Terminal, "CLICOLOR_FORCE"),
        _ if clicolor("CLICOLOR", false) => (Theme::Mono, "CLICOLOR=0"),
        Some(in_file) => return said(in_file),
        None if environment.get("TERM").as_deref() == Some("dumb") => (Theme::Mono, "TERM=dumb"),
        None => (Theme::Terminal, DEFAULT),
    };
    (theme, why.to_owned())
}

/// Values of `TERM` that imply 24-bit colours; `TERM`, unlike `COLORTERM`, reaches remote machines.
/// tmux converts the colours to those of the outer terminal.
const TRUECOLOR_TERMS: [&str; 8] =
    ["alacritty", "contour", "direct", "foot", "ghostty", "kitty", "wezterm", "tmux"];

/// The number of colours of the terminal, as the environment suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorDepth {
    /// 24 bit, according to this variable.
    Full(&'static str),
    /// 256, according to `TERM`.
    Indexed,
    /// 16, if nothing suggests more.
    Basic,
}

impl ColorDepth {
    pub fn detect(environment: &Environment) -> Self {
        let term = environment.get("TERM").unwrap_or_default();
        let depth = environment.get("COLORTERM").unwrap_or_default();
        if ["truecolor", "24bit"].contains(&depth.as_str()) {
            Self::Full("COLORTERM")
        } else if TRUECOLOR_TERMS.iter().any(|name| term.contains(name)) {
            Self::Full("TERM")
        } else if environment.get("TMUX").is_some() {
            Self::Full("TMUX")
        } else if term.contains("256color") {
            Self::Indexed
        } else {
            Self::Basic
        }
    }
}

/// The variables that name the locale: the first one that is set decides, as in setlocale(3).
pub const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

fn ascii(requested: Option<(bool, Source)>, environment: &Environment) -> (bool, String) {
    if let Some((ascii, by)) = requested {
        return (ascii, by.words("ascii"));
    }
    if environment.get("TERM").as_deref() == Some("linux") {
        return (true, "TERM=linux, whose fonts lack the signs".to_owned());
    }
    let locale = LOCALE.into_iter().find_map(|name| Some((name, environment.get(name)?)));
    let Some((name, locale)) = locale else { return (false, DEFAULT.to_owned()) };
    let names_utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    (!names_utf8, format!("{name}={}", crate::util::text::clean(&locale)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const DARK: Option<(Theme, Source)> = Some((Theme::Dark, Source::Flag));
    const LIGHT: Option<(Theme, Source)> = Some((Theme::Light, Source::File));
    const CONTRAST: Option<(Theme, Source)> = Some((Theme::Contrast, Source::Variable));
    const MONO: Option<(Theme, Source)> = Some((Theme::Mono, Source::File));

    #[rstest]
    #[case::nothing_said(None, [("", ""), ("", "")], Theme::Terminal, "the default")]
    #[case::a_flag(DARK, [("NO_COLOR", "1"), ("CLICOLOR", "0")], Theme::Dark, "--theme")]
    #[case::without_truecolor(DARK, [("TERM", "vt100"), ("", "")], Theme::Dark, "--theme")]
    #[case::a_variable(CONTRAST, [("NO_COLOR", "1"), ("COLORTERM", "24bit")], Theme::Contrast, "SAVEPEEK_THEME")]
    #[case::no_color(LIGHT, [("NO_COLOR", "1"), ("", "")], Theme::Mono, "NO_COLOR")]
    #[case::no_color_of_any_value(None, [("NO_COLOR", "0"), ("", "")], Theme::Mono, "NO_COLOR")]
    #[case::an_empty_no_color(None, [("NO_COLOR", ""), ("", "")], Theme::Terminal, "the default")]
    #[case::no_color_and_force(None, [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Theme::Mono, "NO_COLOR")]
    #[case::clicolor(LIGHT, [("CLICOLOR", "0"), ("", "")], Theme::Mono, "CLICOLOR=0")]
    #[case::clicolor_on(None, [("CLICOLOR", "1"), ("", "")], Theme::Terminal, "the default")]
    #[case::forced(None, [("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], Theme::Terminal, "CLICOLOR_FORCE")]
    #[case::forced_not(None, [("CLICOLOR", "0"), ("CLICOLOR_FORCE", "0")], Theme::Mono, "CLICOLOR=0")]
    #[case::dumb(None, [("TERM", "dumb"), ("", "")], Theme::Mono, "TERM=dumb")]
    #[case::dumb_but_forced(None, [("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Theme::Terminal, "CLICOLOR_FORCE")]
    #[case::a_term_nobody_knows(None, [("TERM", "zyx-9"), ("", "")], Theme::Terminal, "the default")]
    #[case::the_file(LIGHT, [("CLICOLOR_FORCE", "1"), ("COLORTERM", "truecolor")], Theme::Light, "the configuration")]
    fn theme_precedence(
        #[case] requested: Option<(Theme, Source)>,
        #[case] variables: [(&str, &str); 2],
        #[case] theme: Theme,
        #[case] why: &str,
    ) {
        let requested = Requested { theme: requested, ..Requested::default() };
        let appearance = Appearance::resolve(requested, &Environment::of(variables));
        assert_eq!((appearance.theme, appearance.theme_source.as_str()), (theme, why));
        assert_eq!(appearance.unsupported, None);
    }

    #[rstest]
    #[case::the_console(LIGHT, ("TERM", "linux"), Some(Theme::Light))]
    #[case::colours_by_number(CONTRAST, ("TERM", "xterm-256color"), Some(Theme::Contrast))]
    #[case::a_colorterm_of_another_kind(LIGHT, ("COLORTERM", "yes"), Some(Theme::Light))]
    #[case::a_flag_is_obeyed(DARK, ("TERM", "linux"), None)]
    #[case::it_needs_no_colours(MONO, ("TERM", "linux"), None)]
    #[case::it_says_so(LIGHT, ("COLORTERM", "truecolor"), None)]
    #[case::its_name_says_so(LIGHT, ("TERM", "xterm-kitty"), None)]
    #[case::in_tmux(LIGHT, ("TMUX", "/tmp/tmux-0/default,1,0"), None)]
    #[case::in_tmux_elsewhere(LIGHT, ("TERM", "tmux-256color"), None)]
    fn a_24_bit_theme_needs_a_flag_or_a_terminal_known_to_support_it(
        #[case] requested: Option<(Theme, Source)>,
        #[case] variable: (&str, &str),
        #[case] unsupported: Option<Theme>,
    ) {
        let appearance = Appearance::resolve(
            Requested { theme: requested, ..Requested::default() },
            &Environment::of([variable]),
        );
        assert_eq!(appearance.unsupported, unsupported);
        let theme = requested.map(|(theme, _)| theme).filter(|_| unsupported.is_none());
        assert_eq!(appearance.theme, theme.unwrap_or(Theme::Terminal));
    }

    #[rstest]
    #[case::no_locale([("", ""), ("", "")], None, Glyphs::Unicode, "the default")]
    #[case::utf8([("LANG", "de_DE.UTF-8"), ("", "")], None, Glyphs::Unicode, "LANG=de_DE.UTF-8")]
    #[case::as_macos_spells_it([("LC_CTYPE", "UTF-8"), ("", "")], None, Glyphs::Unicode, "LC_CTYPE=UTF-8")]
    #[case::as_glibc_spells_it([("LANG", "C.utf8"), ("", "")], None, Glyphs::Unicode, "LANG=C.utf8")]
    #[case::c([("LANG", "C"), ("", "")], None, Glyphs::Ascii, "LANG=C")]
    #[case::posix([("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")], None, Glyphs::Ascii, "LC_ALL=POSIX")]
    #[case::latin1([("LANG", "de_DE.ISO-8859-1"), ("", "")], None, Glyphs::Ascii, "LANG=de_DE.ISO-8859-1")]
    #[case::an_empty_one_is_none([("LC_ALL", ""), ("LANG", "C.UTF-8")], None, Glyphs::Unicode, "LANG=C.UTF-8")]
    #[case::the_linux_console([("TERM", "linux"), ("LANG", "C.UTF-8")], None, Glyphs::Ascii, "TERM=linux, whose fonts lack the signs")]
    #[case::a_flag([("LANG", "C.UTF-8"), ("", "")], Some((true, Source::Flag)), Glyphs::Ascii, "--ascii")]
    #[case::a_variable([("LANG", "C.UTF-8"), ("", "")], Some((true, Source::Variable)), Glyphs::Ascii, "SAVEPEEK_ASCII")]
    #[case::a_flag_against_it([("LANG", "C"), ("", "")], Some((false, Source::Flag)), Glyphs::Unicode, "--ascii")]
    fn glyphs_follow_flag_terminal_and_locale(
        #[case] variables: [(&str, &str); 2],
        #[case] ascii: Option<(bool, Source)>,
        #[case] glyphs: Glyphs,
        #[case] why: &str,
    ) {
        let appearance = Appearance::resolve(
            Requested { ascii, ..Requested::default() },
            &Environment::of(variables),
        );
        assert_eq!((appearance.glyphs, appearance.glyphs_source.as_str()), (glyphs, why));
    }
}
