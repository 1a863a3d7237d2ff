//! Starting this program again, in as few system calls as that takes.
//!
//! The standard library has two ways to start a program. One goes through glibc's `posix_spawn`,
//! which asks and resets all 64 signal handlers: 128 system calls (glibc 2.36). The other opens a
//! pair of sockets to hear of a failure, and whoever traces a run of Candor shall see no network
//! call in any process. So the few calls stand here.

use std::{
    ffi::{CStr, CString},
    io::{self, PipeReader, PipeWriter, pipe},
    os::fd::{AsRawFd, RawFd},
    os::unix::{ffi::OsStringExt, process::ExitStatusExt},
    process::ExitStatus,
    ptr::null,
};

use libc::{c_char, c_int};

use super::kernel;

/// A started worker and the three pipes to it. Dropping it closes the pipes and ends the worker.
#[derive(Debug)]
pub struct Worker {
    /// Where its orders go; taken and dropped when they are complete.
    pub stdin: Option<PipeWriter>,
    /// Where its answers come from.
    pub stdout: Option<PipeReader>,
    /// Where its last words come from, if it panics.
    pub stderr: Option<PipeReader>,
    pid: libc::pid_t,
    ended: Option<ExitStatus>,
}

impl Worker {
    /// Returns the worker's process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid.unsigned_abs()
    }

    /// Ends the worker at once; nothing happens if it has ended already.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn kill(&mut self) -> io::Result<()> {
        match self.ended {
            Some(_) => Ok(()),
            // SAFETY: plain numbers; the process is ours and not yet waited for, so that no other
            // one can bear its number.
            None => {
                kernel::checked(unsafe { libc::kill(self.pid, libc::SIGKILL) }.into()).map(drop)
            }
        }
    }

    /// Waits until the worker has ended, and returns how.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(ended) = self.ended {
            return Ok(ended);
        }
        // A worker that reads on would wait for us.
        drop(self.stdin.take());
        let mut status: c_int = 0;
        loop {
            // SAFETY: the kernel writes one integer to the pointer.
            let answer = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
            match kernel::checked(answer.into()) {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let ended = ExitStatus::from_raw(status);
        self.ended = Some(ended);
        Ok(ended)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = self.wait();
    }
}

/// The whole environment of a worker. The C library then asks for large pages: what a worker fills is
/// many megabytes, and each page that is first touched costs as much as writing it does. Other C
/// libraries do not know the name.
///
/// Source: glibc manual 2.36, "Memory Allocation Tunables".
const MEMORY: &CStr = c"GLIBC_TUNABLES=glibc.malloc.hugetlb=1";

/// Starts this program again with `args`, three pipes and nothing of this one's environment.
///
/// The worker is killed when the thread that called this ends, so that no worker outlives its
/// broker: call it from a thread that waits for the worker. It is not confined until it calls
/// [`confine`](crate::confine).
///
/// # Errors
/// When a pipe or a process cannot be made. A program that cannot be started (`/proc` is not
/// mounted) shows as a worker that ends with status 127.
pub fn spawn_worker(args: &[&str]) -> io::Result<Worker> {
    let (stdin_read, stdin) = pipe()?;
    let (stdout, stdout_write) = pipe()?;
    let (stderr, stderr_write) = pipe()?;
    let streams = [
        stdin_read.as_raw_fd(),
        stdout_write.as_raw_fd(),
        stderr_write.as_raw_fd(),
    ];
    // In a list of processes the worker shall bear the name of its program.
    let name = std::env::args_os().next().unwrap_or_default().into_vec();
    let words: Vec<CString> = std::iter::once(CString::new(name))
        .chain(args.iter().map(|word| CString::new(*word)))
        .collect::<Result<_, _>>()?;
    let mut arguments: Vec<*const c_char> = words.iter().map(|word| word.as_ptr()).collect();
    arguments.push(null());
    let broker = std::process::id();
    // SAFETY: the child only makes system calls on memory prepared before, allocates nothing, takes
    // no lock, and ends in another program or in `_exit`.
    let pid = match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => unsafe { become_worker(streams, broker, &arguments) },
        pid => pid,
    };
    let (stdin, stdout, stderr) = (Some(stdin), Some(stdout), Some(stderr));
    Ok(Worker {
        stdin,
        stdout,
        stderr,
        pid,
        ended: None,
    })
}

/// What a child does between fork and the start of the program. Never returns.
///
/// # Safety
/// Only for the child of a fork; `arguments` must point to strings and end with null.
unsafe fn become_worker(streams: [RawFd; 3], broker: u32, arguments: &[*const c_char]) -> ! {
    // The link names this very file even after an update has replaced it on the disk.
    const ITSELF: &CStr = c"/proc/self/exe";
    let mut ready = kernel::end_with(broker).is_ok();
    for (number, stream) in (0..).zip(streams) {
        // Pipes are closed by the start of a program; their copies on 0, 1 and 2 are not. None of
        // them can be below 3: the runtime keeps those three open from the beginning.
        // SAFETY: plain numbers.
        ready &= unsafe { libc::dup2(stream, number) } == number;
    }
    if ready {
        let environment = [MEMORY.as_ptr(), null()];
        // SAFETY: the caller vouches for `arguments`; the environment is one constant.
        unsafe { libc::execve(ITSELF.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    }
    // SAFETY: ends the process without running anything that the parent registered.
    unsafe { libc::_exit(127) }
}
