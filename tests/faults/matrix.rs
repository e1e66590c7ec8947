//! Every fault, with one of two savepoints of a service.

use std::panic::{self, AssertUnwindSafe};
use std::thread;

use crate::service::{Embedded, ILL, WELL, recovers, row};
use crate::support::wait_until;

/// A fault, what the header calls it, and what makes it pass once it is over: time, or a key.
struct Case {
    kind: &'static str,
    words: &'static [&'static str],
    helped_by: &'static str,
}

const fn passing(kind: &'static str, words: &'static [&'static str]) -> Case {
    Case { kind, words, helped_by: "" }
}

const CASES: [Case; 12] = [
    passing(r#"{ delay = "1m" }"#, &["no answer in time"]),
    passing(r#"{ drip = "100ms" }"#, &["no answer in time"]),
    passing("{ status = 503 }", &["service trouble (HTTP 503)"]),
    passing("{ status = 404 }", &["unreadable answer (HTTP 404)", "text/html: <html>"]),
    passing(
        r#"{ error = { status = 500, code = "InternalError", message = "Oh." } }"#,
        &["service trouble (InternalError)", "Oh."],
    ),
    passing(r#"{ throttle = "2s" }"#, &["throttled by the service"]),
    passing(r#""close""#, &["connection broke"]),
    passing(r#""reset""#, &["connection broke"]),
    passing(r#""truncate""#, &["connection broke"]),
    passing(r#""huge""#, &["unreadable answer (HTTP 200)", "more than 4 MiB"]),
    passing(r#""garbage""#, &["unreadable answer (HTTP 200)", "not UTF-8"]),
    Case {
        kind: r#""not-authorised""#,
        words: &["no permission stream:GetSavepoint"],
        helped_by: "R",
    },
];

/// They run all at once: each of them mostly waits.
#[test]
fn a_fault_is_shown_affects_no_other_savepoint_and_ends() {
    let failed: Vec<_> = thread::scope(|scope| {
        let run = |case| move || panic::catch_unwind(AssertUnwindSafe(|| endure(case)));
        let cases = CASES.each_ref().map(|case| (case.kind, scope.spawn(run(case))));
        let ends = cases.map(|(kind, thread)| (kind, thread.join().unwrap()));
        ends.into_iter().filter_map(|(kind, end)| end.is_err().then_some(kind)).collect()
    });
    assert!(failed.is_empty(), "{failed:?} failed, as said above");
}

fn endure(case: &Case) {
    let embedded = Embedded::start();
    let mut session = embedded.watch();
    embedded.suffers(&format!("[[fault]]\nid = {ILL:?}\nkind = {}", case.kind));
    for words in case.words {
        session.wait_for(words);
    }
    session.wait("one of the two to be in trouble", |seen| {
        let screen = seen.emulator.screen().contents();
        let (ill, well) = (row(&screen, "the ill one"), row(&screen, "the well one"));
        ["1 of 2 failing since", "1 of 2: "].iter().any(|words| screen.contains(words))
            && (ill.contains("STARTED") && ill.contains("error"))
            && (well.contains("STARTED") && !well.contains("error"))
    });

    // While it lasts, the other one goes on being answered.
    let before = embedded.answered(WELL);
    wait_until(&format!("the other one is asked beside {}", case.kind), || {
        embedded.answered(WELL) >= before + 3
    });

    embedded.heals();
    session.send(case.helped_by);
    recovers(&session);
    session.send("q");
    assert_eq!(session.exit(), 0);
}
