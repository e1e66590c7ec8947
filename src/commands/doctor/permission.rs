//! Permission: the result of one signed read.

use std::fmt::Display;

use jiff::SignedDuration;

use super::service::Route;
use super::{Blame, Case, DoctorClient, Finding, Section};
use crate::api::lists::{PageRequest, SavepointQuery};
use crate::api::{Cause, Error};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{self, Namespace, Place, Profile, SavepointId, Target};
use crate::storage::watch_list::WatchList;
use crate::util::text;

const SECTION: Section = Section::Permission;

/// The ID of no savepoint. Only a caller with the permission gets "not found" for it.
const INVENTED_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The error code for a workspace that does not exist in this region.
const NO_WORKSPACE: &str = "903021";

pub(super) struct PermissionCheck {
    pub findings: Vec<Finding>,
    pub answered: bool,
    /// How far the service's clock is ahead, if it rejected this machine's.
    pub clock_ahead: Option<SignedDuration>,
}

/// The parts of the place that are known, each with its source.
pub(super) struct SourcedPlace {
    pub endpoint: Option<Sourced<Endpoint>>,
    workspace: Option<Sourced<savepoint::Workspace>>,
    namespace: Option<Sourced<String>>,
    pub profile: Option<Profile>,
}

/// A value, and where it comes from, in words.
#[derive(Clone)]
pub(super) struct Sourced<T> {
    pub value: T,
    pub from: String,
}

/// Returns the place: as configured, else those of the watch list.
pub(super) fn place(case: &Case, watched: &WatchList) -> SourcedPlace {
    let at = &case.config.place;
    let said = at.endpoint.clone();
    let said = said.map(|value| Sourced { value, from: at.origin_of_endpoint() });
    // Only a target of the same service: another has other workspaces and namespaces.
    let same = |place: &&Place| {
        said.as_ref().is_none_or(|said| said.value == place.endpoint)
            && at.profile.as_ref().is_none_or(|it| Some(it) == place.profile.as_ref())
    };
    let known = watched.watched.keys().map(|target| &target.place).find(same);
    let workspace = at.workspace.clone();
    let workspace = workspace.map(|value| Sourced { value, from: at.origin("workspace") });
    let namespace = at.namespace.clone();
    let namespace = namespace.map(|value| Sourced { value, from: at.origin("namespace") });
    // Without a configured endpoint, the watched target also names the profile.
    let theirs = || known.filter(|_| said.is_none())?.profile.clone();
    let profile = at.profile.clone().or_else(theirs);
    SourcedPlace {
        profile,
        endpoint: said.or_else(|| Some(Sourced::watched(known?.endpoint.clone()))),
        workspace: workspace.or_else(|| Some(Sourced::watched(known?.workspace.clone()))),
        namespace: namespace.or_else(|| Some(Sourced::watched(known?.namespace.to_string()))),
    }
}

pub(super) async fn check(
    case: &Case,
    sourced_place: SourcedPlace,
    watched: &WatchList,
    client: &DoctorClient,
    route: &Route,
) -> PermissionCheck {
    let mut findings = vec![
        given("workspace", sourced_place.workspace.as_ref()),
        given("namespace", sourced_place.namespace.as_ref()),
    ];
    let why_not = if !client.has_credentials {
        Some("no credentials")
    } else if !route.answers {
        Some("the service does not answer")
    } else if findings.iter().any(|finding| finding.advice.is_some()) {
        Some("no place to ask in")
    } else {
        None
    };
    if let Some(why) = why_not {
        findings.push(SECTION.skipped("request", why));
        return PermissionCheck { findings, answered: false, clock_ahead: None };
    }
    let (place, id, nobody_s) = match sourced_place.place(case) {
        Ok(known) => known,
        Err(problem) => {
            findings.push(SECTION.failed(
                "request",
                Blame::Usage,
                problem,
                "give it as it is shown",
            ));
            return PermissionCheck { findings, answered: false, clock_ahead: None };
        }
    };
    let watched = || watched.watched.keys().find(|target| target.place == place);
    let (id, choice) = if let Some(id) = id {
        (id, Choice::ExplicitArgs)
    } else if let Some(target) = watched() {
        (target.id.clone(), Choice::Watched)
    } else {
        let (finding, id) = newest(client, &place).await;
        findings.push(finding);
        match id {
            Some(id) => (id, Choice::Listed),
            None => (nobody_s, Choice::NobodyS),
        }
    };
    let target = Target { place, id };
    let answer = client.client.get_savepoint(&target).await;
    let ahead = match &answer {
        Ok(answer) => answer.clock_correction,
        Err(Error { cause: Cause::ClockSkew { ahead }, .. }) => *ahead,
        Err(_) => None,
    };
    let words = answer.map(|answer| {
        let state = answer.savepoint.state.as_ref().map_or("no state", |it| it.as_str());
        let took = text::duration(answer.round_trip);
        format!("GetSavepoint of {} ({}): {state}, {took}", target.id, choice.words())
    });
    if let Err(Error { code: Some(code), .. }) = &words
        && code == NO_WORKSPACE
    {
        let said = format!("{}: the service has none of that name", target.place.workspace);
        let advice = "give the workspace's ID as the console shows it, of the same region";
        findings[0] = SECTION.failed("workspace", Blame::Usage, said, advice);
    }
    let answered = matches!(&words, Ok(_) | Err(Error { cause: Cause::NotFound, .. }));
    findings.push(request_finding(words, choice));
    PermissionCheck { findings, answered, clock_ahead: ahead }
}

