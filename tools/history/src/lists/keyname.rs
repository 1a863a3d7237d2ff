//! Names of keys, as C2SP signed-note writes them. Signatures are checked by the courier; here it is only told
//! whose update is whose, and whether a key that a person wrote down can be one.
//!
//! Source: C2SP signed-note v1.0.0, <https://c2sp.org/signed-note>, read 2026-11.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// The byte that says a key is Ed25519.
const ED25519: u8 = 1;

/// Returns whose signature stands under a note, as `name+hash`; of several the last. `None` where none does.
pub(super) fn signer(note: &str) -> Option<String> {
    let mut lines = note.lines().rev();
    let line = lines.find_map(|it| it.strip_prefix("\u{2014} "))?;
    let (name, signature) = line.split_once(' ')?;
    let bytes = STANDARD.decode(signature).ok()?;
    let id = u32::from_be_bytes(*bytes.first_chunk()?);
    Some(format!("{name}+{id:08x}"))
}

/// Returns whether a text is a key that checks Ed25519 signatures, `name+hash+key`, whose hash is right.
pub(super) fn is_key(text: &str) -> bool {
    let read = || {
        let mut parts = text.splitn(3, '+');
        let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
        let key = STANDARD.decode(key).ok()?;
        let is_ed25519 = key.len() == 33 && key[0] == ED25519;
        let found = Sha256::new()
            .chain_update(name)
            .chain_update("\n")
            .chain_update(&key)
            .finalize();
        let found = u32::from_be_bytes(*found.first_chunk()?);
        Some(!name.is_empty() && is_ed25519 && hash == format!("{found:08x}"))
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "This is an example note.\n\n\u{2014} example.com/foo rfZ7KqYhSVtCw2tV5RsAdWZT9wFnRgGWqIxaHbyAWW2aJsHzTfRjGZtGn0J9Kz2b+KB1n2ZCmpHyCHdfsvbdqYZx1gE=\n";

    #[test]
    fn a_note_names_its_signer_and_other_text_nobody() {
        assert_eq!(signer(NOTE).as_deref(), Some("example.com/foo+adf67b2a"));
        for text in [
            "",
            "x\n",
            "\u{2014} name\n",
            "\u{2014} name ???\n",
            "\u{2014} name AAA=\n",
        ] {
            assert_eq!(signer(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_has_the_hash_that_it_says() {
        // Of the documentation of Go's golang.org/x/mod/sumdb/note.
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert!(is_key(key));
        for wrong in [
            "",
            "a+b+c",
            "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        ] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }
}
