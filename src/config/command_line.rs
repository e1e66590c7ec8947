//! A user's command with its arguments.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

impl std::str::FromStr for CommandLine {
    type Err = InvalidCommand;

    /// Splits a text into words as a shell does; expands nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = shlex::split(text).ok_or(InvalidCommand::Quotes)?.into_iter();
        let program = words.next().filter(|name| !name.is_empty()).ok_or(InvalidCommand::Empty)?;
        Ok(Self { program, arguments: words.collect() })
    }
}

/// Why a text is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    #[error("there is no command in it")]
    Empty,
    /// A quote without its end, or a backslash before nothing.
    #[error("a quote is not closed")]
    Quotes,
}
