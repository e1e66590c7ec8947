//! Applies a deployment's list to the watched savepoints.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{give_up, remove_feeds};
use crate::api::lists::Page;
use crate::api::{Answer, Cause, Error};
use crate::domain::change::{Change, Kind};
use crate::domain::deployment::DeploymentTarget;
use crate::domain::deployment::HISTORY_LIMIT;
use crate::domain::savepoint::{SavepointId, State as SavepointState, Target};
use crate::poller::{Command, Poll, Recurrence, Replied, Reply};
use crate::tui::effect::Effect;
use crate::tui::model::State;
use crate::tui::model::feed::{DisplayStatus, Feed, Membership};
use crate::tui::model::history;
use crate::tui::model::metadata::OptionalApi;
use crate::tui::update::{Redraw, Update, metadata, poll};

/// Handles the response to a list query.
pub(in crate::tui::update) fn listed(state: &mut State, replied: &Replied) -> Update {
    let Some(deployment) = history::deployment_of_query(&replied.query) else {
        return Update::default();
    };
    if state.histories.get(&deployment).is_none() {
        return Update::default();
    }
    match &replied.result {
        Ok(Reply::Savepoints(page)) => answered(state, &deployment, page, replied),
        Ok(_) => Update::default(),
        Err(error) => failed(state, &deployment, error, replied),
    }
}

fn failed(
    state: &mut State,
    deployment: &DeploymentTarget,
    error: &Error,
    replied: &Replied,
) -> Update {
    let (at, next_at, uptime) = (replied.received_at, replied.next_at, state.uptime);
    let Some(history) = state.histories.get_mut(deployment) else { return Update::default() };
    let known = history.trouble.as_ref().is_some_and(|known| known.error.cause == error.cause);
    history.record_failure(error.clone(), at, next_at);
    let followed = history.followed_since.is_some();
    let members = history.members.clone();
    // If the list is not retried or the deployment is unknown, poll the savepoints
    // themselves.
    let lasts = next_at.is_none() || error.cause == Cause::NotFound;
    let mut ask = Vec::new();
    for id in members {
        let target = Target { place: deployment.place.clone(), id };
        let Some(feed) = state.feeds.get_mut(&target) else { continue };
        if feed.membership == Membership::ListedMember && lasts {
            (feed.membership, feed.due_since) = (Membership::PolledMember, uptime);
            ask.push(target);
        } else if feed.membership == Membership::ListedMember {
            let poll = Poll { target, result: Err(error.clone()), received_at: at, next_at };
            feed.apply(poll, uptime);
        }
    }
    let redraw = Redraw::later_if(known && ask.is_empty());
    let mut update = Update { redraw, ..Update::default() };
    if !ask.is_empty() {
        update.effects.push(Effect::Poller(Command::watch(ask)));
    }
    if let Cause::NoPermission { action, .. } = &error.cause {
        metadata::deny(state, &replied.query, OptionalApi::Savepoints, action, &mut update);
        if !followed {
            // It is requested again when needed, once it may be allowed.
            if let Some(history) = state.histories.get_mut(deployment) {
                history.asked_at = Timestamp::UNIX_EPOCH;
            }
            let cancel = Command::Unsubscribe(vec![replied.query.clone()]);
            update.effects.push(Effect::Poller(cancel));
        }
    }
    if error.cause == Cause::NotFound {
        update.effects.extend(give_up(state, deployment));
    }
    update
}

/// Effects of a list on the watched savepoints.
#[derive(Default)]
struct ListChanges {
    /// Now polled by themselves.
    watch: Vec<Target>,
    /// No longer polled by themselves.
    unwatch: Vec<Target>,
    /// Whether any was added, removed or differs in its data.
    moved: bool,
    changes: Vec<Change>,
}

fn answered(
    state: &mut State,
    deployment: &DeploymentTarget,
    page: &Page<Answer>,
    replied: &Replied,
) -> Update {
    let (at, next_at) = (replied.received_at, replied.next_at);
    state.metadata.allow(&deployment.place, OptionalApi::Savepoints);
    let Some(history) = state.histories.get_mut(deployment) else { return Update::default() };
    let since = history.answered_at;
    let before = (history.items.clone(), history.trouble.is_some());
    let new = history.apply_list(&page.items, at, next_at);
    let unchanged = history.items == before.0 && !before.1;
    if history.followed_since.is_none() {
        // STARTED savepoints use it at their next poll.
        return Update::default();
    }
    let mut moves = ListChanges::default();
    for id in &new {
        let target = Target { place: deployment.place.clone(), id: id.clone() };
        if state.feeds.contains_key(&target) {
            continue;
        }
        let word = state.histories.get(deployment).and_then(|it| {
            it.items
                .iter()
                .find(|item| item.id == *id)?
                .state
                .as_ref()
                .map(SavepointState::to_string)
        });
        let kind = Kind::New { state: word.unwrap_or_default() };
        moves.changes.push(Change { target, at, since, kind });
    }
    add_members(state, deployment, page, &new, (at, next_at), &mut moves);
    drop_members(state, deployment, &mut moves);
    let still = !moves.moved && moves.watch.is_empty() && moves.unwatch.is_empty();
    let confirmed =
        unchanged && still && moves.changes.is_empty() && state.summary().stale.is_none();
    let mut effects = Vec::new();
    effects
        .extend((!moves.watch.is_empty()).then_some(Effect::Poller(Command::watch(moves.watch))));
    effects.extend(
        (!moves.unwatch.is_empty()).then_some(Effect::Poller(Command::unwatch(moves.unwatch))),
    );
    // Savepoints that a list confirms do not request the name.
    let name = metadata::query(state, deployment);
    effects
        .extend(name.map(|name| Effect::Poller(Command::Subscribe(vec![name], Recurrence::Once))));
    effects.extend(give_up(state, deployment));
    Update { effects, changes: moves.changes, redraw: Redraw::later_if(confirmed) }
}

