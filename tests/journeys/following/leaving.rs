//! What is dropped, taken back, pinned, or followed no more.

use super::*;

#[test]
fn what_is_taken_back_is_the_users_own_again_although_the_list_brought_it_back() {
    let mut stage = following(120, 40);
    stage.state.keep(&[target("s00")]);
    stage.keys("m").text("mine").keys("Enter d");
    // The list does not know yet that it was dropped: it is followed anew.
    stage.state.histories.forget(&deployment());
    stage.state.histories.follow(deployment(), stage.state.now);
    stage.listed(Ok(twelve()));
    assert_eq!(membership(&stage, "s00"), Membership::Listed);
    stage.edits();
    stage.keys("u").see("watched again");
    let feed = &stage.state.feeds[&target("s00")];
    assert_eq!((feed.membership, feed.note.as_str()), (Membership::Own, "mine"));
    assert!(
        matches!(&stage.edits()[..], [Edit::Add(of, remark)] if *of == target("s00") && remark.note == "mine")
    );
    let (_, history) = stage.state.histories.at(0).unwrap();
    assert!(!history.members.iter().any(|id| id.as_str() == "s00"));
}

#[test]
fn what_the_service_knows_nothing_of_is_not_followed_for_ever() {
    let query = || Query::Deployment(deployment().place, deployment().id);
    let said = |stage: &mut Harness| {
        let received_at = stage.state.now;
        let result = Err(not_found());
        let replied = Replied { query: query(), result, received_at, next_at: None };
        stage.send(Message::Poller(Event::Replied(Box::new(replied))));
    };
    for name_first in [true, false] {
        let mut stage = Harness::watching(80, 24, &["elsewhere"]);
        stage.polled("elsewhere", Ok(made("elsewhere", "COMPLETED", 2, 60)));
        stage.state.histories.follow(deployment(), stage.state.now);
        if name_first {
            said(&mut stage);
            assert!(!stage.state.histories.is_following_none(), "its list may say otherwise");
            stage.listed(Ok(vec![]));
        } else {
            stage.listed(Ok(vec![]));
            said(&mut stage);
        }
        stage.see("no longer followed: the service knows no deployment");
        assert!(stage.state.histories.is_following_none());
        assert!(stage.edits().contains(&Edit::Unfollow(deployment())));
    }
    // With another account's keys nothing is known there at all: the file keeps what is followed.
    let mut stage = Harness::watching(80, 24, &[]);
    stage.state.histories.follow(deployment(), stage.state.now);
    said(&mut stage);
    stage.listed(Err(not_found())).see("not followed in this run: the service knows");
    assert!(stage.state.histories.is_following_none());
    assert_eq!(stage.edits(), []);
    // One that has savepoints stays, whatever is said of it.
    let mut stage = followed(80, 24);
    said(&mut stage);
    assert!(!stage.state.histories.is_following_none());
}

#[test]
fn to_stop_following_takes_the_members_away_but_what_was_named_or_pinned_stays() {
    let mut stage = followed(120, 40);
    stage.keys("G P");
    let pinned = stage.state.list.selected.clone().unwrap();
    assert_eq!(stage.effects(), [Effect::Watch(vec![pinned.clone()])]);
    stage.keys("f");
    assert_eq!(ids(&stage), ["s00", pinned.id.as_str()]);
    assert_eq!(stage.effects(), [Effect::Forget(vec![query(&deployment())])]);
    stage.keys("u").listed(Ok(twelve()));
    assert_eq!(ids(&stage).len(), DEFAULT_NEWEST);
}

#[test]
fn what_is_followed_and_pinned_is_kept_and_its_members_are_not() {
    let mut stage = following(120, 40);
    let since = stage.state.now;
    assert!(stage.edits().contains(&Edit::Follow(deployment(), since)));
    stage.listed(Ok(twelve())).keys("G");
    assert_eq!(stage.edits(), []);
    stage.keys("P");
    assert!(matches!(&stage.edits()[..], [Edit::Add(..)]));
    stage.keys("f");
    assert_eq!(stage.edits(), [Edit::Unfollow(deployment())]);
}

#[test]
fn what_was_dropped_does_not_come_back_by_itself_but_when_it_is_taken_back() {
    let mut stage = followed(120, 40);
    stage.keys("j d");
    let left = ids(&stage).len();
    stage.listed(Ok(twelve()));
    assert_eq!(ids(&stage).len(), left + 1, "the next one took its place");
    let gone = match stage.state.removed.last().unwrap() {
        Removed::Savepoint(target, _) => target.clone(),
        Removed::Deployment(it) => panic!("{it:?}"),
    };
    assert!(!stage.state.feeds.contains_key(&gone));
    stage.keys("u");
    assert!(stage.state.feeds.contains_key(&gone));
}

#[test]
fn what_is_taken_back_after_its_deployment_is_followed_no_more_is_kept() {
    let mut stage = followed(120, 40);
    stage.keys("j d").see("no longer watched: s01").keys("f");
    stage.state.removed.pop();
    stage.edits();
    stage.keys("u");
    assert_eq!(membership(&stage, "s01"), Membership::Own);
    assert!(matches!(&stage.edits()[..], [Edit::Add(of, _)] if *of == target("s01")));
    stage.keys("m").text("mine").keys("Enter");
    assert!(matches!(&stage.edits()[..], [Edit::Note(_, remark)] if remark.note == "mine"));
}

#[test]
fn what_was_dropped_while_the_list_did_not_have_it_stays_away() {
    let mut stage = followed(120, 40);
    let mut items = twelve();
    items.remove(3);
    stage.after(30).listed(Ok(items.clone()));
    stage.state.list.selected = Some(target("s03"));
    stage.state.list.held = true;
    stage.state.derive();
    stage.keys("d").see("no longer watched: s03");
    stage.after(30).listed(Ok(items));
    stage.after(30).listed(Ok(twelve()));
    assert!(!ids(&stage).contains(&"s03"));
}

#[test]
fn one_without_savepoints_in_the_list_is_left_by_its_key_all_the_same() {
    let mut stage = Harness::watching(80, 24, &[]);
    stage.effects();
    let id = DeploymentId::new("other").unwrap();
    let other = DeploymentTarget { id, ..deployment() };
    stage.state.histories.follow(deployment(), stage.state.now);
    stage.state.histories.follow(other.clone(), stage.state.now);
    stage.keys("f").see("nothing is selected; b lists the deployments");
    stage.state.histories.forget(&other);
    stage.state.derive();
    // The filter hides its heading: what is not on the screen is not meant.
    stage.keys("/").text("nowhere").keys("Enter f").see("nothing is selected");
    assert!(!stage.state.histories.is_following_none());
    stage.keys("Esc f").see("no longer followed");
    assert!(stage.effects().contains(&Effect::Forget(vec![query(&deployment())])));
    assert!(stage.state.histories.is_following_none());
}
