//! The only writer of the model: takes a message, changes the state, returns what it did. No
//! I/O, no clock, no tasks.

mod alert;
mod browse;
mod contexts;
mod dialog;
mod follow;
mod journal;
mod metadata;
mod mouse;
mod overdue;
pub mod picker;
mod poll;
mod reply;
mod restore;
mod search;

use jiff::{SignedDuration, Timestamp};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::config::keymap::{Action, Mode};
use crate::domain::change::Change;
use crate::domain::savepoint::Profile;
use crate::poller::{Command, Event};
use crate::storage::journal::ProgramEvent;
use crate::tui::effect::Effect;
use crate::tui::message::{Input, Message, Outcome};
use crate::tui::model::identity::CachedIdentity;
use crate::tui::model::{Overlay, Polling, State};
use crate::tui::view::page;
use crate::util::clock::Now;

pub use restore::restored;

/// What one message did, and what it asks of the loop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    pub effects: Vec<Effect>,
    /// Changes of savepoints that the message brought.
    pub changes: Vec<Change>,
    pub redraw: Redraw,
}

/// When the screen needs a new frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redraw {
    #[default]
    Now,
    /// Within a poll interval: the message only confirmed what is shown.
    Later,
    /// Not for this message: nothing that is visible changed.
    Never,
}

impl Redraw {
    fn later_if(confirmed: bool) -> Self {
        if confirmed { Self::Later } else { Self::Now }
    }
}

impl From<Vec<Effect>> for Update {
    fn from(effects: Vec<Effect>) -> Self {
        Self { effects, ..Self::default() }
    }
}

pub fn update(state: &mut State, message: Message) -> Update {
    let polled = match &message {
        Message::Poller(Event::Polled(poll)) => Some(poll.target.clone()),
        _ => None,
    };
    let mut update = apply(state, message);
    state.derive();
    restore::note(state, &update.effects);
    if state.notices.show_queued(state.now) {
        update.redraw = Redraw::Now;
    }
    journal::record_changes(state, &mut update);
    alert::report_changes(state, &mut update);
    metadata::request(state, polled.as_ref(), &mut update.effects);
    page::update_raw_page(state);
    update
}

fn apply(state: &mut State, message: Message) -> Update {
    let effects = match message {
        Message::Clock(now) => return clock(state, now),
        Message::Poller(event) => return poll::event(state, event),
        Message::Done(outcome) => return done(state, outcome),
        Message::Terminal(Input::Key(key)) => key_pressed(state, key),
        Message::Terminal(Input::Paste(text)) => dialog::paste(state, &text),
        Message::Terminal(Input::Resize) => Vec::new(),
        Message::Terminal(Input::Click(at)) => mouse::click(state, at),
        Message::Terminal(Input::Wheel(at, turn)) => mouse::wheel(state, at, turn),
        Message::PollerDied(why) => {
            state.polling = Polling::Dead(why);
            Vec::new()
        }
        // Polling is paused, and the screen says so; the user resumes it.
        Message::Resumed if matches!(state.polling, Polling::Pausing | Polling::Paused(_)) => {
            Vec::new()
        }
        // The screen may be hours old: refresh everything.
        Message::Resumed => browse::refresh_all(state),
    };
    effects.into()
}

/// Minimum age before the identity is resolved again: many savepoints may need that at once.
const MIN_IDENTITY_AGE: SignedDuration = SignedDuration::from_secs(1);

/// Advances the clock and derives what depends on time alone.
fn clock(state: &mut State, time: Now) -> Update {
    let now = time.wall;
    let before = Now {
        wall: std::mem::replace(&mut state.now, now),
        uptime: std::mem::replace(&mut state.uptime, time.uptime),
    };
    let mut update = Update::default();
    if let Some(jump) = time.jump_since(before) {
        update.effects.extend(clock_jumped(state, before.wall, jump));
    }
    let asks = state.polling == Polling::Running;
    let lost = asks && state.summary().lost_from.is_some_and(|at| state.uptime >= at);
    if lost {
        update.changes = poll::detect_lost(state);
    }
    state.notices.expire(now);
    if state.identity_is_old() {
        update.effects.extend(identify(state, state.profile_in_view()));
    }
    update.effects.extend(picker::tick(state));
    update.redraw = if update.changes.is_empty() {
        Redraw::Never
    } else {
        // Where polls fail, the screen says so already.
        Redraw::later_if(!state.summary().failing.is_empty())
    };
    update
}

/// Handles a sleep, a suspend or a clock step. Every answer gets time to be refreshed before
/// it counts as lost.
fn clock_jumped(state: &mut State, before: Timestamp, jump: SignedDuration) -> Option<Effect> {
    if jump.is_negative() {
        state.feeds.values_mut().for_each(|feed| feed.shift_back(jump));
        state.histories.iter_mut().for_each(|(_, history)| history.shift_back(jump));
    } else if state.paused() {
        return None;
    }
    poll::start_grace_period(state);
    // Before the first answer there was nothing to miss.
    let observing = state.polling == Polling::Running && state.summary().oldest.is_some();
    observing.then(|| journal::program_event(state.now, Some(before), ProgramEvent::Woke))
}

