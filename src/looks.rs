//! What the screen looks like on this terminal: decided once, from flags, environment and
//! configuration, and able to say why.
//!
//! Flags beat the environment, the environment beats the configuration's file, and that beats the
//! defaults.
//!
//! Nobody asks the terminal what it can draw, so ASCII follows the locale, as htop and tmux do: one
//! that is set and names no UTF-8 means ASCII. tmux itself draws `_` for everything else there.
//! Where no locale is set at all, as in most containers, the terminal in front is one of today, and
//! knows UTF-8.

use crate::environment::Environment;
use crate::view::glyphs::Glyphs;
use crate::view::theme::Theme;

/// What somebody wants of the looks, as far as they said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// This theme.
    pub theme: Option<Theme>,
    /// Only ASCII, or line drawing for certain.
    pub ascii: Option<bool>,
    /// The mouse selects and scrolls, which takes the terminal's own selection away.
    pub mouse: Option<bool>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// How meanings look.
    pub theme: Theme,
    /// Where the theme comes from, in words: `NO_COLOR`, `--theme`, `the default`.
    pub why: String,
    /// What they are drawn with.
    pub glyphs: Glyphs,
    /// Where that comes from, in words: `--ascii`, `LANG=C`, `the default`.
    pub why_glyphs: String,
    /// Whether the mouse selects and scrolls.
    pub mouse: bool,
}

const DEFAULT: &str = "the default";
const FILE: &str = "the configuration";

impl Looks {
    /// Decides.
    pub fn of(flags: Wish, file: Wish, environment: &Environment) -> Self {
        let (theme, why) = theme(flags, file, environment);
        let (ascii, why_glyphs) = ascii(flags, file, environment);
        Self {
            theme,
            why,
            glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            why_glyphs,
            mouse: flags.mouse.or(file.mouse).unwrap_or(false),
        }
    }
}

fn theme(flags: Wish, file: Wish, environment: &Environment) -> (Theme, String) {
    // no-color.org and bixense.com/clicolors: both count only with a value.
    let clicolor =
        |name: &str, on: bool| environment.get(name).is_some_and(|value| (value != "0") == on);
    let term = environment.get("TERM");
    let (theme, why) = if let Some(theme) = flags.theme {
        (theme, "--theme")
    } else if environment.get("NO_COLOR").is_some() {
        (Theme::Mono, "NO_COLOR")
    } else if clicolor("CLICOLOR_FORCE", true) {
        file.theme.map_or((Theme::Terminal, "CLICOLOR_FORCE"), |theme| (theme, FILE))
    } else if clicolor("CLICOLOR", false) {
        (Theme::Mono, "CLICOLOR=0")
    } else if let Some(theme) = file.theme {
        (theme, FILE)
    } else if term.as_deref() == Some("dumb") {
        (Theme::Mono, "TERM=dumb")
    } else {
        (Theme::Terminal, DEFAULT)
    };
    (theme, why.to_owned())
}

