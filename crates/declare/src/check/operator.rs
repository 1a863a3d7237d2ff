//! Rules on the file that names an operator.

use super::{Broken, Path, at, is_address};
use crate::operator::{Document, SCHEMA};

/// Returns every rule that does not hold, with the way to the value that breaks it.
pub(crate) fn broken_operator(document: &Document) -> Vec<(Path, String)> {
    let mut broken = Broken::default();
    broken.unless(document.schema == SCHEMA, at!["schema"], || {
        format!("this version of Candor reads the schema `{SCHEMA}`")
    });
    super::check_country(
        &document.storage_location,
        at!["storage_location"],
        &mut broken,
    );
    super::check_controller(&document.controller, at!["controller"], &mut broken);
    for (path, line) in [
        (at!["relay", "run_by"], &document.relay.run_by),
        (at!["randomness", "run_by"], &document.randomness.run_by),
    ] {
        broken.unless(super::is_line(line), path, || {
            "say by name who runs it; the controller's own name if nobody else does".to_owned()
        });
    }
    for (path, address) in [
        (at!["gateway"], &document.gateway),
        (at!["issuer"], &document.issuer),
        (at!["relay", "to_gateway"], &document.relay.to_gateway),
        (at!["relay", "to_randomness"], &document.relay.to_randomness),
        (at!["randomness", "address"], &document.randomness.address),
    ] {
        broken.unless(is_address(address) || is_on_this_machine(address), path, || {
            format!("`{address}` is no address to send to: write `https://` and a host (`http://` only for 127.0.0.1, [::1] and localhost)")
        });
    }
    broken.unless(
        is_verifier_key(&document.keys.log),
        at!["keys", "log"],
        || "write the log's verifier key: `name+hash+key`, as `candor-intake` prints it".to_owned(),
    );
    let status = &document.keys.status;
    let is_key = status.len() == 64
        && status
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    broken.unless(is_key, at!["keys", "status"], || {
        "write the Ed25519 key that signs the status: 64 lower-case hex digits".to_owned()
    });
    broken.0
}

/// Returns whether an address is `http` on the loopback: for tests, and for who runs everything at home.
fn is_on_this_machine(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find_map(|host| authority.strip_prefix(host));
    let port = host.map(|port| port.strip_prefix(':').unwrap_or(port));
    rest.bytes().all(|byte| byte.is_ascii_graphic())
        && port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether this has the form of a signed-note verifier key: `name+8 hex digits+base64`.
///
/// Source: <https://c2sp.org/signed-note>, read 2026-11.
fn is_verifier_key(text: &str) -> bool {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic())
        && hash.len() == 8
        && hash
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && key.len() == 44
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}
