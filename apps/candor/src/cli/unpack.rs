//! The options of `candor unpack`, `candor list` and `candor test`.

use std::path::PathBuf;

use clap::Args;

use super::Shared;

/// What stands below the help, and in the man page.
const PASSWORDS: &str = "\
A password is asked for on the terminal where one is needed. Programs hand it over in the environment variable \
CANDOR_PASSWORD, or through a descriptor with --password-fd; on the command line others could see it.";

#[derive(Args, Debug)]
#[command(after_help = PASSWORDS)]
pub(crate) struct Archives {
    /// The archives
    #[arg(value_name = "ARCHIVE", required = true)]
    pub(crate) archives: Vec<PathBuf>,
    /// Only entries of this name or path: `*.txt` in any folder, `docs/*.txt`, `docs` with all below it; may be given
    /// several times
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub(crate) only: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// How archives are read.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// Read the password from this descriptor, up to the end of its first line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) password_fd: Option<i32>,
    /// Read names in these letters, where the archive does not say: cp437, shift_jis, windows-1251
    #[arg(long, value_name = "CHARSET", value_parser = charset)]
    pub(crate) encoding: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = PASSWORDS)]
pub(crate) struct Unpack {
    /// The archives
    #[arg(value_name = "ARCHIVE", required = true)]
    pub(crate) archives: Vec<PathBuf>,
    /// Unpack into this folder instead of the one you are in; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Only entries of this name or path: `*.txt` in any folder, `docs/*.txt`, `docs` with all below it; may be given
    /// several times
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    pub(crate) only: Vec<String>,
    /// Leave off so many folders at the beginning of each path; what has no more of them is left out
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) strip: usize,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Args, Debug)]
#[command(after_help = PASSWORDS)]
pub(crate) struct Preview {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    pub(crate) archive: PathBuf,
    /// The file in it, by the path that `candor list` shows
    #[arg(value_name = "ENTRY")]
    pub(crate) entry: String,
    /// Show so many bytes at most, up to 64 MiB
    #[arg(long, value_name = "N", default_value_t = 64 << 10, value_parser = clap::value_parser!(u64).range(1..=64 << 20))]
    pub(crate) bytes: u64,
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

fn glob(pattern: &str) -> Result<String, String> {
    let wish = ::unpack::Wish {
        only: vec![pattern.to_owned()],
        strip: 0,
    };
    wish.wanted().map(|_| pattern.to_owned())
}

fn charset(name: &str) -> Result<String, String> {
    match ::unpack::Charset::named(name) {
        Some(charset) => Ok(charset.name().to_owned()),
        None => Err("no such charset is known; `iconv -l` has the names of most".to_owned()),
    }
}
