//! Making a report: a share of the text's secret, and the text sealed under it.
//!
//! All of it follows from the text, its randomness, a token and the withdrawal secret: the same
//! arguments give the same bytes, so that a report that is sent again is the same report.

use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Tag as Seal};
use curve25519_dalek::Scalar;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    Encoded, Epoch, Lane, Program, ProgramHash, ProgramNumber, Report, Tag, Version, hash,
    program::{self, SEAL},
    randomness::Randomness,
    report,
    token::Token,
    withdraw,
};

silent!(Prepared);

/// Why no report comes of it. Each is a mistake of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Randomness or token belong to another program or epoch.
    #[error("the {0} belongs to another program or epoch")]
    Other(&'static str),
    /// The token is for another lane.
    #[error("the token is for lane {token}, the text falls into lane {text}")]
    Lane {
        /// The token's lane.
        token: u8,
        /// The lane that a token is needed for.
        text: u8,
    },
    /// The text is longer than the program's bodies hold.
    #[error("the text is longer than the program lets through")]
    TooLong,
}

/// A text with its secret, ready for a token of its lane.
pub struct Prepared {
    program: ProgramHash,
    number: ProgramNumber,
    epoch: Epoch,
    secret: Secret,
    tag: Tag,
    plain: Zeroizing<Vec<u8>>,
}

impl Prepared {
    /// Derives secret and tag of a text.
    ///
    /// # Errors
    /// [`ShareError::Other`] where the randomness is not of this program and epoch,
    /// [`ShareError::TooLong`].
    pub fn of(
        program: &Program,
        epoch: Epoch,
        record: &Encoded,
        randomness: &Randomness,
    ) -> Result<Self, ShareError> {
        if randomness.program != *program.hash() || randomness.epoch != epoch {
            return Err(ShareError::Other("randomness"));
        }
        let secret = Secret::of(program, epoch, &randomness.output);
        let tag = secret.tag_of(record.text().as_bytes());
        let plain = padded(program, record).ok_or(ShareError::TooLong)?;
        Ok(Self {
            program: *program.hash(),
            number: program.number(),
            epoch,
            secret,
            tag,
            plain,
        })
    }

    /// Returns the lane a token is needed for.
    #[must_use]
    pub fn lane(&self) -> Lane {
        program::lane_of(&self.tag)
    }

    /// Returns the tag that the report will have.
    #[must_use]
    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Makes the report. The token is used up: a nonce never serves two texts.
    ///
    /// # Errors
    /// [`ShareError::Other`], [`ShareError::Lane`].
    pub fn report(
        &self,
        version: Version,
        token: Token,
        withdrawal: &withdraw::Secret,
    ) -> Result<Report, ShareError> {
        if token.program != self.program || token.epoch != self.epoch {
            return Err(ShareError::Other("token"));
        }
        if token.lane != self.lane() {
            return Err(ShareError::Lane {
                token: token.lane.0,
                text: self.lane().0,
            });
        }
        let x = report::x_of(&token.nonce, &self.tag);
        let context = Context {
            program: &self.program,
            epoch: self.epoch,
            tag: &self.tag,
        };
        let mut report = Report {
            program: self.number,
            epoch: self.epoch,
            version,
            nonce: token.nonce,
            mac: [0; 16],
            tag: self.tag,
            y: self.secret.at(&x).to_bytes(),
            commitment: withdrawal.commitment(),
            body: context.seal(&self.secret, &x, &self.plain),
        };
        report.mac = token.mac(&report);
        Ok(report)
    }
}

/// The secret of one text in one epoch: the polynomial that all its shares lie on.
///
/// Its coefficients follow from its value at zero, so whoever guesses or interpolates that value
/// can test it against one share.
pub(crate) struct Secret {
    /// Lowest first; as many as the threshold.
    coefficients: Vec<Scalar>,
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.coefficients.zeroize();
    }
}

impl Secret {
    pub(crate) fn of(program: &Program, epoch: Epoch, output: &[u8]) -> Self {
        let zero = hash::scalar("s0", &[&program.hash().0, &epoch.0.to_be_bytes(), output]);
        Self::from_zero(zero, program.threshold())
    }

