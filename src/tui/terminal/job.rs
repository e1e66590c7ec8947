//! Stopping, as Ctrl-Z does: the whole job, and only where somebody can wake it again.

use std::io;

use rustix::process::{Signal, getpgrp, getppid, getsid, kill_current_process_group};

/// Whether a shell is there to bring the program back; if not, why.
pub fn can_stop() -> Result<(), &'static str> {
    let session = getsid(None).ok();
    if session == Some(getpgrp()) {
        return Err("nothing runs below savepeek in this terminal that could bring it back");
    }
    // The kernel calls such a group orphaned.
    if session != getppid().and_then(|parent| getsid(Some(parent)).ok()) {
        return Err("the shell that could bring savepeek back is gone");
    }
    Ok(())
}

/// Stops every process of the job; returns when it is continued.
pub fn stop() -> io::Result<()> {
    // Not SIGTSTP, which we catch. The kernel stops the calling thread before the call returns.
    Ok(kill_current_process_group(Signal::STOP)?)
}
