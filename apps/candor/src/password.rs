//! Passwords: from a descriptor, the environment or the terminal; never from the command line, which others can see.

use std::{
    env,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use unpack::Password;

use crate::failure::Failure;

/// The environment variable.
const VARIABLE: &str = "CANDOR_PASSWORD";
/// The longest line that is taken for a password, in bytes.
const LONGEST: u64 = 4 << 10;

/// Returns the password that was handed over by a descriptor or the environment, if one was.
pub(crate) fn handed_over(descriptor: Option<i32>) -> Result<Option<Password>, Failure> {
    let Some(descriptor) = descriptor else {
        return Ok(env::var(VARIABLE).ok().map(Password));
    };
    let failed = |error: io::Error| {
        let what = format!("cannot read the password from descriptor {descriptor}");
        Failure::new(what)
            .because(&error)
            .help("open it for reading: `--password-fd 3 3<FILE`")
    };
    // By its name: a number that is not open is an error then, and nobody else's file.
    let file = File::open(format!("/dev/fd/{descriptor}")).map_err(failed)?;
    let mut line = Vec::new();
    let mut reader = BufReader::new(file.take(LONGEST));
    reader.read_until(b'\n', &mut line).map_err(failed)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    match String::from_utf8(line) {
        Ok(text) => Ok(Some(Password(text))),
        Err(_) => Err(Failure::new("the password is no UTF-8").help("hand it over as UTF-8")),
    }
}

/// Asks for a password on the terminal, and shows nothing of it. `None` where there is no terminal, or the person gave
/// none.
pub(crate) fn asked_for() -> Result<Option<Password>, Failure> {
    let Ok(mut terminal) = File::options().read(true).write(true).open("/dev/tty") else {
        return Ok(None);
    };
    let asked = ask(&mut terminal);
    asked.map_err(|error| {
        Failure::new("cannot ask for the password")
            .because(&error)
            .help("hand it over in CANDOR_PASSWORD, or with --password-fd")
    })
}

fn ask(terminal: &mut File) -> io::Result<Option<Password>> {
    terminal.write_all(b"Password (nothing is shown): ")?;
    let before = tcgetattr(&*terminal)?;
    let mut silent = before.clone();
    // Signals too: one that ended the program here would leave the terminal silent.
    silent
        .local_modes
        .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    tcsetattr(&*terminal, OptionalActions::Flush, &silent)?;
    let line = line(terminal);
    tcsetattr(&*terminal, OptionalActions::Flush, &before)?;
    terminal.write_all(b"\n")?;
    line
}

fn line(terminal: &mut File) -> io::Result<Option<Password>> {
    let mut typed = Vec::new();
    loop {
        let mut byte = [0];
        match (terminal.read(&mut byte)?, byte[0]) {
            // The end, Ctrl-C, Ctrl-D: none.
            (0, _) | (_, 3 | 4) => return Ok(None),
            (_, b'\n' | b'\r') => break,
            // Backspace takes a whole letter back.
            (_, 8 | 127) => while typed.pop().is_some_and(|it: u8| it & 0xc0 == 0x80) {},
            (_, byte) if (typed.len() as u64) < LONGEST => typed.push(byte),
            _ => {}
        }
    }
    let text = String::from_utf8(typed).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Some(Password(text)).filter(|it| !it.0.is_empty()))
}