    /// The polynomial whose value at zero is known.
    pub(crate) fn from_zero(zero: Scalar, threshold: u16) -> Self {
        let bytes = Zeroizing::new(zero.to_bytes());
        let higher = (1..threshold).map(|i| hash::scalar("coef", &[&*bytes, &i.to_be_bytes()]));
        Self {
            coefficients: std::iter::once(zero).chain(higher).collect(),
        }
    }

    /// The coefficients, lowest first.
    pub(crate) fn coefficients(&self) -> &[Scalar] {
        &self.coefficients
    }

    fn zero(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.coefficients[0].to_bytes())
    }

    /// The value at one point.
    pub(crate) fn at(&self, x: &Scalar) -> Scalar {
        let highest_first = self.coefficients.iter().rev();
        highest_first.fold(Scalar::ZERO, |sum, coefficient| sum * x + coefficient)
    }

    /// The tag of a text under this secret.
    pub(crate) fn tag_of(&self, text: &[u8]) -> Tag {
        Tag(hash::sha256("tag", &[&*self.zero(), text]))
    }

    /// The key of the body at one point. One key seals one body: the nonce of a token goes into
    /// `x`, and a nonce serves one report.
    fn key_at(&self, x: &Scalar) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hash::sha256("key", &[&*self.zero(), &x.to_bytes()]))
    }
}

/// What a body is bound to.
pub(crate) struct Context<'a> {
    pub(crate) program: &'a ProgramHash,
    pub(crate) epoch: Epoch,
    pub(crate) tag: &'a Tag,
}

impl Context<'_> {
    fn aad(&self) -> Vec<u8> {
        [
            &self.program.0[..],
            &self.epoch.0.to_be_bytes(),
            &self.tag.0,
        ]
        .concat()
    }

    pub(crate) fn seal(&self, secret: &Secret, x: &Scalar, plain: &[u8]) -> Vec<u8> {
        let cipher = ChaCha20Poly1305::new((&*secret.key_at(x)).into());
        let mut body = plain.to_vec();
        let seal = cipher
            .encrypt_in_place_detached(&[0; 12].into(), &self.aad(), &mut body)
            .expect("a body is shorter than the cipher can seal");
        body.extend_from_slice(&seal);
        body
    }

    /// Opens a body; `None` where it is not one that was sealed here.
    pub(crate) fn open(
        &self,
        secret: &Secret,
        x: &Scalar,
        body: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (sealed, seal) = body.split_at_checked(body.len().checked_sub(SEAL)?)?;
        let cipher = ChaCha20Poly1305::new((&*secret.key_at(x)).into());
        let mut plain = Zeroizing::new(sealed.to_vec());
        cipher
            .decrypt_in_place_detached(
                &[0; 12].into(),
                &self.aad(),
                &mut plain,
                Seal::from_slice(seal),
            )
            .ok()?;
        Some(plain)
    }
}

/// `len(text) 1 | text | aux 2 | zeros`, as long as the program's bodies are.
fn padded(program: &Program, record: &Encoded) -> Option<Zeroizing<Vec<u8>>> {
    let text = record.text().as_bytes();
    let length = u8::try_from(text.len()).ok()?;
    if text.len() > usize::from(program.max_length()) {
        return None;
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(program.body_length()));
    plain.push(length);
    plain.extend_from_slice(text);
    plain.extend_from_slice(&record.aux().to_be_bytes());
    plain.resize(program.body_length() - SEAL, 0);
    Some(plain)
}

/// Reads what [`padded`] wrote: text and aux; `None` for anything else.
pub(crate) fn unpadded(plain: &[u8]) -> Option<(&[u8], u16)> {
    let (length, rest) = plain.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    let (aux, zeros) = rest.split_first_chunk()?;
    let is_padding = zeros.iter().all(|byte| *byte == 0);
    is_padding.then_some((text, u16::from_be_bytes(*aux)))
}

#[cfg(test)]
mod tests;
