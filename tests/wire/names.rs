//! Names and jobs from the embedded service, by the real client, poller and `update`.

use std::sync::Arc;

use savepeek::demo::{Service, Story};
use savepeek::poller::{self, Command, Query};
use savepeek::tui::effect::Effect;
use savepeek::tui::message::Message;
use savepeek::tui::model::{Settings, State};
use savepeek::tui::update::update;
use savepeek::util::clock;
use tokio::time::timeout;

use crate::PATIENCE;
use crate::embedded::client;

/// How many deployments the demo's savepoints belong to.
const DEPLOYMENTS: usize = 11;

#[tokio::test]
async fn the_demo_s_deployments_have_names_and_its_failed_job_has_a_reason() {
    let service = Service::start("127.0.0.1:0".parse().unwrap(), Story::embedded()).await.unwrap();
    let client = Arc::new(client(&service, service.credentials()));
    let rng = fastrand::Rng::with_seed(5);
    let pace = poller::Settings { rate: 50.0, ..poller::Settings::default() };
    let mut poller = poller::spawn(client, pace, clock::now, rng);
    let mut state = State::new(Settings::default(), clock::now());
    let targets = state.watch(service.targets());
    state.derive();
    let failed = targets.iter().find(|target| target.id.as_str().starts_with("5c613c12")).unwrap();
    state.list.selected = Some(failed.clone());
    state.list.held = true;
    poller.commands.send(Command::watch(targets.clone())).await.unwrap();

    let mut sent = Vec::new();
    let all = async {
        loop {
            let event = poller.events.recv().await.unwrap();
            for effect in update(&mut state, Message::Poller(event)).effects {
                if let Effect::Poller(Command::Subscribe(queries, recurrence)) = effect {
                    let lists = |it: &&Query| matches!(it, Query::Savepoints(..));
                    sent.extend(queries.iter().filter(|it| !lists(it)).cloned());
                    poller.commands.send(Command::Subscribe(queries, recurrence)).await.unwrap();
                }
            }
            let names = &state.metadata;
            let answers = state.feeds.iter().filter_map(|(target, feed)| {
                Some((&target.place, &feed.answer.as_ref()?.savepoint))
            });
            let (known, unknown): (Vec<_>, Vec<_>) = answers
                .map(|(place, it)| (it, names.name_of(place, it.deployment_id.as_deref().unwrap())))
                .partition(|(_, name)| name.is_some());
            let job = names.job(&failed.place, "4118d0bd-5bc2-446e-b8e1-555dc926f208");
            if let Some((job, _)) = job
                && unknown.is_empty()
                && known.len() >= 13
            {
                return job.clone();
            }
        }
    };
    let job = timeout(PATIENCE, all).await.unwrap();
    let message = job.failure.and_then(|failure| failure.message).unwrap();
    assert!(message.starts_with("Recovery is suppressed"), "{message}");
    assert_eq!(
        state.metadata.name_of(&failed.place, "e08757c2-2cb8-40dc-8469-c1bac9059777").unwrap().0,
        "device-telemetry"
    );
    assert_eq!(sent.len(), DEPLOYMENTS + 1, "each once, and one job: {sent:?}");
}
