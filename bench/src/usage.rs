//! What one child took.
//!
//! Holds unsafe code: neither the standard library nor `rustix` 1.1 gives the resource usage that
//! `wait4` knows. One call, whose two pointers are to values on this stack.
#![allow(unsafe_code)]

use std::{
    io, mem::MaybeUninit, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration,
};

/// What a process and those it waited for took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// User and system time together.
    pub(crate) cpu: Duration,
    /// Most bytes in memory at once, of the largest of these processes. Source: getrusage(2).
    pub(crate) peak: u64,
}

/// Waits for a child to end. It is reaped: its number must not be waited for again.
///
/// # Errors
/// The system's, when there is no such child.
pub(crate) fn wait(pid: u32) -> io::Result<(ExitStatus, Usage)> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to live values of the types that wait4(2) writes.
        if unsafe { libc::wait4(pid, &raw mut status, 0, usage.as_mut_ptr()) } == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: zeroed above, and all bits are valid for its integers.
    let usage = unsafe { usage.assume_init() };
    let peak = u64::try_from(usage.ru_maxrss)
        .unwrap_or_default()
        .saturating_mul(1024);
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    Ok((ExitStatus::from_raw(status), Usage { cpu, peak }))
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
    seconds + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_waited_for_once_with_its_status() {
        // `wait` below reaps it.
        #[allow(clippy::zombie_processes)]
        let child = std::process::Command::new("sh")
            .args(["-c", "exit 3"])
            .spawn()
            .unwrap();
        let (status, usage) = wait(child.id()).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(usage.peak > 0);
        assert!(wait(child.id()).is_err());
    }
}
