//! Following a deployment: its savepoints come into the list as they appear.
//!
//! The deployment's list says what is new and confirms what is final. It is never believed when it
//! says anything else: a savepoint that may still change, has another state in the list, or is not
//! in it any more is asked for by itself.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::api::lists::Page;
use crate::api::{Answer, Cause, Error};
use crate::deployment::DeploymentTarget;
use crate::effect::{Clip, Effect};
use crate::keymap::{Action, Mode};
use crate::poller::{Manner, Poll, Replied, Reply};
use crate::savepoint::{SavepointId, State as Word, Target};
use crate::state::change::{Change, Kind};
use crate::state::feed::{Feed, Membership, Standing};
use crate::state::history::{self, KEPT, NEWEST, PERIOD};
use crate::state::outlook::Restart;
use crate::state::{Removed, State};
use crate::text;
use crate::watch_list::Edit;

/// Begins to follow a deployment.
pub(super) fn follow(state: &mut State, deployment: DeploymentTarget) -> Vec<Effect> {
    let words = called(state, &deployment);
    let now = state.now;
    if !state.histories.follow(deployment.clone(), now) {
        state.notify(format!("followed already: {words}"), false);
        return Vec::new();
    }
    state.regroup();
    state.notify(format!("following {words}: its savepoints come as they appear"), false);
    let question = history::question(&deployment);
    let invented = state.journal.invented.as_ref() == Some(&deployment.place.endpoint);
    let save = (!invented).then(|| Effect::Save(vec![Edit::Follow(deployment, now)]));
    // It may have been asked once already, to judge a savepoint.
    let ask = Effect::Ask(vec![question.clone()], Manner::Every(PERIOD));
    [Effect::Forget(vec![question]), ask].into_iter().chain(save).collect()
}

/// Asks for the lists of all that is followed, when the program starts.
pub fn begin(state: &State) -> Effect {
    let questions = state.histories.followed().map(|(_, it, _)| history::question(it));
    Effect::Ask(questions.collect(), Manner::Every(PERIOD))
}

/// Follows the deployment of the selected savepoint, or stops that.
pub(super) fn toggle(state: &mut State) -> Vec<Effect> {
    let Some((target, feed)) = state.selected() else {
        state.notify("nothing is selected", true);
        return Vec::new();
    };
    let known = member_of(state, target).or_else(|| history::deployment_of(target, feed));
    let Some(deployment) = known else {
        state.notify("of which deployment it is, is not known yet", true);
        return Vec::new();
    };
    let followed = state.histories.get(&deployment).is_some_and(|it| it.followed.is_some());
    if followed { unfollow(state, &deployment) } else { follow(state, deployment) }
}

/// The followed deployment because of which a savepoint is in the list.
fn member_of(state: &State, target: &Target) -> Option<DeploymentTarget> {
    let mut followed = state.histories.followed();
    let of = |place, it: &[SavepointId]| place == &target.place && it.contains(&target.id);
    let found = followed.find(|(_, deployment, it)| of(&deployment.place, &it.members));
    found.map(|(_, deployment, _)| deployment.clone())
}

fn unfollow(state: &mut State, deployment: &DeploymentTarget) -> Vec<Effect> {
    let Some(history) = state.histories.forget(deployment) else { return Vec::new() };
    let mut effects = vec![Effect::Forget(vec![history::question(deployment)])];
    let members = history.members.into_iter();
    let members = members.map(|id| Target { place: deployment.place.clone(), id }).collect();
    let asked = leave(state, members);
    effects.extend((!asked.is_empty()).then_some(Effect::Unwatch(asked)));
    state.remove(Removed::Deployment(deployment.clone()));
    state.reading.rewind();
    state.regroup();
    let words = called(state, deployment);
    let undo = state.settings.keys.key(Mode::Browse, Action::Undo);
    state.notify(format!("no longer followed: {words} ({undo} takes it back)"), false);
    effects.push(Effect::Save(vec![Edit::Unfollow(deployment.clone())]));
    effects
}

