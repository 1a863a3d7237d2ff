//! The group ristretto255 and the oblivious functions of RFC 9497 over it.
//!
//! The only module that names `voprf`, so that a later line of that crate is a change of one file.

use curve25519_dalek::Scalar;
use voprf::Group;

use crate::PublicKey;

/// Suite ristretto255-SHA512.
pub(crate) type Suite = voprf::Ristretto255;
pub(crate) type Blinded = voprf::BlindedElement<Suite>;
pub(crate) type Evaluated = voprf::EvaluationElement<Suite>;
pub(crate) type Proof = voprf::Proof<Suite>;
pub(crate) type VoprfClient = voprf::VoprfClient<Suite>;
pub(crate) type PoprfClient = voprf::PoprfClient<Suite>;
pub(crate) type VoprfServer = voprf::VoprfServer<Suite>;
pub(crate) type PoprfServer = voprf::PoprfServer<Suite>;

/// Bytes of a point and of a scalar.
pub(crate) const ELEMENT: usize = 32;
/// Bytes of a proof: two scalars.
pub(crate) const PROOF: usize = 64;
/// Bytes of an output.
pub(crate) const OUTPUT: usize = 64;

/// A point as `voprf` has it.
pub(crate) type Point = <Suite as Group>::Elem;

/// Reads a point. Neither the identity nor a second way to write a point is one.
pub(crate) fn point(key: &PublicKey) -> Option<Point> {
    <Suite as Group>::deserialize_elem(&key.0).ok()
}

/// Returns the public key of a point.
pub(crate) fn public_key(point: Point) -> PublicKey {
    PublicKey(<Suite as Group>::serialize_elem(point).into())
}

/// Whether these bytes are a scalar in its one form.
pub(crate) fn is_scalar(bytes: &[u8; 32]) -> bool {
    scalar(bytes).is_some()
}

/// Reads a scalar in its one form.
pub(crate) fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(*bytes).into()
}

/// The key of an oblivious function whose output the asker can verify, from 32 random bytes.
pub(crate) fn voprf_key(seed: &[u8; 32], info: &[u8]) -> VoprfServer {
    VoprfServer::new_from_seed(seed, info).expect("a seed of 32 bytes gives a key")
}

/// The same of a function with a public part in its input.
pub(crate) fn poprf_key(seed: &[u8; 32], info: &[u8]) -> PoprfServer {
    PoprfServer::new_from_seed(seed, info).expect("a seed of 32 bytes gives a key")
}

#[cfg(test)]
mod tests;
