//! What may be asked: one signed read.

use jiff::SignedDuration;

use super::service::Way;
use super::{Asker, Blame, Case, Finding, Section};
use crate::api::lists::{PageRequest, SavepointQuery};
use crate::api::{Cause, Error};
use crate::domain::endpoint::Endpoint;
use crate::domain::savepoint::{self, Namespace, Place, Profile, SavepointId, Target};
use crate::storage::watch_list::WatchList;
use crate::util::text;

const SECTION: Section = Section::Permission;

/// Nobody's savepoint: that the service does not know it can only be said to whoever may ask.
const NOBODY_S: &str = "00000000-0000-0000-0000-000000000000";

/// The code for a workspace that is not there, or not in this region.
const NO_WORKSPACE: &str = "903021";

/// What was found, and whether a request was answered.
pub(super) struct Asked {
    pub findings: Vec<Finding>,
    pub answered: bool,
    /// How far the service's clock is ahead, where it refused this machine's.
    pub ahead: Option<SignedDuration>,
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
    let at = &case.config.place;
    let said = at.endpoint.clone().map(|it| (it, at.origin_of_endpoint()));
    // Only of the same service, or workspace and namespace would be of another's.
    let same = |place: &&Place| {
        said.as_ref().is_none_or(|(it, _)| *it == place.endpoint)
            && at.profile.as_ref().is_none_or(|it| Some(it) == place.profile.as_ref())
    };
    let known = watched.watched.keys().map(|target| &target.place).find(same);
    let list = || "the watch list".to_owned();
    let endpoint = said.clone().or_else(|| Some((known?.endpoint.clone(), list())));
    let workspace = at.workspace.clone().map(|it| (it, at.origin("workspace")));
    let namespace = at.namespace.clone().map(|it| (it, at.origin("namespace")));
    // Where nothing is said, what is watched also says as whom.
    let theirs = || known.filter(|_| said.is_none())?.profile.clone();
    let profile = at.profile.clone().or_else(theirs);
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
    let why_not = if !asker.known {
        Some("no credentials")
    } else if !way.open {
        Some("the service does not answer")
    } else if findings.iter().any(|finding| finding.advice.is_some()) {
        Some("no place to ask in")
    } else {
        None
    };
    if let Some(why) = why_not {
        findings.push(SECTION.skipped("request", why));
        return Asked { findings, answered: false, ahead: None };
    }
    let (place, id, nobody_s) = match whereabouts.place(case) {
        Ok(known) => known,
        Err(problem) => {
            findings.push(SECTION.failed(
                "request",
                Blame::Usage,
                problem,
                "give it as it is shown",
            ));
            return Asked { findings, answered: false, ahead: None };
        }
    };
    let watched = || watched.watched.keys().find(|target| target.place == place);
    let (id, choice) = if let Some(id) = id {
        (id, Choice::ExplicitArgs)
    } else if let Some(target) = watched() {
        (target.id.clone(), Choice::Watched)
    } else {
        let (finding, id) = newest(asker, &place).await;
        findings.push(finding);
        match id {
            Some(id) => (id, Choice::Listed),
            None => (nobody_s, Choice::NobodyS),
        }
    };
    let target = Target { place, id };
    let answer = asker.client.get_savepoint(&target).await;
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
    findings.push(judge(words, choice));
    Asked { findings, answered, ahead }
}

/// The newest savepoint there is, which proves more than one that nobody has. Without the
/// permission to list everything else works, so that is no failure.
async fn newest(asker: &Asker, place: &Place) -> (Finding, Option<SavepointId>) {
    let all = SavepointQuery::default();
    match asker.client.list_savepoints(place, &all, PageRequest::new(1, 1)).await {
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

/// Whose savepoint is asked for.
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

fn given(what: &'static str, value: Option<(&str, &String)>) -> Finding {
    if let Some((value, from)) = value {
        return SECTION.ok(what, format!("{value} (from {from})"));
    }
    let advice = match what {
        "workspace" => "give --workspace, or set SAVEPEEK_WORKSPACE",
        _ => "give --namespace, or set SAVEPEEK_NAMESPACE",
    };
    SECTION.failed(what, Blame::Usage, "none given".to_owned(), advice)
}

impl Whereabouts {
    /// The place, the savepoint that was asked for, and nobody's.
    fn place(self, case: &Case) -> Result<(Place, Option<SavepointId>, SavepointId), String> {
        let Self { endpoint: Some(endpoint), workspace: Some(ws), namespace: Some(ns), profile } =
            self
        else {
            return Err("no place".to_owned());
        };
        let namespace = Namespace::new(&ns.0).map_err(|why| why.to_string())?;
        let id = case.config.ids.first().map(|id| SavepointId::new(id)).transpose();
        let id = id.map_err(|why| why.to_string())?;
        let nobody_s = SavepointId::new(NOBODY_S).map_err(|why| why.to_string())?;
        Ok((Place { endpoint, workspace: ws.0, namespace, profile }, id, nobody_s))
    }
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
        (Err(error @ Error { cause: Cause::NotFound, .. }), Choice::Watched | Choice::Listed) => {
            let words = format!("GetSavepoint of an ID ({}): not found; {right}", choice.words());
            SECTION.warn("request", words, &error.advice())
        }
        (Err(error), _) => SECTION.error("request", &error),
    }
}
