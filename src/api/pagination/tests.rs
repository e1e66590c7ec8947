use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// An ID and a version.
#[derive(Debug, Clone, PartialEq)]
struct Item(u32, &'static str);

impl ListItem for Item {
    fn id(&self) -> Option<&str> {
        Some(NAMES[self.0 as usize])
    }
}

const NAMES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

fn page(items: &[u32], total: impl Into<Option<u64>>) -> Page<Item> {
    page_of(items.iter().map(|id| Item(*id, "")).collect(), total.into())
}

fn page_of(items: Vec<Item>, total: Option<u64>) -> Page<Item> {
    Page {
        items,
        unreadable: 0,
        index: 1,
        size: 2,
        total,
        request_id: None,
        round_trip: Duration::ZERO,
        clock_correction: None,
    }
}

fn ids(paging: &Paging<Item>) -> Vec<u32> {
    paging.items().map(|item| item.0).collect()
}

fn next(paging: &Paging<Item>) -> Option<u32> {
    paging.next().map(PageRequest::index)
}

/// Adds these pages, each a requested index, its items and the total.
fn read_pages(pages: &[(u32, &[u32], u64)]) -> Paging<Item> {
    let mut paging = Paging::new(2, 10);
    for (index, items, total) in pages {
        assert_eq!(next(&paging), Some(*index), "{:?}", ids(&paging));
        paging.add_page(page(items, *total));
    }
    paging
}

#[test]
fn pages_are_read_in_order_to_the_end() {
    let paging = read_pages(&[(1, &[9, 8], 5), (2, &[7, 6], 5), (3, &[5], 5)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8, 7, 6, 5], None));
    assert!(!paging.is_truncated());
}

#[test]
fn a_full_last_page_needs_no_empty_one_after_it() {
    let paging = read_pages(&[(1, &[9, 8], 4), (2, &[7, 6], 4)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8, 7, 6], None));
}

#[test]
fn an_empty_list_is_one_page() {
    assert_eq!(next(&read_pages(&[(1, &[], 0)])), None);
}

#[test]
fn an_item_added_meanwhile_is_found_at_the_end() {
    // 9 appears on top after the first page: 7 comes twice.
    let paging = read_pages(&[(1, &[8, 7], 4), (2, &[7, 6], 5), (3, &[5], 5), (1, &[9, 8], 5)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8, 7, 6, 5], None));
}

#[test]
fn an_item_removed_meanwhile_makes_no_other_be_missed() {
    // 9 vanishes after the first page: 7 moves to where one has been already.
    let paging = read_pages(&[(1, &[9, 8], 5), (2, &[6, 5], 4), (1, &[8, 7], 4)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![8, 7, 6, 5], Some(2)));
}

#[test]
fn an_item_that_moved_to_a_later_page_is_kept() {
    // 6 vanishes after the first page, and 9 appears after the second: 7 is on the second now.
    let paging = read_pages(&[(1, &[8, 7], 4), (2, &[5], 3), (1, &[9, 8], 4), (2, &[7, 5], 4)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8, 7, 5], None));
}

#[test]
fn an_item_removed_while_another_is_added_hides_no_other() {
    // 8 vanishes and 9 appears: the total stays, so that neither is noticed.
    let paging = read_pages(&[(1, &[8, 7], 4), (2, &[6, 5], 4)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![8, 7, 6, 5], None));
}

#[test]
fn an_empty_last_page_ends_the_list() {
    let paging = read_pages(&[(1, &[9, 8], 3), (2, &[], 2), (1, &[9, 8], 2)]);
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8], None));
    let paging = read_pages(&[(1, &[9, 8], 4), (2, &[], 4), (1, &[9, 8], 4), (2, &[], 4)]);
    assert_eq!(next(&paging), None, "a total that is not true is looked for once more only");
}

#[test]
fn a_failed_page_is_requested_again() {
    let mut paging = read_pages(&[(1, &[9, 8], 3)]);
    for _failed in 0..3 {
        assert_eq!((ids(&paging), next(&paging)), (vec![9, 8], Some(2)));
    }
    paging.add_page(page(&[7], 3));
    assert_eq!((ids(&paging), next(&paging)), (vec![9, 8, 7], None));
}

