//! Threads: one per processor, and more while the device is what everyone waits for.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

/// The most threads a crew grows to. A disk that answers many requests at once gains little from
/// more, and each of them holds a few open folders.
pub(super) const MOST: usize = 16;

/// An operation that takes longer than this waits for a device, not for a processor.
const SLOW: Duration = Duration::from_micros(150);

/// How many operations are averaged before a thread asks for another one.
const SAMPLE: u32 = 48;

/// One thread of a crew.
pub(super) struct Hand<'a> {
    /// Its number: below [`MOST`], different for each hand of a crew.
    pub(super) number: usize,
    hire: &'a dyn Fn(),
    spent: Duration,
    operations: u32,
}

impl Hand<'_> {
    /// Notes that `operations` system calls took `spent`; when they were slow, the crew grows by one.
    pub(super) fn waited(&mut self, spent: Duration, operations: u32) {
        self.spent += spent;
        self.operations += operations;
        if self.operations >= SAMPLE {
            if self.spent > SLOW * self.operations {
                (self.hire)();
            }
            (self.spent, self.operations) = (Duration::ZERO, 0);
        }
    }
}

/// Runs `work` on `start` threads, the calling one among them, and returns what each came back with.
///
/// More hands join when one of them [`waited`](Hand::waited) long, up to `most` and [`MOST`]. If the
/// system gives no more threads, the work is done by those there are.
pub(super) fn crew<T: Send>(
    start: usize,
    most: usize,
    work: &(dyn Fn(&mut Hand) -> T + Sync),
) -> Vec<T> {
    let most = most.min(MOST);
    let team = Team {
        work,
        most,
        hired: AtomicUsize::new(1),
        results: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for _ in 1..start.min(most) {
            team.hire(scope);
        }
        team.run(scope, 0);
    });
    team.results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

struct Team<'w, T> {
    work: &'w (dyn Fn(&mut Hand) -> T + Sync),
    most: usize,
    hired: AtomicUsize,
    results: Mutex<Vec<T>>,
}

impl<T: Send> Team<'_, T> {
    fn hire<'scope, 'env>(&'env self, scope: &'scope std::thread::Scope<'scope, 'env>) {
        let number = self.hired.fetch_add(1, Relaxed);
        if number < self.most {
            // A system that gives no thread (a limit on processes) slows us down, nothing more.
            let _ = std::thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn_scoped(scope, move || self.run(scope, number));
        }
    }

    fn run<'scope, 'env>(
        &'env self,
        scope: &'scope std::thread::Scope<'scope, 'env>,
        number: usize,
    ) {
        let hire = || self.hire(scope);
        let mut hand = Hand {
            number,
            hire: &hire,
            spent: Duration::ZERO,
            operations: 0,
        };
        let result = (self.work)(&mut hand);
        self.results
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crew_grows_only_when_the_device_is_slow() {
        let quick = crew(2, MOST, &|hand| {
            hand.waited(Duration::from_micros(10), SAMPLE)
        });
        assert_eq!(quick.len(), 2);
        let slow = crew(2, MOST, &|hand| hand.waited(Duration::from_secs(1), SAMPLE));
        assert_eq!(slow.len(), MOST);
        let told = crew(2, 2, &|hand| hand.waited(Duration::from_secs(1), SAMPLE));
        assert_eq!(told.len(), 2);
    }
}
