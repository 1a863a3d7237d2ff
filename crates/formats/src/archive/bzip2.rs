//! bzip2: block by block, several at once.
//!
//! Blocks begin at any bit, and nothing says where they end; each begins with the same 48 bits, which are looked for.
//! Every block becomes a stream of its own, which the library unpacks and holds against the sum of the block; the sum over
//! all blocks is counted here. Where those bits lie in a block by chance, what is before them alone is damaged, and is
//! unpacked once more together with what follows.
//!
//! Source: bzip2 1.0.8, compress.c and decompress.c.

mod bits;
mod split;

use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{Builder, Scope},
};

use ::bzip2::bufread::{BzDecoder, MultiBzDecoder};

use self::{
    bits::Bits,
    split::{Cut, Splitter},
};
use super::{
    ahead::{self, Hands},
    error::damaged,
    reader::{Peeked, filled},
};

/// So few packed bytes are unpacked without further threads.
const FEW: usize = 128 << 10;

/// Returns what was packed; threads of this scope unpack it ahead.
pub(super) fn unpacked<'scope>(
    scope: &'scope Scope<'scope, '_>,
    packed: impl Read + Send + 'scope,
) -> io::Result<Box<dyn Read + Send + 'scope>> {
    let mut packed = Peeked::nothing(packed);
    if packed.look(FEW)?.len() < FEW {
        let plain = MultiBzDecoder::new(io::BufReader::new(packed));
        return Ok(Box::new(ahead::of(scope, plain)));
    }
    Ok(Box::new(Blocks::of(scope, packed)?))
}

/// What comes out of the blocks of a file, in their order.
struct Blocks {
    parts: Receiver<Part>,
    plain: Vec<u8>,
    at: usize,
    /// The sum of the sums of all blocks of the stream so far.
    sum: u32,
    is_end: bool,
}

/// A part of a file.
enum Part {
    Block(Bits, Receiver<io::Result<Vec<u8>>>),
    /// The end of a stream, with the sum that was kept of it.
    End(u32),
    Fault(io::Error),
}

impl Blocks {
    fn of<'scope>(
        scope: &'scope Scope<'scope, '_>,
        packed: impl Read + Send + 'scope,
    ) -> io::Result<Self> {
        let hands = Hands::of(scope, usize::MAX)?;
        // A block may come out fifty times as long: few wait.
        let (to, parts) = sync_channel(1);
        Builder::new().spawn_scoped(scope, move || split(packed, &hands, &to))?;
        Ok(Self {
            parts,
            plain: Vec::new(),
            at: 0,
            sum: 0,
            is_end: false,
        })
    }

    /// Unpacks the next part. Returns whether there was one.
    fn next(&mut self) -> io::Result<bool> {
        let gone = || damaged("it ends in a block");
        match self.parts.recv() {
            Err(_) => return Ok(false),
            Ok(Part::Fault(error)) => return Err(error),
            Ok(Part::End(sum)) => {
                if std::mem::take(&mut self.sum) != sum {
                    return Err(damaged("the sum of a stream differs"));
                }
            }
            Ok(Part::Block(block, plain)) => {
                self.sum = self.sum.rotate_left(1) ^ block.sum();
                self.plain = match plain.recv().map_err(|_| gone())? {
                    Ok(plain) => plain,
                    Err(error) => self.with_next(block).ok_or(error)?,
                };
                self.at = 0;
            }
        }
        Ok(true)
    }

    /// Unpacks a block that goes on with what was taken for the next one.
    fn with_next(&mut self, mut block: Bits) -> Option<Vec<u8>> {
        let Ok(Part::Block(next, _)) = self.parts.recv() else {
            return None;
        };
        block.append(&next);
        alone(&block).ok()
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            if self.is_end {
                return Ok(0);
            }
            // Nothing follows a fault.
            self.is_end = true;
            self.is_end = !self.next()?;
        }
        let left = &self.plain[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Cuts a file into its parts, until nobody takes them.
fn split<'scope>(packed: impl Read, hands: &Hands<'scope>, to: &SyncSender<Part>) {
    let mut splitter = Splitter::new(packed);
    loop {
        let (part, is_last) = match splitter.next() {
            Ok(Some(Cut::Block(block))) => {
                let (done, plain) = sync_channel(1);
                let copy = block.clone();
                // Where nobody takes it, nobody asked.
                hands.give(move || drop(done.send(alone(&copy))));
                (Part::Block(block, plain), false)
            }
            Ok(Some(Cut::End(sum))) => (Part::End(sum), false),
            Ok(None) => return,
            Err(error) => (Part::Fault(error), true),
        };
        if to.send(part).is_err() || is_last {
            return;
        }
    }
}