/// Takes members out of the list; those that were asked for by themselves.
fn leave(state: &mut State, members: Vec<Target>) -> Vec<Target> {
    let mut asked = Vec::new();
    for target in members {
        let Some(feed) = state.feeds.get(&target) else { continue };
        match feed.membership {
            Membership::Own => continue,
            Membership::Asked => asked.push(target.clone()),
            Membership::Listed => {}
        }
        state.feeds.shift_remove(&target);
        state.alerts.forget(&target);
    }
    asked
}

/// Makes the selected savepoint the user's own, so that it never falls out.
pub(super) fn pin(state: &mut State) -> Vec<Effect> {
    let Some((target, feed)) = state.selected() else { return Vec::new() };
    if feed.membership == Membership::Own {
        state.notify("it stays already: it was named, or pinned", false);
        return Vec::new();
    }
    let target = target.clone();
    state.notify(format!("pinned: {} stays in the list", target.id), false);
    own(state, &target)
}

/// Makes a savepoint the user's own.
pub(super) fn own(state: &mut State, target: &Target) -> Vec<Effect> {
    let new = state.watch(vec![target.clone()]);
    let invented = state.journal.invented.as_ref() == Some(&target.place.endpoint);
    let save = (!invented).then(|| Effect::Save(state.keep(&new)));
    [Effect::Watch(new)].into_iter().chain(save).collect()
}

/// What asks now for the savepoints that a list answers for.
pub(super) fn refresh(state: &State, listed: &[Target]) -> Option<Effect> {
    let mut deployments: Vec<DeploymentTarget> =
        listed.iter().filter_map(|target| member_of(state, target)).collect();
    deployments.sort_unstable();
    deployments.dedup();
    let questions: Vec<_> = deployments.iter().map(history::question).collect();
    (!questions.is_empty()).then_some(Effect::Ask(questions, Manner::Now))
}

/// Takes what was said about a deployment's list.
pub(super) fn listed(state: &mut State, replied: &Replied) -> Vec<Effect> {
    let Some(deployment) = history::asked(&replied.question) else { return Vec::new() };
    if state.histories.get(&deployment).is_none() {
        return Vec::new();
    }
    match &replied.result {
        Ok(Reply::Savepoints(page)) => answered(state, &deployment, page, replied),
        Ok(_) => Vec::new(),
        Err(error) => failed(state, &deployment, error, replied),
    }
}

fn failed(
    state: &mut State,
    deployment: &DeploymentTarget,
    error: &Error,
    replied: &Replied,
) -> Vec<Effect> {
    let (at, next_at) = (replied.received_at, replied.next_at);
    let Some(history) = state.histories.get_mut(deployment) else { return Vec::new() };
    let known = history.trouble.as_ref().is_some_and(|known| known.error.cause == error.cause);
    history.fail(error.clone(), at, next_at);
    let members = history.members.clone();
    // Where the list will not answer again by itself, or knows nothing, the savepoints may.
    let lasts = next_at.is_none() || error.cause == Cause::NotFound;
    let mut ask = Vec::new();
    for id in members {
        let target = Target { place: deployment.place.clone(), id };
        let Some(feed) = state.feeds.get_mut(&target) else { continue };
        if feed.membership == Membership::Listed && lasts {
            feed.membership = Membership::Asked;
            ask.push(target);
        } else if feed.membership == Membership::Listed {
            feed.apply(Poll { target, result: Err(error.clone()), received_at: at, next_at });
        }
    }
    state.quiet = known && ask.is_empty();
    state.regroup();
    if matches!(error.cause, Cause::NoPermission { .. }) && !state.told_of_lists {
        state.told_of_lists = true;
        state.notify(
            "without the permission stream:ListSavepoints there is no history: no following, no word on what takes too long",
            false,
        );
    }
    if ask.is_empty() { Vec::new() } else { vec![Effect::Watch(ask)] }
}

/// What a list changes about what is watched.
#[derive(Default)]
struct Moves {
    /// Now asked for by themselves.
    watch: Vec<Target>,
    /// Asked for by themselves no more.
    unwatch: Vec<Target>,
    /// Came or went.
    moved: bool,
}

