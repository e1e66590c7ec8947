//! The environment variables that the user's programs get.

use std::ffi::{OsStr, OsString};

/// Variables that say who the user is and how the machine is set up. The last line lets a
/// command notify the desktop.
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

const PREFIXES: [&str; 2] = ["LC_", "XDG_"];

/// Returns the variables of this process that are passed on, and those in `named`.
///
/// This is an allow list because a deny list is never complete: a variable of any name may hold a
/// secret, such as a proxy's password.
pub(crate) fn passed_on<S: AsRef<str>>(named: &[S]) -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_passed_on(name, named))
}

/// Like [`passed_on`], with the variables by which tmux finds its server.
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
    fn only_listed_and_named_variables_are_passed_on(#[case] name: &str, #[case] passed: bool) {
        assert_eq!(is_passed_on(OsStr::new(name), &["https_proxy"]), passed);
    }
}
