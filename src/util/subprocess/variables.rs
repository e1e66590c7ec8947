//! Which variables of the environment a program of the user's is given.

use std::ffi::{OsStr, OsString};

/// Variables that say who the user is and how the machine is set up. The last line lets a command
/// notify the desktop.
const PASSED_ON: [&str; 13] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TZ",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
];

/// What the names of more of them begin with.
const PREFIXES: [&str; 2] = ["LC_", "XDG_"];

/// The variables of this process that are passed on, and those that `named` names besides.
///
/// A list of what is passed on, because no list of what is withheld is complete: a secret may stand
/// in a variable of any name, as a proxy's password does.
pub(crate) fn passed_on<S: AsRef<str>>(named: &[S]) -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_passed_on(name, named))
}

/// The same for tmux, which finds its server by its own.
pub(crate) fn passed_on_to_tmux() -> impl Iterator<Item = (OsString, OsString)> {
    passed_on(&["TMUX", "TMUX_PANE", "TMUX_TMPDIR"])
}

fn is_passed_on<S: AsRef<str>>(name: &OsStr, named: &[S]) -> bool {
    let Some(name) = name.to_str() else { return false };
    PASSED_ON.contains(&name)
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || named.iter().any(|known| known.as_ref() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("PATH", true)]
    #[case("LC_ALL", true)]
    #[case("XDG_RUNTIME_DIR", true)]
    #[case("DBUS_SESSION_BUS_ADDRESS", true)]
    #[case("https_proxy", true)]
    #[case("HTTPS_PROXY", false)]
    #[case("ALIBABA_CLOUD_CREDENTIALS_URI", false)]
    #[case("ALIBABA_CLOUD_PROFILE", false)]
    #[case("ACCESS_KEY_SECRET", false)]
    #[case("AccessKeySecret", false)]
    #[case("SAVEPEEK_ON_CHANGE", false)]
    #[case("PATHS", false)]
    fn only_what_is_listed_or_named(#[case] name: &str, #[case] passed: bool) {
        assert_eq!(is_passed_on(OsStr::new(name), &["https_proxy"]), passed);
    }
}
