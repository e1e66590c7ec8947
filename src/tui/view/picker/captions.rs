//! The picker's title, counts and status line.

use crate::api::{Cause, Error};
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::picker::{AnyLevel as _, Owner, PagedList, Picker, PickerItem, PickerLevel};
use crate::tui::model::role::Role;
use crate::tui::view::glyphs::Symbol;
use crate::tui::view::time;
use crate::util::text;

pub(super) fn title(picker: &Picker) -> String {
    let at = picker.place().map(place_text).unwrap_or_default();
    match (&picker.savepoints, &picker.deployments) {
        (Some((owner, _)), _) => format!(" savepoints of {}, newest first ", owner_name(owner)),
        (None, Some(_)) => format!(" deployments of {at} "),
        (None, None) => " where? ".to_owned(),
    }
}

fn place_text(place: &Place) -> String {
    let endpoint = place.endpoint.to_string();
    let names = [&endpoint, place.workspace.as_str(), place.namespace.as_str()];
    names.map(|name| text::clean(name).into_owned()).join(" / ")
}

fn owner_name(owner: &Owner) -> String {
    let query = &owner.query;
    let name = match (&owner.name, &query.deployment, &query.job) {
        (Some(name), ..) => name.clone(),
        (None, Some(id), _) => format!("deployment {id}"),
        (None, None, Some(id)) => format!("job {id}"),
        (None, None, None) => "all".to_owned(),
    };
    text::clean(&name).into_owned()
}

/// How many items match, are loaded, and exist.
pub(super) fn count(state: &State, picker: &Picker) -> String {
    let marked = match picker.marks.len() {
        0 => String::new(),
        count => format!("{} marked, ", with_thousands(count)),
    };
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => format!(" {marked}{} ", loaded_count(state, level)),
        (None, Some(level)) => format!(" {} ", loaded_count(state, level)),
        (None, None) => format!(" {} places ", picker.places.len()),
    }
}

fn loaded_count<T: PickerItem>(state: &State, level: &PickerLevel<T>) -> String {
    let list = level.list_in_view();
    let shown = list.shown();
    let loaded = shown.items().len();
    let total = shown.total().and_then(|total| usize::try_from(total).ok());
    let loaded = match total.filter(|&total| total > loaded) {
        Some(total) => format!("{} of {} loaded", with_thousands(loaded), with_thousands(total)),
        None if list.loaded_at.is_none() => "nothing loaded so far".to_owned(),
        None => format!("all {} loaded", with_thousands(loaded)),
    };
    let unreadable = match shown.unreadable() {
        0 => String::new(),
        count => format!(", {} unreadable", with_thousands(count)),
    };
    let at = list.loaded_at.map(|at| format!(", as of {}", time::when(state, at)));
    let loaded = format!("{loaded}{unreadable}{}", at.unwrap_or_default());
    if level.filter().is_empty() {
        return loaded;
    }
    let with = format!("{} with {:?}", with_thousands(level.count()), text::clean(level.filter()));
    // A search by the service has its results before anything else is loaded.
    match (level.count(), list.loaded_at) {
        (0, None) => with,
        _ => format!("{with}: {loaded}"),
    }
}

/// The request in flight, or what prevents it, or what is left out.
pub(super) fn status(state: &State, picker: &Picker) -> (String, Role) {
    let key = |action| state.settings.keys.key(Mode::Picker, action);
    if let Some((error, next_at)) = picker.trouble() {
        let (symbol, again) =
            (state.settings.glyphs.symbol(Symbol::Warning), key(Action::RefreshAll));
        let next = next_at.map_or_else(
            || error.advice(),
            |at| format!("asked again at {}", time::when(state, at)),
        );
        let words = format!("{symbol} {}: {next}; {again} asks now", error.summary());
        return (words + alternative(error), Role::Warning);
    }
    if let Some(remark) = &picker.message {
        return (remark.clone(), Role::Warning);
    }
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => level_status(state, picker, level, "savepoints"),
        (None, Some(level)) => level_status(state, picker, level, "deployments"),
        (None, None) => (String::new(), Role::Label),
    }
}

fn level_status<T: PickerItem>(
    state: &State,
    picker: &Picker,
    level: &PickerLevel<T>,
    what: &str,
) -> (String, Role) {
    let filter = text::clean(level.filter());
    let Some(list) = level.loading() else {
        return (format!("asking for {filter:?} ..."), Role::Active);
    };
    if list.is_reloading() {
        return ("asking again ...".to_owned(), Role::Active);
    }
    if picker.asked.is_some() {
        let sought = T::SEARCHABLE && !filter.is_empty();
        let words = match (list.loaded_at, sought) {
            (Some(_), _) => "loading more ...".to_owned(),
            (None, true) => format!("asking for {filter:?} ..."),
            (None, false) => format!("asking for the {what} ..."),
        };
        return (words, Role::Active);
    }
    if list.shown().is_truncated() {
        let count = with_thousands(list.shown().items().len());
        let key = state.settings.keys.key(Mode::Picker, Action::Filter);
        let words = format!("only the first {count} are loaded: {key} narrows it down");
        return (words, Role::Warning);
    }
    (empty_reason(level, list, what), Role::Label)
}

/// Why the level has no rows.
fn empty_reason<T: PickerItem>(level: &PickerLevel<T>, list: &PagedList<T>, what: &str) -> String {
    let filter = text::clean(level.filter());
    match (level.count(), list.shown().items().len()) {
        (1.., _) => String::new(),
        (0, 0) if filter.is_empty() => format!("there are no {what}"),
        (0, 0) => format!("none of the {what} has {filter:?}"),
        (0, _) => format!("none of the {what} loaded has {filter:?}"),
    }
}

/// What the user can do without the permission.
fn alternative(error: &Error) -> &'static str {
    match &error.cause {
        Cause::NoPermission { action, .. } if action.ends_with("ListDeployments") => {
            ". Without it: --deployment ID follows it all the same, and IDs can be added on the form"
        }
        Cause::NoPermission { .. } => ". Without it: IDs can be added on the form",
        _ => "",
    }
}

/// A count with separated thousands.
fn with_thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::with_thousands;

    #[test]
    fn thousands_are_separated() {
        for (count, words) in [(0, "0"), (999, "999"), (2013, "2,013"), (1_000_000, "1,000,000")] {
            assert_eq!(with_thousands(count), words);
        }
    }
}
