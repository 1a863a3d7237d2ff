//! From shares, some of them bad, to the one polynomial.
//!
//! Three ways, each dearer than the one before: any `K` shares; Gao's decoder for Reed–Solomon
//! codes, which bears `(n - K) / 2` bad ones; sets of `K`, tried until one certifies itself.
//!
//! Source: S. Gao, "A New Algorithm for Decoding Reed–Solomon Codes", 2003.

use curve25519_dalek::Scalar;
use rand_core::CryptoRngCore;

use super::{TRIALS, polynomial::Polynomial};
use crate::{hash, share::Secret};

/// Finds the secret whose polynomial at least `threshold` shares lie on; else how many sets were
/// tried. The shares' places are different and not zero.
pub(super) fn decode(
    shares: &[(Scalar, Scalar)],
    threshold: u16,
    rng: &mut impl CryptoRngCore,
) -> Result<Secret, u64> {
    let needed = usize::from(threshold);
    if shares.len() < needed {
        return Err(0);
    }
    if let Some(secret) = of_all(&shares[..needed], threshold) {
        return Ok(secret);
    }
    if shares.len() >= needed + 2
        && let Some(secret) = gao(shares, threshold)
    {
        return Ok(secret);
    }
    search(shares, threshold, rng)
}

/// The secret of exactly `threshold` shares, if all are good.
fn of_all(shares: &[(Scalar, Scalar)], threshold: u16) -> Option<Secret> {
    let weight = |at: usize| -> Scalar {
        let (before, after) = (&shares[..at], &shares[at + 1..]);
        let others = before.iter().chain(after);
        others.map(|(other, _)| shares[at].0 - other).product()
    };
    let mut weights: Vec<Scalar> = (0..shares.len()).map(weight).collect();
    // Beside the weights their places, so that one inversion does for both.
    weights.extend(shares.iter().map(|(x, _)| *x));
    Scalar::batch_invert(&mut weights);
    let (weights, places) = weights.split_at(shares.len());
    certified(shares.iter().zip(weights).zip(places), threshold)
}

/// Interpolates lowest and highest coefficient, and checks that one follows from the other.
///
/// With `w = 1 / Π (x - x')`, the highest is `Σ y w`, the lowest `Σ y w / -x · Π -x`.
fn certified<'a>(
    parts: impl Iterator<Item = ((&'a (Scalar, Scalar), &'a Scalar), &'a Scalar)>,
    threshold: u16,
) -> Option<Secret> {
    let (mut highest, mut lowest, mut product) = (Scalar::ZERO, Scalar::ZERO, Scalar::ONE);
    let mut first = None;
    for ((share, weight), inverse_of_x) in parts {
        let (x, y) = share;
        first.get_or_insert(share);
        let term = y * weight;
        highest += term;
        lowest -= term * inverse_of_x;
        product *= -x;
    }
    let zero = lowest * product;
    if !is_highest(&zero, &highest, threshold) {
        return None;
    }
    // Shares may be made so that both ends fit and the middle does not.
    let secret = Secret::from_zero(zero, threshold);
    let lies_on = |(x, y): &(Scalar, Scalar)| secret.at(x) == *y;
    first.is_some_and(lies_on).then_some(secret)
}

/// Whether the highest coefficient is the one that follows from the value at zero.
fn is_highest(zero: &Scalar, highest: &Scalar, threshold: u16) -> bool {
    let last = (threshold - 1).to_be_bytes();
    hash::scalar("coef", &[&zero.to_bytes(), &last]) == *highest
}

/// Decodes with up to `(n - K) / 2` bad shares.
fn gao(shares: &[(Scalar, Scalar)], threshold: u16) -> Option<Secret> {
    let needed = usize::from(threshold);
    let roots = Polynomial::with_roots(shares.iter().map(|(x, _)| *x));
    let (mut before, mut rest) = (roots.clone(), Polynomial::through(shares, &roots));
    let (mut earlier, mut factor) = (Polynomial::zero(), Polynomial::one());
    // Until the degree of the rest is below (n + K) / 2.
    while rest.len() > 0 && 2 * (rest.len() - 1) >= shares.len() + needed {
        let (quotient, next) = before.divided_by(&rest)?;
        let next_factor = earlier.minus_product(&quotient, &factor);
        (before, rest) = (rest, next);
        (earlier, factor) = (factor, next_factor);
    }
    let (found, remainder) = rest.divided_by(&factor)?;
    if remainder.len() > 0 || found.len() != needed {
        return None;
    }
    let secret = Secret::from_zero(found.coefficients()[0], threshold);
    (secret.coefficients() == found.coefficients()).then_some(secret)
}

