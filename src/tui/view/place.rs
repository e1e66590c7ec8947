//! Names a place by the parts that distinguish it from the other places.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::status;
use super::widgets::group_heading;
use crate::domain::savepoint::Place;
use crate::tui::model::State;
use crate::tui::model::role::Role;
use crate::util::text;

/// The name of its context, else the parts that differ between places: the header shows the others.
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
    // It differs only in having no profile.
    if own.is_empty() { text::clean(place.namespace.as_str()).into_owned() } else { own }
}

/// Draws the heading of a place: name, number of savepoints, freshness.
pub(super) fn draw_heading(area: Rect, buffer: &mut Buffer, state: &State, index: usize) {
    let Some((place, summary)) = state.place_summary(index) else { return };
    let mut parts = vec![(status::savepoint_count(summary.count()), Role::Label)];
    parts.extend(status::place_freshness(state, summary));
    group_heading::draw(area, buffer, state, &name(state, place), parts);
}

/// Region, workspace, namespace and profile of a place; empty if there is none.
fn parts(place: &Place) -> [String; 4] {
    let profile = place.profile.as_ref().map(|profile| format!("as {profile}"));
    let names = [place.workspace.as_str(), place.namespace.as_str(), &profile.unwrap_or_default()]
        .map(|name| text::clean(name).into_owned());
    let [workspace, namespace, profile] = names;
    [place.endpoint.to_string(), workspace, namespace, profile]
}
