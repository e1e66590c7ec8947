//! `savepeek list` and `savepeek latest`: which savepoints there are.
//!
//! A page that fails is asked for again. A list that could not be read so far is not printed at
//! all, because on paper nobody would see that it is not whole.

use std::cmp::Reverse;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use super::reader::{MOST_PAGES, Patience, Reader, Stop};
use super::report::Report;
use super::{Exit, Failure, Fetched, Request, deployment, invalid, read_or_left};
use crate::api::lists::{ListItem, MAX_PAGE_SIZE, SavepointQuery};
use crate::api::pagination::Paging;
use crate::commands::cli::{Limit, Output};
use crate::config::nearest::did_you_mean;
use crate::domain::job::JobId;
use crate::domain::savepoint::{ORIGINS, State};
use crate::poller::{Fetch, Query, Reply};
use crate::util::text::clean;

/// How many are printed unless something else is said.
const USUAL: usize = 20;

/// What a failed list is called.
const LIST: &str = "the list of savepoints";

/// Which savepoints.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Of the deployment with this name or ID.
    pub deployment: Option<String>,
    /// Of the job with this ID.
    pub job: Option<String>,
    /// In one of these states, if there are any.
    pub states: Vec<String>,
    /// Of none of these origins.
    pub not_origins: Vec<String>,
}

impl Selection {
    /// Whether it fits. The service selects by deployment and job alone.
    fn fits(&self, fetched: &Fetched) -> bool {
        if fetched.result.is_err() {
            return false;
        }
        let is = |words: &[String], value: Option<&str>| {
            words.iter().any(|word| value.is_some_and(|value| value.eq_ignore_ascii_case(word)))
        };
        (self.states.is_empty() || is(&self.states, state(fetched)))
            && !is(&self.not_origins, origin(fetched))
    }

    fn takes_all(&self) -> bool {
        self.states.is_empty() && self.not_origins.is_empty()
    }
}

fn state(fetched: &Fetched) -> Option<&str> {
    fetched.result.as_ref().ok()?.savepoint.state.as_ref().map(State::as_str)
}

fn origin(fetched: &Fetched) -> Option<&str> {
    fetched.result.as_ref().ok()?.savepoint.origin.as_deref()
}

/// Says which of the states and origins that were named nobody knows: a slip of the pen must not look
/// like a deployment without savepoints, or let through what was meant to be left out. The service may
/// have words of its own, so it is no error.
fn note_unknown_words(
    report: &mut Report<'_, impl Write, impl Write>,
    selection: &Selection,
    paging: &Paging<Fetched>,
) {
    let states = State::KNOWN.each_ref().map(State::as_str);
    note_unknown(report, paging, "state", &selection.states, &states, state);
    note_unknown(report, paging, "origin", &selection.not_origins, &ORIGINS, origin);
}

fn note_unknown(
    report: &mut Report<'_, impl Write, impl Write>,
    paging: &Paging<Fetched>,
    what: &str,
    words: &[String],
    known: &[&str],
    of: fn(&Fetched) -> Option<&str>,
) {
    for word in words {
        let is = |it: &str| it.eq_ignore_ascii_case(word);
        if known.iter().any(|it| is(it)) || paging.items().any(|item| of(item).is_some_and(is)) {
            continue;
        }
        let hint = did_you_mean(word, known.iter().copied());
        let hint = hint.unwrap_or_else(|| format!("usual are {}", known.join(", ")));
        let word = clean(word);
        report
            .say(&format!("savepeek: no savepoint that was read has the {what} {word}; {hint}\n"));
    }
}

impl ListItem for Fetched {
    fn id(&self) -> Option<&str> {
        self.result.as_ref().ok()?.id()
    }
}

/// Prints the newest, at most so many.
pub async fn list(
    client: Arc<impl Fetch>,
    request: &Request,
    selection: &Selection,
    limit: Option<Limit>,
    clock: impl Fn() -> Timestamp + Send + 'static,
    (out, err): (impl Write, impl Write),
) -> Result<Exit, Failure> {
    let most = most(limit);
    let mut report = Report::new(request, out, err);
    let mut reader = Reader::new(client, request, clock, Patience::of(request), |_| {});
    let paging = match read(&mut reader, request, selection, most).await {
        Ok(paging) => paging,
        Err(stop) => return fail(&mut report, stop),
    };
    let printed = print(&mut report, selection, &paging, most);
    read_or_left(printed)?;
    note_unknown_words(&mut report, selection, &paging);
    let found = found(selection, &paging);
    tell(&mut report, LIST, "savepoint", &paging, found, limit, selection.takes_all());
    Ok(report.exit)
}

/// How many are printed.
pub(super) fn most(limit: Option<Limit>) -> usize {
    match limit {
        None => USUAL,
        Some(Limit::First(most)) => most,
        Some(Limit::All) => usize::MAX,
    }
}

fn found(selection: &Selection, paging: &Paging<Fetched>) -> usize {
    paging.items().filter(|item| selection.fits(item)).count()
}

/// What there is to say of a list of which so many fit: whether it lacks something, whether there is
/// more of it. The service's total counts only where it knows the whole question.
pub(super) fn tell<T: ListItem>(
    report: &mut Report<'_, impl Write, impl Write>,
    list: &str,
    item: &str,
    paging: &Paging<T>,
    found: usize,
    limit: Option<Limit>,
    counted: bool,
) {
    let most = most(limit);
    let more = found > most || (found == most && paging.next().is_some());
    if let Some(lack) = lack(paging, found >= most) {
        report.exit = report.exit.max(Exit::NoAnswer);
        report.say(&format!("savepeek: {list} is not whole: {lack}\n"));
    } else if more && limit.is_none() {
        let total = paging.total().filter(|_| counted);
        let of = total.map_or(String::new(), |total| format!(" of {total}"));
        report.say(&format!("savepeek: the first {most}{of}; --limit all prints all\n"));
    } else if found == 0 {
        report.say(&format!("savepeek: there is no such {item}\n"));
    }
}