/// Tries sets of `threshold` shares: all of them where there are few, random ones where not.
fn search(
    shares: &[(Scalar, Scalar)],
    threshold: u16,
    rng: &mut impl CryptoRngCore,
) -> Result<Secret, u64> {
    let needed = usize::from(threshold);
    let trials = trials(threshold);
    let table = Table::of(shares);
    let mut set = Set::default();
    if choices(shares.len(), needed).is_some_and(|all| all <= trials) {
        let mut tried = 0;
        return table
            .try_all(&mut set, 0, threshold, &mut tried)
            .ok_or(tried);
    }
    let mut places: Vec<usize> = (0..shares.len()).collect();
    for _ in 0..trials {
        set.clear();
        for at in 0..needed {
            let rest = (places.len() - at) as u64;
            let other = usize::try_from(below(rng, rest)).expect("below a length in memory");
            places.swap(at, at + other);
            table.add(&mut set, places[at]);
        }
        if let Some(secret) = table.certified(&set, threshold) {
            return Ok(secret);
        }
    }
    Err(trials)
}

/// How many sets are tried: a trial takes the square of the threshold, and all of them together
/// no longer than [`TRIALS`] at a threshold of 20.
fn trials(threshold: u16) -> u64 {
    let square = u64::from(threshold) * u64::from(threshold);
    (TRIALS * 400 / square).clamp(1, TRIALS)
}

/// Some of the shares, each with its weight among them.
#[derive(Default)]
struct Set {
    members: Vec<usize>,
    weights: Vec<Scalar>,
}

impl Set {
    fn clear(&mut self) {
        self.members.clear();
        self.weights.clear();
    }
}

/// Inverses of all distances, so that trying a set takes no inversion.
struct Table<'a> {
    shares: &'a [(Scalar, Scalar)],
    /// `1 / (x - x')` by row and column; on the diagonal `1 / x`.
    inverses: Vec<Scalar>,
}

impl<'a> Table<'a> {
    fn of(shares: &'a [(Scalar, Scalar)]) -> Self {
        let mut inverses = Vec::with_capacity(shares.len() * shares.len());
        for (at, (x, _)) in shares.iter().enumerate() {
            let distances = shares.iter().enumerate();
            inverses.extend(distances.map(|(to, (other, _))| match to == at {
                true => *x,
                false => x - other,
            }));
        }
        Scalar::batch_invert(&mut inverses);
        Self { shares, inverses }
    }

    fn inverse(&self, row: usize, column: usize) -> &Scalar {
        &self.inverses[row * self.shares.len() + column]
    }

    /// Adds a share: its weight, and its part in the weights of the others.
    fn add(&self, set: &mut Set, new: usize) {
        let mut weight = Scalar::ONE;
        for (member, of_member) in set.members.iter().zip(&mut set.weights) {
            *of_member *= self.inverse(*member, new);
            weight *= self.inverse(new, *member);
        }
        set.members.push(new);
        set.weights.push(weight);
    }

    fn certified(&self, set: &Set, threshold: u16) -> Option<Secret> {
        let shares = set.members.iter().map(|row| &self.shares[*row]);
        let places = set.members.iter().map(|row| self.inverse(*row, *row));
        certified(shares.zip(&set.weights).zip(places), threshold)
    }

    /// Goes through all sets that go on from this one with shares from `next` on. As deep as the
    /// threshold; the weights of a beginning are computed once for all sets that begin so.
    fn try_all(
        &self,
        set: &mut Set,
        next: usize,
        threshold: u16,
        tried: &mut u64,
    ) -> Option<Secret> {
        let missing = usize::from(threshold) - set.members.len();
        if missing == 0 {
            *tried += 1;
            return self.certified(set, threshold);
        }
        let weights = set.weights.clone();
        for new in next..=self.shares.len() - missing {
            self.add(set, new);
            let found = self.try_all(set, new + 1, threshold, tried);
            if found.is_some() {
                return found;
            }
            set.members.pop();
            set.weights.clone_from(&weights);
        }
        None
    }
}

/// How many sets of `size` there are; `None` where that is beyond 64 bits.
fn choices(of: usize, size: usize) -> Option<u64> {
    let size = size.min(of - size) as u64;
    let of = of as u64;
    (1..=size).try_fold(1_u64, |all, i| Some(all.checked_mul(of - size + i)? / i))
}

/// A random number below `bound`, which is not zero. Its bias is below 2^-32 for what is counted
/// here, and nothing secret depends on it.
pub(super) fn below(rng: &mut impl CryptoRngCore, bound: u64) -> u64 {
    rng.next_u64() % bound
}