/// Adds the newest savepoints and all that can still change; confirms the others.
fn add_members(
    state: &mut State,
    deployment: &DeploymentTarget,
    page: &Page<Answer>,
    new: &[SavepointId],
    (received_at, next_at): (Timestamp, Option<Timestamp>),
    moves: &mut ListChanges,
) {
    let uptime = state.uptime;
    let Some(history) = state.histories.get_mut(deployment) else { return };
    let stays = history.items.iter().filter(|item| !history.dropped.contains(&item.id));
    let newest = state.settings.newest;
    // Members are confirmed however old they are: the user may be reading one.
    let wanted = stays.enumerate().filter(|(at, item)| {
        *at < newest || !item.is_final() || history.members.contains(&item.id)
    });
    let wanted: Vec<(SavepointId, bool)> =
        wanted.map(|(_, item)| (item.id.clone(), item.is_final())).collect();
    for (id, settled) in wanted {
        let said = |answer: &&Answer| answer.savepoint.savepoint_id.as_deref() == Some(id.as_str());
        let Some(answer) = page.items.iter().find(said) else { continue };
        let target = Target { place: deployment.place.clone(), id: id.clone() };
        let poll = || {
            let (target, result) = (target.clone(), Ok(answer.clone()));
            Poll { target, result, received_at, next_at }
        };
        match state.feeds.get_mut(&target) {
            None => {
                let membership =
                    if settled { Membership::ListedMember } else { Membership::PolledMember };
                let mut feed = Feed { membership, ..Feed::default() };
                let first = poll::apply(&mut feed, poll(), uptime);
                if new.contains(&id) {
                    feed.marked = true;
                } else {
                    moves.changes.extend(first);
                }
                state.feeds.insert(target.clone(), feed);
                history.members.push(id);
                moves.moved = true;
                moves.watch.extend((!settled).then_some(target));
            }
            Some(feed) if feed.membership == Membership::UserAdded => {}
            Some(feed) => {
                let confirmed = settled
                    && feed.display_status()
                        == DisplayStatus::State(answer.savepoint.state.as_ref());
                match (feed.membership, confirmed) {
                    (Membership::PolledMember, true) => {
                        feed.membership = Membership::ListedMember;
                        moves.unwatch.push(target.clone());
                    }
                    (Membership::ListedMember, false) => {
                        (feed.membership, feed.due_since) = (Membership::PolledMember, uptime);
                        moves.watch.push(target.clone());
                    }
                    _ => {}
                }
                if confirmed {
                    let before = feed.answer.as_ref().map(|known| &known.savepoint);
                    moves.moved |= before != Some(&answer.savepoint);
                    moves.changes.extend(poll::apply(feed, poll(), uptime));
                }
            }
        }
    }
}

/// Drops old final savepoints, and polls members that the list should have and has not.
fn drop_members(state: &mut State, deployment: &DeploymentTarget, moves: &mut ListChanges) {
    let Some(history) = state.histories.get(deployment) else { return };
    let name = |id: &SavepointId| Target { place: deployment.place.clone(), id: id.clone() };
    let stays = history.items.iter().filter(|item| !history.dropped.contains(&item.id));
    let listed: Vec<&SavepointId> = stays.clone().map(|item| &item.id).collect();
    // By age: the items of the list, and earlier ones.
    let mut ranks: Vec<(Option<Timestamp>, &SavepointId)> =
        stays.map(|item| (item.created_at, &item.id)).collect();
    for id in &history.members {
        if !history.items.iter().any(|item| item.id == *id) {
            let answer = state.feeds.get(&name(id)).and_then(|feed| feed.answer.as_ref());
            ranks.push((answer.and_then(|answer| answer.savepoint.created_at), id));
        }
    }
    ranks.sort_by_key(|(created_at, _)| Reverse(*created_at));
    let most = usize::try_from(HISTORY_LIMIT).unwrap_or(usize::MAX);
    let (mut gone, mut lost) = (Vec::new(), Vec::new());
    for id in &history.members {
        let target = name(id);
        let Some(feed) = state.feeds.get(&target) else {
            gone.push(target);
            continue;
        };
        let rank = ranks.iter().position(|(_, other)| *other == id).unwrap_or(usize::MAX);
        // Ranked like new items: a missing savepoint takes no place, or its neighbour
        // would come and go with every list.
        let newer = listed.iter().position(|other| *other == id).unwrap_or(rank);
        let over = match feed.display_status() {
            DisplayStatus::NotFound => true,
            DisplayStatus::State(word) => word.is_some_and(SavepointState::is_final),
            DisplayStatus::Waiting | DisplayStatus::NoAnswer => false,
        };
        // The savepoint that the user is viewing stays.
        let read = state.list.held && state.list.selected.as_ref() == Some(&target);
        if !read && ((over && newer >= state.settings.newest) || rank >= most) {
            gone.push(target);
        } else if feed.membership == Membership::ListedMember
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
            // It is polled by itself from now on, with its own time to answer.
            (feed.membership, feed.due_since) = (Membership::PolledMember, state.uptime);
        }
    }
    moves.watch.extend(lost);
    let asked = remove_feeds(state, gone);
    moves.watch.retain(|target| !asked.contains(target));
    moves.unwatch.extend(asked);
}
