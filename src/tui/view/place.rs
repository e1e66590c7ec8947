//! Names a place by the parts that distinguish it from the other places.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{heading, words};
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::meaning::Meaning;
use crate::util::text;

/// What the user calls a place; else what distinguishes it: what all have in common is in
/// the header.
pub(super) fn name(state: &State, place: &Place) -> String {
    if let Some(name) = state.name_of(place) {
        return text::clean(name).into_owned();
    }
    let differs = |what: fn(&Place, &Place) -> bool| state.places().any(|it| what(it, place));
    let [region, workspace, namespace, profile] = parts(place);
    let own = [
        (region, differs(|a, b| a.endpoint != b.endpoint)),
        (workspace, differs(|a, b| a.workspace != b.workspace)),
        (namespace, differs(|a, b| a.namespace != b.namespace)),
        (profile, differs(|a, b| a.profile != b.profile)),
    ];
    let own = own.into_iter().filter(|(part, differs)| *differs && !part.is_empty());
    let own = own.map(|(part, _)| part).collect::<Vec<_>>().join("  ");
    // The others have a profile, and this one has none.
    if own.is_empty() { text::clean(place.namespace.as_str()).into_owned() } else { own }
}

/// Draws the heading of a place: place, profile, counts, and how far to trust them.
pub(super) fn head(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let Some((place, group)) = state.place_summary(index) else { return };
    let mut parts = vec![(words::savepoints(group.count()), Meaning::Label)];
    let (trust, meaning) = words::group(state, group);
    parts.extend(trust.map(|trust| (trust, meaning)));
    heading::draw(area, buffer, state, &name(state, place), parts);
}

/// Region, workspace, namespace and profile of a place; empty where there is none.
fn parts(place: &Place) -> [String; 4] {
    let profile = place.profile.as_ref().map(|profile| format!("as {profile}"));
    let names = [place.workspace.as_str(), place.namespace.as_str(), &profile.unwrap_or_default()]
        .map(|name| text::clean(name).into_owned());
    let [workspace, namespace, profile] = names;
    [place.endpoint.to_string(), workspace, namespace, profile]
}
