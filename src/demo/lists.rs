//! The lists: what there is, which of it is meant, in which order, and the part asked for. Only
//! that part is made into what the service says of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::answer::{Part, Sheet};
use super::deployments::{Owner, Run};
use super::error_response::Refusal;
use super::scenario::Stage;
use super::synthetic::{self, Kind, Outline};

/// A list's parameters.
type Query = BTreeMap<String, String>;

/// How many items a page has when nobody says, and at most.
const USUAL: usize = 10;
const MOST: usize = 100;

/// A savepoint by where it is to be found.
#[derive(Debug, Clone, Copy)]
enum Found {
    Role(usize),
    Serial { deployment: usize, series: usize, number: u32 },
    Crowd(u32),
}

impl Stage {
    /// `ListSavepoints`, newest first.
    pub(super) fn list_savepoints(&self, query: &Query) -> Result<Sheet<'_>, Refusal> {
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
                Found::Role(nth) => self.data(&self.story.roles[nth], elapsed),
                Found::Serial { deployment, series, number } => {
                    let place = (deployment, series);
                    let outline =
                        synthetic::serial(&self.story.deployments[deployment], place, number);
                    outline.map(|outline| self.outlined(outline, elapsed))
                }
                Found::Crowd(number) => {
                    let outline = synthetic::savepoint(number, self.story.crowd.deployments);
                    Some(self.outlined(outline, elapsed))
                }
            })
            .collect();
        Ok(Sheet::list(&items, Part { page_index: index, page_size: size, total_size }))
    }

    /// The savepoint that the story only outlines.
    pub(super) fn outline(&self, id: &str, elapsed: SignedDuration) -> Option<Outline<'_>> {
        if let Some((deployment, series, number)) = synthetic::place_of(id) {
            let owner = self.story.deployments.get(deployment)?;
            let there = owner.series.get(series)?.numbers(elapsed).contains(&number);
            return synthetic::serial(owner, (deployment, series), number).filter(|_| there);
        }
        let number = u32::try_from(synthetic::number(Kind::Savepoint, id)?).ok()?;
        let crowd = self.story.crowd;
        (number < crowd.savepoints).then(|| synthetic::savepoint(number, crowd.deployments))
    }

    /// Every savepoint that is there now and fits, with the moment of its creation.
    fn found(&self, query: &Query, elapsed: SignedDuration) -> Vec<(SignedDuration, Found)> {
        let text = |name: &str| query.get(name).map(String::as_str);
        let (deployment, job) = (text("deploymentId"), text("jobId"));
        let fits = |of_deployment: &str, of_job: &str| {
            deployment.is_none_or(|id| id == of_deployment) && job.is_none_or(|id| id == of_job)
        };
        let roles = self.story.roles.iter().enumerate();
        let mut found: Vec<_> = roles
            .filter(|(_, role)| fits(&role.deployment_id, &role.job_id))
            .filter(|(_, role)| role.step(elapsed).is_some())
            .map(|(nth, role)| (role.steps[0].at, Found::Role(nth)))
            .collect();
        for (nth, owner) in self.story.deployments.iter().enumerate() {
            let fitting = owner.series.iter().enumerate();
            for (nth_series, series) in fitting.filter(|(_, it)| fits(&owner.id, &it.job)) {
                found.extend(series.numbers(elapsed).map(|number| {
                    let found = Found::Serial { deployment: nth, series: nth_series, number };
                    (series.triggered(number), found)
                }));
            }
        }
        let crowd = self.story.crowd;
        // Whose ID it is decides, not whose is made of every number in turn.
        let owner = deployment.map(|id| synthetic::number(Kind::Deployment, id));
        let run = job.map(|id| synthetic::number(Kind::Job, id));
        let mine = |wanted: Option<Option<u64>>, number: u32| {
            let of = u64::from(number % crowd.deployments.max(1));
            wanted.is_none_or(|wanted| wanted == Some(of))
        };
        let numbers = 0..crowd.savepoints;
        let numbers = numbers.filter(|number| mine(owner, *number) && mine(run, *number));
        found.extend(numbers.map(|number| (synthetic::triggered(number), Found::Crowd(number))));
        found
    }

    /// `ListDeployments`, newest first.
    pub(super) fn list_deployments(&self, query: &Query) -> Result<Sheet<'_>, Refusal> {
        let (size, index) = page(query)?;
        let text = |name: &str| query.get(name).map(String::as_str);
        let is = |name, value: &str| text(name).is_none_or(|wanted| wanted == value);
        one_of(query, "executionMode", &["STREAMING", "BATCH"])?;
        one_of(query, "status", &["CANCELLED", "FAILED", "RUNNING", "TRANSITIONING", "FINISHED"])?;
        let order = one_of(query, "sortName", &["gmt_create", "gmt_modified"])?;
        let part = text("name").unwrap_or_default().to_lowercase();
        let mut found: Vec<Owner<'_>> = self
            .owners()
            .filter(|owner| owner.name().to_lowercase().contains(&part))
            .filter(|owner| is("executionMode", owner.execution_mode()))
            .filter(|owner| is("status", owner.status()))
            .filter(|_| is("creator", Owner::CREATOR) && is("modifier", Owner::CREATOR))
            .filter(|_| text("labelKey").is_none())
            .collect();
        found.sort_by_key(|owner| {
            Reverse(if order == Some("gmt_modified") { owner.modified() } else { owner.created() })
        });
        let total_size = found.len();
        let items = found.into_iter().skip((index - 1).saturating_mul(size)).take(size);
        let items: Vec<_> = items.map(|owner| owner.data(self)).collect();
        Ok(Sheet::list(&items, Part { page_index: index, page_size: size, total_size }))
    }

    /// `ListJobs`, newest first.
    pub(super) fn list_jobs(&self, query: &Query) -> Result<Sheet<'_>, Refusal> {
        let (size, index) = page(query)?;
        let id = query.get("deploymentId").ok_or_else(|| Refusal::missing("DeploymentId"))?;
        let order = one_of(query, "sortName", &["gmt_create", "job_id", "status"])?;
        let direction = one_of(query, "sortOrder", &["asc", "desc"])?;
        let owner = self.owner(id).ok_or_else(|| Refusal::not_found("deployment"))?;
        let mut found: Vec<Run<'_>> = owner.runs();
        match order {
            Some("job_id") => found.sort_by_key(|run| run.id().into_owned()),
            Some("status") => found.sort_by_key(Run::state),
            _ => found.sort_by_key(Run::started),
        }
        if direction != Some("asc") {
            found.reverse();
        }
        let total_size = found.len();
        let items = found.into_iter().skip((index - 1).saturating_mul(size)).take(size);
        let items: Vec<_> = items.map(|run| run.data(self)).collect();
        Ok(Sheet::list(&items, Part { page_index: index, page_size: size, total_size }))
    }
}

/// The page's size and its number, from 1.
fn page(query: &Query) -> Result<(usize, usize), Refusal> {
    let number = |name: &str, parameter: &str, usual: usize, most: usize| {
        let Some(text) = query.get(name) else { return Ok(usual) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| Refusal::invalid(parameter))
    };
    Ok((
        number("pageSize", "PageSize", USUAL, MOST)?,
        number("pageIndex", "PageIndex", 1, usize::MAX)?,
    ))
}

/// A parameter that has only so many values.
fn one_of<'a>(query: &'a Query, name: &str, values: &[&str]) -> Result<Option<&'a str>, Refusal> {
    let value = query.get(name).map(String::as_str);
    if value.is_none_or(|value| values.contains(&value)) {
        return Ok(value);
    }
    let parameter = name[..1].to_uppercase() + &name[1..];
    Err(Refusal::invalid(&parameter))
}
