//! What the command line asked for, and following from the picker.

use super::*;

/// What the command line asked for.
fn errand(wanted: StartupQuery) -> Harness {
    let mut stage = Harness::new(120, 40);
    stage.effects = run(&mut stage.state, &place(), wanted);
    stage.after(0);
    stage
}

#[test]
fn a_job_has_its_newest_watched() {
    let mut stage = errand(StartupQuery::Job(JobId::new("j-1").unwrap()));
    stage.see("savepoints of job j-1");
    let query = stage.picker().asked.clone().unwrap();
    stage.replied(query, Ok(savepoints(0..30, 1, 30))).see("10 added");
    assert_eq!((stage.state.feeds.len(), stage.state.overlay.is_none()), (10, true));

    let mut stage = errand(StartupQuery::Job(JobId::new("j-1").unwrap()));
    stage.state.settings.newest = 20;
    let query = stage.picker().asked.clone().unwrap();
    stage.replied(query, Ok(savepoints(0..30, 1, 30))).see("20 added");

    let mut stage = errand(StartupQuery::Job(JobId::new("j-2").unwrap()));
    let query = stage.picker().asked.clone().unwrap();
    stage.replied(query, Ok(savepoints(0..0, 1, 0))).see("no savepoint so far");
    // Out of it, there are the deployments.
    stage.keys("Esc").see("asking for the deployments ...").keys("Esc");
    assert!(stage.state.overlay.is_none());
}

/// The deployments that are followed.
fn followed(stage: &Harness) -> Vec<&str> {
    stage.state.histories.followed().map(|(_, deployment, _)| deployment.id.as_str()).collect()
}

#[test]
fn a_deployment_is_followed_from_the_picker_and_by_its_id() {
    let mut stage = opened();
    stage.keys("j f").see("following job-0001").see("followed");
    assert_eq!(followed(&stage), ["d-0001"]);
    stage.keys("f").see("no longer followed: job-0001").miss("followed STREAMING");
    assert_eq!(followed(&stage), [""; 0]);
    stage.keys("f").see("following job-0001");
    stage.keys("j Enter f").see("following job-0002");
    assert_eq!(followed(&stage), ["d-0001", "d-0002"]);

    let stage = errand(StartupQuery::Deployment(A.to_owned()));
    assert_eq!((followed(&stage), stage.state.overlay.is_none()), (vec![A], true));
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
    let mut stage = errand(StartupQuery::Deployment("orders".to_owned()));
    let query = of_deployments(Some("orders"), 1);
    assert_eq!(stage.effects(), [ask(query.clone())]);
    stage.see("asking for \"orders\" ...").miss("nothing loaded so far");
    stage.replied(query.clone(), Err(unavailable())).see("asked again at");
    let found: Vec<_> = (0..).zip(names).map(|(n, name)| deployment(n, name)).collect();
    let total = found.len() as u64;
    stage.replied(query, Ok(Reply::Deployments(page(found, 1, total))));
    match expected {
        Ok(id) => {
            stage.see(&format!("following {}", names[0]));
            assert_eq!((followed(&stage), stage.state.overlay.is_none()), (vec![id], true));
        }
        Err(words) => {
            stage.see(words);
            for name in names {
                stage.see(name);
            }
            assert_eq!(followed(&stage), Vec::<&str>::new());
        }
    }
}

#[test]
fn the_exact_name_may_be_on_a_later_page() {
    let mut stage = errand(StartupQuery::Deployment("orders".to_owned()));
    let many: Vec<_> = (0..100).map(|n| deployment(n, &format!("orders-{n}"))).collect();
    let first = of_deployments(Some("orders"), 1);
    stage.effects();
    stage.replied(first, Ok(Reply::Deployments(page(many, 1, 101))));
    let second = of_deployments(Some("orders"), 2);
    assert_eq!(stage.effects(), [ask(second.clone())]);
    stage.replied(second, Ok(Reply::Deployments(page(vec![deployment(100, "orders")], 2, 101))));
    assert_eq!(followed(&stage), ["d-0100"]);
}

#[test]
fn what_is_followed_already_goes_on_being_followed() {
    let mut stage = errand(StartupQuery::Deployment(A.to_owned()));
    stage.effects = run(&mut stage.state, &place(), StartupQuery::Deployment(A.to_owned()));
    stage.after(0).see("followed already");
    assert_eq!(followed(&stage), [A]);
}
