//! What goes through the pipe from a worker to its broker.
//!
//! A frame is one byte for its kind, four bytes for its length (little endian) and that many bytes.
//! The first frame is a greeting with the version of this format. The broker treats all of it as
//! hostile: a length beyond the limit of its kind, an unknown kind or text that does not parse ends
//! the worker.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

/// Worker and broker are one program, so they differ only when the file was replaced in between.
pub(crate) const VERSION: u32 = 4;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// `VERSION`, as JSON.
    Greeting = b'G',
    /// What confines the worker: `sandbox::InForce`, as JSON; null when unconfined.
    Confined = b'C',
    /// `tool::pass::Progress`, as JSON.
    Progress = b'P',
    /// A piece of a long list of an outcome that follows: a JSON array, the tool and the name of the
    /// list, with a zero byte before each name.
    Rows = b'R',
    /// `tool::Outcome` without its lists, as JSON.
    Outcome = b'O',
    /// Bytes to be kept: the memory of comparisons, or a list file.
    Memory = b'M',
    /// `Vec<sandbox::Probe>`, as JSON.
    Probes = b'B',
    /// What an actor says of a step: `actor::Said`, as JSON.
    Said = b'S',
    /// Why the worker gave up, as JSON: what, and a hint.
    GaveUp = b'E',
    /// The worker has said everything.
    End = b'Z',
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        const ALL: [Kind; 10] = [
            Kind::Greeting,
            Kind::Confined,
            Kind::Progress,
            Kind::Rows,
            Kind::Outcome,
            Kind::Memory,
            Kind::Probes,
            Kind::Said,
            Kind::GaveUp,
            Kind::End,
        ];
        ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// The most bytes a frame of this kind may have.
    fn limit(self) -> u32 {
        match self {
            Self::Greeting | Self::Confined | Self::Progress | Self::GaveUp | Self::End => 1 << 20,
            Self::Probes | Self::Said => 1 << 20,
            // A row is rarely long, but a group of duplicates may be.
            Self::Rows | Self::Outcome | Self::Memory => 1 << 30,
        }
    }
}

/// Writes a frame of JSON.
pub(crate) fn write(out: &mut impl Write, kind: Kind, value: &impl Serialize) -> io::Result<()> {
    let bytes = serde_json::to_vec(value).map_err(io::Error::other)?;
    write_bytes(out, kind, &bytes)
}

/// Writes a frame of bytes; more than the limit of its kind is an error, and nothing is written.
pub(crate) fn write_bytes(out: &mut impl Write, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    write_parts(out, kind, &[bytes])
}

/// Writes a piece of a long list of a tool.
pub(crate) fn write_rows(
    out: &mut impl Write,
    tool: &str,
    list: &str,
    rows: &str,
) -> io::Result<()> {
    // Names come last, so that the reader can cut them off and keep the rows where they are.
    let parts = [rows, "\0", tool, "\0", list].map(str::as_bytes);
    write_parts(out, Kind::Rows, &parts)
}

fn write_parts(out: &mut impl Write, kind: Kind, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(length)
        .ok()
        .filter(|length| *length <= kind.limit());
    let length = length.ok_or_else(|| io::Error::other("more than one frame can hold"))?;
    let mut head = [kind as u8, 0, 0, 0, 0];
    head[1..].copy_from_slice(&length.to_le_bytes());
    out.write_all(&head)?;
    parts.iter().try_for_each(|part| out.write_all(part))
}

/// A piece of a long list, as it arrived.
pub(crate) struct Rows {
    pub(crate) tool: String,
    pub(crate) list: String,
    /// One JSON array.
    pub(crate) rows: Box<RawValue>,
}

/// Reads a piece of a long list.
pub(crate) fn rows(bytes: Vec<u8>) -> io::Result<Rows> {
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut text = String::from_utf8(bytes).map_err(|_| bad("rows that are not text"))?;
    let mut parts = text.rsplitn(3, '\0');
    let (Some(list), Some(tool), Some(rows)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad("rows of a list without a name"));
    };
    let (list, tool, end) = (list.to_owned(), tool.to_owned(), rows.len());
    text.truncate(end);
    let rows = RawValue::from_string(text)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    match rows.get().starts_with('[') {
        true => Ok(Rows { tool, list, rows }),
        false => Err(bad("rows that are no list")),
    }
}

/// Reads one frame.
pub(crate) fn read(from: &mut impl Read) -> io::Result<(Kind, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let kind = Kind::of(head[0]).ok_or_else(|| bad("a frame of unknown kind"))?;
    let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
    if length > kind.limit() {
        return Err(bad("a frame longer than its kind may be"));
    }
    // Grows as bytes arrive, so that a length without bytes behind it takes little memory.
    let mut bytes = Vec::with_capacity((length as usize).min(64 * 1024));
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    match bytes.len() == length as usize {
        true => Ok((kind, bytes)),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Reads the JSON of a frame.
pub(crate) fn value<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_goes_there_and_back() {
        let mut pipe = Vec::new();
        write(&mut pipe, Kind::Greeting, &VERSION).unwrap();
        write_bytes(&mut pipe, Kind::Memory, b"\0\xff").unwrap();
        let mut pipe = pipe.as_slice();
        let (kind, bytes) = read(&mut pipe).unwrap();
        assert_eq!(
            (kind, value::<u32>(&bytes).unwrap()),
            (Kind::Greeting, VERSION)
        );
        assert_eq!(read(&mut pipe).unwrap(), (Kind::Memory, b"\0\xff".to_vec()));
        assert_eq!(
            read(&mut pipe).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
    }

    #[test]
    fn rows_are_a_name_and_one_array() {
        let mut pipe = Vec::new();
        write_rows(&mut pipe, "dupes", "groups", "[1, {}]").unwrap();
        let (kind, bytes) = read(&mut pipe.as_slice()).unwrap();
        let piece = rows(bytes).unwrap();
        assert_eq!(
            (kind, &*piece.tool, &*piece.list, piece.rows.get()),
            (Kind::Rows, "dupes", "groups", "[1, {}]")
        );
        let hostile: [&[u8]; 6] = [
            b"{}\0x\0y",
            b"[1\0x\0y",
            b"[1],[2]\0x\0y",
            b"[1]\0x",
            b"[\"\xff\"]\0x\0y",
            b"",
        ];
        for bytes in hostile {
            assert!(rows(bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn hostile_frames_are_errors_and_take_no_memory() {
        for bytes in [
            &b"?\x01\0\0\0x"[..],
            b"G\xff\xff\xff\xff",
            b"O\xff\xff\xff\x3fx",
            b"P\x02",
        ] {
            assert!(read(&mut { bytes }).is_err(), "{bytes:?}");
        }
    }
}
