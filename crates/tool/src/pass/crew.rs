//! Threads: one per processor, and more while the device is what everyone waits for.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use super::system::processors;

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
        .unwrap_or_else(PoisonError::into_inner)
}

/// Makes `count` things on the processors there are and hands them to `take` in their order, each as
/// soon as it and all before it are made.
///
/// `threads` are used; `None` for one per processor. `take` is called from any of them, one at a time.
pub fn in_order<T: Send>(
    count: usize,
    threads: Option<usize>,
    make: &(dyn Fn(usize) -> T + Sync),
    take: &mut (dyn FnMut(T) + Send),
) {
    struct Line<'t, T> {
        next: usize,
        waiting: BTreeMap<usize, T>,
        take: &'t mut (dyn FnMut(T) + Send),
    }
    let line = Mutex::new(Line {
        next: 0,
        waiting: BTreeMap::new(),
        take,
    });
    let begun = AtomicUsize::new(0);
    let threads = threads.unwrap_or_else(processors).min(count);
    crew(threads, threads.max(1), &|_| {
        loop {
            let number = begun.fetch_add(1, Relaxed);
            if number >= count {
                return;
            }
            let made = make(number);
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let line = &mut *line;
            line.waiting.insert(number, made);
            while let Some(made) = line.waiting.remove(&line.next) {
                (line.take)(made);
                line.next += 1;
            }
        }
    });
}

/// Sorts by a key that no two elements share, on the processors there are.
pub(super) fn sort<T: Send, K: Ord>(
    all: &mut [T],
    threads: Option<usize>,
    key: impl Fn(&T) -> K + Sync,
) {
    /// Below this a second thread costs more than it brings.
    const WORTH: usize = 16 * 1024;
    let threads = threads.unwrap_or_else(processors).max(1);
    let part = all.len().div_ceil(threads).max(WORTH);
    if part >= all.len() {
        return all.sort_unstable_by_key(key);
    }
    std::thread::scope(|scope| {
        let mut parts = all.chunks_mut(part);
        let own = parts.next();
        for part in parts {
            let key = &key;
            let sort = move |part: &mut [T]| part.sort_unstable_by_key(key);
            std::thread::Builder::new()
                .spawn_scoped(scope, move || sort(part))
                .ok();
        }
        own.into_iter()
            .for_each(|own| own.sort_unstable_by_key(&key));
    });
    // Finds the sorted parts and only merges them.
    all.sort_by_key(key);
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
            .unwrap_or_else(PoisonError::into_inner)
            .push(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_in_their_order_whoever_made_them() {
        for threads in [None, Some(1), Some(7)] {
            let mut taken = Vec::new();
            in_order(500, threads, &|number| number, &mut |number| {
                taken.push(number)
            });
            assert!(taken.into_iter().eq(0..500));
        }
        in_order(0, None, &|_| (), &mut |()| panic!("made nothing"));
    }

    #[test]
    fn parts_sorted_apart_are_sorted_together() {
        let mut all: Vec<u64> = (0..100_000).map(|n| n * 7_919 % 100_003).collect();
        sort(&mut all, Some(3), |n| *n);
        assert!(all.is_sorted());
    }

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
