//! The program.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use savepeek::app::{self, World};
use savepeek::{clock, poller, state, view};
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let state = state::State {
        now: clock::now(),
        geometry: view::Geometry::default(),
        quiet: false,
        calm: Duration::ZERO,
    };
    let world = World {
        start: Box::new(|| {
            let (commands, mut told) = mpsc::channel(8);
            let (tell, events) = mpsc::channel(8);
            let task = tokio::spawn(async move {
                while told.recv().await.is_some() {}
                drop(tell);
            });
            poller::Handle { commands, events, task }
        }),
        demo: Box::new(|| Box::pin(async { Err("not here".to_owned()) })),
    };
    let end = runtime.block_on(app::run(state, world));
    // Not a drop, which waits for a name that is being resolved.
    runtime.shutdown_background();
    match end {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _nobody_reads = writeln!(std::io::stderr(), "savepeek: {error}");
            ExitCode::from(2)
        }
    }
}
