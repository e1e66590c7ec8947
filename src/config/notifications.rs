//! How the user is alerted, and about which changes.

use clap::ValueEnum;

use crate::domain::change::Kind;

/// How an alert reaches the user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// Not at all; rows are marked and the window's title counts nevertheless
    Off,
    /// By the terminal's bell, which tmux and most terminals turn into a mark on the window
    // The default: it works everywhere, including tmux, and disturbs no other terminal.
    #[default]
    Bell,
    /// By a desktop notification (OSC 9, 777 or 99); inside tmux only with allow-passthrough
    Desktop,
    /// By both
    All,
}

impl Notify {
    pub fn bell(self) -> bool {
        matches!(self, Self::Bell | Self::All)
    }

    pub fn desktop(self) -> bool {
        matches!(self, Self::Desktop | Self::All)
    }
}

/// The kinds of changes that can alert, named as in [`Kind::word`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Transition {
    /// The state is another one
    State,
    /// The service no longer knows it
    Vanished,
    /// The service knows it, and did not before
    Appeared,
    /// A followed deployment has a savepoint that it did not have before
    New,
    /// It takes longer than any before it
    Overdue,
    /// Polls should have answered, and did not
    Lost,
    /// Polls answer again
    Back,
}

impl Transition {
    pub const ALL: [Self; 7] = [
        Self::State,
        Self::Vanished,
        Self::Appeared,
        Self::New,
        Self::Overdue,
        Self::Lost,
        Self::Back,
    ];

    /// The kind of a change; `None` for a first observation.
    pub fn from_change(kind: &Kind) -> Option<Self> {
        match kind {
            Kind::First { .. } | Kind::FirstMissing => None,
            Kind::State { .. } => Some(Self::State),
            Kind::Vanished { .. } => Some(Self::Vanished),
            Kind::Appeared { .. } => Some(Self::Appeared),
            Kind::New { .. } => Some(Self::New),
            Kind::Overdue { .. } => Some(Self::Overdue),
            Kind::Lost { .. } => Some(Self::Lost),
            Kind::Back { .. } => Some(Self::Back),
        }
    }
}

/// Which changes alert the user, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPolicy {
    pub notify: Notify,
    pub on: Vec<Transition>,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self { notify: Notify::default(), on: Transition::ALL.to_vec() }
    }
}
