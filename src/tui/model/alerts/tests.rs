use rstest::rstest;

use clap::ValueEnum as _;

use super::*;
use crate::domain::change::Kind;
use crate::domain::savepoint::Namespace;
use crate::domain::savepoint::tests::target;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn change(id: &str, second: i64, kind: Kind) -> Change {
    let mut target = target(id);
    target.place.namespace = Namespace::new("prod").unwrap();
    Change { target, at: at(second), since: None, kind }
}

fn state(to: &str) -> Kind {
    Kind::State { from: "STARTED".into(), to: to.into() }
}

fn lost() -> Kind {
    Kind::Lost { cause: "no answer".into() }
}

fn back() -> Kind {
    Kind::Back { cause: "no answer".into() }
}

/// The alerts for a row of changes of one savepoint, as (second, word, held back), the number
/// that never is, looking every second.
fn alerts_for(
    policy: AlertPolicy,
    changes: &[(i64, Kind)],
) -> (Vec<(i64, &'static str, u32)>, u32) {
    let mut alerts = Alerts { policy, ..Alerts::default() };
    let (mut shown, mut never) = (Vec::new(), 0);
    for second in 0..400 {
        for (_, kind) in changes.iter().filter(|(when, _)| *when == second) {
            let change = change("a", second, kind.clone());
            let admitted = alerts.record(&change, at(second));
            shown.extend(admitted.map(|suppressed| (second, kind.word(), suppressed)));
        }
        let (late, dropped) = alerts.close_expired(at(second));
        shown.extend(late.iter().map(|(change, held)| (second, change.kind.word(), *held)));
        never += dropped;
    }
    assert!(alerts.windows.is_empty(), "a window is open for ever");
    assert_eq!(alerts.next(), None);
    (shown, never)
}

#[rstest]
#[case::a_first_answer_is_not(vec![(0, Kind::First { state: "FAILED".into() })], vec![], 0)]
#[case::nor_that_there_is_none(vec![(0, Kind::FirstMissing)], vec![], 0)]
#[case::a_transition_is_at_once(vec![(5, state("FAILED"))], vec![(5, "state", 0)], 0)]
#[case::kinds_do_not_hold_each_other_back(
    vec![(0, lost()), (9, back()), (9, state("FAILED"))],
    vec![(0, "lost", 0), (9, "back", 0), (9, "state", 0)], 0
)]
#[case::after_a_minute_it_is_told_again(
    vec![(0, state("A")), (60, state("B"))],
    vec![(0, "state", 0), (60, "state", 0)], 0
)]
#[case::the_last_word_is_told_when_the_minute_is_up(
    vec![(0, state("COMPLETED")), (10, state("FAILED"))],
    vec![(0, "state", 0), (60, "state", 0)], 0
)]
#[case::and_how_many_were_held_back_before_it(
    vec![(0, state("A")), (10, state("B")), (20, state("C")), (59, state("D"))],
    vec![(0, "state", 0), (60, "state", 2)], 0
)]
#[case::the_next_one_tells_it_where_it_comes_just_then(
    vec![(0, state("A")), (10, state("B")), (60, state("C"))],
    vec![(0, "state", 0), (60, "state", 1)], 0
)]
#[case::what_is_no_longer_so_is_not_told(
    vec![(0, lost()), (10, back()), (20, lost()), (30, back())],
    vec![(0, "lost", 0), (10, "back", 0), (70, "back", 0)], 1
)]
#[case::nor_if_the_last_word_was_told_already(
    vec![(0, lost()), (20, lost()), (30, back())],
    vec![(0, "lost", 0), (30, "back", 0)], 1
)]
fn at_most_one_of_a_kind_in_a_minute(
    #[case] changes: Vec<(i64, Kind)>,
    #[case] expected: Vec<(i64, &'static str, u32)>,
    #[case] never: u32,
) {
    assert_eq!(alerts_for(AlertPolicy::default(), &changes), (expected, never));
}

#[test]
fn flapping_for_hours_is_told_once_a_minute_and_counted_whole() {
    let changes: Vec<_> = (0..240).map(|second| (second, state("X"))).collect();
    let (shown, never) = alerts_for(AlertPolicy::default(), &changes);
    assert_eq!(shown.len(), 5, "{shown:?}");
    let counted: u32 = shown.iter().map(|(_, _, suppressed)| suppressed + 1).sum();
    assert_eq!((counted, never), (240, 0));
}

