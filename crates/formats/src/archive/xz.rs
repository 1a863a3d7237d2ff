//! xz: block by block, several at once, where blocks say how long they are.
//!
//! Those that `xz -T` packs do. Each becomes a stream of its own, which the library unpacks and holds against the sum of
//! the block; the index over all blocks is held against them here. What says nothing is unpacked from its beginning to its end.
//!
//! Source: the .xz file format 1.2.1.

mod parts;

use std::{
    io::{self, BufReader, Read},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{Builder, Scope},
};

use lzma_rust2::XzReader;

use self::parts::{BlockHead, Records, StreamHead, alone, index};
use super::{
    Exceeded,
    ahead::{self, Hands, Pieces},
    error::damaged,
    reader::{Checked, Peeked},
};

/// So few packed bytes are unpacked without further threads.
const FEW: usize = 128 << 10;
/// So many pieces of a block wait while those before it are read, 16 MiB: else nobody could go on with it until then.
const WAITING: usize = 64;
/// Longer blocks than this, in packed bytes, are not held in memory beside each other.
const HELD: u64 = 32 << 20;

/// Returns what was packed; threads of this scope unpack it ahead. `memory` is in KiB.
pub(super) fn unpacked<'scope>(
    scope: &'scope Scope<'scope, '_>,
    packed: impl Read + Send + 'scope,
    memory: u32,
) -> io::Result<Box<dyn Read + Send + 'scope>> {
    let mut packed = Peeked::nothing(packed);
    let head = packed.look(FEW)?;
    let first = head.get(StreamHead::LENGTH..).map(BlockHead::of);
    let is_parted = match first {
        Some(Ok(Some(first))) => first.lengths().is_some_and(|it| it.0 <= HELD),
        _ => false,
    };
    if is_parted && head.len() == FEW {
        return Ok(Box::new(Blocks::of(scope, packed, memory)?));
    }
    let plain = XzReader::new_mem_limit(BufReader::new(packed), true, memory);
    Ok(Box::new(ahead::of(scope, plain)))
}

/// What comes out of the blocks of a file, in their order.
struct Blocks {
    blocks: Receiver<io::Result<Pieces>>,
    block: Option<Pieces>,
}

impl Blocks {
    fn of<'scope>(
        scope: &'scope Scope<'scope, '_>,
        packed: Peeked<impl Read + Send + 'scope>,
        memory: u32,
    ) -> io::Result<Self> {
        let hands = Hands::of(scope, usize::MAX)?;
        let (to, blocks) = sync_channel(1);
        Builder::new().spawn_scoped(scope, move || {
            let ended = streams(packed, memory, &hands, &to);
            if let Err(error) = ended {
                // Where nobody takes it, nobody asked.
                let _ = to.send(Err(error));
            }
        })?;
        let block = None;
        Ok(Self { blocks, block })
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(block) = &mut self.block {
                let length = block.read(buffer)?;
                if length > 0 || buffer.is_empty() {
                    return Ok(length);
                }
            }
            match self.blocks.recv() {
                Ok(block) => self.block = Some(block?),
                Err(_) => return Ok(0),
            }
        }
    }
}

/// Cuts a file into its blocks, until nobody takes them.
fn streams<'scope>(
    mut packed: Peeked<impl Read + Send>,
    memory: u32,
    hands: &Hands<'scope>,
    to: &SyncSender<io::Result<Pieces>>,
) -> io::Result<()> {
    loop {
        let stream = StreamHead::read(&mut packed)?;
        let mut seen = Records::default();
        loop {
            let head = packed.look(BlockHead::LONGEST)?;
            let Some(head) = BlockHead::of(head)? else {
                break;
            };
            let Some((length, plain)) = head.lengths() else {
                return Err(damaged(
                    "a block does not say how long it is, as those before it do",
                ));
            };
            let whole = head.whole(length, stream.check());
            if length > u64::from(memory) << 10 {
                return Err(io::Error::other(Exceeded::Memory(memory)));
            }
            let mut block = Vec::new();
            (&mut packed).take(whole.padded()).read_to_end(&mut block)?;
            if (block.len() as u64) < whole.padded() {
                return Err(damaged("it ends in a block"));
            }
            seen.add(whole.unpadded(), plain);
            let (done, pieces) = ahead::many_pieces(WAITING);
            let bytes = alone(&stream, block, whole.unpadded(), plain);
            hands.give(move || {
                let bytes = XzReader::new_mem_limit(&bytes[..], false, memory);
                ahead::hand_over(Checked::of(bytes, plain, None), Some(plain), &done);
            });
            if to.send(Ok(pieces)).is_err() {
                return Ok(());
            }
        }
        index(&mut packed, &stream, &seen)?;
        if !is_followed(&mut packed)? {
            return Ok(());
        }
    }
}

/// Reads past the zeros behind a stream; returns whether another one follows.
fn is_followed(packed: &mut Peeked<impl Read>) -> io::Result<bool> {
    loop {
        match packed.look(4)? {
            [] => return Ok(false),
            [0, 0, 0, 0] => drop(super::reader::fixed::<4>(packed)?),
            _ => return Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn read(packed: &[u8]) -> (Vec<u8>, io::Result<()>) {
        thread::scope(|scope| {
            let mut out = Vec::new();
            let packed = Peeked::nothing(packed);
            let end = Blocks::of(scope, packed, 64 << 10)
                .unwrap()
                .read_to_end(&mut out);
            (out, end.map(drop))
        })
    }

    /// Several blocks: `xz -T2 --block-size=8192`.
    const PACKED: &[u8] = include_bytes!("../../tests/archives/tar.xz-blocks");

    fn plain() -> Vec<u8> {
        read(PACKED).0
    }

    #[test]
    fn blocks_come_out_as_the_library_unpacks_them_one_after_the_other() {
        let mut right = Vec::new();
        XzReader::new(PACKED, true).read_to_end(&mut right).unwrap();
        let (out, end) = read(PACKED);
        end.unwrap();
        assert!(out == right && out.len() > 2 * 8192);
    }

    #[test]
    fn streams_follow_each_other_with_zeros_between() {
        let twice = [PACKED, &[0; 8], PACKED].concat();
        let (out, end) = read(&twice);
        end.unwrap();
        assert!(out == [plain(), plain()].concat());
    }

    #[test]
    fn a_cut_or_altered_file_never_ends_well_with_other_bytes() {
        let plain = plain();
        let step = PACKED.len() / 300;
        // And each byte of the index and what follows it.
        let ends = (PACKED.len() - 48)..PACKED.len();
        for at in (13..PACKED.len()).step_by(step).chain(ends) {
            let (out, end) = read(&PACKED[..at]);
            assert!(end.is_err() && plain.starts_with(&out), "cut at {at}");
            let mut altered = PACKED.to_vec();
            altered[at] ^= 1 << (at % 8);
            let (out, end) = read(&altered);
            assert!(end.is_err() && plain.starts_with(&out), "altered at {at}");
        }
    }

    #[test]
    fn what_follows_the_end_is_a_fault_behind_all_that_was_packed() {
        let (out, end) = read(&[PACKED, b"and more"].concat());
        assert!(end.is_err());
        assert!(out == plain());
    }
}
