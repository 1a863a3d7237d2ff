//! Every row of an opened tag, one after another: good, or what is wrong with it.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Closed, Opened, Row};
use crate::{
    Epoch, Program, Tag, group,
    share::{self, Context},
};

/// The most bad rows that are named; all are counted.
const MOST_NAMED: usize = 4096;

/// What one row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Share and body are good; the counted fields as one number.
    Good {
        /// For [`Program::decode`].
        aux: u16,
    },
    /// The share does not lie on the polynomial. Its body is not looked at.
    BadShare,
    /// The share is good, the body is not.
    BadBody(BadBody),
    /// A row with the same `x` came before it.
    Repeated,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BadBody {
    /// It was not sealed under its share's key.
    Seal,
    /// What it holds is not filled up as it must be.
    Padding,
    /// It holds another text than that of its tag.
    Text,
    /// It holds the text of its tag, which is not in the program's normal form.
    Form,
    /// Its counted fields have no such value.
    Aux,
}

/// What came of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// The text, in the program's normal form.
    pub text: String,
    /// How many rows had which counted fields.
    pub counts: BTreeMap<u16, u64>,
    /// How many rows were good.
    pub good: u64,
    /// How many shares were bad, and where they lie (at most 4096 are named).
    pub bad_shares: u64,
    /// Their `x`.
    pub bad_shares_at: Vec<[u8; 32]>,
    /// How many bodies were bad.
    pub bad_bodies: u64,
    /// Their `x`, and what is wrong (at most 4096 are named).
    pub bad_bodies_at: Vec<([u8; 32], BadBody)>,
    /// How many rows repeated an `x`.
    pub repeated: u64,
}

/// Goes over the rows of a tag that was opened. Rows with one `x` must come one after another
/// (sorted by `x`, or each `x` once).
pub struct Tally<'a> {
    program: &'a Program,
    epoch: Epoch,
    tag: Tag,
    opened: Opened,
    last: Option<[u8; 32]>,
    text: Option<Zeroizing<String>>,
    seen: Revealed,
}

impl std::fmt::Debug for Tally<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Tally({})", self.tag)
    }
}

impl<'a> Tally<'a> {
    /// Begins to count.
    #[must_use]
    pub fn of(program: &'a Program, epoch: Epoch, tag: &Tag, opened: &Opened) -> Self {
        Self {
            program,
            epoch,
            tag: *tag,
            opened: opened.clone(),
            last: None,
            text: None,
            seen: Revealed {
                text: String::new(),
                counts: BTreeMap::new(),
                good: 0,
                bad_shares: 0,
                bad_shares_at: Vec::new(),
                bad_bodies: 0,
                bad_bodies_at: Vec::new(),
                repeated: 0,
            },
        }
    }

    /// Checks one row, and counts it.
    pub fn count(&mut self, row: &Row) -> Verdict {
        let verdict = match self.last.replace(row.x) {
            Some(last) if last == row.x => Verdict::Repeated,
            _ => self.check(row),
        };
        let seen = &mut self.seen;
        match verdict {
            Verdict::Good { aux } => {
                seen.good += 1;
                *seen.counts.entry(aux).or_default() += 1;
            }
            Verdict::BadShare => {
                seen.bad_shares += 1;
                if seen.bad_shares_at.len() < MOST_NAMED {
                    seen.bad_shares_at.push(row.x);
                }
            }
            Verdict::BadBody(why) => {
                seen.bad_bodies += 1;
                if seen.bad_bodies_at.len() < MOST_NAMED {
                    seen.bad_bodies_at.push((row.x, why));
                }
            }
            Verdict::Repeated => seen.repeated += 1,
        }
        verdict
    }

    /// Returns what came of the tag.
    ///
    /// # Errors
    /// [`Closed::NoText`] where no row was good.
    pub fn finish(mut self) -> Result<Revealed, Closed> {
        let text = self.text.take().ok_or(Closed::NoText)?;
        self.seen.text = text.to_string();
        Ok(self.seen)
    }

    fn check(&mut self, row: &Row) -> Verdict {
        let secret = &self.opened.secret;
        let (Some(x), Some(y)) = (group::scalar(&row.x), group::scalar(&row.y)) else {
            return Verdict::BadShare;
        };
        if secret.at(&x) != y {
            return Verdict::BadShare;
        }
        let context = Context {
            program: self.program.hash(),
            epoch: self.epoch,
            tag: &self.tag,
        };
        let Some(plain) = context.open(secret, &x, &row.body) else {
            return Verdict::BadBody(BadBody::Seal);
        };
        let Some((text, aux)) = share::unpadded(&plain) else {
            return Verdict::BadBody(BadBody::Padding);
        };
        if secret.tag_of(text) != self.tag {
            return Verdict::BadBody(BadBody::Text);
        }
        // One tag has one text: it is checked and kept once.
        if self.text.is_none() {
            match std::str::from_utf8(text) {
                Ok(text) if self.program.check_text(text).is_ok() => {
                    self.text = Some(Zeroizing::new(text.to_owned()));
                }
                _ => return Verdict::BadBody(BadBody::Form),
            }
        }
        match self.program.has_aux(aux) {
            true => Verdict::Good { aux },
            false => Verdict::BadBody(BadBody::Aux),
        }
    }
}
