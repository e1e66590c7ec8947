//! Reads the list of savepoints and filters it, for `list` and `latest`.

use std::io::Write;

use super::exit::FetchOutcome;
use super::fetch::{FetchError, Fetcher, MAX_PAGES};
use super::request::{Fetched, Request, invalid_id};
use super::results::ResultWriter;
use super::{Error, deployment_lookup};
use crate::api::lists::{ListItem, MAX_PAGE_SIZE, SavepointQuery};
use crate::api::pagination::Paging;
use crate::config::nearest::did_you_mean;
use crate::domain::job::JobId;
use crate::domain::savepoint::{ORIGINS, State};
use crate::poller::{Query, Reply};
use crate::util::text::clean;

/// The name of the list in errors.
pub(super) const LIST: &str = "the list of savepoints";

/// Which savepoints of the list a command takes.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    /// A name or an ID.
    pub(super) deployment: Option<String>,
    pub(super) job: Option<String>,
    /// Empty for all.
    pub(super) states: Vec<String>,
    pub(super) excluded_origins: Vec<String>,
}

impl Selection {
    /// Whether states and origins fit. The service itself filters only by deployment and job.
    pub(super) fn matches(&self, fetched: &Fetched) -> bool {
        if fetched.result.is_err() {
            return false;
        }
        let is = |words: &[String], value: Option<&str>| {
            words.iter().any(|word| value.is_some_and(|value| value.eq_ignore_ascii_case(word)))
        };
        (self.states.is_empty() || is(&self.states, state(fetched)))
            && !is(&self.excluded_origins, origin(fetched))
    }

    /// Whether the service can filter alone, so that its count is right.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.states.is_empty() && self.excluded_origins.is_empty()
    }
}

fn state(fetched: &Fetched) -> Option<&str> {
    fetched.result.as_ref().ok()?.savepoint.state.as_ref().map(State::as_str)
}

fn origin(fetched: &Fetched) -> Option<&str> {
    fetched.result.as_ref().ok()?.savepoint.origin.as_deref()
}

/// Notes states and origins in the filter that are unknown and that no savepoint has: a typing error
/// must not look like a deployment without savepoints, or fail to exclude some. It is not an error,
/// because the service may have values that savepeek does not know.
pub(super) fn note_unknown_filters(
    results: &mut ResultWriter<'_, impl Write, impl Write>,
    selection: &Selection,
    paging: &Paging<Fetched>,
) {
    let states = State::KNOWN.each_ref().map(State::as_str);
    note_unknown(results, paging, "state", &selection.states, &states, state);
    note_unknown(results, paging, "origin", &selection.excluded_origins, &ORIGINS, origin);
}

fn note_unknown(
    results: &mut ResultWriter<'_, impl Write, impl Write>,
    paging: &Paging<Fetched>,
    what: &str,
    words: &[String],
    known: &[&str],
    value_of: fn(&Fetched) -> Option<&str>,
) {
    for word in words {
        let is = |it: &str| it.eq_ignore_ascii_case(word);
        if known.iter().any(|it| is(it))
            || paging.items().any(|item| value_of(item).is_some_and(is))
        {
            continue;
        }
        let hint = did_you_mean(word, known.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("usual are {}", known.join(", ")));
        let word = clean(word);
        results.print_stderr(&format!(
            "savepeek: no savepoint that was read has the {what} {word}; {hint}\n"
        ));
    }
}

impl ListItem for Fetched {
    fn id(&self) -> Option<&str> {
        self.result.as_ref().ok()?.id()
    }
}

/// How many of the savepoints read so far match.
pub(super) fn count_matches(selection: &Selection, paging: &Paging<Fetched>) -> usize {
    paging.items().filter(|item| selection.matches(item)).count()
}

/// Prints why there is no list.
pub(super) fn fail(
    results: &mut ResultWriter<'_, impl Write, impl Write>,
    error: FetchError,
) -> Result<FetchOutcome, Error> {
    match error {
        FetchError::Command(error) => Err(error),
        FetchError::Query { what, error } => {
            results.print_error(&what, &error);
            Ok(FetchOutcome::from_cause(&error.cause))
        }
    }
}

/// Reads pages until `wanted` savepoints match, or to the end of the list.
pub(super) async fn read(
    fetcher: &mut Fetcher<'_>,
    request: &Request,
    selection: &Selection,
    wanted: usize,
) -> Result<Paging<Fetched>, FetchError> {
    let invalid = |why| FetchError::query(LIST, invalid_id(&why));
    let place = &request.place;
    let job = selection.job.as_deref().map(JobId::new).transpose().map_err(invalid)?;
    let deployment = match &selection.deployment {
        Some(text) => Some(deployment_lookup::find(fetcher, place, text).await?),
        None => None,
    };
    let query = SavepointQuery { deployment, job };
    // A filter needs more candidates than matches.
    let size =
        u32::try_from(wanted).ok().filter(|_| selection.is_unfiltered()).unwrap_or(MAX_PAGE_SIZE);
    let query = |at| Query::Savepoints(place.clone(), query.clone().into(), at);
    let take = |reply, at| match reply {
        Reply::Savepoints(page) => {
            Some(page.map(|answer| Fetched { result: Ok(answer), received_at: Some(at) }))
        }
        _ => None,
    };
    let enough = |paging: &Paging<Fetched>| count_matches(selection, paging) >= wanted;
    fetcher.list(LIST, Paging::new(size, MAX_PAGES), query, take, enough).await
}

/// Returns what is missing from a list; `reached` if as many as wanted were read.
pub(super) fn missing_part<T: ListItem>(paging: &Paging<T>, reached: bool) -> Option<String> {
    let (read, unreadable) = (paging.items().len(), paging.unreadable());
    let named = u64::try_from(read + unreadable).unwrap_or(u64::MAX);
    if unreadable > 0 {
        Some(format!("{unreadable} of it could not be used"))
    } else if paging.is_truncated() && !reached {
        Some(format!("it is longer than the {read} that were read"))
    } else {
        let total = paging.total().filter(|total| !reached && *total > named)?;
        Some(format!("the service counts {total}, and named {named}"))
    }
}
