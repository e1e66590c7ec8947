//! The lists: filter, sort, page. Only the items of the requested page are rendered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::deployments::{AnyDeployment, AnyJob};
use super::error_response::ErrorResponse;
use super::response::{PageInfo, Payload};
use super::scenario::Scenario;
use super::synthetic::{self, GeneratedSavepoint, IdKind};

/// The parameters of a list request.
type Query = BTreeMap<String, String>;

/// Items a page by default, and at most.
const DEFAULT_PAGE_SIZE: usize = 10;
const MAX_PAGE_SIZE: usize = 100;

/// Where the data of a savepoint comes from.
#[derive(Debug, Clone, Copy)]
enum SavepointSource {
    Scripted(usize),
    InSeries { deployment: usize, series: usize, number: u32 },
    Synthetic(u32),
}

impl Scenario {
    /// `ListSavepoints`, newest first.
    pub(super) fn list_savepoints(&self, query: &Query) -> Result<Payload<'_>, ErrorResponse> {
        let (size, index) = page(query)?;
        let elapsed = self.elapsed();
        let mut found = self.found(query, elapsed);
        found.sort_by_key(|(at, _)| Reverse(*at));
        let total_size = found.len();
        let items: Vec<_> = found
            .into_iter()
            .skip((index - 1).saturating_mul(size))
            .take(size)
            .filter_map(|(_, found)| match found {
                SavepointSource::Scripted(nth) => self.data(&self.story.roles[nth], elapsed),
                SavepointSource::InSeries { deployment, series, number } => {
                    let place = (deployment, series);
                    let generated =
                        synthetic::in_series(&self.story.deployments[deployment], place, number);
                    generated.map(|generated| self.generated_data(generated, elapsed))
                }
                SavepointSource::Synthetic(number) => {
                    let generated = synthetic::savepoint(number, self.story.crowd.deployments);
                    Some(self.generated_data(generated, elapsed))
                }
            })
            .collect();
        Ok(Payload::list(&items, PageInfo { page_index: index, page_size: size, total_size }))
    }

    /// A generated savepoint by its ID: one of a series, or a synthetic one.
    pub(super) fn generated(
        &self,
        id: &str,
        elapsed: SignedDuration,
    ) -> Option<GeneratedSavepoint<'_>> {
        if let Some((nth, series, number)) = synthetic::position_in_series(id) {
            let deployment = self.story.deployments.get(nth)?;
            let there = deployment.series.get(series)?.numbers(elapsed).contains(&number);
            return synthetic::in_series(deployment, (nth, series), number).filter(|_| there);
        }
        let number = u32::try_from(synthetic::number(IdKind::Savepoint, id)?).ok()?;
        let crowd = self.story.crowd;
        (number < crowd.savepoints).then(|| synthetic::savepoint(number, crowd.deployments))
    }

    /// Every savepoint that exists now and matches the query, with the time of its creation.
    fn found(
        &self,
        query: &Query,
        elapsed: SignedDuration,
    ) -> Vec<(SignedDuration, SavepointSource)> {
        let text = |name: &str| query.get(name).map(String::as_str);
        let (deployment, job) = (text("deploymentId"), text("jobId"));
        let fits = |of_deployment: &str, of_job: &str| {
            deployment.is_none_or(|id| id == of_deployment) && job.is_none_or(|id| id == of_job)
        };
        let roles = self.story.roles.iter().enumerate();
        let mut found: Vec<_> = roles
            .filter(|(_, role)| fits(&role.deployment_id, &role.job_id))
            .filter(|(_, role)| role.step(elapsed).is_some())
            .map(|(nth, role)| (role.steps[0].at, SavepointSource::Scripted(nth)))
            .collect();
        for (nth, deployment) in self.story.deployments.iter().enumerate() {
            let fitting = deployment.series.iter().enumerate();
            for (nth_series, series) in fitting.filter(|(_, it)| fits(&deployment.id, &it.job)) {
                found.extend(series.numbers(elapsed).map(|number| {
                    let found =
                        SavepointSource::InSeries { deployment: nth, series: nth_series, number };
                    (series.triggered(number), found)
                }));
            }
        }
        let crowd = self.story.crowd;
        // Decode the ID once instead of generating the ID of every number.
        let deployment = deployment.map(|id| synthetic::number(IdKind::Deployment, id));
        let run = job.map(|id| synthetic::number(IdKind::Job, id));
        let mine = |wanted: Option<Option<u64>>, number: u32| {
            let of = u64::from(number % crowd.deployments.max(1));
            wanted.is_none_or(|wanted| wanted == Some(of))
        };
        let numbers = 0..crowd.savepoints;
        let numbers = numbers.filter(|number| mine(deployment, *number) && mine(run, *number));
        found.extend(
            numbers
                .map(|number| (synthetic::triggered(number), SavepointSource::Synthetic(number))),
        );
        found
    }

    /// `ListDeployments`, newest first.
    pub(super) fn list_deployments(&self, query: &Query) -> Result<Payload<'_>, ErrorResponse> {
        let (size, index) = page(query)?;
        let text = |name: &str| query.get(name).map(String::as_str);
        let is = |name, value: &str| text(name).is_none_or(|wanted| wanted == value);
        one_of(query, "executionMode", &["STREAMING", "BATCH"])?;
        one_of(query, "status", &["CANCELLED", "FAILED", "RUNNING", "TRANSITIONING", "FINISHED"])?;
        let order = one_of(query, "sortName", &["gmt_create", "gmt_modified"])?;
        let part = text("name").unwrap_or_default().to_lowercase();
        let mut found: Vec<AnyDeployment<'_>> = self
            .all_deployments()
            .filter(|deployment| deployment.name().to_lowercase().contains(&part))
            .filter(|deployment| is("executionMode", deployment.execution_mode()))
            .filter(|deployment| is("status", deployment.status()))
            .filter(|_| {
                is("creator", AnyDeployment::CREATOR) && is("modifier", AnyDeployment::CREATOR)
            })
            .filter(|_| text("labelKey").is_none())
            .collect();
        found.sort_by_key(|deployment| {
            Reverse(if order == Some("gmt_modified") {
                deployment.modified()
            } else {
                deployment.created()
            })
        });
        let total_size = found.len();
        let items = found.into_iter().skip((index - 1).saturating_mul(size)).take(size);
        let items: Vec<_> = items.map(|deployment| deployment.data(self)).collect();
        Ok(Payload::list(&items, PageInfo { page_index: index, page_size: size, total_size }))
    }

    /// `ListJobs`, newest first.
    pub(super) fn list_jobs(&self, query: &Query) -> Result<Payload<'_>, ErrorResponse> {
        let (size, index) = page(query)?;
        let id = query.get("deploymentId").ok_or_else(|| ErrorResponse::missing("DeploymentId"))?;
        let order = one_of(query, "sortName", &["gmt_create", "job_id", "status"])?;
        let direction = one_of(query, "sortOrder", &["asc", "desc"])?;
        let deployment =
            self.deployment_by_id(id).ok_or_else(|| ErrorResponse::not_found("deployment"))?;
        let mut found: Vec<AnyJob<'_>> = deployment.jobs();
        match order {
            Some("job_id") => found.sort_by_key(|run| run.id().into_owned()),
            Some("status") => found.sort_by_key(AnyJob::state),
            _ => found.sort_by_key(AnyJob::started),
        }
        if direction != Some("asc") {
            found.reverse();
        }
        let total_size = found.len();
        let items = found.into_iter().skip((index - 1).saturating_mul(size)).take(size);
        let items: Vec<_> = items.map(|run| run.data(self)).collect();
        Ok(Payload::list(&items, PageInfo { page_index: index, page_size: size, total_size }))
    }
}

/// The page's size and its index, from 1.
fn page(query: &Query) -> Result<(usize, usize), ErrorResponse> {
    let number = |name: &str, parameter: &str, usual: usize, most: usize| {
        let Some(text) = query.get(name) else { return Ok(usual) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| ErrorResponse::invalid(parameter))
    };
    Ok((
        number("pageSize", "PageSize", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?,
        number("pageIndex", "PageIndex", 1, usize::MAX)?,
    ))
}

/// Returns a parameter that must have one of these values, if it is present.
fn one_of<'a>(
    query: &'a Query,
    name: &str,
    values: &[&str],
) -> Result<Option<&'a str>, ErrorResponse> {
    let value = query.get(name).map(String::as_str);
    if value.is_none_or(|value| values.contains(&value)) {
        return Ok(value);
    }
    let parameter = name[..1].to_uppercase() + &name[1..];
    Err(ErrorResponse::invalid(&parameter))
}
