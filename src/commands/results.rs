//! Results on standard output: JSON, one object a line as soon as it is known, or a table at the end.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::value::RawValue;
use unicode_width::UnicodeWidthStr;

use super::Error;
use super::exit::FetchOutcome;
use super::request::{Fetched, Request};
use crate::api::{self, Answer, Retry};
use crate::domain::savepoint::{Profile, State};
use crate::util::json;
use crate::util::text::clean;

const HEADER: [&str; 6] = ["ID", "STATE", "ORIGIN", "CREATED", "MODIFIED", "LOCATION"];

/// How `get` and `wait` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns, for people.
    Table,
    /// One JSON object a line, for programs.
    Json,
}

/// Prints results, and keeps the rows of a table until the end.
pub(super) struct ResultWriter<'a, O, E> {
    pub(super) request: &'a Request,
    pub(super) out: O,
    pub(super) err: E,
    rows: Vec<Row<6>>,
    /// The worst so far.
    pub(super) outcome: FetchOutcome,
}

/// A line of a table.
pub(super) struct Row<const N: usize> {
    pub(super) cells: [String; N],
    /// Printed below the row.
    pub(super) failure: Option<String>,
}

impl<'a, O: Write, E: Write> ResultWriter<'a, O, E> {
    pub(super) fn new(request: &'a Request, out: O, err: E) -> Self {
        Self { request, out, err, rows: Vec::new(), outcome: FetchOutcome::Fetched }
    }

    /// Prints the next result, in the order of the request.
    pub(super) fn add(&mut self, id: &str, fetched: &Fetched) -> io::Result<()> {
        self.outcome = self.outcome.max(FetchOutcome::from_result(&fetched.result));
        if let Err(error) = &fetched.result {
            self.print_error(id, error);
        }
        self.add_row(id, fetched);
        self.print_object(None, id, fetched)
    }

    pub(super) fn print_error(&mut self, id: &str, error: &api::Error) {
        self.print_stderr(&format!("savepeek: {}: {}\n", clean(id), error_line(error)));
    }

    pub(super) fn print_stderr(&mut self, text: &str) {
        // There is nowhere to report a failure of standard error.
        drop(self.err.write_all(text.as_bytes()));
    }

    /// Adds a row if the output is a table and the result a savepoint.
    pub(super) fn add_row(&mut self, id: &str, fetched: &Fetched) {
        if let (Output::Table, Ok(answer)) = (self.request.output, &fetched.result) {
            self.rows.push(Row::new(id, answer, &self.request.zone));
        }
    }

    /// Prints an object if the output is JSON. `event` is what made `wait` print it.
    pub(super) fn print_object(
        &mut self,
        event: Option<&str>,
        id: &str,
        fetched: &Fetched,
    ) -> io::Result<()> {
        if self.request.output == Output::Json {
            self.out.write_all(json_line(self.request, event, id, fetched)?.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Prints lines, which bring their line breaks.
    pub(super) fn print(&mut self, lines: &str) -> io::Result<()> {
        self.out.write_all(lines.as_bytes())?;
        self.out.flush()
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        let table = table(HEADER, &self.rows);
        self.print(&table)
    }
}

/// Treats a closed pipe as success: the reader has read enough.
pub(super) fn ignore_closed_pipe(printed: Result<(), Error>) -> Result<(), Error> {
    match printed {
        Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Returns aligned columns; nothing if there are no rows.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[Row<N>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths = header.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.width());
        }
    }
    let mut table = line(&header.map(str::to_owned), &widths);
    for row in rows {
        table += &line(&row.cells, &widths);
        if let Some(failure) = &row.failure {
            let _ = writeln!(table, "  failed: {failure}");
        }
    }
    table
}

/// A cell with a text of the service, cleaned; `-` for none.
pub(super) fn cell(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).map_or("-".to_owned(), |text| clean(text).into_owned())
}

pub(super) fn time(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or("-".to_owned(), |at| {
        let zoned = at.to_zoned_datetime(zone.clone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    })
}

impl Row<6> {
    fn new(id: &str, answer: &Answer, zone: &TimeZone) -> Self {
        let savepoint = &answer.savepoint;
        let failure = match (&savepoint.state, &savepoint.failure) {
            (Some(State::Failed), Some(failure)) => failure.message.as_deref(),
            _ => None,
        };
        Self {
            cells: [
                cell(Some(id)),
                cell(savepoint.state.as_ref().map(State::as_str)),
                cell(savepoint.origin.as_deref()),
                time(savepoint.created_at, zone),
                time(savepoint.modified_at, zone),
                cell(savepoint.location.as_deref()),
            ],
            failure: failure.filter(|text| !text.is_empty()).map(|text| clean(text).into_owned()),
        }
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        line += cell;
        line.extend(std::iter::repeat_n(' ', width + 2 - cell.width()));
    }
    line.truncate(line.trim_end().len());
    line + "\n"
}

/// Returns an error in one line, not yet cleaned: its summary, the service's message, the request ID.
pub(super) fn error_details(error: &api::Error) -> String {
    let mut line = error.summary();
    if !error.message.is_empty() {
        let _ = write!(line, ": {}", error.message);
    }
    if let Some(id) = &error.request_id {
        let _ = write!(line, " [requestId {id}]");
    }
    line
}

/// Returns [`error_details`], cleaned and with advice. An error that a retry may cure gets none:
/// the retries are over.
pub(super) fn error_line(error: &api::Error) -> String {
    let mut line = error_details(error);
    if !matches!(error.retry(), Retry::After(_)) {
        let _ = write!(line, " - {}", error.advice());
    }
    clean(&line).into_owned()
}

/// The result of one savepoint, with the service's data as received, except for white space.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    savepoint_id: &'a str,
    namespace: &'a str,
    workspace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    fetched_at: Option<String>,
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    savepoint: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorObject<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject<'a> {
    kind: &'a str,
    code: Option<&'a str>,
    message: String,
    request_id: Option<&'a str>,
    http_status: Option<u16>,
}

fn json_line(
    request: &Request,
    event: Option<&str>,
    id: &str,
    fetched: &Fetched,
) -> serde_json::Result<String> {
    let (savepoint, error, request_id) = match &fetched.result {
        Ok(answer) => {
            (Some(serde_json::from_str(&answer.data)?), None, answer.request_id.as_deref())
        }
        Err(error) => (None, Some(error), error.request_id.as_deref()),
    };
    let error = error.map(|error| ErrorObject {
        kind: error.kind(),
        code: error.code.as_deref(),
        message: if error.message.is_empty() { error.summary() } else { error.message.clone() },
        request_id,
        http_status: error.http_status,
    });
    let place = &request.place;
    Ok(json::line(&ResultObject {
        event,
        savepoint_id: id,
        namespace: place.namespace.as_str(),
        workspace: place.workspace.as_str(),
        profile: place.profile.as_ref().map(Profile::as_str),
        fetched_at: fetched.received_at.map(|at| format!("{at:.3}")),
        request_id,
        savepoint,
        error,
    }))
}
