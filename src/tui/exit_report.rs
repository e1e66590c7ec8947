//! The report, printed at exit, of what could not be saved.

use super::watch_list_writer::Unsaved;
use crate::util::text;

/// The most changes that are listed.
const MAX_LISTED: usize = 20;

/// Lists what is not saved, so that the user can repeat it; empty if everything is saved.
pub(super) fn format(unsaved: Option<Unsaved>, unwritten: Option<(usize, String)>) -> String {
    let mut words = String::new();
    let mut line = |text: &str| {
        words.push_str(&text::clean(text));
        words.push('\n');
    };
    let counted = |count, one: &str, many: &str| match count {
        1 => format!("1 {one} is"),
        count => format!("{count} {many} are"),
    };
    if let Some(Unsaved { edits, why }) = unsaved {
        let changes = counted(edits.len(), "change", "changes");
        line(&format!("savepeek: {changes} not in the watch list: {why}"));
        edits.iter().take(MAX_LISTED).for_each(|edit| line(&format!("  {}", edit.describe())));
        if let Some(more) = edits.len().checked_sub(MAX_LISTED + 1) {
            line(&format!("  and {} more", more + 1));
        }
    }
    if let Some((entries, why)) = unwritten {
        let entries = counted(entries, "entry", "entries");
        line(&format!("savepeek: {entries} not in the journal: {why}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deployment::{DeploymentId, DeploymentTarget};
    use crate::domain::savepoint::tests::place;
    use crate::storage::watch_list::Edit;

    fn unsaved(count: usize) -> Unsaved {
        let id = |n| DeploymentId::new(&format!("d-{n}")).unwrap();
        let edit = |n| Edit::Unfollow(DeploymentTarget { place: place(), id: id(n) });
        let edits = (1..=count).map(edit).collect();
        Unsaved { edits, why: "held by \u{1b}[31m".to_owned() }
    }

    #[test]
    fn nothing_is_reported_when_all_is_saved() {
        assert_eq!(format(None, None), "");
    }

    #[rstest::rstest]
    #[case::one(1, "1 change is", 1, "")]
    #[case::exactly_the_bound(20, "20 changes are", 20, "")]
    #[case::one_above_the_bound(21, "21 changes are", 20, "  and 1 more\n")]
    #[case::many(500, "500 changes are", 20, "  and 480 more\n")]
    fn the_list_of_changes_is_bounded(
        #[case] count: usize,
        #[case] head: &str,
        #[case] listed: usize,
        #[case] end: &str,
    ) {
        let words = format(Some(unsaved(count)), None);
        let head = format!("savepeek: {head} not in the watch list: held by ");
        assert!(words.starts_with(&head) && !words.contains('\u{1b}'), "{words}");
        assert_eq!(words.matches("\n  stop following deployment d-").count(), listed, "{words}");
        assert!(
            words.ends_with(end)
                && words.lines().count() == 1 + listed + usize::from(listed < count)
        );
    }

    #[test]
    fn entries_of_the_journal_are_counted() {
        let words = format(None, Some((3, "disk full".to_owned())));
        assert_eq!(words, "savepeek: 3 entries are not in the journal: disk full\n");
    }
}
