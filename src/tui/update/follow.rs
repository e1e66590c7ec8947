//! Following deployments: their savepoints enter the list as they appear.
//!
//! The deployment's list reports new savepoints and confirms final ones. It is not trusted for
//! anything else: a savepoint that can still change, differs from the list or is missing from
//! it is polled by itself.

mod listed;

use super::{dialog, metadata};
use crate::api::Cause;
use crate::config::keymap::{Action, Mode};
use crate::domain::change::Change;
use crate::domain::deployment::DeploymentTarget;
use crate::domain::savepoint::{Place, Target};
use crate::poller::{Command, Query, Recurrence};
use crate::storage::watch_list::Edit;
use crate::tui::effect::{Clip, Effect};
use crate::tui::model::copy_menu;
use crate::tui::model::feed::{DisplayStatus, Feed, Membership, Trouble};
use crate::tui::model::history::{self, History, LIST_INTERVAL};
use crate::tui::model::list::Row;
use crate::tui::model::metadata::OptionalApi;
use crate::tui::model::notices::Severity;
use crate::tui::model::restart_summary::LabeledRestart;
use crate::tui::model::{Polling, Removed, State};
use crate::util::text;
pub(super) use listed::listed;

/// Starts to follow a deployment.
pub(super) fn follow(state: &mut State, deployment: DeploymentTarget) -> Vec<Effect> {
    let words = state.deployment_name(&deployment);
    let now = state.now;
    if !state.histories.follow(deployment.clone(), now) {
        state.notify(format!("followed already: {words}"));
        return Vec::new();
    }
    // Its removal can no longer be undone.
    state
        .watch_list
        .removed
        .retain(|it| !matches!(it, Removed::Deployment(of) if *of == deployment));
    state.reveal([&deployment.place].into_iter());
    let missing_permission =
        state.metadata.missing_permission(&deployment.place, OptionalApi::Savepoints);
    let but = match (&state.polling, missing_permission) {
        (_, Some(action)) => format!("its savepoints cannot be listed without {action}"),
        (Polling::Running, None) => "its savepoints come as they appear".to_owned(),
        (Polling::Dead(_), None) => "nothing is asked any more: restart savepeek".to_owned(),
        (_, None) => "its savepoints come once asking goes on".to_owned(),
    };
    let good = missing_permission.is_none() && state.polling == Polling::Running;
    let severity = if good { Severity::Info } else { Severity::Problem };
    state.notify_as(severity, format!("following {words}: {but}"));
    let query = history::list_query(&deployment);
    let invented = state.is_demo(&deployment.place);
    // The user waits for the list and the name: request both now.
    let unnamed = state.metadata.deployment(&deployment).is_none()
        && state.metadata.missing_permission(&deployment.place, OptionalApi::Deployment).is_none();
    let name = unnamed.then(|| {
        state.metadata.request(&deployment.place, &deployment.id, now);
        Query::Deployment(deployment.place.clone(), deployment.id.clone())
    });
    let now_too = [query.clone()].into_iter().chain(name).collect();
    let now_too = Effect::Poller(Command::Subscribe(now_too, Recurrence::Now));
    let save = (!invented).then(|| Effect::Save(vec![Edit::Follow(deployment, now)]));
    // The list may have been requested once to compare durations.
    let ask =
        Effect::Poller(Command::Subscribe(vec![query.clone()], Recurrence::Every(LIST_INTERVAL)));
    [Effect::Poller(Command::Unsubscribe(vec![query])), ask, now_too]
        .into_iter()
        .chain(save)
        .collect()
}

/// Requests lists and names of the deployments followed from the start.
pub(super) fn begin(state: &mut State, followed: &[DeploymentTarget]) -> Vec<Effect> {
    if followed.is_empty() {
        return Vec::new();
    }
    let lists = followed.iter().map(history::list_query).collect();
    let names = followed.iter().filter_map(|it| metadata::query(state, it)).collect();
    vec![
        Effect::Poller(Command::Subscribe(lists, Recurrence::Every(LIST_INTERVAL))),
        Effect::Poller(Command::Subscribe(names, Recurrence::Once)),
    ]
}

