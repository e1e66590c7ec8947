//! Which columns the picker has room for, and their widths.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Whether a savepoint is marked, or watched.
    Mark,
    State,
    /// An ID in full.
    Id,
    /// The part of an ID that distinguishes it.
    ShortId,
    /// The name of a deployment.
    Name,
    /// Whether a deployment is followed.
    Follow,
    /// The execution mode of a deployment.
    Mode,
    /// When a deployment was modified.
    Time,
    Origin,
    Created,
    Description,
    /// The name of the context of a place.
    Context,
    /// The region of a place, or its host.
    Region,
    Workspace,
    Namespace,
    Profile,
}

use Field as F;

/// Sets of columns, widest first; the first one that fits is used.
type Choices = [&'static [Field]];

/// The name is in every set.
pub(super) const DEPLOYMENTS: [&[Field]; 5] = [
    &[F::State, F::Name, F::Follow, F::Mode, F::Time, F::Id],
    &[F::State, F::Name, F::Follow, F::Mode, F::Time],
    &[F::State, F::Name, F::Mode, F::Time],
    &[F::State, F::Name, F::Time],
    &[F::State, F::Name],
];

pub(super) const SAVEPOINTS: [&[Field]; 5] = [
    &[F::Mark, F::State, F::Id, F::Origin, F::Created, F::Description],
    &[F::Mark, F::State, F::ShortId, F::Origin, F::Created, F::Description],
    &[F::Mark, F::State, F::ShortId, F::Created, F::Description],
    &[F::Mark, F::State, F::ShortId, F::Created],
    &[F::Mark, F::State, F::ShortId],
];

/// For places of which at least one has a context.
pub(super) const NAMED_PLACES: [&[Field]; 3] = [
    &[F::Context, F::Region, F::Workspace, F::Namespace, F::Profile],
    &[F::Context, F::Region, F::Workspace, F::Namespace],
    &[F::Context, F::Namespace],
];

pub(super) const PLACES: [&[Field]; 3] = [
    &[F::Region, F::Workspace, F::Namespace, F::Profile],
    &[F::Workspace, F::Namespace, F::Profile],
    &[F::Namespace, F::Profile],
];

impl Field {
    pub(super) fn heading(self) -> &'static str {
        match self {
            F::Mark => "MARK",
            F::State => "STATE",
            F::Id | F::ShortId => "ID",
            F::Name => "NAME",
            F::Follow => "FOLLOW",
            F::Mode => "MODE",
            F::Time => "MODIFIED",
            F::Origin => "ORIGIN",
            F::Created => "CREATED",
            F::Description => "DESCRIPTION",
            F::Context => "CONTEXT",
            F::Region => "REGION",
            F::Workspace => "WORKSPACE",
            F::Namespace => "NAMESPACE",
            F::Profile => "PROFILE",
        }
    }

    /// Width, and whether the column also gets the room that is left.
    fn width(self, state: usize) -> (usize, bool) {
        match self {
            F::Mark => (7, false),
            F::State => (state, false),
            F::Id => (36, false),
            F::ShortId | F::Mode => (9, false),
            F::Follow => (8, false),
            F::Time | F::Created => (11, false),
            F::Origin => (19, false),
            F::Context => (16, false),
            F::Region | F::Workspace => (18, false),
            F::Profile => (14, false),
            F::Namespace | F::Name => (16, true),
            F::Description => (12, true),
        }
    }
}

/// The columns that fit `width`, each with its width. `state` is the width of the longest state.
pub(super) fn fit(choices: &Choices, state: usize, width: usize) -> Vec<(Field, usize)> {
    let used = |fields: &[Field]| fields.iter().map(|it| it.width(state).0 + 1).sum::<usize>() + 1;
    let fitting = choices.iter().find(|fields| used(fields) <= width).or(choices.last());
    let Some(fields) = fitting else { return Vec::new() };
    let left = width.saturating_sub(used(fields));
    let columns = fields.iter().map(|field| match field.width(state) {
        (width, true) => (*field, width + left),
        (width, false) => (*field, width),
    });
    columns.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(38)]
    #[case(58)]
    #[case(78)]
    #[case(200)]
    fn a_deployment_always_has_its_name(#[case] width: usize) {
        let columns = fit(&DEPLOYMENTS, 13, width);
        let name = columns.iter().find(|(field, _)| *field == F::Name).unwrap();
        assert!(name.1 >= 16, "{columns:?}");
        let used: usize = columns.iter().map(|(_, width)| width + 1).sum();
        assert!(used < width, "{columns:?}");
    }
}