fn ascii(flags: Wish, file: Wish, environment: &Environment) -> (bool, String) {
    if let Some(ascii) = flags.ascii {
        return (ascii, "--ascii".to_owned());
    }
    if let Some(ascii) = file.ascii {
        return (ascii, FILE.to_owned());
    }
    if environment.get("TERM").as_deref() == Some("linux") {
        return (true, "TERM=linux, whose fonts lack the signs".to_owned());
    }
    // The first that is set decides, as in setlocale(3).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| Some((name, environment.get(name)?)));
    let Some((name, locale)) = locale else { return (false, DEFAULT.to_owned()) };
    let names_utf8 = locale.to_ascii_lowercase().replace('-', "").contains("utf8");
    (!names_utf8, format!("{name}={}", crate::text::clean(&locale)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOTHING: Wish = Wish { theme: None, ascii: None, mouse: None };
    const DARK: Wish = Wish { theme: Some(Theme::Dark), ..NOTHING };
    const LIGHT: Wish = Wish { theme: Some(Theme::Light), ..NOTHING };

    #[rstest]
    #[case::nothing_said(NOTHING, NOTHING, [("", ""), ("", "")], Theme::Terminal, "the default")]
    #[case::a_flag(DARK, LIGHT, [("NO_COLOR", "1"), ("CLICOLOR", "0")], Theme::Dark, "--theme")]
    #[case::without_truecolor(DARK, NOTHING, [("TERM", "vt100"), ("", "")], Theme::Dark, "--theme")]
    #[case::no_color(NOTHING, DARK, [("NO_COLOR", "1"), ("", "")], Theme::Mono, "NO_COLOR")]
    #[case::no_color_of_any_value(NOTHING, NOTHING, [("NO_COLOR", "0"), ("", "")], Theme::Mono, "NO_COLOR")]
    #[case::an_empty_no_color(NOTHING, NOTHING, [("NO_COLOR", ""), ("", "")], Theme::Terminal, "the default")]
    #[case::no_color_and_force(NOTHING, NOTHING, [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Theme::Mono, "NO_COLOR")]
    #[case::clicolor(NOTHING, DARK, [("CLICOLOR", "0"), ("", "")], Theme::Mono, "CLICOLOR=0")]
    #[case::clicolor_on(NOTHING, NOTHING, [("CLICOLOR", "1"), ("", "")], Theme::Terminal, "the default")]
    #[case::forced(NOTHING, NOTHING, [("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], Theme::Terminal, "CLICOLOR_FORCE")]
    #[case::forced_not(NOTHING, NOTHING, [("CLICOLOR", "0"), ("CLICOLOR_FORCE", "0")], Theme::Mono, "CLICOLOR=0")]
    #[case::dumb(NOTHING, NOTHING, [("TERM", "dumb"), ("", "")], Theme::Mono, "TERM=dumb")]
    #[case::dumb_but_forced(NOTHING, NOTHING, [("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Theme::Terminal, "CLICOLOR_FORCE")]
    #[case::a_term_nobody_knows(NOTHING, NOTHING, [("TERM", "zyx-9"), ("", "")], Theme::Terminal, "the default")]
    #[case::the_file(NOTHING, LIGHT, [("CLICOLOR_FORCE", "1"), ("", "")], Theme::Light, "the configuration")]
    fn the_theme(
        #[case] flags: Wish,
        #[case] file: Wish,
        #[case] variables: [(&str, &str); 2],
        #[case] theme: Theme,
        #[case] why: &str,
    ) {
        let looks = Looks::of(flags, file, &Environment::of(variables));
        assert_eq!((looks.theme, looks.why.as_str()), (theme, why));
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
    #[case::a_flag([("LANG", "C.UTF-8"), ("", "")], Some(true), Glyphs::Ascii, "--ascii")]
    #[case::a_flag_against_it([("LANG", "C"), ("", "")], Some(false), Glyphs::Unicode, "--ascii")]
    fn the_glyphs(
        #[case] variables: [(&str, &str); 2],
        #[case] ascii: Option<bool>,
        #[case] glyphs: Glyphs,
        #[case] why: &str,
    ) {
        let flags = Wish { ascii, ..NOTHING };
        let looks = Looks::of(flags, NOTHING, &Environment::of(variables));
        assert_eq!((looks.glyphs, looks.why_glyphs.as_str()), (glyphs, why));
    }

    #[test]
    fn the_mouse_is_left_to_the_terminal_unless_asked_for() {
        let looks = |flags, file| Looks::of(flags, file, &Environment::of([])).mouse;
        let (on, off) =
            (Wish { mouse: Some(true), ..NOTHING }, Wish { mouse: Some(false), ..NOTHING });
        assert!(!looks(NOTHING, NOTHING));
        assert!(looks(on, off));
        assert!(looks(NOTHING, on));
        assert!(!looks(off, on));
    }
}
