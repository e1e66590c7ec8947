//! The whole service is down, has a wrong clock, or applies a faults file.

use std::fs;

use crate::service::{Embedded, LIVE, recovers};
use crate::support::session::Launch;

#[test]
fn data_stays_during_an_outage_and_is_live_afterwards() {
    let embedded = Embedded::start();
    let session = embedded.watch();
    embedded.suffers("[[fault]]\nkind = { status = 503 }");
    session.wait_for("2 of 2 failing since");
    session.wait_for("service trouble (HTTP 503)");
    session.wait_for("2 STARTED");
    embedded.heals();
    recovers(&session);
}

#[test]
fn a_restarted_service_is_polled_again() {
    let embedded = Embedded::start();
    let address = embedded.service.address();
    let session = embedded.watch();
    drop(embedded);
    session.wait_for("2 of 2 failing since");
    session.wait_for("no connection");
    session.wait_for("2 STARTED");
    let _again = Embedded::start_at(address);
    recovers(&session);
}

#[test]
fn clock_skew_is_corrected_and_shown() {
    let embedded = Embedded::start();
    let session = embedded.watch();
    for (clock, words) in [("2h 30s", "2 h 00 min slow"), ("-3h 30s", "3 h 00 min fast")] {
        embedded.suffers(&format!("[[fault]]\nkind = {{ clock = {clock:?} }}"));
        session.wait(words, |seen| {
            let screen = seen.emulator.screen().contents();
            screen.contains(&format!("this machine's is {words}; requests"))
                && screen.contains(LIVE)
        });
    }
    embedded.heals();
    session.wait("the correction to end", |seen| {
        let screen = seen.emulator.screen().contents();
        !screen.contains("this machine's is") && screen.contains(LIVE)
    });
}

#[test]
fn the_demo_applies_a_faults_file() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("faults.toml");
    fs::write(&file, "[[fault]]\nkind = { status = 503 }\nanswers = 5\n").unwrap();
    let (binary, file) = (env!("CARGO_BIN_EXE_savepeek"), file.to_str().unwrap());
    let session = Launch::command(&[binary, "demo", "--faults", file]).size(150, 40).start();
    session.wait_for("service trouble (HTTP 503)");
    session.wait_for("COMPLETED");
}
