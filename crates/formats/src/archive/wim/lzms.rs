//! LZMS: LZ77 and delta matches; what each item is told by a range coder from the front, all else by prefix codes that
//! adapt, from the back.
//!
//! Microsoft published no description. Source of all facts here and in the files below: E. Biggers, "LZMS compression
//! format", the description at the head of wimlib's lzms_decompress.c, and the constants it names.

mod adaptive;
mod calls;
mod range;
mod recent;
mod slots;

use std::io;

use self::{
    adaptive::Adaptive,
    calls::Calls,
    range::{Decision, Range},
    recent::Recent,
    slots::Slots,
};
use super::{
    super::error::damaged,
    bits::{Bits, repeat},
};

/// Tables, kept from chunk to chunk.
pub(super) struct Lzms {
    distances: Slots,
    lengths: Slots,
    calls: Calls,
}

/// What adapts while a chunk is unpacked. Each context remembers its own last decisions.
struct Model {
    is_match: Decision<16>,
    is_delta: Decision<32>,
    is_repeated: Decision<64>,
    repeats: [Decision<64>; 2],
    is_delta_repeated: Decision<64>,
    delta_repeats: [Decision<64>; 2],
    byte: Adaptive,
    distance: Adaptive,
    length: Adaptive,
    delta_distance: Adaptive,
    power: Adaptive,
}

/// A delta match: how far apart the bytes of a series lie, as a power of two, and how many of these it lies back.
type Series = (u32, u32);

impl Model {
    fn of(distances: usize, lengths: usize) -> io::Result<Self> {
        Ok(Self {
            is_match: Decision::new(),
            is_delta: Decision::new(),
            is_repeated: Decision::new(),
            repeats: [Decision::new(), Decision::new()],
            is_delta_repeated: Decision::new(),
            delta_repeats: [Decision::new(), Decision::new()],
            byte: Adaptive::of(256, 1024)?,
            distance: Adaptive::of(distances, 1024)?,
            length: Adaptive::of(lengths, 512)?,
            delta_distance: Adaptive::of(distances, 1024)?,
            power: Adaptive::of(8, 512)?,
        })
    }
}

impl Lzms {
    pub(super) fn new() -> Self {
        Self {
            distances: Slots::distances(),
            lengths: Slots::lengths(),
            calls: Calls::new(),
        }
    }

    /// Unpacks one chunk.
    pub(super) fn unpack(&mut self, packed: &[u8], out: &mut [u8]) -> io::Result<()> {
        if packed.len() < 4 || !packed.len().is_multiple_of(2) {
            return Err(damaged("packed bytes are no words"));
        }
        let used = self.distances.up_to(out.len());
        let mut model = Model::of(used, self.lengths.len())?;
        let mut range = Range::of(packed);
        let mut bits = Bits::backward(packed);
        let mut recent: Recent<u32> = Recent::new([1, 2, 3, 4]);
        let mut series: Recent<Series> = Recent::new([(0, 1), (0, 2), (0, 3), (0, 4)]);
        let mut at = 0;
        while at < out.len() {
            if !model.is_match.bit(&mut range) {
                out[at] = model.byte.symbol(&mut bits)? as u8;
                at += 1;
            } else if !model.is_delta.bit(&mut range) {
                recent.settle(at);
                let distance = match model.is_repeated.bit(&mut range) {
                    false => self.distances.read(&mut model.distance, &mut bits)?,
                    true => recent.take(which(&mut model.repeats, &mut range)),
                };
                let length = self.lengths.read(&mut model.length, &mut bits)?;
                at = repeat(out, at, distance as usize, length as usize)?;
                recent.put(distance, at);
            } else {
                series.settle(at);
                let (power, distance) = match model.is_delta_repeated.bit(&mut range) {
                    false => {
                        let power = model.power.symbol(&mut bits)? as u32;
                        let distance = self.distances.read(&mut model.delta_distance, &mut bits)?;
                        (power, distance)
                    }
                    true => series.take(which(&mut model.delta_repeats, &mut range)),
                };
                let length = self.lengths.read(&mut model.length, &mut bits)?;
                at = delta(out, at, (power, distance), length as usize)?;
                series.put((power, distance), at);
            }
        }
        self.calls.undo(out);
        Ok(())
    }
}

/// Returns which of the three last ones is meant.
fn which(decisions: &mut [Decision<64>; 2], range: &mut Range<'_>) -> usize {
    let [first, second] = decisions;
    match () {
        () if !first.bit(range) => 0,
        () if !second.bit(range) => 1,
        () => 2,
    }
}

/// Writes bytes that differ from those one step before as others did. Returns where it ended.
fn delta(out: &mut [u8], at: usize, (power, distance): Series, length: usize) -> io::Result<usize> {
    let wrong = || damaged("packed bytes continue what is not there");
    let span = 1 << power;
    let back = (distance as usize)
        .checked_mul(span)
        .filter(|it| *it > 0 && it.checked_add(span).is_some_and(|it| it <= at));
    let end = at.checked_add(length).filter(|it| *it <= out.len());
    let (Some(back), Some(end)) = (back, end) else {
        return Err(wrong());
    };
    for at in at..end {
        let step = out[at - back].wrapping_sub(out[at - back - span]);
        out[at] = out[at - span].wrapping_add(step);
    }
    Ok(end)
}
