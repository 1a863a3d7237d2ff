//! Compression around one stream, taken off.

use std::{
    io::{self, BufRead, BufReader, Read},
    thread::Scope,
};

use flate2::bufread::GzDecoder;
use lz4_flex::frame::FrameDecoder as Lz4;
use lzma_rust2::{LzipReader, LzmaReader};

use super::{
    ArchiveError, Budget, Exceeded, Kind, ahead, brotli, bzip2, error, lz4_legacy::Lz4Legacy,
    lzop::Lzop, lzw::Lzw, pbzx::Pbzx, reader::Counted, xz, zstandard::Zstandard,
};

/// Returns the stream that a filter packed, counted; threads of this scope unpack it ahead.
///
/// # Errors
/// When its head is not what it must be, or asks for more memory than it gets.
pub(super) fn unpacked<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    kind: Kind,
    packed: Box<dyn Read + Send + 'scope>,
    budget: &'env Budget,
) -> Result<Box<dyn Read + Send + 'scope>, ArchiveError> {
    let memory = budget.limits().memory_kib;
    let several = match kind {
        Kind::Bzip2 => bzip2::unpacked(scope, packed),
        Kind::Xz => xz::unpacked(scope, packed, memory),
        _ => {
            let plain = Counted::decoded(decoded(kind, packed, memory)?, budget);
            return Ok(Box::new(ahead::of(scope, plain)));
        }
    };
    let plain = several.map_err(|error| ArchiveError::of(kind, error))?;
    Ok(Box::new(Counted::decoded(plain, budget)))
}

fn decoded<'a>(
    kind: Kind,
    packed: Box<dyn Read + Send + 'a>,
    memory: u32,
) -> Result<Box<dyn Read + Send + 'a>, ArchiveError> {
    let damaged = |source| match is_out_of_memory(&source) {
        true => Exceeded::Memory(memory).into(),
        false => ArchiveError::of(kind, source),
    };
    let packed = BufReader::with_capacity(64 << 10, packed);
    Ok(match kind {
        Kind::Brotli => brotli::unpacked(packed),
        Kind::Compress => Box::new(Lzw::new(packed).map_err(damaged)?),
        Kind::Gzip => Box::new(Gzip::Member(Box::new(GzDecoder::new(packed)))),
        Kind::Lz4 => Box::new(Again(Lz4::new(packed))),
        Kind::Lz4Legacy => Box::new(Lz4Legacy::new(packed)),
        Kind::Lzip => Box::new(LzipReader::new(packed)),
        Kind::Lzma => Box::new(LzmaReader::new_mem_limit(packed, memory, None).map_err(damaged)?),
        Kind::Lzop => Box::new(Lzop::new(packed)),
        Kind::Pbzx => Box::new(Pbzx::new(packed, memory)),
        Kind::Snappy => Box::new(snap::read::FrameDecoder::new(packed)),
        Kind::Zstandard => Box::new(Zstandard::new(packed, u64::from(memory) << 10)),
        Kind::AppleSingle
        | Kind::Ar
        | Kind::Arc
        | Kind::Arj
        | Kind::Bzip2
        | Kind::BinHex
        | Kind::Cab
        | Kind::Compound
        | Kind::Cpio
        | Kind::Iso
        | Kind::Lha
        | Kind::MacBinary
        | Kind::Msi
        | Kind::Rar
        | Kind::Rpm
        | Kind::SelfExtractor
        | Kind::SevenZip
        | Kind::SquashFs
        | Kind::StuffIt
        | Kind::Tar
        | Kind::Wim
        | Kind::Xar
        | Kind::Xz
        | Kind::Zip
        | Kind::Zoo => Box::new(packed),
    })
}

fn is_out_of_memory(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}

/// Members of a gzip file one after the other; zeros after the last are padding of tapes.
enum Gzip<R> {
    Member(Box<GzDecoder<R>>),
    End,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Self::Member(member) = self else {
                return Ok(0);
            };
            let length = member.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            let Self::Member(member) = std::mem::replace(self, Self::End) else {
                return Ok(0);
            };
            let mut rest = member.into_inner();
            match rest.fill_buf()?.first() {
                None => {}
                Some(0) => only_zeros(rest)?,
                Some(_) => *self = Self::Member(Box::new(GzDecoder::new(rest))),
            }
        }
    }
}

fn only_zeros(mut rest: impl BufRead) -> io::Result<()> {
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.iter().any(|it| *it != 0) {
            return Err(error::damaged(
                "something that is no gzip follows the last member",
            ));
        }
        let length = bytes.len();
        rest.consume(length);
    }
}

/// Frames one after the other, of a reader that ends with each and goes on with the next when it is asked again.
struct Again<R>(R);

impl<R: Read> Read for Again<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 if !buffer.is_empty() => self.0.read(buffer),
            length => Ok(length),
        }
    }
}