#[test]
fn what_is_not_wanted_is_not_told_and_yet_known() {
    let policy = AlertPolicy { on: vec![Transition::Lost], ..AlertPolicy::default() };
    let changes = [(0, lost()), (10, back()), (20, lost()), (30, back()), (40, state("X"))];
    assert_eq!(alerts_for(policy, &changes), (vec![(0, "lost", 0)], 1));
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_back_for_hours() {
    let mut alerts = Alerts::default();
    assert_eq!(alerts.record(&change("a", 0, state("A")), at(0)), Some(0));
    assert_eq!(alerts.record(&change("a", -3600, state("B")), at(-3600)), Some(0));
    alerts.add(&news("a", state("A"), 0), at(0), Duration::ZERO);
    assert!(alerts.take_due(at(-1)).is_some());
}

#[test]
fn who_is_no_longer_watched_is_not_told_of() {
    let mut alerts = Alerts::default();
    let first = change("a", 0, state("A"));
    alerts.record(&first, at(0));
    alerts.record(&change("a", 5, state("B")), at(5));
    assert_eq!(alerts.next(), Some(at(60)));
    alerts.forget(&first.target);
    assert_eq!(alerts.close_expired(at(60)), (vec![], 0));
    assert_eq!(alerts.next(), None);
}

fn news(id: &str, kind: Kind, suppressed: u32) -> ChangeReport {
    let change = change(id, 0, kind);
    ChangeReport { change, suppressed, state: String::new(), description: None }
}

/// What rings for these changes.
fn alert(news: &[ChangeReport]) -> (String, String) {
    let mut alerts = Alerts::default();
    for news in news {
        alerts.add(news, at(0), Duration::from_secs(20));
    }
    assert_eq!(alerts.next(), Some(at(20)));
    assert_eq!(alerts.take_due(at(19)), None);
    let alert = alerts.take_due(at(20)).unwrap();
    assert_eq!((alerts.take_due(at(40)), alerts.next()), (None, None));
    (alert.title, alert.body)
}

#[test]
fn one_change_says_what_happened_to_what_and_what_that_is_for() {
    let mut one = news("sp-1", state("FAILED"), 0);
    assert_eq!(alert(&[one.clone()]).0, "sp-1: STARTED -> FAILED");
    assert_eq!(alert(&[one.clone()]).1, "prod in cn-hangzhou");
    (one.description, one.suppressed) = (Some("before 4.2".into()), 3);
    assert_eq!(alert(&[one]).1, "before 4.2, 3 held back before");
}

#[test]
fn an_outage_rings_once_and_counts() {
    let outage: Vec<ChangeReport> = (0..200).map(|n| news(&format!("sp-{n}"), lost(), 0)).collect();
    let (title, body) = alert(&outage);
    assert_eq!(title, "200 savepoints: polls fail: no answer");
    assert_eq!(body, "sp-0 and 199 more");
}

#[test]
fn different_changes_are_listed_and_the_list_ends() {
    let mut many: Vec<ChangeReport> =
        (0..50).map(|n| news("sp-1", state(&format!("S{n}")), 1)).collect();
    many.push(news("sp-2", state("S0"), 0));
    let (title, body) = alert(&many);
    assert_eq!(title, "51 changes");
    assert!(body.starts_with("2 savepoints: STARTED -> S0, sp-1: STARTED -> S1, "), "{body}");
    assert!(body.ends_with("46 more, 50 held back before"), "{body}");
}

#[test]
fn text_of_the_service_is_cleaned_and_cut() {
    let mut hostile = news("a\u{202e}b", state("\u{1b}]0;x\u{7}"), 0);
    hostile.description = Some("\u{9b}31m".repeat(1 << 18));
    let (title, body) = alert(&[hostile]);
    assert_eq!(title, "a\\u{202e}b: STARTED -> \\x1b]0;x\\x07");
    assert!(body.len() < 100 && !body.contains(char::is_control), "{body:?}");
}

#[test]
fn off_gathers_nothing() {
    let policy = AlertPolicy { notify: Notify::Off, ..AlertPolicy::default() };
    let mut alerts = Alerts { policy, ..Alerts::default() };
    alerts.add(&news("a", lost(), 0), at(0), Duration::ZERO);
    assert_eq!(alerts.next(), None);
}

#[test]
fn the_words_of_the_flags_are_those_of_the_events() {
    for kind in [state("A"), lost(), back(), Kind::Vanished { was: "A".into() }] {
        let transition = Transition::from_change(&kind).unwrap();
        let word = transition.to_possible_value().unwrap();
        assert_eq!(word.get_name(), kind.word());
    }
}