fn answered(
    state: &mut State,
    deployment: &DeploymentTarget,
    page: &Page<Answer>,
    replied: &Replied,
) -> Vec<Effect> {
    let (at, next_at) = (replied.received_at, replied.next_at);
    let Some(history) = state.histories.get_mut(deployment) else { return Vec::new() };
    let since = history.answered_at;
    let before = (history.items.clone(), history.trouble.is_some());
    let new = history.take(&page.items, at, next_at);
    let unchanged = (&history.items, false) == (&before.0, before.1);
    if history.followed.is_none() {
        state.changed();
        super::hung::judge(state);
        return Vec::new();
    }
    for id in &new {
        let target = Target { place: deployment.place.clone(), id: id.clone() };
        if state.feeds.contains_key(&target) {
            continue;
        }
        let word = state.histories.get(deployment).and_then(|it| {
            it.items.iter().find(|item| item.id == *id)?.state.as_ref().map(Word::to_string)
        });
        let kind = Kind::New { state: word.unwrap_or_default() };
        state.observed.push(Change { target, at, since, kind });
    }
    let mut moves = Moves::default();
    welcome(state, deployment, page, &new, (at, next_at), &mut moves);
    part(state, deployment, &mut moves);
    let calm = unchanged && !moves.moved && moves.watch.is_empty() && moves.unwatch.is_empty();
    if calm {
        state.quiet = state.summary.stale.is_none();
        state.changed();
    } else {
        state.regroup();
    }
    super::hung::judge(state);
    let mut effects = Vec::new();
    effects.extend((!moves.watch.is_empty()).then_some(Effect::Watch(moves.watch)));
    effects.extend((!moves.unwatch.is_empty()).then_some(Effect::Unwatch(moves.unwatch)));
    effects
}

/// Takes in the newest, and whatever may still change; what the list confirms of the others.
fn welcome(
    state: &mut State,
    deployment: &DeploymentTarget,
    page: &Page<Answer>,
    new: &[SavepointId],
    (received_at, next_at): (Timestamp, Option<Timestamp>),
    moves: &mut Moves,
) {
    let Some(history) = state.histories.get_mut(deployment) else { return };
    let stays = history.items.iter().filter(|item| !history.dropped.contains(&item.id));
    let wanted = stays.enumerate().filter(|(at, item)| *at < NEWEST || !item.is_final());
    let wanted: Vec<(SavepointId, bool)> =
        wanted.map(|(_, item)| (item.id.clone(), item.is_final())).collect();
    for (id, settled) in wanted {
        let said = |answer: &&Answer| answer.savepoint.savepoint_id.as_deref() == Some(id.as_str());
        let Some(answer) = page.items.iter().find(said) else { continue };
        let target = Target { place: deployment.place.clone(), id: id.clone() };
        let result = Ok(answer.clone());
        let poll = Poll { target: target.clone(), result, received_at, next_at };
        match state.feeds.get_mut(&target) {
            None => {
                let membership = if settled { Membership::Listed } else { Membership::Asked };
                let marked = new.contains(&id);
                let mut feed = Feed { marked, membership, ..Feed::default() };
                feed.apply(poll);
                state.feeds.insert(target.clone(), feed);
                history.members.push(id);
                moves.moved = true;
                moves.watch.extend((!settled).then_some(target));
            }
            Some(feed) if feed.membership == Membership::Own => {}
            Some(feed) => {
                let confirmed =
                    settled && feed.standing() == Standing::State(answer.savepoint.state.as_ref());
                match (feed.membership, confirmed) {
                    (Membership::Asked, true) => {
                        feed.membership = Membership::Listed;
                        moves.unwatch.push(target);
                    }
                    (Membership::Listed, false) => {
                        feed.membership = Membership::Asked;
                        moves.watch.push(target);
                    }
                    _ => {}
                }
                if confirmed {
                    feed.apply(poll);
                }
            }
        }
    }
}

