//! The operations other than `GetSavepoint`: lists, page by page, and single deployments and jobs.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::value::RawValue;

use super::error::Error;
use super::request::Operation;
use super::response::{Envelope, RawSavepoint, object, raw_savepoint};
use super::verify::matches_or_absent;
use super::{Answer, Client, Decode, Verify, decode, verify};
use crate::domain::deployment::{Deployment, DeploymentId};
use crate::domain::job::{Job, JobId};
use crate::domain::savepoint::{Place, Savepoint, SavepointId};

/// The service's limit.
pub const MAX_PAGE_SIZE: u32 = 100;

/// Which page of a list to request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageRequest {
    index: u32,
    size: u32,
}

impl PageRequest {
    /// Clamps the index, from 1, and the size to what the service accepts.
    pub fn new(index: u32, size: u32) -> Self {
        Self { index: index.max(1), size: size.clamp(1, MAX_PAGE_SIZE) }
    }

    /// The first page is 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// The most items on the page.
    pub fn size(self) -> u32 {
        self.size
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// In the service's order, usually newest first. Each has a valid ID.
    pub items: Vec<T>,
    /// How many more items could not be decoded, or did not match the request.
    pub unreadable: usize,
    /// The first page is 1.
    pub index: u32,
    /// The page size that the service used.
    pub size: u32,
    /// How many items all pages have, if the service says so.
    pub total: Option<u64>,
    /// `requestId`, or the header `x-acs-request-id`.
    pub request_id: Option<String>,
    /// From sending to the last byte.
    pub round_trip: Duration,
    /// The correction of the local clock, if the service rejected its time.
    pub clock_correction: Option<SignedDuration>,
}

pub trait ListItem {
    /// Unique within the list.
    fn id(&self) -> Option<&str>;
}

impl ListItem for Answer {
    fn id(&self) -> Option<&str> {
        self.savepoint.savepoint_id.as_deref()
    }
}

impl ListItem for Savepoint {
    fn id(&self) -> Option<&str> {
        self.savepoint_id.as_deref()
    }
}

impl ListItem for RawSavepoint {
    fn id(&self) -> Option<&str> {
        let id = self.savepoint.savepoint_id.as_deref();
        id.filter(|id| SavepointId::new(id).is_ok())
    }
}

impl ListItem for Deployment {
    fn id(&self) -> Option<&str> {
        self.deployment_id.as_ref().map(DeploymentId::as_str)
    }
}

/// A filter for savepoints. All set fields must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SavepointQuery {
    pub deployment: Option<DeploymentId>,
    pub job: Option<JobId>,
}

impl SavepointQuery {
    /// Whether a savepoint is not known to belong to another deployment or job. A gateway may drop
    /// the filter, and restarting from another deployment's savepoint would be harmful.
    fn fits(&self, savepoint: &Savepoint) -> bool {
        let fits = |expected: Option<&str>, actual| {
            expected.is_none_or(|expected| matches_or_absent(expected, actual))
        };
        fits(self.deployment.as_ref().map(DeploymentId::as_str), savepoint.deployment_id.as_deref())
            && fits(self.job.as_ref().map(JobId::as_str), savepoint.job_id.as_deref())
    }
}

