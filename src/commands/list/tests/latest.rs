//! `latest`: one ID, or none and why.

use super::*;

async fn newest(lists: Lists, selection: Selection) -> Printed {
    let selection = Selection { states: vec!["COMPLETED".to_owned()], ..selection };
    run(lists, &tests::request(Output::Table, &[]), selection, Command::Latest).await
}

#[rstest]
#[case::the_newest_completed(&[], five, "d\n")]
#[case::of_no_such_origin(&["RETAINED_CHECKPOINT"], five, "c\n")]
#[case::by_its_time_and_not_its_place(&[], |_| Ok(vec![A, C]), "c\n")]
#[case::on_a_later_page(&[], |_| Ok([&[B; 100][..], &[A]].concat()), "a\n")]
#[tokio::test(start_paused = true)]
async fn latest_prints_one_id(
    #[case] excluded_origins: &[&str],
    #[case] lives: Lives,
    #[case] out: &str,
) {
    let excluded_origins = excluded_origins.iter().map(|origin| (*origin).to_owned()).collect();
    let selection = Selection { excluded_origins, ..Selection::default() };
    let printed = newest(Lists::new(lives), selection).await;
    assert_eq!((printed.out.as_str(), printed.err.as_str()), (out, ""));
    assert_eq!(printed.exit, Ok(FetchOutcome::Fetched));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_origin_is_noted_and_a_single_savepoint_needs_no_time() {
    let excluded_origins = vec!["RETAINED_CHECKPIONT".to_owned()];
    let selection = Selection { excluded_origins, ..Selection::default() };
    let printed = newest(Lists::new(|_| Ok(vec![UNDATED])), selection).await;
    assert_eq!((printed.out.as_str(), printed.exit), ("u\n", Ok(FetchOutcome::Fetched)));
    assert!(printed.err.contains("RETAINED_CHECKPIONT; did you mean"), "{}", printed.err);
}

#[rstest]
#[case::none(Lists::new(|_| Ok(vec![E, B])), FetchOutcome::Missing, "there is no such savepoint")]
#[case::not_answered(Lists::new(|_| Err(down())), FetchOutcome::NoAnswer, "no connection")]
#[case::denied(Lists::new(|_| Err(denied())), FetchOutcome::Refused, "stream:ListSavepoints")]
#[case::undated(Lists::new(|_| Ok(vec![UNDATED, C])), FetchOutcome::NoAnswer, "cannot tell which is the newest")]
#[case::it_could_be_another(Lists { unreadable: 1, ..Lists::new(five) }, FetchOutcome::NoAnswer, "cannot tell which is the newest")]
#[tokio::test(start_paused = true)]
async fn without_a_match_latest_prints_nothing(
    #[case] lists: Lists,
    #[case] exit: FetchOutcome,
    #[case] says: &str,
) {
    let printed = newest(lists, Selection::default()).await;
    assert_eq!((printed.exit, printed.out.as_str()), (Ok(exit), ""));
    assert!(printed.err.contains(says), "{}", printed.err);
}

#[rstest]
#[case::a_second_line(|_| Ok(vec![("a\nreboot", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[case::a_flag(|_| Ok(vec![("--fresh", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[case::two_words(|_| Ok(vec![("a b", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[case::a_command(|_| Ok(vec![("$(reboot)", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[case::the_end_of_a_string(|_| Ok(vec![("a\"", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[case::invisible(|_| Ok(vec![("a\u{3164}", "COMPLETED", "USER_TRIGGERED", 9)]))]
#[tokio::test(start_paused = true)]
async fn an_id_that_is_unsafe_in_a_shell_is_not_printed(#[case] lives: Lives) {
    let printed = newest(Lists::new(lives), Selection::default()).await;
    assert_eq!((printed.exit, printed.out.as_str()), (Ok(FetchOutcome::NoAnswer), ""));
    assert!(printed.err.contains("is not safe in a shell"), "{}", printed.err);
    assert_eq!(printed.err.lines().count(), 1, "{}", printed.err);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_deployment_is_not_found() {
    let lists = Lists { deployments: DEPLOYMENTS, ..Lists::new(five) };
    let of = Selection { deployment: Some("gone".to_owned()), ..Selection::default() };
    let printed = newest(lists, of).await;
    assert_eq!((printed.exit, printed.pages.len()), (Ok(FetchOutcome::Missing), 0));
    let start = "savepeek: the deployment gone: not found: no deployment of the namespace";
    assert!(printed.err.starts_with(start), "{}", printed.err);
}