/// Lets old final ones fall out, and asks for those that the list should have and has not.
fn part(state: &mut State, deployment: &DeploymentTarget, moves: &mut Moves) {
    let Some(history) = state.histories.get(deployment) else { return };
    let name = |id: &SavepointId| Target { place: deployment.place.clone(), id: id.clone() };
    // By age: what the list has, and what it had.
    let mut ranks: Vec<(Option<Timestamp>, &SavepointId)> = history
        .items
        .iter()
        .filter(|item| !history.dropped.contains(&item.id))
        .map(|item| (item.created_at, &item.id))
        .collect();
    for id in &history.members {
        if !history.items.iter().any(|item| item.id == *id) {
            let answer = state.feeds.get(&name(id)).and_then(|feed| feed.answer.as_ref());
            ranks.push((answer.and_then(|answer| answer.savepoint.created_at), id));
        }
    }
    ranks.sort_by_key(|(created_at, _)| Reverse(*created_at));
    let most = usize::try_from(KEPT).unwrap_or(usize::MAX);
    let (mut gone, mut lost) = (Vec::new(), Vec::new());
    for id in &history.members {
        let target = name(id);
        let Some(feed) = state.feeds.get(&target) else {
            gone.push(target);
            continue;
        };
        let rank = ranks.iter().position(|(_, other)| *other == id).unwrap_or(usize::MAX);
        let over = match feed.standing() {
            Standing::NotFound => true,
            Standing::State(word) => word.is_some_and(Word::is_final),
            Standing::Waiting | Standing::NoAnswer => false,
        };
        // What somebody reads stays while he does.
        let read = state.list.held && state.list.selected.as_ref() == Some(&target);
        if !read && ((over && rank >= NEWEST) || rank >= most) {
            gone.push(target);
        } else if feed.membership == Membership::Listed
            && !history.items.iter().any(|item| item.id == *id)
        {
            lost.push(target);
        }
    }
    moves.moved |= !gone.is_empty();
    if let Some(history) = state.histories.get_mut(deployment) {
        history.members.retain(|id| !gone.iter().any(|target| target.id == *id));
    }
    for target in &lost {
        if let Some(feed) = state.feeds.get_mut(target) {
            feed.membership = Membership::Asked;
        }
    }
    moves.watch.extend(lost);
    let asked = leave(state, gone);
    moves.watch.retain(|target| !asked.contains(target));
    moves.unwatch.extend(asked);
}

/// A savepoint was polled, and maybe changed: a list that has it is asked at once, and answers for
/// what is final from now on.
pub(super) fn polled(state: &mut State, target: &Target) -> Vec<Effect> {
    let changed = |change: &Change| change.target == *target && change.kind.is_transition();
    if state.histories.is_following_none() {
        return Vec::new();
    }
    let transition = state.observed.iter().any(changed);
    let Some(feed) = state.feeds.get(target) else { return Vec::new() };
    let of = member_of(state, target).or_else(|| {
        let (deployment, history) = state.histories.of(target, feed)?;
        history.followed.is_some().then(|| deployment.clone())
    });
    let Some(deployment) = of.filter(|_| transition) else { return Vec::new() };
    vec![Effect::Ask(vec![history::question(&deployment)], Manner::Every(PERIOD))]
}

/// The savepoint to restart the selected one's deployment from, with the deployment's name and when
/// the list said so.
pub(super) fn restart(state: &State) -> Option<(Restart, String)> {
    let (target, feed) = state.selected()?;
    let member = member_of(state, target);
    let (deployment, history) = match &member {
        Some(deployment) => (deployment, state.histories.get(deployment)?),
        None => state.histories.of(target, feed)?,
    };
    let restart = history.outlook.restart.clone()?;
    let at = text::time_of_day(history.answered_at?, &state.time_zone());
    Some((restart, format!("newest COMPLETED of {}, as of {at}", called(state, deployment))))
}

/// Copies the ID of the savepoint to restart from, or what a restart from it is asked for with.
pub(super) fn copy(state: &mut State, whole: bool) -> Vec<Effect> {
    let Some((restart, what)) = restart(state) else {
        let follow = state.settings.keys.key(Mode::Browse, Action::Follow);
        state.notify(
            format!("its deployment is not followed, or has nothing COMPLETED ({follow} follows)"),
            true,
        );
        return Vec::new();
    };
    let id = text::plain(restart.id.as_str());
    let text = if whole { crate::state::clips::restore_strategy(&id) } else { id };
    let what = if whole { format!("restore strategy: {what}") } else { what };
    vec![Effect::Copy(Clip { what, text })]
}

/// What a deployment is called.
fn called(state: &State, deployment: &DeploymentTarget) -> String {
    let name = state.names.deployment(deployment).unwrap_or(deployment.id.as_str());
    text::clean(name).into_owned()
}
