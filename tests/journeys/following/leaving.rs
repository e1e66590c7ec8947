//! Removing, undoing, pinning and unfollowing.

use super::*;
use savepeek::poller::Command;

#[test]
fn undo_makes_a_savepoint_user_added_even_if_the_list_brought_it_back() {
    let mut harness = following(120, 40);
    harness.state.save_new(&[target("s00")]);
    harness.keys("m").text("mine").keys("Enter d");
    // The deployment is followed again, so the list brings the savepoint back.
    harness.state.histories.forget(&deployment());
    harness.state.histories.follow(deployment(), harness.state.now);
    harness.listed(Ok(twelve()));
    assert_eq!(membership(&harness, "s00"), Membership::ListedMember);
    harness.edits();
    harness.keys("u").assert_screen("watched again");
    let feed = &harness.state.feeds[&target("s00")];
    assert_eq!((feed.membership, feed.note.as_str()), (Membership::UserAdded, "mine"));
    assert!(
        matches!(&harness.edits()[..], [Edit::Add(of, remark)] if *of == target("s00") && remark.note == "mine")
    );
    let (_, history) = harness.state.histories.at(0).unwrap();
    assert!(!history.members.iter().any(|id| id.as_str() == "s00"));
}

#[test]
fn a_deployment_that_the_service_does_not_know_is_unfollowed() {
    let deny = |harness: &mut Harness| {
        let query = Query::Deployment(deployment().place, deployment().id);
        harness.replied(query, Err(not_found()));
    };
    for name_first in [true, false] {
        let mut harness = Harness::watching(80, 24, &["elsewhere"]);
        harness.polled("elsewhere", Ok(made("elsewhere", "COMPLETED", 2, 60)));
        harness.state.histories.follow(deployment(), harness.state.now);
        if name_first {
            deny(&mut harness);
            assert!(
                !harness.state.histories.is_following_none(),
                "its list may still have savepoints"
            );
            harness.listed(Ok(vec![]));
        } else {
            harness.listed(Ok(vec![]));
            deny(&mut harness);
        }
        harness.assert_screen("no longer followed: the service knows no deployment");
        assert!(harness.state.histories.is_following_none());
        assert!(harness.edits().contains(&Edit::Unfollow(deployment())));
    }
    // Another account's keys may not know the place at all: the watch list keeps what is followed.
    let mut harness = Harness::watching(80, 24, &[]);
    harness.state.histories.follow(deployment(), harness.state.now);
    deny(&mut harness);
    harness.listed(Err(not_found())).assert_screen("not followed in this run: the service knows");
    assert!(harness.state.histories.is_following_none());
    assert_eq!(harness.edits(), []);
    // A deployment with savepoints stays followed.
    let mut harness = followed(80, 24);
    deny(&mut harness);
    assert!(!harness.state.histories.is_following_none());
}

#[test]
fn unfollowing_removes_members_but_not_named_or_pinned_savepoints() {
    let mut harness = followed(120, 40);
    harness.keys("G P");
    let pinned = harness.state.list.selected.clone().unwrap();
    assert_eq!(harness.effects(), [Effect::Poller(Command::watch(vec![pinned.clone()]))]);
    harness.keys("f");
    assert_eq!(ids(&harness), ["s00", pinned.id.as_str()]);
    assert_eq!(
        harness.effects(),
        [Effect::Poller(Command::Unsubscribe(vec![list_query(&deployment())]))]
    );
    harness.keys("u").listed(Ok(twelve()));
    assert_eq!(ids(&harness).len(), DEFAULT_NEWEST);
}

#[test]
fn follows_and_pins_are_saved_but_members_are_not() {
    let mut harness = following(120, 40);
    let since = harness.state.now;
    assert!(harness.edits().contains(&Edit::Follow(deployment(), since)));
    harness.listed(Ok(twelve())).keys("G");
    assert_eq!(harness.edits(), []);
    harness.keys("P");
    assert!(matches!(&harness.edits()[..], [Edit::Add(..)]));
    harness.keys("f");
    assert_eq!(harness.edits(), [Edit::Unfollow(deployment())]);
}

#[test]
fn a_removed_member_comes_back_only_by_undo() {
    let mut harness = followed(120, 40);
    harness.keys("j d");
    let left = ids(&harness).len();
    harness.listed(Ok(twelve()));
    assert_eq!(ids(&harness).len(), left + 1, "the next one took its place");
    let gone = match harness.state.watch_list.removed.last().unwrap() {
        Removed::Savepoint(target, _) => target.clone(),
        Removed::Deployment(it) => panic!("{it:?}"),
    };
    assert!(!harness.state.feeds.contains_key(&gone));
    harness.keys("u");
    assert!(harness.state.feeds.contains_key(&gone));
}

#[test]
fn a_member_restored_after_unfollowing_is_user_added() {
    let mut harness = followed(120, 40);
    harness.keys("j d").assert_screen("no longer watched: s01").keys("f");
    harness.state.watch_list.removed.pop();
    harness.edits();
    harness.keys("u");
    assert_eq!(membership(&harness, "s01"), Membership::UserAdded);
    assert!(matches!(&harness.edits()[..], [Edit::Add(of, _)] if *of == target("s01")));
    harness.keys("m").text("mine").keys("Enter");
    assert!(matches!(&harness.edits()[..], [Edit::Note(_, remark)] if remark.note == "mine"));
}

#[test]
fn a_member_removed_while_missing_from_the_list_stays_removed() {
    let mut harness = followed(120, 40);
    let mut items = twelve();
    items.remove(3);
    harness.after(30).listed(Ok(items.clone()));
    harness.state.list.selected = Some(target("s03"));
    harness.state.list.held = true;
    harness.state.derive();
    harness.keys("d").assert_screen("no longer watched: s03");
    harness.after(30).listed(Ok(items));
    harness.after(30).listed(Ok(twelve()));
    assert!(!ids(&harness).contains(&"s03"));
}

#[test]
fn the_only_followed_deployment_without_savepoints_can_be_unfollowed() {
    let mut harness = Harness::watching(80, 24, &[]);
    harness.effects();
    let id = DeploymentId::new("other").unwrap();
    let other = DeploymentTarget { id, ..deployment() };
    harness.state.histories.follow(deployment(), harness.state.now);
    harness.state.histories.follow(other.clone(), harness.state.now);
    harness.keys("f").assert_screen("nothing is selected; b lists the deployments");
    harness.state.histories.forget(&other);
    harness.state.derive();
    // The filter hides its heading, and a key acts only on what is shown.
    harness.keys("/").text("nowhere").keys("Enter f").assert_screen("nothing is selected");
    assert!(!harness.state.histories.is_following_none());
    harness.keys("Esc f").assert_screen("no longer followed");
    assert!(
        harness
            .effects()
            .contains(&Effect::Poller(Command::Unsubscribe(vec![list_query(&deployment())])))
    );
    assert!(harness.state.histories.is_following_none());
}