impl Client {
    /// `ListSavepoints`, newest first. Items have the fields of `GetSavepoint`. As in every list, an
    /// item that does not match the request counts as unreadable, and a page with no other items is
    /// an error.
    ///
    /// # Errors
    /// The same as those of [`Client::get_savepoint`].
    pub async fn list_savepoints(
        &self,
        place: &Place,
        given: &SavepointQuery,
        at: PageRequest,
    ) -> Result<Page<Answer>, Error> {
        let query = [
            ("deploymentId", given.deployment.as_ref().map(DeploymentId::as_str)),
            ("jobId", given.job.as_ref().map(JobId::as_str)),
        ];
        let operation = list("ListSavepoints", place, &["savepoints"], &query, at);
        let decode: Decode<_> = |envelope| Items::of(envelope, raw_savepoint);
        let verify: Verify<'_, _> = &|items: &mut Items<RawSavepoint>| {
            let fits = |item: &RawSavepoint| given.fits(&item.savepoint);
            let what = "list of savepoints";
            verify::list(place, items, what, |item| item.savepoint.namespace.as_deref(), fits)
        };
        let page = self.page(&operation, at, decode, verify).await?;
        let (request_id, round_trip) = (page.request_id.clone(), page.round_trip);
        let clock_correction = page.clock_correction;
        Ok(page.map(|item| Answer {
            savepoint: item.savepoint,
            data: item.data,
            omitted_bytes: 0,
            request_id: request_id.clone(),
            round_trip,
            clock_correction,
        }))
    }

    /// `ListDeployments`: those whose names contain `name`.
    ///
    /// # Errors
    /// The same as those of [`Client::get_savepoint`].
    pub async fn list_deployments(
        &self,
        place: &Place,
        name: Option<&str>,
        at: PageRequest,
    ) -> Result<Page<Deployment>, Error> {
        let query = [("name", name)];
        let operation = list("ListDeployments", place, &["deployments"], &query, at);
        let decode: Decode<_> =
            |envelope| Items::of(envelope, |item| Some(decode::deployment(&object(item)?)));
        let verify: Verify<'_, _> = &|items: &mut Items<Deployment>| {
            let what = "list of deployments";
            verify::list(place, items, what, |item| item.namespace.as_deref(), |_| true)
        };
        self.page(&operation, at, decode, verify).await
    }

    /// `GetDeployment`.
    ///
    /// # Errors
    /// The same as those of [`Client::get_savepoint`].
    pub async fn get_deployment(
        &self,
        place: &Place,
        id: &DeploymentId,
    ) -> Result<Deployment, Error> {
        let segments = ["deployments", id.as_str()];
        let operation = get("GetDeployment", place, &segments);
        let decode: Decode<_> = |envelope| envelope.object("deployment", decode::deployment);
        let verify: Verify<'_, _> = &|answer| verify::deployment(place, id, answer);
        Ok(self.send(&operation, decode, verify).await?.value)
    }

    /// `GetJob`.
    ///
    /// # Errors
    /// The same as those of [`Client::get_savepoint`].
    pub async fn get_job(&self, place: &Place, id: &JobId) -> Result<Job, Error> {
        let segments = ["jobs", id.as_str()];
        let operation = get("GetJob", place, &segments);
        let decode: Decode<_> = |envelope| envelope.object("job", decode::job);
        let verify: Verify<'_, _> = &|answer| verify::job(place, id, answer);
        Ok(self.send(&operation, decode, verify).await?.value)
    }

    async fn page<T>(
        &self,
        operation: &Operation<'_>,
        at: PageRequest,
        decode: Decode<Items<T>>,
        verify: Verify<'_, Items<T>>,
    ) -> Result<Page<T>, Error> {
        let response = self.send(operation, decode, verify).await?;
        Ok(Page {
            items: response.value.read,
            unreadable: response.value.unreadable,
            index: response.value.index.unwrap_or(at.index),
            size: response.value.size.unwrap_or(at.size),
            total: response.value.total,
            request_id: response.request_id,
            round_trip: response.round_trip,
            clock_correction: response.clock_correction,
        })
    }
}

fn get<'a>(action: &'static str, place: &'a Place, segments: &'a [&'a str]) -> Operation<'a> {
    Operation { action, place, segments, query: BTreeMap::new() }
}

/// A list operation. Empty parameters are left out.
fn list<'a>(
    action: &'static str,
    place: &'a Place,
    segments: &'a [&'a str],
    query: &[(&str, Option<&str>)],
    at: PageRequest,
) -> Operation<'a> {
    let given = query.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let mut query: BTreeMap<String, String> = given
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    query.insert("pageIndex".to_owned(), at.index.to_string());
    query.insert("pageSize".to_owned(), at.size.to_string());
    Operation { action, place, segments, query }
}

pub(super) struct Items<T> {
    pub(super) read: Vec<T>,
    pub(super) unreadable: usize,
    index: Option<u32>,
    size: Option<u32>,
    total: Option<u64>,
}

impl<T: ListItem> Items<T> {
    /// Decodes item by item, so that an invalid item, or one without a valid ID, does
    /// not fail the page.
    fn of(envelope: &Envelope<'_>, read: impl Fn(&RawValue) -> Option<T>) -> Result<Self, Error> {
        let raw = envelope.items()?;
        let read = raw.iter().copied().filter_map(read).filter(|item| item.id().is_some());
        let read: Vec<T> = read.collect();
        let number = |name| envelope.fields.get(name).and_then(decode::number);
        let positive = |name| number(name).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        Ok(Self {
            unreadable: raw.len() - read.len(),
            read,
            index: positive("pageIndex"),
            size: positive("pageSize"),
            total: number("totalSize"),
        })
    }
}

impl<T> Page<T> {
    pub fn map<U>(self, to: impl Fn(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(to).collect(),
            unreadable: self.unreadable,
            index: self.index,
            size: self.size,
            total: self.total,
            request_id: self.request_id,
            round_trip: self.round_trip,
            clock_correction: self.clock_correction,
        }
    }
}

#[cfg(test)]
mod tests;