/// Unpacks one block as a stream of its own.
fn alone(block: &Bits) -> io::Result<Vec<u8>> {
    let stream = block.as_stream();
    let mut rest = &stream[..];
    let mut plain = Vec::new();
    BzDecoder::new(&mut rest).read_to_end(&mut plain)?;
    match filled(&mut rest, &mut [0])? {
        0 => Ok(plain),
        _ => Err(damaged("a block ends before its end")),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use ::bzip2::{Compression, read::BzEncoder};

    use super::*;

    /// Numbers that do not repeat, so that blocks of 100,000 bytes stay long.
    fn plain(length: usize) -> Vec<u8> {
        let mut state = 7u32;
        let next = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 & 0x3f
        });
        next.take(length).collect()
    }

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        BzEncoder::new(plain, Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        packed
    }

    fn read(packed: &[u8]) -> (Vec<u8>, io::Result<()>) {
        thread::scope(|scope| {
            let mut out = Vec::new();
            let end = Blocks::of(scope, packed).unwrap().read_to_end(&mut out);
            (out, end.map(drop))
        })
    }

    #[test]
    fn what_was_packed_comes_out() {
        for length in [0, 1, 99_000, 450_000] {
            let plain = plain(length);
            let (out, end) = read(&packed(&plain));
            end.unwrap();
            assert!(out == plain, "{length}");
        }
    }

    #[test]
    fn streams_follow_each_other() {
        let (one, two) = (plain(230_000), plain(7));
        let twice = [packed(&one), packed(&[]), packed(&two)].concat();
        let (out, end) = read(&twice);
        end.unwrap();
        assert!(out == [one, two].concat());
    }

    #[test]
    fn a_cut_or_altered_file_never_ends_well_with_other_bytes() {
        let plain = plain(330_000);
        let packed = packed(&plain);
        let step = packed.len() / 200;
        for at in (4..packed.len()).step_by(step) {
            let (out, end) = read(&packed[..at]);
            assert!(end.is_err() && plain.starts_with(&out), "cut at {at}");
            let mut altered = packed.clone();
            altered[at] ^= 1 << (at % 8);
            let (out, end) = read(&altered);
            assert!(end.is_err() && plain.starts_with(&out), "altered at {at}");
        }
    }

    #[test]
    fn what_follows_the_end_is_a_fault_behind_all_that_was_packed() {
        let plain = plain(150_000);
        for rest in [&b"x"[..], b"BZh", b"BZh9 and more", &[0; 40]] {
            let mut packed = packed(&plain);
            packed.extend_from_slice(rest);
            let (out, end) = read(&packed);
            assert!(end.is_err(), "{rest:?}");
            assert!(out == plain, "{rest:?}");
        }
    }

    #[test]
    fn a_block_that_was_cut_where_none_begins_is_put_together() {
        let plain = plain(250_000);
        let packed = packed(&plain);
        let mut cuts = Vec::new();
        let mut splitter = Splitter::new(&packed[..]);
        while let Some(cut) = splitter.next().unwrap() {
            cuts.push(cut);
        }
        let (to, parts) = sync_channel(20);
        for cut in cuts {
            match cut {
                Cut::End(sum) => to.send(Part::End(sum)).unwrap(),
                Cut::Block(block) => {
                    for half in block.halves() {
                        let (done, plain) = sync_channel(1);
                        done.send(alone(&half)).unwrap();
                        to.send(Part::Block(half, plain)).unwrap();
                    }
                }
            }
        }
        drop(to);
        let mut blocks = Blocks {
            parts,
            plain: Vec::new(),
            at: 0,
            sum: 0,
            is_end: false,
        };
        let mut out = Vec::new();
        blocks.read_to_end(&mut out).unwrap();
        assert!(out == plain);
    }
}
