//! The columns of the list.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListColumn {
    /// The state, with its sign.
    State,
    /// The savepoint's ID.
    Id,
    /// Where there are several places.
    Namespace,
    /// What the deployment is called, once any name is known.
    Deployment,
    /// Who triggered it.
    Origin,
    /// When.
    Created,
    /// The age of the service's last word.
    Seen,
    /// The description.
    Description,
}

impl ListColumn {
    /// All columns in the default order.
    pub const ALL: [Self; 8] = [
        Self::State,
        Self::Id,
        Self::Namespace,
        Self::Deployment,
        Self::Origin,
        Self::Created,
        Self::Seen,
        Self::Description,
    ];

    /// Without these a row is misleading: what the state is, of what, and how fresh.
    const NEEDED: [Self; 3] = [Self::State, Self::Id, Self::Seen];
}

/// Checks that the required columns are present, and each column at most once.
///
/// # Errors
/// The reason, for the user.
pub fn check(columns: Vec<ListColumn>) -> Result<Vec<ListColumn>, String> {
    if ListColumn::NEEDED.iter().any(|needed| !columns.contains(needed)) {
        return Err("state, id and seen must be among them: what is so, of what, and how far to \
                    trust it"
            .to_owned());
    }
    if columns.iter().enumerate().any(|(at, column)| columns[..at].contains(column)) {
        return Err("each can be there once".to_owned());
    }
    Ok(columns)
}
