//! `candor-publish key`: the key of a publisher, in a file for its owner alone.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use wire::note::{NoteError, Signer};
use zeroize::Zeroizing;

use crate::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// The name of the key: lists.example.org
    name: String,
    /// The file it is kept in, which must not be there yet
    file: PathBuf,
}

impl Key {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|error| {
            Failure::new("no random bytes can be had", "try again").because(error.to_string())
        })?;
        let signer = Signer::new(&self.name, &seed).map_err(unnamed)?;
        let text = Zeroizing::new(format!("{}\n{}\n", self.name, hex(&seed)));
        let kept = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.file)
            .and_then(|mut file| {
                file.write_all(text.as_bytes())?;
                file.sync_all()
            });
        kept.map_err(|error| {
            let what = format!("cannot make the key file `{}`", self.file.display());
            Failure::new(
                what,
                "name a file that is not there yet, in a folder of yours",
            )
            .because(error)
        })?;
        println!("{}", signer.verifier());
        eprintln!(
            "people put this line into candor/update.toml as `key`; the file stays with you, offline where that is possible"
        );
        Ok(())
    }
}

/// Reads a key file.
///
/// # Errors
/// When it cannot be read, or is none.
pub(crate) fn read(path: &Path) -> Result<Signer, Failure> {
    let wrong = || {
        let what = format!("`{}` is no key of a publisher", path.display());
        Failure::new(what, "take the file that `candor-publish key` made")
    };
    let mut text = Zeroizing::new(String::with_capacity(1024));
    File::open(path)
        .and_then(|file| file.take(1024).read_to_string(&mut text))
        .map_err(|error| wrong().because(error))?;
    let mut lines = text.lines();
    let (Some(name), Some(seed), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(wrong());
    };
    let seed = unhex(seed).ok_or_else(wrong)?;
    Signer::new(name, &seed).map_err(unnamed)
}

fn unnamed(error: NoteError) -> Failure {
    Failure::new(
        "the key cannot be named so",
        "write a name as lists.example.org",
    )
    .because(error)
}

fn hex(seed: &[u8; 32]) -> String {
    seed.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    let is_hex = text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
    for (byte, at) in seed.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2).filter(|_| is_hex)?, 16).ok()?;
    }
    Some(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let make = || Key {
            name: "lists.example.org".to_owned(),
            file: file.clone(),
        };
        make().run().unwrap();
        let first = read(&file).unwrap().verifier();
        assert!(make().run().is_err());
        assert_eq!(read(&file).unwrap().verifier(), first);
        for wrong in [
            "",
            "a\nzz\n",
            "a b\n",
            &format!("x\n{}\nmore\n", "ab".repeat(32)),
        ] {
            std::fs::write(&file, wrong).unwrap();
            assert!(read(&file).is_err(), "{wrong:?}");
        }
    }
}
