//! Releases to give out.

use std::io::Write;

use fixture::web::Files;
use sha2::{Digest as _, Sha256};
use wire::{
    Digest,
    note::Signer,
    release::{Blob, Delta, ListFile, Release},
};

/// 2026-11-26T10:00:00Z.
pub(crate) const NOW: u64 = 1_795_687_200;

pub(crate) fn publisher() -> Signer {
    Signer::new("lists.example.org", &[4; 32]).unwrap()
}

pub(crate) fn blob(bytes: &[u8]) -> Blob {
    Blob {
        sha256: Digest(Sha256::digest(bytes).into()),
        bytes: bytes.len() as u64,
    }
}

/// Names that do not pack well.
pub(crate) fn list(numbers: impl Iterator<Item = u64>) -> Vec<u8> {
    let line = |n: u64| format!("{:016x}.example\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    numbers.map(line).collect::<String>().into_bytes()
}

/// Makes a release of one list, with a delta from an older one if there is one.
pub(crate) fn released(version: u64, list: &[u8], older: Option<&[u8]>) -> Files {
    let packed = zstd::encode_all(list, 3).unwrap();
    let plain = blob(list);
    let description = format!(
        "version = {version}\n[[list]]\nname = \"Names\"\nfile = \"f/{}\"\nsha256 = \"{}\"\nform = \"domains\"\n\
         licence = \"CC0-1.0\"\ncategory = \"phishing\"\ndate = \"2026-11-26\"\n",
        plain.sha256, plain.sha256
    );
    let mut files = Files::new();
    let mut put = |bytes: &[u8]| {
        files.insert(format!("/{}", blob(bytes).path()), bytes.to_vec());
        blob(bytes)
    };
    let mut release = Release {
        version,
        made: NOW - 3600,
        until: NOW + 30 * 86_400,
        description: put(description.as_bytes()),
        files: vec![ListFile {
            plain,
            packed: put(&packed),
        }],
        deltas: Vec::new(),
    };
    if let Some(older) = older {
        let mut delta = zstd::Encoder::with_ref_prefix(Vec::new(), 3, older).unwrap();
        delta.window_log(27).unwrap();
        delta.write_all(list).unwrap();
        release.deltas.push(Delta {
            from: blob(older).sha256,
            to: plain.sha256,
            packed: put(&delta.finish().unwrap()),
        });
    }
    let note = release.sign(&publisher()).unwrap();
    files.insert("/release".to_owned(), note.into_bytes());
    files
}
