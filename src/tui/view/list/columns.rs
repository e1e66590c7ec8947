//! Which columns the list has room for, their widths, and their headings.

use crate::config::columns::ListColumn;
use crate::tui::model::State;
use crate::tui::model::list::Column;

/// Widths that depend on the data.
#[derive(Debug, Clone, Copy)]
pub(super) struct ContentWidths {
    /// Width of the longest state.
    pub(super) state: usize,
    /// Width of the longest name of a place; 0 if there is only one.
    pub(super) place: usize,
    /// Whether the name of any deployment is known.
    pub(super) has_names: bool,
}

const SHORT_ID: usize = 14;
const FULL_ID: usize = 36;

/// Width of COMPLETED with its symbol. Shorter states do not make the column narrower, so that the
/// list does not move when they change.
const MIN_STATE: usize = 11;

/// Chooses the most useful columns for a width; the description gets the rest.
pub(super) fn fit(
    width: usize,
    widths: ContentWidths,
    wanted: &[ListColumn],
) -> Vec<(ListColumn, usize)> {
    let mut columns =
        vec![(ListColumn::State, MIN_STATE), (ListColumn::Id, SHORT_ID), (ListColumn::Seen, 12)];
    let left = |columns: &[(ListColumn, usize)]| {
        let used: usize = columns.iter().map(|(_, width)| width + 1).sum();
        width.saturating_sub(used + 1)
    };
    columns[0].1 += widths.state.saturating_sub(MIN_STATE).min(left(&columns));
    let extras = [
        (ListColumn::Namespace, widths.place),
        (ListColumn::Created, 11),
        (ListColumn::Deployment, if widths.has_names { 17 } else { 0 }),
        (ListColumn::Description, 16),
        (ListColumn::Id, FULL_ID - SHORT_ID - 1),
        (ListColumn::Origin, 19),
    ];
    for (cell, extra) in extras {
        if extra == 0 || !wanted.contains(&cell) {
            continue;
        }
        if extra + 1 > left(&columns) {
            break;
        }
        match cell {
            ListColumn::Id => columns[1].1 = FULL_ID,
            _ => columns.push((cell, extra)),
        }
    }
    let left = left(&columns);
    for (cell, most) in [(ListColumn::Description, usize::MAX), (ListColumn::Deployment, 40)] {
        if let Some((_, width)) = columns.iter_mut().find(|(other, _)| *other == cell) {
            *width = width.saturating_add(left).min(most);
            break;
        }
    }
    columns.sort_by_key(|(cell, _)| wanted.iter().position(|other| other == cell));
    columns
}

/// The heading of a column; that of the sort column shows the direction.
pub(super) fn heading(cell: ListColumn, state: &State) -> String {
    let (word, column) = match cell {
        ListColumn::State => ("STATE", Some(Column::State)),
        ListColumn::Id => ("ID", Some(Column::Id)),
        ListColumn::Seen => ("SEEN", Some(Column::Seen)),
        ListColumn::Description => ("DESCRIPTION", Some(Column::Description)),
        ListColumn::Created => ("CREATED", Some(Column::Created)),
        ListColumn::Origin => ("ORIGIN", Some(Column::Origin)),
        ListColumn::Namespace => ("PLACE", None),
        ListColumn::Deployment => ("DEPLOYMENT", Some(Column::Deployment)),
    };
    match (column == Some(state.list.sort), state.list.reversed) {
        (false, _) => word.to_owned(),
        (true, false) => format!("{word} ^"),
        (true, true) => format!("{word} v"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: ContentWidths = ContentWidths { state: 0, place: 0, has_names: false };

    fn cells(width: usize, widths: ContentWidths) -> Vec<(ListColumn, usize)> {
        fit(width, widths, &ListColumn::ALL)
    }

    #[test]
    fn state_column_grows_with_the_longest_state_while_there_is_room() {
        let long = ContentWidths { state: 18, ..PLAIN };
        assert_eq!(cells(78, PLAIN)[0], (ListColumn::State, 11));
        assert_eq!(cells(78, long)[0], (ListColumn::State, 18));
        assert_eq!(cells(38, long)[0], (ListColumn::State, 11));
    }

    #[test]
    fn description_needs_16_columns_and_origin_the_full_id() {
        let has = |width, cell| cells(width, PLAIN).iter().any(|(other, _)| *other == cell);
        for width in 20..200 {
            let cells = cells(width, PLAIN);
            let least = |cell| cells.iter().find(|(other, _)| *other == cell).map(|(_, it)| *it);
            assert!(least(ListColumn::Description).is_none_or(|it| it >= 16), "{width}: {cells:?}");
            assert!(
                !has(width, ListColumn::Origin) || least(ListColumn::Id) == Some(FULL_ID),
                "{width}"
            );
        }
        assert!(has(70, ListColumn::Description) && !has(69, ListColumn::Description));
    }

    #[test]
    fn place_column_comes_first_with_several_places() {
        let several = ContentWidths { place: 15, ..PLAIN };
        let order: Vec<ListColumn> = cells(78, several).into_iter().map(|(cell, _)| cell).collect();
        assert_eq!(
            order,
            [
                ListColumn::State,
                ListColumn::Id,
                ListColumn::Namespace,
                ListColumn::Created,
                ListColumn::Seen
            ]
        );
    }
}
