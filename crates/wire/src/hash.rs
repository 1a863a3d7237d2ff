//! Every hash of the protocol: a domain, then parts, each with its length before it.
//!
//! The length keeps two lists of parts from meeting in one byte string; the domain keeps two uses
//! of one list apart.

#[cfg(feature = "star")]
use curve25519_dalek::Scalar;
use sha2::{Digest, Sha256};

/// What stands before the name of every use.
const PROTOCOL: &[u8] = b"candor-star/1 ";

/// SHA-256 of a use and its parts.
pub(crate) fn sha256(usage: &str, parts: &[&[u8]]) -> [u8; 32] {
    framed(Sha256::new(), usage, parts).finalize().into()
}

/// A scalar out of 512 bits of SHA-512, so that its distance from uniform is below 2^-250.
#[cfg(feature = "star")]
pub(crate) fn scalar(usage: &str, parts: &[&[u8]]) -> Scalar {
    let wide = framed(sha2::Sha512::new(), usage, parts).finalize();
    Scalar::from_bytes_mod_order_wide(&wide.into())
}

/// The bytes that are hashed, for what is signed or authenticated as a whole.
#[cfg(feature = "star")]
pub(crate) fn message(usage: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame(usage, parts, |piece| bytes.extend_from_slice(piece));
    bytes
}

fn framed<D: Digest>(mut digest: D, usage: &str, parts: &[&[u8]]) -> D {
    frame(usage, parts, |piece| digest.update(piece));
    digest
}

/// `len(domain) 1 | domain | len(part) 4 | part | …`
fn frame(usage: &str, parts: &[&[u8]], mut write: impl FnMut(&[u8])) {
    let domain = u8::try_from(PROTOCOL.len() + usage.len()).expect("the uses are short words");
    write(&[domain]);
    write(PROTOCOL);
    write(usage.as_bytes());
    for part in parts {
        let length = u32::try_from(part.len()).expect("parts are bounded by their codecs");
        write(&length.to_be_bytes());
        write(part);
    }
}

#[cfg(all(test, feature = "star"))]
mod tests {
    use super::*;

    #[test]
    fn where_a_part_ends_is_part_of_the_hash() {
        assert_ne!(sha256("a", &[b"bc"]), sha256("a", &[b"b", b"c"]));
        assert_ne!(sha256("a", &[b"bc"]), sha256("ab", &[b"c"]));
        assert_eq!(message("a", &[b"bc"]), b"\x0fcandor-star/1 a\0\0\0\x02bc");
    }
}
