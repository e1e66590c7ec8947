//! What may be asked: one signed read.

use super::service::Way;
use super::{Asker, Blame, Case, Finding, Section};
use crate::api::{Cause, Error};
use crate::endpoint::Endpoint;
use crate::savepoint::{self, Namespace, Place, Profile, SavepointId, Target};
use crate::text;
use crate::watch_list::WatchList;

const SECTION: Section = Section::Permission;

/// Nobody's savepoint: that the service does not know it can only be said to whoever may ask.
const NOBODY_S: &str = "00000000-0000-0000-0000-000000000000";

/// What was found, and whether a request was answered.
pub(super) struct Asked {
    pub findings: Vec<Finding>,
    pub answered: bool,
}

/// Where to ask, each with where that was said, as far as it was.
pub(super) struct Whereabouts {
    endpoint: Option<Endpoint>,
    workspace: Option<(savepoint::Workspace, String)>,
    namespace: Option<(String, String)>,
    /// As whom.
    pub profile: Option<Profile>,
}

/// The endpoint and the rest of the place: as was said, or where something is watched.
pub(super) fn place(case: &Case, watched: &WatchList) -> (Option<(Endpoint, String)>, Whereabouts) {
    let config = &case.config;
    let said = config.endpoint.clone().map(|it| (it, config.endpoint_from.to_owned()));
    // Only of the same service, or workspace and namespace would be of another's.
    let same = |place: &&Place| {
        said.as_ref().is_none_or(|(it, _)| *it == place.endpoint)
            && config.profile.as_ref().is_none_or(|it| Some(it) == place.profile.as_ref())
    };
    let known = watched.0.keys().map(|target| &target.place).find(same);
    let list = || "the watch list".to_owned();
    let endpoint = said.clone().or_else(|| Some((known?.endpoint.clone(), list())));
    let workspace =
        config.workspace.clone().map(|it| (it, "--workspace or SAVEPEEK_WORKSPACE".to_owned()));
    let namespace =
        config.namespace.clone().map(|it| (it, "--namespace or SAVEPEEK_NAMESPACE".to_owned()));
    // Where nothing is said, what is watched also says as whom.
    let theirs = || known.filter(|_| said.is_none())?.profile.clone();
    let profile = config.profile.clone().or_else(theirs);
    let whereabouts = Whereabouts {
        profile,
        endpoint: endpoint.as_ref().map(|(endpoint, _)| endpoint.clone()),
        workspace: workspace.or_else(|| Some((known?.workspace.clone(), list()))),
        namespace: namespace.or_else(|| Some((known?.namespace.to_string(), list()))),
    };
    (endpoint, whereabouts)
}

pub(super) async fn check(
    case: &Case,
    whereabouts: Whereabouts,
    watched: &WatchList,
    asker: &Asker,
    way: &Way,
) -> Asked {
    let mut findings = vec![
        given("workspace", whereabouts.workspace.as_ref().map(|(it, from)| (it.as_str(), from))),
        given("namespace", whereabouts.namespace.as_ref().map(|(it, from)| (it.as_str(), from))),
    ];
    let why_not = match () {
        () if !asker.known => Some("no credentials"),
        () if !way.open => Some("the service does not answer"),
        () if findings.iter().any(|finding| finding.advice.is_some()) => Some("no place to ask in"),
        () => None,
    };
    if let Some(why) = why_not {
        findings.push(SECTION.skipped("request", why));
        return Asked { findings, answered: false };
    }
    match target(case, whereabouts, watched) {
        Err(problem) => {
            findings.push(SECTION.failed(
                "request",
                Blame::Usage,
                problem,
                "give it as it is shown",
            ));
            Asked { findings, answered: false }
        }
        Ok((target, choice)) => {
            let answer = asker.client.get_savepoint(&target).await;
            let words = answer.map(|answer| {
                let state = answer.savepoint.state.as_ref().map_or("no state", |it| it.as_str());
                let took = text::duration(answer.round_trip);
                format!("GetSavepoint of {} ({}): {state}, {took}", target.id, choice.words())
            });
            let answered = matches!(&words, Ok(_) | Err(Error { cause: Cause::NotFound, .. }));
            findings.push(judge(words, choice));
            Asked { findings, answered }
        }
    }
}

/// Whose savepoint is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Given,
    Watched,
    NobodyS,
}

impl Choice {
    fn words(self) -> &'static str {
        match self {
            Self::Given => "as given",
            Self::Watched => "of the watch list",
            Self::NobodyS => "invented",
        }
    }
}

fn given(what: &'static str, value: Option<(&str, &String)>) -> Finding {
    match value {
        Some((value, from)) => SECTION.ok(what, format!("{value} (from {from})")),
        None => {
            let advice = match what {
                "workspace" => "give --workspace, or set SAVEPEEK_WORKSPACE",
                _ => "give --namespace, or set SAVEPEEK_NAMESPACE",
            };
            SECTION.failed(what, Blame::Usage, "none given".to_owned(), advice)
        }
    }
}

fn target(
    case: &Case,
    whereabouts: Whereabouts,
    watched: &WatchList,
) -> Result<(Target, Choice), String> {
    let Whereabouts { endpoint: Some(endpoint), workspace: Some(ws), namespace: Some(ns), profile } =
        whereabouts
    else {
        return Err("no place".to_owned());
    };
    let namespace = Namespace::new(&ns.0).map_err(|why| why.to_string())?;
    let place = Place { endpoint, workspace: ws.0, namespace, profile };
    let (id, choice) = if let Some(id) = case.config.ids.first() {
        (SavepointId::new(id), Choice::Given)
    } else if let Some(target) = watched.0.keys().find(|target| target.place == place) {
        (Ok(target.id.clone()), Choice::Watched)
    } else {
        (SavepointId::new(NOBODY_S), Choice::NobodyS)
    };
    Ok((Target { place, id: id.map_err(|why| why.to_string())? }, choice))
}

fn judge(answer: Result<String, Error>, choice: Choice) -> Finding {
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
        (Err(error @ Error { cause: Cause::NotFound, .. }), Choice::Watched) => {
            let words = format!("GetSavepoint of an ID of the watch list: not found; {right}");
            SECTION.warn("request", words, &error.advice())
        }
        (Err(error), _) => SECTION.error("request", &error),
    }
}
