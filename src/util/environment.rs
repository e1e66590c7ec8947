//! Environment variables behind a lookup, so that tests do not touch the process's own.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Looks up variables on each call; nothing is cached.
#[derive(Clone)]
pub struct Environment(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Environment {
    pub fn of_process() -> Self {
        Self(Arc::new(|name| match (std::env::var(name), name) {
            (Ok(value), _) => Some(value),
            (Err(_), "HOME") => std::env::home_dir()?.into_os_string().into_string().ok(),
            (Err(_), _) => None,
        }))
    }

    /// These variables and no others.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self::of_all(&variables)
    }

    /// Like [`of`](Self::of), for any number of variables.
    pub fn of_all(variables: &[(&str, &str)]) -> Self {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let variables: HashMap<String, String> = variables.iter().map(owned).collect();
        Self(Arc::new(move |name| variables.get(name).cloned()))
    }

    /// Returns a copy without one variable.
    #[must_use]
    pub fn without(&self, name: &'static str) -> Self {
        let all = Arc::clone(&self.0);
        Self(Arc::new(move |asked| if asked == name { None } else { all(asked) }))
    }

    /// Returns a variable's value; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// Whether a variable says `true`, in any case.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The directory for state: `savepeek` in `$XDG_STATE_HOME` or, if that is no absolute path, in
    /// `~/.local/state`.
    pub fn state_directory(&self) -> Option<PathBuf> {
        self.directory("XDG_STATE_HOME", ".local/state")
    }

    /// The directory for configuration: `savepeek` in `$XDG_CONFIG_HOME` or, if that is no
    /// absolute path, in `~/.config`.
    pub fn config_directory(&self) -> Option<PathBuf> {
        self.directory("XDG_CONFIG_HOME", ".config")
    }

    fn directory(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let named = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        Some(named.or_else(|| Some(self.home()?.join(below_home)))?.join("savepeek"))
    }

    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

/// Shows nothing: variables hold secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}