fn print(
    report: &mut Report<'_, impl Write, impl Write>,
    selection: &Selection,
    paging: &Paging<Fetched>,
    most: usize,
) -> Result<(), Failure> {
    for item in paging.items().filter(|item| selection.fits(item)).take(most) {
        report.add(item.id().unwrap_or_default(), item)?;
    }
    Ok(report.finish()?)
}

/// Prints the ID of the newest one, or as JSON the object that `get` prints; or nothing.
pub async fn latest(
    client: Arc<impl Fetch>,
    request: &Request,
    selection: &Selection,
    clock: impl Fn() -> Timestamp + Send + 'static,
    (out, err): (impl Write, impl Write),
) -> Result<Exit, Failure> {
    let mut report = Report::new(request, out, err);
    let mut reader = Reader::new(client, request, clock, Patience::of(request), |_| {});
    let paging = match read(&mut reader, request, selection, 1).await {
        Ok(paging) => paging,
        Err(stop) => return fail(&mut report, stop),
    };
    note_unknown_words(&mut report, selection, &paging);
    let fitting: Vec<&Fetched> = paging.items().filter(|item| selection.fits(item)).collect();
    // The service names the newest first; of those that came together this need not be believed.
    let newest = fitting.iter().copied().min_by_key(|item| Reverse(created_at(item)));
    let undated = fitting.len() > 1 && fitting.iter().any(|item| created_at(item).is_none());
    let undated = undated.then(|| "one of it does not say when it was created".to_owned());
    if let Some(lack) = lack(&paging, newest.is_some()).or(undated) {
        report.say(&format!("savepeek: cannot tell which is the newest: {lack}\n"));
        return Ok(Exit::NoAnswer);
    }
    let Some((newest, id)) = newest.and_then(|newest| Some((newest, newest.id()?))) else {
        report.say("savepeek: there is no such savepoint\n");
        return Ok(Exit::Missing);
    };
    read_or_left(match request.output {
        Output::Json => report.object(None, id, newest).map_err(Failure::from),
        Output::Table if is_word(id) => report.print(&format!("{id}\n")).map_err(Failure::from),
        Output::Table => {
            let id = clean(id);
            report.say(&format!(
                "savepeek: the newest savepoint's ID is not safe in a shell: {id}; --output json prints it\n"
            ));
            return Ok(Exit::NoAnswer);
        }
    })?;
    Ok(Exit::Fetched)
}

/// Whether an ID stays one word and means itself in a shell, in an option's value and in JSON, quoted
/// or not: scripts put it there. Another ID is not altered to be like that, because it would then name
/// nothing, or something else.
fn is_word(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    id.starts_with(|c: char| c.is_ascii_alphanumeric()) && id.chars().all(plain)
}

fn created_at(fetched: &Fetched) -> Option<Timestamp> {
    fetched.result.as_ref().ok()?.savepoint.created_at
}

/// Says why there is nothing to print.
pub(super) fn fail(
    report: &mut Report<'_, impl Write, impl Write>,
    stop: Stop,
) -> Result<Exit, Failure> {
    match stop {
        Stop::Failure(failure) => Err(failure),
        Stop::Unread(what, error) => {
            report.complain(&what, &error);
            Ok(Exit::of_cause(&error.cause))
        }
    }
}

/// Reads as many pages as are needed for so many savepoints that fit.
async fn read(
    reader: &mut Reader<'_>,
    request: &Request,
    selection: &Selection,
    most: usize,
) -> Result<Paging<Fetched>, Stop> {
    let refuse = |why| Stop::unread(LIST, invalid(&why));
    let place = &request.place;
    let job = selection.job.as_deref().map(JobId::new).transpose().map_err(refuse)?;
    let deployment = match &selection.deployment {
        Some(text) => Some(deployment::find(reader, place, text).await?),
        None => None,
    };
    let query = SavepointQuery { deployment, job };
    // With a filter more than are wanted have to be looked at.
    let size = u32::try_from(most).ok().filter(|_| selection.takes_all()).unwrap_or(MAX_PAGE_SIZE);
    let query = |at| Query::Savepoints(place.clone(), query.clone(), at);
    let take = |reply, at| match reply {
        Reply::Savepoints(page) => {
            Some(page.map(|answer| Fetched { result: Ok(answer), at: Some(at) }))
        }
        _ => None,
    };
    let enough = |paging: &Paging<Fetched>| found(selection, paging) >= most;
    reader.list(LIST, Paging::new(size, MOST_PAGES), query, take, enough).await
}

/// What is missing of a list that was read, as far as it had to be.
fn lack<T: ListItem>(paging: &Paging<T>, reached: bool) -> Option<String> {
    let (read, unreadable) = (paging.items().len(), paging.unreadable());
    let told = u64::try_from(read + unreadable).unwrap_or(u64::MAX);
    if unreadable > 0 {
        Some(format!("{unreadable} of it could not be used"))
    } else if paging.is_truncated() && !reached {
        Some(format!("it is longer than the {read} that were read"))
    } else {
        let total = paging.total().filter(|total| !reached && *total > told)?;
        Some(format!("the service counts {total}, and named {told}"))
    }
}

#[cfg(test)]
pub(super) mod tests;
