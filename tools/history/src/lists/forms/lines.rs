//! Lines of a raw list, one after the other, in bounded room.

use std::io::{self, BufRead, Read};

use super::{Odd, Said, Tally};

/// The longest line that is read; a longer one is skipped to its end and counted.
pub(super) const LONGEST: usize = 16 * 1024;

/// Reads the next line into `room`, without its end. False when there is none.
///
/// # Errors
/// What the file fails with.
pub(super) fn next(
    from: &mut dyn BufRead,
    room: &mut Vec<u8>,
) -> io::Result<Option<Result<(), Odd>>> {
    room.clear();
    let read = from.take(LONGEST as u64).read_until(b'\n', room)?;
    if read == 0 {
        return Ok(None);
    }
    if room.last() != Some(&b'\n') && read == LONGEST {
        loop {
            let rest = from.fill_buf()?;
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                let length = rest.len();
                from.consume(length);
                if length == 0 {
                    return Ok(Some(Err(Odd::TooLong)));
                }
                continue;
            };
            from.consume(end + 1);
            return Ok(Some(Err(Odd::TooLong)));
        }
    }
    while let Some(b'\n' | b'\r') = room.last() {
        room.pop();
    }
    Ok(Some(Ok(())))
}

/// Gives each line to `line`, which takes it apart and says what it lists.
///
/// The first line may begin with the mark of byte order that some programs write.
///
/// # Errors
/// What the file fails with.
pub(super) fn each(
    from: &mut dyn BufRead,
    take: &mut dyn FnMut(Said<'_>),
    mut line: impl FnMut(&str, &mut dyn FnMut(Said<'_>)) -> Result<(), Odd>,
) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let mut room = Vec::new();
    let mut entries = 0;
    let mut counted = |said: Said<'_>| {
        entries += 1;
        take(said);
    };
    while let Some(read) = next(from, &mut room)? {
        tally.lines += 1;
        let text = read.and_then(|()| std::str::from_utf8(&room).map_err(|_| Odd::NotText));
        let text = text.map(|text| match tally.lines {
            1 => text.trim_start_matches('\u{feff}'),
            _ => text,
        });
        if let Err(why) = text.and_then(|text| line(text, &mut counted)) {
            tally.odd(why);
        }
    }
    tally.entries = entries;
    Ok(tally)
}
