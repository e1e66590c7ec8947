//! Any lists, with keys between them.

use proptest::prelude::*;

use super::*;

fn item() -> impl Strategy<Value = Answer> {
    let state = prop::sample::select(vec!["STARTED", "COMPLETED", "FAILED", "ODD"]);
    let minutes = prop_oneof![8 => 0_i64..900, 1 => Just(-60)];
    (0_u8..70, state, minutes, -5_i64..900)
        .prop_map(|(id, state, minutes, took)| made(&format!("p{id:02}"), state, minutes, took))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_list_keeps_pinned_savepoints_and_stays_bounded(
        lists in prop::collection::vec(
            prop_oneof![
                6 => prop::collection::vec(item(), 0..80).prop_map(Ok),
                1 => Just(Err(unavailable())),
                1 => Just(Err(not_found())),
                1 => Just(Err(denied())),
            ],
            1..8,
        ),
        keys in prop::sample::select(vec!["", "j P", "G d", "G d u", "f u", "j m x Enter"]),
    ) {
        let mut harness = followed(120, 40);
        for list in lists {
            let pinned: Vec<_> = harness.state.feeds.iter()
                .filter(|(_, feed)| feed.membership == Membership::UserAdded)
                .map(|(target, _)| target.clone()).collect();
            harness.after(30).listed(list);
            prop_assert!(pinned.iter().all(|it| harness.state.feeds.contains_key(it)));
            harness.keys(keys);
            let state = &harness.state;
            let Some(history) = state.histories.get(&deployment()) else { continue };
            let most = usize::try_from(HISTORY_LIMIT).unwrap();
            prop_assert!(history.items.len() <= most && history.dropped.len() <= most);
            prop_assert!(history.members.len() <= most + 1, "{}", history.members.len());
            let once: BTreeSet<_> = history.members.iter().collect();
            prop_assert_eq!(once.len(), history.members.len());
            let tied: BTreeSet<_> = state.feeds.iter()
                .filter(|(_, feed)| feed.membership != Membership::UserAdded)
                .map(|(target, _)| &target.id).collect();
            prop_assert_eq!(once, tied, "the members are exactly the feeds that it added");
            let rows: Vec<_> = state.list.rows().iter().filter_map(|row| row.savepoint()).collect();
            let shown: BTreeSet<_> = rows.iter().collect();
            prop_assert_eq!((rows.len(), shown.len()), (state.feeds.len(), state.feeds.len()));
        }
    }
}
