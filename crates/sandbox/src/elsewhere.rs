//! Systems without a confinement that is supported: nothing is enforced, and every call says so.

use std::{
    io,
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
};

use crate::{Ground, InForce, NotConfined, Probe, Rights, Status};

/// Returns [`NotConfined::Unsupported`]: nothing is enforced on this system.
///
/// # Errors
/// Always.
pub fn confine(_rights: &Rights) -> Result<InForce, NotConfined> {
    Err(NotConfined::Unsupported)
}

/// Returns what this system offers: nothing that is supported.
#[must_use]
pub fn status() -> Status {
    Status {
        system: std::env::consts::OS.to_owned(),
        processor: std::env::consts::ARCH.to_owned(),
        landlock_abi: None,
        seccomp: false,
        enough: false,
    }
}

/// A started worker and the three pipes to it. Dropping it closes the pipes and ends the worker.
#[derive(Debug)]
pub struct Worker {
    /// Where its orders go; taken and dropped when they are complete.
    pub stdin: Option<ChildStdin>,
    /// Where its answers come from.
    pub stdout: Option<ChildStdout>,
    /// Where its last words come from, if it panics.
    pub stderr: Option<ChildStderr>,
    child: Child,
}

impl Worker {
    /// Returns the worker's process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the worker at once; nothing happens if it has ended already.
    ///
    /// # Errors
    /// What the system said.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    /// Waits until the worker has ended, and returns how.
    ///
    /// # Errors
    /// What the system said.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        self.child.wait()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = self.wait();
    }
}

/// Starts this program again with `args`, an empty environment and three pipes.
///
/// # Errors
/// When this program's own file cannot be found or started.
pub fn spawn_worker(args: &[&str]) -> io::Result<Worker> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(args)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    Ok(Worker {
        stdin,
        stdout,
        stderr,
        child,
    })
}

/// Returns no probes: there is no confinement to try here.
#[must_use]
pub fn probe(_ground: &Ground) -> Vec<Probe> {
    Vec::new()
}

/// Returns an empty text: no system call is filtered here.
#[must_use]
pub fn calls_text() -> String {
    String::new()
}