/// Resolves the identity of a profile again, unless that was done a moment ago.
fn identify(state: &mut State, profile: Option<Profile>) -> Option<Effect> {
    if state.identities.is_empty() {
        return None;
    }
    let cached = state.identities.entry(profile.clone()).or_insert(CachedIdentity::PENDING);
    let age = state.now.duration_since(cached.asked_at).abs();
    if age < MIN_IDENTITY_AGE {
        return None;
    }
    cached.asked_at = state.now;
    Some(Effect::Identify(profile))
}

/// Alt with one of these keys moves or deletes by word in a text input.
fn is_word_key(code: KeyCode) -> bool {
    matches!(code, KeyCode::Char('b' | 'f' | 'd'))
}

fn key_pressed(state: &mut State, mut key: KeyEvent) -> Vec<Effect> {
    if key.modifiers == KeyModifiers::ALT && state.mode().takes_text() && is_word_key(key.code) {
        // `tui-input` expects Meta for these.
        key.modifiers = KeyModifiers::META;
    } else if key.modifiers.contains(KeyModifiers::ALT) && key.code != KeyCode::Backspace {
        // tmux waits half a second after Esc and delivers Esc plus a key as Alt plus
        // that key.
        key.modifiers.remove(KeyModifiers::ALT);
        let mut effects = key_pressed(state, KeyEvent::from(KeyCode::Esc));
        // The key may move in the rows that Esc has changed.
        state.derive();
        effects.extend(key_pressed(state, key));
        return effects;
    }
    state.notices.dismiss();
    let mode = state.mode();
    match state.settings.keys.action(mode, key) {
        Some(Action::Quit) => vec![Effect::Quit],
        Some(Action::Repaint) => vec![Effect::Repaint],
        Some(Action::Suspend) => vec![Effect::Suspend],
        Some(action) if mode == Mode::Browse => browse::act(state, action),
        Some(action) if matches!(state.overlay, Some(Overlay::Journal(_))) => {
            journal::act(state, action)
        }
        Some(action) if matches!(state.overlay, Some(Overlay::Picker(_))) => {
            picker::act(state, action)
        }
        Some(action) if mode == Mode::Contexts => {
            contexts::act(state, action);
            Vec::new()
        }
        Some(action) => dialog::act(state, action),
        None => dialog::typed(state, key),
    }
}

fn done(state: &mut State, outcome: Outcome) -> Update {
    match outcome {
        Outcome::Copied { what, result: Ok(way) } => state.notify(format!("{what}: {way}")),
        Outcome::Copied { what, result: Err(why) } => {
            state.notify_problem(format!("{what} not copied: {why}"));
        }
        Outcome::Identity(profile, identity) => {
            let new = CachedIdentity { result: Some(identity), asked_at: state.now };
            let result = new.result.clone();
            let before = state.identities.insert(profile.clone(), new);
            let same = before.is_some_and(|before| before.result == result);
            if !same {
                state.metadata.credentials_changed(profile.as_ref());
            }
            return Update { redraw: Redraw::later_if(same), ..Update::default() };
        }
        Outcome::Demo(Ok(targets)) => {
            state.overlay = None;
            state.demo_endpoint = targets.first().map(|target| target.place.endpoint.clone());
            let new = state.watch(targets);
            state.notify("the demo: invented savepoints on an embedded service");
            return vec![Effect::Poller(Command::watch(new))].into();
        }
        Outcome::Demo(Err(why)) => state.notify_problem(format!("the demo did not start: {why}")),
        Outcome::Ran(Ok(())) => {}
        Outcome::Ran(Err(why)) => state.notify_problem(format!("--on-change: {why}")),
        Outcome::Journal(report) => {
            return Update { redraw: journal::reported(state, report), ..Update::default() };
        }
        Outcome::WatchListRead(list, words) => return restored(state, *list, words).into(),
        Outcome::Saved(Ok(words)) => {
            let again = state
                .watch_list
                .save_error
                .take()
                .map(|_| "the watch list is saved again".to_owned());
            match (words, again) {
                (Some(words), _) => state.warn(words),
                (None, Some(again)) => state.notify(again),
                (None, None) => {}
            }
        }
        // Reported once, not at every failed save.
        Outcome::Saved(Err(why)) if state.watch_list.save_error.as_ref() != Some(&why) => {
            state.warn(format!("not saved, so lost when you quit: {why}"));
            state.watch_list.save_error = Some(why);
        }
        Outcome::Saved(Err(_known)) => {}
        Outcome::CannotSuspend(why) => state.notify_problem(format!("cannot be stopped: {why}")),
    }
    Update::default()
}
