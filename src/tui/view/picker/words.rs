//! The picker's title, counts and status.

use crate::api::{Cause, Error};
use crate::config::keymap::{Action, Mode};
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::meaning::Meaning;
use crate::tui::model::picker::{AnyLevel as _, Owner, PagedList, Picker, PickerItem, PickerLevel};
use crate::tui::view::glyphs::Sign;
use crate::tui::view::words;
use crate::util::text;

/// What is listed, and where.
pub(super) fn title(picker: &Picker) -> String {
    let at = picker.place().map(of).unwrap_or_default();
    match (&picker.savepoints, &picker.deployments) {
        (Some((owner, _)), _) => format!(" savepoints of {}, newest first ", name(owner)),
        (None, Some(_)) => format!(" deployments of {at} "),
        (None, None) => " where? ".to_owned(),
    }
}

fn of(place: &Place) -> String {
    let endpoint = place.endpoint.to_string();
    let names = [&endpoint, place.workspace.as_str(), place.namespace.as_str()];
    names.map(|name| text::clean(name).into_owned()).join(" / ")
}

fn name(owner: &Owner) -> String {
    let query = &owner.query;
    let name = match (&owner.name, &query.deployment, &query.job) {
        (Some(name), ..) => name.clone(),
        (None, Some(id), _) => format!("deployment {id}"),
        (None, None, Some(id)) => format!("job {id}"),
        (None, None, None) => "all".to_owned(),
    };
    text::clean(&name).into_owned()
}

/// How much is shown, of how much that is loaded, of how much there is.
pub(super) fn count(state: &State, picker: &Picker) -> String {
    let marked = match picker.marks.len() {
        0 => String::new(),
        count => format!("{} marked, ", number(count)),
    };
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => format!(" {marked}{} ", counted(state, level)),
        (None, Some(level)) => format!(" {} ", counted(state, level)),
        (None, None) => format!(" {} places ", picker.places.len()),
    }
}

fn counted<T: PickerItem>(state: &State, level: &PickerLevel<T>) -> String {
    let list = level.list_in_view();
    let shown = list.shown();
    let loaded = shown.items().len();
    let total = shown.total().and_then(|total| usize::try_from(total).ok());
    let loaded = match total.filter(|&total| total > loaded) {
        Some(total) => format!("{} of {} loaded", number(loaded), number(total)),
        None if list.loaded_at.is_none() => "nothing loaded so far".to_owned(),
        None => format!("all {} loaded", number(loaded)),
    };
    let unreadable = match shown.unreadable() {
        0 => String::new(),
        count => format!(", {} unreadable", number(count)),
    };
    let at = list.loaded_at.map(|at| format!(", as of {}", words::when(state, at)));
    let loaded = format!("{loaded}{unreadable}{}", at.unwrap_or_default());
    if level.filter().is_empty() {
        return loaded;
    }
    let with = format!("{} with {:?}", number(level.count()), text::clean(level.filter()));
    // What the service has for a text is known although nothing else was loaded.
    match (level.count(), list.loaded_at) {
        (0, None) => with,
        _ => format!("{with}: {loaded}"),
    }
}

/// What is awaited, what is in the way, what is left out.
pub(super) fn status(state: &State, picker: &Picker) -> (String, Meaning) {
    let key = |action| state.settings.keys.key(Mode::Picker, action);
    if let Some((error, next_at)) = picker.trouble() {
        let (sign, again) = (state.settings.glyphs.sign(Sign::Worry), key(Action::RefreshAll));
        let next = next_at.map_or_else(
            || error.advice(),
            |at| format!("asked again at {}", words::when(state, at)),
        );
        let words = format!("{sign} {}: {next}; {again} asks now", error.summary());
        return (words + without(error), Meaning::Worry);
    }
    if let Some(remark) = &picker.message {
        return (remark.clone(), Meaning::Worry);
    }
    match (&picker.savepoints, &picker.deployments) {
        (Some((_, level)), _) => of_level(state, picker, level, "savepoints"),
        (None, Some(level)) => of_level(state, picker, level, "deployments"),
        (None, None) => (String::new(), Meaning::Label),
    }
}

fn of_level<T: PickerItem>(
    state: &State,
    picker: &Picker,
    level: &PickerLevel<T>,
    what: &str,
) -> (String, Meaning) {
    let filter = text::clean(level.filter());
    let Some(list) = level.loading() else {
        return (format!("asking for {filter:?} ..."), Meaning::Active);
    };
    if list.is_reloading() {
        return ("asking again ...".to_owned(), Meaning::Active);
    }
    if picker.asked.is_some() {
        let sought = T::SEARCHABLE && !filter.is_empty();
        let words = match (list.loaded_at, sought) {
            (Some(_), _) => "loading more ...".to_owned(),
            (None, true) => format!("asking for {filter:?} ..."),
            (None, false) => format!("asking for the {what} ..."),
        };
        return (words, Meaning::Active);
    }
    if list.shown().is_truncated() {
        let count = number(list.shown().items().len());
        let key = state.settings.keys.key(Mode::Picker, Action::Filter);
        let words = format!("only the first {count} are loaded: {key} narrows it down");
        return (words, Meaning::Worry);
    }
    (empty(level, list, what), Meaning::Label)
}

/// Why there is no row.
fn empty<T: PickerItem>(level: &PickerLevel<T>, list: &PagedList<T>, what: &str) -> String {
    let filter = text::clean(level.filter());
    match (level.count(), list.shown().items().len()) {
        (1.., _) => String::new(),
        (0, 0) if filter.is_empty() => format!("there are no {what}"),
        (0, 0) => format!("none of the {what} has {filter:?}"),
        (0, _) => format!("none of the {what} loaded has {filter:?}"),
    }
}

/// What is still possible without a permission.
fn without(error: &Error) -> &'static str {
    match &error.cause {
        Cause::NoPermission { action, .. } if action.ends_with("ListDeployments") => {
            ". Without it: --deployment ID follows it all the same, and IDs can be added on the form"
        }
        Cause::NoPermission { .. } => ". Without it: IDs can be added on the form",
        _ => "",
    }
}

/// A count with separated thousands.
fn number(count: usize) -> String {
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
    use super::number;

    #[test]
    fn thousands_are_set_apart() {
        for (count, words) in [(0, "0"), (999, "999"), (2013, "2,013"), (1_000_000, "1,000,000")] {
            assert_eq!(number(count), words);
        }
    }
}
