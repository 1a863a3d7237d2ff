//! Out of what was fetched into what is kept: zstd (RFC 8878), for a delta with the older list in front.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write},
    path::Path,
};

use sha2::{Digest as _, Sha256};
use wire::{Digest, release::Blob};

use super::store::{create, settle};

/// The window that a list of the largest size for deltas needs, as a power of two.
const WINDOW: u32 = 27;

/// Unpacks a file into another, which must become `plain`. With `older`, what was fetched is a delta.
///
/// # Errors
/// What the system says, and `InvalidData` for anything that does not become what the publisher signed.
/// Nothing is at `to` then that was not there before.
pub(crate) fn unpack(
    packed: &Path,
    older: Option<&Path>,
    plain: &Blob,
    to: &Path,
) -> io::Result<()> {
    let new = to.with_added_extension("new");
    let out = create(&new)?;
    let made = (|| {
        let packed = BufReader::new(File::open(packed)?);
        match older {
            None => {
                let mut from = zstd::Decoder::with_buffer(packed)?;
                from.window_log_max(WINDOW)?;
                copy(&mut from, &out, plain)
            }
            Some(older) => {
                let older = fs::read(older)?;
                let mut from = zstd::Decoder::with_ref_prefix(packed, &older)?;
                from.window_log_max(WINDOW)?;
                copy(&mut from, &out, plain)
            }
        }
    })();
    match made {
        Ok(()) => settle(out, &new, to),
        Err(error) => {
            // It is made anew the next time; what cannot be removed is overwritten then.
            drop(fs::remove_file(&new));
            Err(error)
        }
    }
}

/// Copies no more than there should be, and holds it against the hash.
fn copy(from: &mut impl Read, mut out: &File, plain: &Blob) -> io::Result<()> {
    let mut hash = Sha256::new();
    let mut left = plain.bytes;
    let mut room = vec![0; 128 << 10];
    loop {
        let count = from.read(&mut room)?;
        if count == 0 {
            break;
        }
        left = left
            .checked_sub(count as u64)
            .ok_or_else(|| wrong("it is longer than the publisher says"))?;
        hash.update(&room[..count]);
        out.write_all(&room[..count])?;
    }
    match left == 0 && Digest(hash.finalize().into()) == plain.sha256 {
        true => Ok(()),
        false => Err(wrong("it is not what the publisher signed")),
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_become_what_was_signed_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = b"evil.example\n".repeat(1000);
        fs::write(at("packed"), zstd::encode_all(&text[..], 3).unwrap()).unwrap();
        let right = Blob {
            sha256: Digest(Sha256::digest(&text).into()),
            bytes: text.len() as u64,
        };
        unpack(&at("packed"), None, &right, &at("list")).unwrap();
        assert_eq!(fs::read(at("list")).unwrap(), text);
        for wrong in [
            Blob { bytes: 10, ..right },
            Blob {
                bytes: right.bytes + 1,
                ..right
            },
            Blob {
                sha256: Digest([0; 32]),
                ..right
            },
        ] {
            let error = unpack(&at("packed"), None, &wrong, &at("other")).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        fs::write(at("packed"), b"no zstd").unwrap();
        assert!(unpack(&at("packed"), None, &right, &at("other")).is_err());
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["list", "packed"]);
    }
}
