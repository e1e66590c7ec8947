//! `--job` and `--deployment` at startup, and following from the picker.

use super::*;

/// The program after this startup query.
fn started_with(wanted: StartupQuery) -> Harness {
    let mut harness = Harness::new(120, 40);
    harness.effects = run(&mut harness.state, &place(), wanted);
    harness.after(0);
    harness
}

#[test]
fn a_job_has_its_newest_watched() {
    let mut harness = started_with(StartupQuery::Job(JobId::new("j-1").unwrap()));
    harness.assert_screen("savepoints of job j-1");
    let query = harness.picker().asked.clone().unwrap();
    harness.replied(query, Ok(savepoints(0..30, 1, 30))).assert_screen("10 added");
    assert_eq!((harness.state.feeds.len(), harness.state.overlay.is_none()), (10, true));

    let mut harness = started_with(StartupQuery::Job(JobId::new("j-1").unwrap()));
    harness.state.settings.newest = 20;
    let query = harness.picker().asked.clone().unwrap();
    harness.replied(query, Ok(savepoints(0..30, 1, 30))).assert_screen("20 added");

    let mut harness = started_with(StartupQuery::Job(JobId::new("j-2").unwrap()));
    let query = harness.picker().asked.clone().unwrap();
    harness.replied(query, Ok(savepoints(0..0, 1, 0))).assert_screen("no savepoint so far");
    // Esc leads to the deployments.
    harness.keys("Esc").assert_screen("asking for the deployments ...").keys("Esc");
    assert!(harness.state.overlay.is_none());
}

/// The deployments that are followed.
fn followed(harness: &Harness) -> Vec<&str> {
    harness.state.histories.followed().map(|(_, deployment, _)| deployment.id.as_str()).collect()
}

#[test]
fn a_deployment_is_followed_from_the_picker_and_by_its_id() {
    let mut harness = opened();
    harness.keys("j f").assert_screen("following job-0001").assert_screen("followed");
    assert_eq!(followed(&harness), ["d-0001"]);
    harness
        .keys("f")
        .assert_screen("no longer followed: job-0001")
        .assert_not_on_screen("followed STREAMING");
    assert_eq!(followed(&harness), [""; 0]);
    harness.keys("f").assert_screen("following job-0001");
    harness.keys("j Enter f").assert_screen("following job-0002");
    assert_eq!(followed(&harness), ["d-0001", "d-0002"]);

    let harness = started_with(StartupQuery::Deployment(A.to_owned()));
    assert_eq!((followed(&harness), harness.state.overlay.is_none()), (vec![A], true));
}

#[rstest::rstest]
#[case::the_exact_one(&["orders", "orders-dev"], Ok("d-0000"))]
#[case::the_only_one(&["my-orders"], Ok("d-0000"))]
#[case::several(&["orders-a", "orders-b"], Err("several fit \"orders\": f follows one"))]
#[case::none(&[], Err("no deployment has \"orders\" in its name"))]
fn a_deployment_by_name_is_looked_up_and_followed(
    #[case] names: &[&str],
    #[case] expected: Result<&str, &str>,
) {
    let mut harness = started_with(StartupQuery::Deployment("orders".to_owned()));
    let query = of_deployments(Some("orders"), 1);
    assert_eq!(harness.effects(), [ask(query.clone())]);
    harness
        .assert_screen("asking for \"orders\" ...")
        .assert_not_on_screen("nothing loaded so far");
    harness.retrying(query.clone(), unavailable()).assert_screen("asked again at");
    let found: Vec<_> = (0..).zip(names).map(|(n, name)| deployment(n, name)).collect();
    let total = found.len() as u64;
    harness.replied(query, Ok(Reply::Deployments(page(found, 1, total))));
    match expected {
        Ok(id) => {
            harness.assert_screen(&format!("following {}", names[0]));
            assert_eq!((followed(&harness), harness.state.overlay.is_none()), (vec![id], true));
        }
        Err(words) => {
            harness.assert_screen(words);
            for name in names {
                harness.assert_screen(name);
            }
            assert_eq!(followed(&harness), Vec::<&str>::new());
        }
    }
}

#[test]
fn the_exact_name_may_be_on_a_later_page() {
    let mut harness = started_with(StartupQuery::Deployment("orders".to_owned()));
    let many: Vec<_> = (0..100).map(|n| deployment(n, &format!("orders-{n}"))).collect();
    let first = of_deployments(Some("orders"), 1);
    harness.effects();
    harness.replied(first, Ok(Reply::Deployments(page(many, 1, 101))));
    let second = of_deployments(Some("orders"), 2);
    assert_eq!(harness.effects(), [ask(second.clone())]);
    harness.replied(second, Ok(Reply::Deployments(page(vec![deployment(100, "orders")], 2, 101))));
    assert_eq!(followed(&harness), ["d-0100"]);
}

#[test]
fn a_followed_deployment_stays_followed() {
    let mut harness = started_with(StartupQuery::Deployment(A.to_owned()));
    harness.effects = run(&mut harness.state, &place(), StartupQuery::Deployment(A.to_owned()));
    harness.after(0).assert_screen("followed already");
    assert_eq!(followed(&harness), [A]);
}
