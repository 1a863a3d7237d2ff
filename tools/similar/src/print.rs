//! 64 bits of what a picture shows, as few of which change as possible when it is scaled or compressed.
//!
//! The picture is taken apart into cosine waves, and each of the slowest tells by its sign a bit, as in
//! the perceptual hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions"
//! (2010), chapter 3.2.1. Signs instead of "above the median" make prints of a turned or mirrored picture
//! follow from its waves: a mirror changes the sign of every odd wave, the diagonal exchanges the two
//! directions.

use std::f32::consts::PI;

/// The width and height of the grey picture a print is made of.
pub(crate) const SIDE: usize = 32;
/// How many of the slowest waves of each direction are taken, without the first, which is the brightness.
const WAVES: usize = 8;

/// What a picture shows, in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Print(pub u64);

impl Print {
    /// Returns in how many bits two differ.
    #[must_use]
    pub fn distance(self, other: Self) -> u8 {
        // At most 64.
        (self.0 ^ other.0).count_ones() as u8
    }
}

/// Returns the prints of a picture of [`SIDE`] times [`SIDE`] greys, row by row, laid in the eight ways:
/// as it is, mirrored, upside down, both, and these along the diagonal. `None` if it shows nothing: one
/// shade all over, or nearly so.
pub(crate) fn prints(greys: &[u8]) -> Option<[Print; 8]> {
    let waves = waves(greys)?;
    let print = |mirrored: bool, upside_down: bool, along: bool| {
        let mut bits = 0_u64;
        for at in 0..WAVES * WAVES {
            let (u, v) = (at % WAVES, at / WAVES);
            let wave = if along { waves[u][v] } else { waves[v][u] };
            // Waves are counted from 1 on: the even numbers here are the odd waves.
            let turns = (mirrored && u % 2 == 0) != (upside_down && v % 2 == 0);
            bits = bits << 1 | u64::from((wave > 0.0) != turns);
        }
        Print(bits)
    };
    let ways = [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (true, true, false),
        (false, false, true),
        (true, false, true),
        (false, true, true),
        (true, true, true),
    ];
    Some(ways.map(|(mirrored, upside_down, along)| print(mirrored, upside_down, along)))
}

/// Takes a picture apart: the waves 1 to 8 of each direction, by row and column.
fn waves(greys: &[u8]) -> Option<[[f32; WAVES]; WAVES]> {
    let greys: &[u8; SIDE * SIDE] = greys.try_into().ok()?;
    let (least, most) = (greys.iter().min()?, greys.iter().max()?);
    // Less than that is noise of a compression.
    if most - least < 8 {
        return None;
    }
    let mut cosines = [[0_f32; SIDE]; WAVES];
    for (wave, row) in cosines.iter_mut().enumerate() {
        for (at, cosine) in row.iter_mut().enumerate() {
            *cosine = (PI / SIDE as f32 * (at as f32 + 0.5) * (wave as f32 + 1.0)).cos();
        }
    }
    let mut across = [[0_f32; WAVES]; SIDE];
    for (y, row) in across.iter_mut().enumerate() {
        for (u, sum) in row.iter_mut().enumerate() {
            let line = greys[y * SIDE..][..SIDE].iter().zip(&cosines[u]);
            *sum = line.map(|(grey, cosine)| f32::from(*grey) * cosine).sum();
        }
    }
    let mut waves = [[0_f32; WAVES]; WAVES];
    for (v, row) in waves.iter_mut().enumerate() {
        for (u, sum) in row.iter_mut().enumerate() {
            let column = across.iter().zip(&cosines[v]);
            *sum = column.map(|(line, cosine)| line[u] * cosine).sum();
        }
    }
    Some(waves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seed: u64) -> Vec<u8> {
        let mut content = fixture::Content::new(seed);
        let spots = content.bytes(12);
        let grey = |at: usize| {
            let (x, y) = ((at % SIDE) as f32, (at / SIDE) as f32);
            let spot = |it: &[u8]| {
                let (across, down) = (x - f32::from(it[0] % 32), y - f32::from(it[1] % 32));
                f32::from(it[2]) * (-(across * across + down * down) / 60.0).exp()
            };
            spots.chunks(3).map(spot).sum::<f32>().min(255.0) as u8
        };
        (0..SIDE * SIDE).map(grey).collect()
    }

    fn laid(picture: &[u8], to: impl Fn(usize, usize) -> (usize, usize)) -> Vec<u8> {
        let at = |at: usize| {
            let (x, y) = to(at % SIDE, at / SIDE);
            picture[y * SIDE + x]
        };
        (0..SIDE * SIDE).map(at).collect()
    }

    #[test]
    fn a_picture_that_is_turned_or_mirrored_has_one_of_its_eight_prints() {
        let last = SIDE - 1;
        let ways: [&dyn Fn(usize, usize) -> (usize, usize); 7] = [
            &|x, y| (last - x, y),
            &|x, y| (x, last - y),
            &|x, y| (last - x, last - y),
            &|x, y| (y, x),
            &|x, y| (last - y, x),
            &|x, y| (y, last - x),
            &|x, y| (last - y, last - x),
        ];
        for seed in 0..50 {
            let picture = picture(seed);
            let of = prints(&picture).unwrap();
            for way in ways {
                let turned = prints(&laid(&picture, way)).unwrap()[0];
                let nearest = of.iter().map(|it| it.distance(turned)).min().unwrap();
                // Waves next to nothing have no certain sign.
                assert!(nearest <= 4, "seed {seed}: {nearest}");
            }
        }
    }

    #[test]
    fn other_pictures_have_other_prints() {
        let prints: Vec<_> = (0..60)
            .map(|seed| prints(&picture(seed)).unwrap())
            .collect();
        let mut near = 0;
        for (number, one) in prints.iter().enumerate() {
            for other in &prints[number + 1..] {
                near += u32::from(other.iter().any(|it| it.distance(one[0]) <= 6));
            }
        }
        assert!(near <= 2, "{near} of 1770 pairs look alike by chance");
    }

    #[test]
    fn what_shows_nothing_has_no_print() {
        assert_eq!(prints(&[200; SIDE * SIDE]), None);
        assert_eq!(prints(&[0; 7]), None);
    }
}
