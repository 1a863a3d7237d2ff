//! The small values that name things on the wire.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Seconds in a day.
const DAY: u64 = 86_400;

/// Makes a type of so many bytes that is read and written as lower-case hex.
macro_rules! bytes_type {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Returns the bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Takes bytes of exactly this length; `None` for any other.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// Reads lower-case hex; `None` for anything else.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                from_hex(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}({self})", stringify!($name))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::from_hex(&text)
                    .ok_or_else(|| format!("`{text}` is not {} lower-case hex digits", $len * 2))
            }
        }
    };
}

bytes_type!(
    /// `P`: the SHA-256 over everything a program fixes. It enters every derivation.
    ProgramHash, 32
);
bytes_type!(
    /// What reports of one text in one epoch share, and nobody without the text can compute.
    Tag, 32
);
bytes_type!(
    /// The number a device drew for one token. A token is good for one report.
    Nonce, 32
);
bytes_type!(
    /// A SHA-256 that names bytes which are fetched.
    Digest, 32
);
bytes_type!(
    /// The hash of a withdrawal secret: who knows the secret can have the report erased.
    Commitment, 16
);
bytes_type!(
    /// A public key: of an epoch, an issuer (a ristretto255 point) or a signer (Ed25519).
    PublicKey, 32
);

impl ProgramHash {
    /// Returns the name on the wire of the program that has this hash.
    #[must_use]
    pub fn number(&self) -> ProgramNumber {
        ProgramNumber(u16::from_be_bytes([self.0[0], self.0[1]]))
    }
}

/// The first two bytes of a [`ProgramHash`]: what names a program on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgramNumber(pub u16);

impl fmt::Display for ProgramNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04x}", self.0)
    }
}

/// The number of a span of time in which one key of randomness holds; its length is the program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A day: floor of Unix seconds by 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub u32);

impl Day {
    /// Returns the day of a time in Unix seconds; the last there is for times beyond it.
    #[must_use]
    pub fn of(unix: u64) -> Self {
        Self(u32::try_from(unix / DAY).unwrap_or(u32::MAX))
    }

    /// Returns its first second, in Unix seconds.
    #[must_use]
    pub fn begins(self) -> u64 {
        u64::from(self.0) * DAY
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Which of a program's lanes a tag falls into: one token each, so one report each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lane(pub u8);

/// A version of the program that reports, `0.1`: major × 256 + minor on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
}

impl Version {
    /// Returns it as it stands on the wire.
    #[must_use]
    pub fn to_u16(self) -> u16 {
        u16::from_be_bytes([self.major, self.minor])
    }

    /// Reads what stands on the wire.
    #[must_use]
    pub fn from_u16(number: u16) -> Self {
        let [major, minor] = number.to_be_bytes();
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `0.1`, or the first two numbers of `0.1.2`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: Option<&str>| part.filter(|it| is_number(it))?.parse().ok();
        let mut parts = text.splitn(3, '.');
        let version = (|| {
            Some(Self {
                major: number(parts.next())?,
                minor: number(parts.next())?,
            })
        })();
        version.ok_or_else(|| {
            format!("`{text}` is no version: write two numbers below 256, like `0.1`")
        })
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Version {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Whether this is a number in its one way to be written: digits, no zero before them.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

/// Reads exactly so many bytes of lower-case hex.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_numbers() {
        let version: Version = "0.1.7".parse().unwrap();
        assert_eq!(version.to_string(), "0.1");
        assert_eq!(version.to_u16(), 1);
        assert_eq!(Version::from_u16(0x0203).to_string(), "2.3");
        for wrong in ["", "1", "1.", ".1", "256.0", "01.2", "+1.2", "1.x", "a"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn hex_is_read_in_one_form() {
        let tag = Tag([0xab; 32]);
        assert_eq!(Tag::from_hex(&tag.to_string()), Some(tag));
        assert_eq!(Tag::from_hex(&tag.to_string().to_uppercase()), None);
        assert_eq!(Commitment::from_hex("ab"), None);
    }

    #[test]
    fn a_day_is_86400_seconds() {
        assert_eq!(Day::of(86_399), Day(0));
        assert_eq!(Day::of(86_400), Day(1));
        assert_eq!(Day(1).begins(), 86_400);
        assert_eq!(Day::of(u64::MAX), Day(u32::MAX));
    }
}
