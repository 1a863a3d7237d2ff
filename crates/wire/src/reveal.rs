//! Opening a text that enough devices reported, whatever some of them sent.
//!
//! A good share lies on the one polynomial whose coefficients follow from its value at zero. So a
//! candidate certifies itself: from there on each share and each body is known to be good or bad
//! by itself, and the bad ones are named.
//!
//! For a tag with any number of rows in bounded memory, [`reveal_from`] goes over them as often as
//! it needs: a [`Pool`] takes a sample of the shares and opens, then a [`Tally`] checks all rows.
//! [`reveal`] does the same for rows that are in memory.

mod decode;
mod polynomial;
mod tally;

use std::{convert::Infallible, sync::Arc};

use curve25519_dalek::Scalar;
use rand_core::CryptoRngCore;

pub use self::tally::{BadBody, Revealed, Tally, Verdict};
use crate::{Epoch, Program, Report, Tag, group, share::Secret};

silent!(Opened);

/// The most shares that are looked at together; for a threshold above 256, so many beyond it.
pub const SAMPLE: usize = 512;
/// The most sets of shares that are tried where more are bad than decoding can bear.
pub const TRIALS: u64 = 100_000;
/// The most polynomials that are put aside, because their shares open and hold no text of the tag.
const MOST_ASIDE: usize = 8;

/// What is stored of one report, to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where the share lies: [`Report::x`].
    pub x: [u8; 32],
    /// The share: [`Report::y`].
    pub y: [u8; 32],
    /// The sealed body: [`Report::body`].
    pub body: Vec<u8>,
}

impl Row {
    /// Takes what is needed out of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            x: report.x(),
            y: *report.y(),
            body: report.body().to_vec(),
        }
    }
}

/// Why a tag stays closed. More shares may open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Fewer shares than the threshold.
    #[error("{shares} shares, {threshold} are needed")]
    TooFew {
        /// How many different shares there are.
        shares: u64,
        /// The threshold.
        threshold: u16,
    },
    /// So many shares are bad that none of the tried sets opened it.
    #[error("no set of {threshold} good shares found among {shares} in {trials} trials")]
    Poisoned {
        /// How many shares were looked at.
        shares: u64,
        /// The threshold.
        threshold: u16,
        /// How many sets were tried.
        trials: u64,
    },
    /// The shares are good, but no body holds the text of the tag.
    #[error("the shares open, but no body holds the text of the tag")]
    NoText,
}

/// A tag that was opened: what its shares and bodies are checked against.
#[derive(Clone)]
pub struct Opened {
    pub(crate) secret: Arc<Secret>,
}

/// A sample of the shares of one tag, every share with the same chance to be in it.
pub struct Pool {
    threshold: u16,
    most: usize,
    offered: u64,
    shares: Vec<(Scalar, Scalar)>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Pool({} of {})", self.shares.len(), self.offered)
    }
}

impl Pool {
    /// Returns an empty sample for a tag of this program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        Self {
            threshold: program.threshold(),
            most: SAMPLE.max(usize::from(program.threshold()) + SAMPLE / 2),
            offered: 0,
            shares: Vec::new(),
        }
    }

    /// Offers one share. Whoever offers sees to it that each `x` comes once; bytes that are no
    /// scalars are passed over, since no report carries them.
    pub fn offer(&mut self, x: &[u8; 32], y: &[u8; 32], rng: &mut impl CryptoRngCore) {
        let (Some(x), Some(y)) = (group::scalar(x), group::scalar(y)) else {
            return;
        };
        // At zero lies the secret itself: no report comes to lie there but by a broken hash.
        if x == Scalar::ZERO {
            return;
        }
        self.offered += 1;
        if self.shares.len() < self.most {
            self.shares.push((x, y));
            return;
        }
        // The n-th share replaces a random one with the chance most / n.
        let at = decode::below(rng, self.offered);
        if let Some(place) = usize::try_from(at)
            .ok()
            .and_then(|at| self.shares.get_mut(at))
        {
            *place = (x, y);
        }
    }

    /// Looks for the polynomial that at least a threshold of the shares lies on.
    ///
    /// Succeeds where of `n` shares in the sample at most `(n - K) / 2` are bad; beyond that by
    /// trying sets of `K`, at most [`TRIALS`].
    ///
    /// # Errors
    /// [`Closed::TooFew`], [`Closed::Poisoned`].
    pub fn open(&self, rng: &mut impl CryptoRngCore) -> Result<Opened, Closed> {
        let threshold = self.threshold;
        if self.shares.len() < usize::from(threshold) {
            return Err(Closed::TooFew {
                shares: self.shares.len() as u64,
                threshold,
            });
        }
        let found = decode::decode(&self.shares, threshold, rng);
        found
            .map(|secret| Opened {
                secret: Arc::new(secret),
            })
            .map_err(|trials| Closed::Poisoned {
                shares: self.shares.len() as u64,
                threshold,
                trials,
            })
    }

    /// Takes out all shares that lie on a polynomial which turned out not to be the tag's.
    pub fn put_aside(&mut self, opened: &Opened) {
        self.shares.retain(|(x, y)| opened.secret.at(x) != *y);
    }
}

/// Opens a tag whose rows are in memory, in any order. Of rows with one `x` the first counts.
///
/// # Errors
/// [`Closed`].
pub fn reveal(
    program: &Program,
    epoch: Epoch,
    tag: &Tag,
    rows: &[Row],
    rng: &mut impl CryptoRngCore,
) -> Result<Revealed, Closed> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| row.x);
    let visit = |see: &mut dyn FnMut(&Row)| -> Result<(), Infallible> {
        sorted.iter().for_each(|row| see(row));
        Ok(())
    };
    match reveal_from(program, epoch, tag, visit, rng) {
        Ok(revealed) => revealed,
    }
}

/// Opens a tag whose rows are read anew as often as is needed, at most ten times and twice where
/// nobody lies: `visit` shows each row to the function it gets, sorted by `x`, every time the same.
///
/// Shares may open by themselves and hold no text of the tag: somebody made a secret of their own
/// under it. They are put aside, and the others are looked at again.
///
/// # Errors
/// What `visit` says; inside, [`Closed`].
pub fn reveal_from<E>(
    program: &Program,
    epoch: Epoch,
    tag: &Tag,
    mut visit: impl FnMut(&mut dyn FnMut(&Row)) -> Result<(), E>,
    rng: &mut impl CryptoRngCore,
) -> Result<Result<Revealed, Closed>, E> {
    let mut pool = Pool::of(program);
    let mut last = None;
    visit(&mut |row| {
        if last.replace(row.x) != Some(row.x) {
            pool.offer(&row.x, &row.y, rng);
        }
    })?;
    let mut aside = 0;
    loop {
        let opened = match pool.open(rng) {
            Ok(opened) => opened,
            Err(_) if aside > 0 => return Ok(Err(Closed::NoText)),
            Err(why) => return Ok(Err(why)),
        };
        let mut tally = Tally::of(program, epoch, tag, &opened);
        visit(&mut |row| {
            tally.count(row);
        })?;
        match tally.finish() {
            Err(Closed::NoText) if aside < MOST_ASIDE => pool.put_aside(&opened),
            done => return Ok(done),
        }
        aside += 1;
    }
}

#[cfg(test)]
mod tests;