/// Returns the newest savepoint, which proves more than an invented ID. Failing to list is not a
/// failure: everything else works without that permission.
async fn newest(client: &DoctorClient, place: &Place) -> (Finding, Option<SavepointId>) {
    let all = SavepointQuery::default();
    match client.client.list_savepoints(place, &all, PageRequest::new(1, 1)).await {
        Ok(page) => {
            let id = page.items.first().and_then(|item| item.savepoint.savepoint_id.as_deref());
            let words = match (id, page.total) {
                (None, _) => "ListSavepoints: none in this namespace".to_owned(),
                (Some(_), Some(total)) => format!("ListSavepoints: {total} in this namespace"),
                (Some(_), None) => "ListSavepoints: some in this namespace".to_owned(),
            };
            (SECTION.ok("list", words), id.and_then(|id| SavepointId::new(id).ok()))
        }
        Err(error) if error.cause == Cause::NotFound => {
            let words = "ListSavepoints: not found: nothing shows that the place is there";
            (SECTION.warn("list", words, "check namespace and workspace, or give an ID"), None)
        }
        Err(error) => {
            let words = format!("ListSavepoints: {} (not needed for known IDs)", error.summary());
            (SECTION.skipped("list", words), None)
        }
    }
}

/// Where the requested savepoint ID comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    ExplicitArgs,
    Watched,
    Listed,
    NobodyS,
}

impl Choice {
    fn words(self) -> &'static str {
        match self {
            Self::ExplicitArgs => "as given",
            Self::Watched => "of the watch list",
            Self::Listed => "the newest",
            Self::NobodyS => "invented",
        }
    }
}

fn given(what: &'static str, value: Option<&Sourced<impl Display>>) -> Finding {
    if let Some(Sourced { value, from }) = value {
        return SECTION.ok(what, format!("{value} (from {from})"));
    }
    let advice = match what {
        "workspace" => "give --workspace, or set SAVEPEEK_WORKSPACE",
        _ => "give --namespace, or set SAVEPEEK_NAMESPACE",
    };
    SECTION.failed(what, Blame::Usage, "none given".to_owned(), advice)
}

impl<T> Sourced<T> {
    fn watched(value: T) -> Self {
        Self { value, from: "the watch list".to_owned() }
    }
}

impl SourcedPlace {
    /// Returns the place, the savepoint given as an argument, and an invented one.
    fn place(self, case: &Case) -> Result<(Place, Option<SavepointId>, SavepointId), String> {
        let Self { endpoint: Some(endpoint), workspace: Some(ws), namespace: Some(ns), profile } =
            self
        else {
            return Err("no place".to_owned());
        };
        let namespace = Namespace::new(&ns.value).map_err(|why| why.to_string())?;
        let id = case.config.ids.first().map(|id| SavepointId::new(id)).transpose();
        let id = id.map_err(|why| why.to_string())?;
        let nobody_s = SavepointId::new(INVENTED_ID).map_err(|why| why.to_string())?;
        Ok((
            Place { endpoint: endpoint.value, workspace: ws.value, namespace, profile },
            id,
            nobody_s,
        ))
    }
}

fn request_finding(answer: Result<String, Error>, choice: Choice) -> Finding {
    let right = "signature and permission are right";
    match (answer, choice) {
        (Ok(words), _) => SECTION.ok("request", words),
        (Err(Error { cause: Cause::NotFound, .. }), Choice::NobodyS) => {
            let words = format!(
                "GetSavepoint of an invented ID: not found, so {right}; it does not show whether \
                 workspace and namespace are the ones you mean (give an ID for that)"
            );
            SECTION.ok("request", words)
        }
        (Err(error @ Error { cause: Cause::NotFound, .. }), Choice::Watched | Choice::Listed) => {
            let words = format!("GetSavepoint of an ID ({}): not found; {right}", choice.words());
            SECTION.warn("request", words, &error.advice())
        }
        (Err(error), _) => SECTION.error("request", &error),
    }
}
