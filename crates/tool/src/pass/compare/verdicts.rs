//! What is known of each candidate's content, filled in by many threads.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::pass::remember::Verdict;

/// The session of a candidate of which nothing is known.
const UNKNOWN: u64 = u64::MAX;

/// A verdict for each candidate, by its number. Each is written by one thread, and read when all
/// have ended.
#[derive(Debug, Default)]
pub(super) struct Verdicts(Vec<Slot>);

/// Session, and the two halves of the value.
type Slot = [AtomicU64; 3];

impl Verdicts {
    pub(super) fn unknown(candidates: usize) -> Self {
        let slot = || [UNKNOWN, 0, 0].map(AtomicU64::new);
        Self((0..candidates).map(|_| slot()).collect())
    }

    #[expect(clippy::cast_possible_truncation, reason = "cut into its halves")]
    pub(super) fn set(&self, candidate: u32, verdict: Verdict) {
        let [session, low, high] = &self.0[candidate as usize];
        session.store(verdict.session, Relaxed);
        low.store(verdict.value as u64, Relaxed);
        high.store((verdict.value >> 64) as u64, Relaxed);
    }

    pub(super) fn get(&self, candidate: u32) -> Option<Verdict> {
        let [session, low, high] = self.0[candidate as usize]
            .each_ref()
            .map(|it| it.load(Relaxed));
        (session != UNKNOWN).then_some(Verdict {
            session,
            value: u128::from(low) | u128::from(high) << 64,
        })
    }
}
