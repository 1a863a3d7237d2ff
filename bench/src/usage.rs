//! What one child took.

use std::{
    io,
    process::{Child, ExitStatus},
    time::Duration,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

/// What a process and those it waited for took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// User and system time together.
    pub(crate) cpu: Duration,
    /// Most bytes in memory at once, of the largest of these processes. Source: getrusage(2).
    pub(crate) peak: u64,
}

/// Waits for the only child this process ever has: the system counts all that were waited for
/// together.
///
/// # Errors
/// The system's, when the child cannot be waited for.
pub(crate) fn wait(mut child: Child) -> io::Result<(ExitStatus, Usage)> {
    let status = child.wait()?;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    // Kibibytes on Linux.
    let peak = u64::try_from(usage.max_rss())
        .unwrap_or_default()
        .saturating_mul(1024);
    let cpu = duration(usage.user_time()) + duration(usage.system_time());
    Ok((status, Usage { cpu, peak }))
}

fn duration(time: TimeVal) -> Duration {
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or_default());
    seconds + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_waited_for_with_what_it_took() {
        // Long enough that some of its time is counted.
        let count = "n=0; while [ $n -lt 50000 ]; do n=$((n+1)); done; exit 3";
        let child = std::process::Command::new("sh")
            .args(["-c", count])
            .spawn()
            .unwrap();
        let (status, usage) = wait(child).unwrap();
        assert_eq!(status.code(), Some(3));
        // A shell needs more than 100 KiB and less than a gibibyte.
        assert!((100 << 10..1 << 30).contains(&usage.peak), "{usage:?}");
        assert!(usage.cpu > Duration::ZERO, "{usage:?}");
    }
}
