//! Stops the process group, as Ctrl-Z does, but only where a shell can continue it.

use std::io;

use rustix::process::{Signal, getpgrp, getppid, getsid, kill_current_process_group};

/// Checks that a shell can continue the program.
///
/// # Errors
/// Why none can, as a sentence for the user.
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

/// Stops every process of the group; returns when it is continued.
pub fn stop() -> io::Result<()> {
    // Not SIGTSTP, which `signals` catches. The kernel stops the calling thread before the call returns.
    Ok(kill_current_process_group(Signal::STOP)?)
}
