//! A report: 140 bytes and a sealed body.
//!
//! ```text
//! ver 1 | prog 2 | epoch 4 | appver 2 | lane 1 | nonce 32 | mac 16 | tag 32 | y 32 | wc 16 | len 2 | body
//! ```
//!
//! Numbers are big-endian. One report has one byte string: what [`Report::parse`] takes,
//! [`Report::to_bytes`] gives back.

use crate::{
    Commitment, Epoch, Lane, Nonce, Program, ProgramNumber, Tag, Version,
    bytes::{Reader, VERSION, from_head},
    group, hash, log,
    program::{self, HEAD, SEAL},
};

/// Where the mac stands in a report.
const MAC: std::ops::Range<usize> = 42..58;

/// One report, well-formed. Whether its token and its share are good is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub(crate) program: ProgramNumber,
    pub(crate) epoch: Epoch,
    pub(crate) version: Version,
    pub(crate) nonce: Nonce,
    pub(crate) mac: [u8; 16],
    pub(crate) tag: Tag,
    pub(crate) y: [u8; 32],
    pub(crate) commitment: Commitment,
    pub(crate) body: Vec<u8>,
}

/// Why bytes are no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Fewer or more bytes than the report says.
    #[error("the report is cut short or has bytes after its end")]
    Length,
    /// Another version of the protocol.
    #[error("the report is of protocol version {0}, this is {VERSION}")]
    Version(u8),
    /// The body is of no length that reports have.
    #[error("a body of {0} bytes: reports have 80, 144 or 272")]
    Body(u16),
    /// The share is no scalar in its canonical form.
    #[error("the share is not a scalar in canonical form")]
    Share,
    /// The lane is not that of the tag.
    #[error("the lane is not that of the tag")]
    Lane,
}

from_head!(ReportError);

impl Program {
    /// Returns whether a report could be one of this program: its number and its length.
    #[must_use]
    pub fn admits(&self, report: &Report) -> bool {
        report.program() == self.number() && report.body().len() == self.body_length()
    }
}

impl ReportError {
    /// Returns the stable code that a server answers with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "report-length",
            Self::Version(_) => "protocol-version",
            Self::Body(_) => "report-body-length",
            Self::Share => "report-share",
            Self::Lane => "wrong-lane",
        }
    }
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// [`ReportError`] for every byte string that [`Self::to_bytes`] could not have given.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let (report, lane, length) = Self::fields(&mut reader).ok_or(ReportError::Length)?;
        let is_padded = program::PADS
            .iter()
            .any(|pad| usize::from(*pad) + SEAL == usize::from(length));
        if !is_padded {
            return Err(ReportError::Body(length));
        }
        let body = reader
            .take(usize::from(length))
            .ok_or(ReportError::Length)?;
        reader.end().ok_or(ReportError::Length)?;
        if !group::is_scalar(&report.y) {
            return Err(ReportError::Share);
        }
        if lane != report.lane() {
            return Err(ReportError::Lane);
        }
        Ok(Self {
            body: body.to_vec(),
            ..report
        })
    }

    /// Reads everything up to the body; beside it the lane and the body's length.
    fn fields(reader: &mut Reader<'_>) -> Option<(Self, Lane, u16)> {
        let program = ProgramNumber(reader.u16()?);
        let epoch = Epoch(reader.u32()?);
        let version = Version::from_u16(reader.u16()?);
        let lane = Lane(reader.u8()?);
        let report = Self {
            program,
            epoch,
            version,
            nonce: Nonce(reader.array()?),
            mac: reader.array()?,
            tag: Tag(reader.array()?),
            y: reader.array()?,
            commitment: Commitment(reader.array()?),
            body: Vec::new(),
        };
        Some((report, lane, reader.u16()?))
    }

    /// Writes the report as it travels.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.body.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.program.0.to_be_bytes());
        bytes.extend_from_slice(&self.epoch.0.to_be_bytes());
        bytes.extend_from_slice(&self.version.to_u16().to_be_bytes());
        bytes.push(self.lane().0);
        bytes.extend_from_slice(&self.nonce.0);
        bytes.extend_from_slice(&self.mac);
        bytes.extend_from_slice(&self.tag.0);
        bytes.extend_from_slice(&self.y);
        bytes.extend_from_slice(&self.commitment.0);
        let length = u16::try_from(self.body.len()).expect("a body has one of three lengths");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Returns the report with zeros for its mac: what the mac is over.
    pub(crate) fn unsigned_bytes(&self) -> Vec<u8> {
        let mut bytes = self.to_bytes();
        bytes[MAC].fill(0);
        bytes
    }

    /// Returns which program it is of.
    #[must_use]
    pub fn program(&self) -> ProgramNumber {
        self.program
    }

    /// Returns its epoch.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns the version of the program that made it.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the lane of its tag.
    #[must_use]
    pub fn lane(&self) -> Lane {
        program::lane_of(&self.tag)
    }

    /// Returns the nonce of its token.
    #[must_use]
    pub fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Returns its tag: the same in every report of one text and epoch.
    #[must_use]
    pub fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Returns where its share lies on the polynomial. It does not travel: it follows from nonce
    /// and tag, so no device can choose it.
    #[must_use]
    pub fn x(&self) -> [u8; 32] {
        x_of(&self.nonce, &self.tag).to_bytes()
    }

    /// Returns the share: the polynomial at [`Self::x`].
    #[must_use]
    pub fn y(&self) -> &[u8; 32] {
        &self.y
    }

    /// Returns the commitment that a withdrawal opens.
    #[must_use]
    pub fn commitment(&self) -> &Commitment {
        &self.commitment
    }

    /// Returns the sealed body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns its leaf in the Merkle tree of its partition.
    #[must_use]
    pub fn leaf(&self) -> log::Hash {
        log::leaf_hash(&self.to_bytes())
    }
}

/// Where a token's share of a tag lies.
pub(crate) fn x_of(nonce: &Nonce, tag: &Tag) -> curve25519_dalek::Scalar {
    hash::scalar("x", &[&nonce.0, &tag.0])
}