#[test]
fn a_repeated_item_replaces_its_older_version() {
    let mut paging = Paging::new(2, 10);
    paging.add_page(page_of(vec![Item(9, "STARTED"), Item(8, "")], Some(3)));
    paging.add_page(page_of(vec![Item(9, "COMPLETED"), Item(7, "")], Some(3)));
    assert_eq!(paging.into_items(), [Item(9, "COMPLETED"), Item(7, ""), Item(8, "")]);
}

#[test]
fn without_a_total_a_short_page_is_the_last() {
    let mut paging = Paging::new(2, 10);
    paging.add_page(page(&[9, 8], None));
    assert_eq!(next(&paging), Some(2));
    paging.add_page(page(&[7], None));
    assert_eq!((ids(&paging), next(&paging), paging.total()), (vec![9, 8, 7], None, None));
}

#[test]
fn the_service_s_own_page_size_counts() {
    let mut paging = Paging::new(100, 10);
    paging.add_page(page(&[9, 8], 3));
    assert_eq!(next(&paging), Some(2), "two of a hundred are all that this service gives");
    paging.add_page(page(&[7], 3));
    assert_eq!(next(&paging), None);
}

#[test]
fn unreadable_items_count_towards_the_total() {
    let mut paging = Paging::new(2, 10);
    paging.add_page(Page { unreadable: 1, ..page(&[9], 2) });
    assert_eq!((next(&paging), paging.unreadable()), (None, 1));
}

#[test]
fn the_limit_of_pages_truncates_the_list() {
    let mut paging = Paging::new(2, 1);
    paging.add_page(page(&[9, 8], 1_000_000));
    assert_eq!((next(&paging), paging.is_truncated()), (None, true));
    assert_eq!(Paging::<Item>::new(2, 0).next(), None);
}

#[test]
fn an_alternating_total_does_not_loop_for_ever() {
    let mut paging = Paging::new(2, 1000);
    let mut asked = 0;
    while let Some(at) = paging.next() {
        let items: &[u32] = if at.index() == 1 { &[9, 8] } else { &[7] };
        paging.add_page(page(items, if asked % 2 == 0 { 3 } else { 2 }));
        asked += 1;
    }
    assert!(asked < 20 && !paging.is_truncated(), "{asked} pages were asked for");
    assert_eq!(ids(&paging), [9, 8, 7]);
}

proptest! {
    /// Any sequence of pages ends, without duplicate items.
    #[test]
    fn any_pages_come_to_an_end(
        size in 0_u32..5,
        most in 0_u32..8,
        pages in prop::collection::vec(
            (prop::collection::vec(0_u32..10, 0..5), any::<Option<u64>>(), 0_u32..4), 8,
        ),
    ) {
        let mut paging = Paging::new(size, most);
        let mut asked = 0;
        for (items, total, size) in pages {
            if paging.next().is_none() { break }
            asked += 1;
            paging.add_page(Page { size: size.max(1), ..page(&items, total.map(|total| total % 12)) });
        }
        prop_assert!(asked <= most);
        prop_assert!(asked < 8 || paging.next().is_none());
        let mut all = ids(&paging);
        all.sort_unstable();
        prop_assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }

    /// An unchanging list is read completely, in order, each page once.
    #[test]
    fn an_unchanging_list_is_read_page_by_page(length in 0_u32..10, size in 1_u32..5) {
        let mut paging = Paging::new(size, 100);
        let mut asked = 0;
        while let Some(at) = paging.next() {
            asked += 1;
            prop_assert_eq!(at.index(), asked);
            let items: Vec<u32> = (0..length).skip(((asked - 1) * size) as usize).take(size as usize).collect();
            paging.add_page(Page { size, ..page(&items, u64::from(length)) });
        }
        prop_assert_eq!(ids(&paging), (0..length).collect::<Vec<_>>());
        prop_assert_eq!(asked, length.div_ceil(size).max(1));
    }
}
