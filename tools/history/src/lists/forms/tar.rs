//! A tar of Maltrail's folders: `malware` and `malicious` list harm, `suspicious` lists whole providers
//! and is left out.
//!
//! Source: POSIX.1-2017, pax, "ustar Interchange Format". Numbers are octal text; names of more than 100
//! bytes have a beginning apart.

use std::io::{self, BufRead, Read};

use super::{MALTRAIL_FOLDERS, Said, Tally, maltrail};

const BLOCK: usize = 512;

/// Reads every file of these folders.
///
/// # Errors
/// What the file fails with, or that it is no tar.
pub(super) fn read(from: &mut dyn BufRead, take: &mut dyn FnMut(Said<'_>)) -> io::Result<Tally> {
    let mut all = Tally::default();
    let mut block = [0; BLOCK];
    loop {
        match from.read_exact(&mut block) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(all),
            Err(error) => return Err(error),
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(all);
        }
        let bad = || io::Error::new(io::ErrorKind::InvalidData, "not a tar");
        let size = octal(&block[124..136]).ok_or_else(bad)?;
        if octal(&block[148..156]) != Some(check_of(&block)) {
            return Err(bad());
        }
        let name = format!("{}/{}", text(&block[345..500]), text(&block[..100]));
        let kind = block[156];
        let mut file = from.take(size);
        let folder = name.rsplit('/').nth(1).unwrap_or_default();
        let is_list = matches!(kind, 0 | b'0') && MALTRAIL_FOLDERS.contains(&folder);
        if is_list && name.ends_with(".txt") {
            let read = maltrail::read(&name, &mut io::BufReader::new(&mut file), take)?;
            all.add(read);
        }
        io::copy(&mut file, &mut io::sink())?;
        // What fills the last block; the end of the file may come instead.
        let rest = size.next_multiple_of(BLOCK as u64) - size;
        io::copy(&mut from.take(rest), &mut io::sink())?;
    }
}

/// Returns the text up to its first zero.
fn text(field: &[u8]) -> String {
    let end = field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let text = text.trim_matches(['\0', ' ']);
    let number = u64::from_str_radix(text, 8).ok()?;
    // More than any list: what is added to it must not overflow.
    (number < 1 << 40).then_some(number)
}

/// Returns the sum of a header's bytes, its own field taken as spaces.
fn check_of(block: &[u8; BLOCK]) -> u64 {
    let spaces = |at: usize| (148..156).contains(&at);
    let bytes = block.iter().enumerate();
    bytes
        .map(|(at, byte)| u64::from(if spaces(at) { b' ' } else { *byte }))
        .sum()
}