/// Follows or unfollows the deployment of the selected savepoint. With nothing selectable, the
/// only visible deployment heading is meant: never one that is off screen.
pub(super) fn toggle_selected(state: &mut State) -> Vec<Effect> {
    let Some((target, feed)) = state.selected() else {
        let headed = state.list.rows().iter().filter_map(|row| match row {
            Row::Deployment(index) => state.histories.at(*index),
            Row::Place(_) | Row::Savepoint(_) => None,
        });
        let followed: Vec<_> = headed.map(|(deployment, _)| deployment.clone()).collect();
        if let [only] = followed.as_slice() {
            return unfollow(state, only);
        }
        let browse = state.settings.keys.key(Mode::Browse, Action::Pick);
        state.notify_problem(format!("nothing is selected; {browse} lists the deployments"));
        return Vec::new();
    };
    let known =
        state.followed_deployment_of(target).or_else(|| history::deployment_of(target, feed));
    let Some(deployment) = known else {
        // A missing savepoint will hardly ever name its deployment.
        let words = match feed.display_status() {
            DisplayStatus::NotFound => "the service knows no such savepoint, nor whose it was",
            DisplayStatus::State(_) => "the service does not say of which deployment it is",
            _ => "of which deployment it is, is not known yet",
        };
        state.notify_problem(words);
        return Vec::new();
    };
    toggle(state, deployment)
}

/// Follows or unfollows a deployment.
pub(super) fn toggle(state: &mut State, deployment: DeploymentTarget) -> Vec<Effect> {
    let followed = state.histories.get(&deployment).is_some_and(|it| it.followed_since.is_some());
    if followed { unfollow(state, &deployment) } else { follow(state, deployment) }
}

fn unfollow(state: &mut State, deployment: &DeploymentTarget) -> Vec<Effect> {
    let mut effects = stop_following(state, deployment);
    if !effects.is_empty() {
        effects.push(Effect::Save(vec![Edit::Unfollow(deployment.clone())]));
    }
    effects
}

/// Stops following in this run.
fn stop_following(state: &mut State, deployment: &DeploymentTarget) -> Vec<Effect> {
    let Some(history) = state.histories.forget(deployment) else { return Vec::new() };
    let mut effects =
        vec![Effect::Poller(Command::Unsubscribe(vec![history::list_query(deployment)]))];
    let members = history.members.into_iter();
    let members = members.map(|id| Target { place: deployment.place.clone(), id }).collect();
    let asked = remove_feeds(state, members);
    effects.extend((!asked.is_empty()).then_some(Effect::Poller(Command::unwatch(asked))));
    state.watch_list.push_undo(Removed::Deployment(deployment.clone()));
    state.detail.rewind();
    let words = state.deployment_name(deployment);
    let undo_hint = super::browse::undo_hint(state);
    state.notify(format!("no longer followed: {words}{undo_hint}"));
    effects
}

/// Follows no more what the service knows nothing of, neither as a deployment nor by a list: it would
/// stay for ever, with nothing to select and to stop it by.
pub(super) fn give_up(state: &mut State, deployment: &DeploymentTarget) -> Vec<Effect> {
    let Some(history) = state.histories.get(deployment) else { return Vec::new() };
    let not_found = |trouble: &Trouble| trouble.error.cause == Cause::NotFound;
    let listed = history.answered_at.is_some() || history.trouble.as_ref().is_some_and(not_found);
    let empty = listed && history.items.is_empty();
    if history.followed_since.is_none() || !history.not_found || !empty {
        return Vec::new();
    }
    let good = answers(state, &deployment.place);
    let effects =
        if good { unfollow(state, deployment) } else { stop_following(state, deployment) };
    let words = state.deployment_name(deployment);
    let so = if good { "no longer followed" } else { "not followed in this run" };
    state.notify_problem(format!("{so}: the service knows no deployment {words}"));
    effects
}

/// Whether anything was found at a place in this run. With the keys of another account the service
/// knows nothing there, and that is no reason to forget what is followed.
fn answers(state: &State, place: &Place) -> bool {
    let found = |(target, feed): (&Target, &Feed)| target.place == *place && feed.answer.is_some();
    let listed = |(_, of, history): (usize, &DeploymentTarget, &History)| {
        of.place == *place && !history.items.is_empty()
    };
    state.feeds.iter().any(found) || state.histories.followed().any(listed)
}

