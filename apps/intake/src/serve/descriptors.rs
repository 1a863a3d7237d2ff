//! How many files and connections this process may have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections never get: those of partitions, of the log, of what is fetched.
const RESERVE: u64 = 256;
/// With fewer connections nobody is served.
const FEWEST: u64 = 16;

/// Raises the limit of this process as far as it may. What the system refuses stays as it was.
pub fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let _ = setrlimit(Resource::Nofile, raised);
}

/// Returns how many of so many wished connections can be open, so that files can be opened beside them.
#[must_use]
pub fn connections(wished: usize) -> usize {
    of(wished, getrlimit(Resource::Nofile).current)
}

/// Returns how many there could be if the limit were raised as far as it may be.
#[must_use]
pub fn connections_at_most(wished: usize) -> usize {
    of(wished, getrlimit(Resource::Nofile).maximum)
}

fn of(wished: usize, limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return wished };
    let room = limit.saturating_sub(RESERVE).max(FEWEST);
    wished.min(usize::try_from(room).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_keep_their_share() {
        assert_eq!(of(4096, None), 4096);
        assert_eq!(of(4096, Some(1024)), 1024 - 256);
        assert_eq!(of(100, Some(1024)), 100);
        assert_eq!(of(4096, Some(64)), 16);
    }
}
