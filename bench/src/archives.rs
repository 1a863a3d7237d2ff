//! The programs that unpack, and how each is asked to.
//!
//! Fair means: each into an empty folder, overwriting nothing, asking nothing, saying little.

pub(crate) mod contents;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::setting::Setting;

/// The peers of unpacking, as PATH has them.
pub(crate) const PEERS: [&str; 4] = ["unar", "7zz", "bsdtar", "ouch"];

/// A program that unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unpacker {
    Candor,
    Unar,
    SevenZip,
    Bsdtar,
    Ouch,
}

impl Unpacker {
    /// Candor first, as in every table.
    pub(crate) const ALL: [Self; 5] = [
        Self::Candor,
        Self::Unar,
        Self::SevenZip,
        Self::Bsdtar,
        Self::Ouch,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Candor => "candor",
            Self::Unar => PEERS[0],
            Self::SevenZip => PEERS[1],
            Self::Bsdtar => PEERS[2],
            Self::Ouch => PEERS[3],
        }
    }

    /// Returns the program, if it is here.
    pub(crate) fn program(self, setting: &Setting) -> Option<PathBuf> {
        match self {
            Self::Candor => Some(setting.candor.clone()),
            peer => setting.peer(peer.name()).map(Path::to_owned),
        }
    }

    /// Returns the words that unpack an archive into an empty folder that stands.
    ///
    /// Candor takes no password here: [`Unpacker::PASSWORD`] has it.
    pub(crate) fn words(
        self,
        archive: &Path,
        into: &Path,
        password: Option<&str>,
    ) -> Vec<OsString> {
        let (archive, into) = (archive.as_os_str(), into.as_os_str());
        let joined = |before: &str, after: &std::ffi::OsStr| {
            let mut word = OsString::from(before);
            word.push(after);
            word
        };
        let mut words: Vec<OsString> = match self {
            Self::Candor => vec!["unpack".into(), "--into".into(), into.into()],
            // Its own choice of a folder stays: it is how people run it.
            Self::Unar => vec!["-q".into(), "-o".into(), into.into()],
            Self::SevenZip => ["x", "-y", "-bso0", "-bsp0"].map(OsString::from).into(),
            Self::Bsdtar => vec!["-x".into(), "-C".into(), into.into()],
            Self::Ouch => ["decompress", "--yes", "--quiet"]
                .map(OsString::from)
                .into(),
        };
        match (self, password) {
            (Self::Candor, _) | (_, None) => {}
            (Self::Unar, Some(password)) => words.extend(["-p".into(), password.into()]),
            (Self::SevenZip, Some(password)) => words.push(format!("-p{password}").into()),
            (Self::Bsdtar | Self::Ouch, Some(password)) => {
                let name = match self {
                    Self::Bsdtar => "--passphrase",
                    _ => "--password",
                };
                words.extend([name.into(), password.into()]);
            }
        }
        match self {
            Self::Candor | Self::Unar => words.push(archive.into()),
            Self::SevenZip => words.extend([joined("-o", into), archive.into()]),
            Self::Bsdtar => words.extend(["-f".into(), archive.into()]),
            Self::Ouch => words.extend(["--dir".into(), into.into(), archive.into()]),
        }
        words
    }

    /// The variable that candor reads a password from.
    pub(crate) const PASSWORD: &str = "CANDOR_PASSWORD";
}