/// Takes members out of the list; those that were asked for by themselves.
fn remove_feeds(state: &mut State, members: Vec<Target>) -> Vec<Target> {
    let mut asked = Vec::new();
    for target in members {
        let Some(feed) = state.feeds.get(&target) else { continue };
        match feed.membership {
            Membership::UserAdded => continue,
            Membership::PolledMember => asked.push(target.clone()),
            Membership::ListedMember => {}
        }
        state.feeds.remove(&target);
        state.alerts.forget(&target);
    }
    asked
}

/// Makes the selected savepoint the user's own, so that it never falls out.
pub(super) fn pin(state: &mut State) -> Vec<Effect> {
    let Some((target, feed)) = state.selected() else { return Vec::new() };
    if feed.membership == Membership::UserAdded {
        state.notify("it stays already: it was named, or pinned");
        return Vec::new();
    }
    let target = target.clone();
    state.notify(format!("pinned: {} stays in the list", target.id));
    own(state, &target)
}

/// Makes a savepoint the user's own.
pub(super) fn own(state: &mut State, target: &Target) -> Vec<Effect> {
    dialog::watch(state, vec![target.clone()]).effects
}

/// Refreshes the lists that confirm these savepoints.
pub(super) fn refresh(state: &State, listed: &[Target]) -> Option<Effect> {
    let mut deployments: Vec<DeploymentTarget> =
        listed.iter().filter_map(|target| state.followed_deployment_of(target)).collect();
    deployments.sort_unstable();
    deployments.dedup();
    let queries: Vec<_> = deployments.iter().map(history::list_query).collect();
    (!queries.is_empty()).then_some(Effect::Poller(Command::Subscribe(queries, Recurrence::Now)))
}

/// Refreshes the lists of all followed deployments.
pub(super) fn refresh_all(state: &State) -> Option<Effect> {
    let queries: Vec<_> =
        state.histories.followed().map(|(_, it, _)| history::list_query(it)).collect();
    (!queries.is_empty()).then_some(Effect::Poller(Command::Subscribe(queries, Recurrence::Now)))
}

/// Requests the list of a savepoint's deployment at once after the savepoint changed; the list
/// confirms it from then on if it is final.
pub(super) fn polled(state: &State, target: &Target, changes: &[Change]) -> Option<Effect> {
    let of_target = |change: &Change| change.target == *target && change.kind.is_transition();
    if !changes.iter().any(of_target) {
        return None;
    }
    let feed = state.feeds.get(target)?;
    let deployment = state.followed_deployment_of(target).or_else(|| {
        let (deployment, history) = state.histories.of(target, feed)?;
        history.followed_since.is_some().then(|| deployment.clone())
    })?;
    let queries = vec![history::list_query(&deployment)];
    Some(Effect::Poller(Command::Subscribe(queries, Recurrence::Every(LIST_INTERVAL))))
}

/// What to copy of the savepoint to restart from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RestartText {
    Id,
    RestoreStrategy,
}

/// Copies what a restart of the selected savepoint's deployment needs.
pub(super) fn copy(state: &mut State, form: RestartText) -> Vec<Effect> {
    let Some(LabeledRestart { restart, label }) = state.restart() else {
        let follow = state.settings.keys.key(Mode::Browse, Action::Follow);
        state.notify_problem(format!(
            "its deployment is not followed, or has nothing COMPLETED ({follow} follows)"
        ));
        return Vec::new();
    };
    let id = text::clean(restart.id.as_str()).into_owned();
    let (text, what) = match form {
        RestartText::Id => (id, label),
        RestartText::RestoreStrategy => {
            (copy_menu::restore_strategy(&id), format!("restore strategy: {label}"))
        }
    };
    let but = if restart.retained { ", which LATEST_SAVEPOINT would not use" } else { "" };
    let what = format!("{what}{but}");
    vec![Effect::Copy(Clip { what, text })]
}
