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
    /// Read the password from this descriptor, up to the end of its first line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) password_fd: Option<i32>,
    /// Read names in these letters, where the archive does not say: cp437, shift_jis, windows-1251
    #[arg(long, value_name = "CHARSET", value_parser = charset)]
    pub(crate) encoding: Option<String>,
    #[command(flatten)]
    pub(crate) shared: Shared,
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
    /// Read the password from this descriptor, up to the end of its first line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) password_fd: Option<i32>,
    /// Read names in these letters, where the archive does not say: cp437, shift_jis, windows-1251
    #[arg(long, value_name = "CHARSET", value_parser = charset)]
    pub(crate) encoding: Option<String>,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

fn charset(name: &str) -> Result<String, String> {
    match ::unpack::Charset::named(name) {
        Some(charset) => Ok(charset.name().to_owned()),
        None => Err("no such charset is known; `iconv -l` has the names of most".to_owned()),
    }
}
