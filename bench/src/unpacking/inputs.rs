//! What is packed: made up, the same on every machine, and about as hard to pack as what people have.

use crate::{
    failure::Failure,
    setting::Setting,
    trees::{Tree, content::Random},
};

use super::cases::ENTRY;

/// An input that is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Many files like those of a source tree.
    Source,
    /// One text.
    Text,
    /// Programs and data.
    Binaries,
    /// Very many small files.
    Entries,
}

const MB: u64 = 1_000_000;

impl Input {
    /// Returns what names this input at this scale.
    pub(crate) fn recipe(self, setting: &Setting) -> String {
        format!("{self:?} 1: {} at {}", self.count(setting), setting.scale)
    }

    /// Files of the tree, megabytes of one file, files of ten megabytes, or entries.
    fn count(self, setting: &Setting) -> u64 {
        let pick = |tiny, small, full| setting.scale.pick(tiny, small, full);
        match self {
            Self::Source => pick(200, 1_500, 8_000),
            Self::Text => pick(2, 40, 300),
            Self::Binaries => pick(1, 5, 20),
            Self::Entries => pick(1_000, 10_000, 100_000),
        }
    }

    /// Returns the folder that is packed.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn tree(self, setting: &Setting) -> Result<Tree, Failure> {
        let (count, recipe) = (self.count(setting), self.recipe(setting));
        let words = Words::new();
        match self {
            Self::Source => setting.tree("source", &recipe, count * 20_000, |maker| {
                for number in 0..count {
                    let folder = format!("part-{:02}/room-{:02}", number / 400, number / 25 % 16);
                    maker.folder(&folder)?;
                    let mut random = Random::new(number);
                    let text = source(&words, source_size(&mut random), &mut random);
                    maker.bytes(&format!("{folder}/file-{number:05}.c"), &text)?;
                }
                Ok(())
            }),
            Self::Text => setting.tree("text", &recipe, count * MB, |maker| {
                let text = prose(&words, count * MB, &mut Random::new(1));
                maker.bytes("text.txt", &text)
            }),
            Self::Binaries => setting.tree("binaries", &recipe, count * 10 * MB, |maker| {
                for number in 0..count {
                    let bytes = binary(&words, 10 * MB, &mut Random::new(number));
                    maker.bytes(&format!("program-{number:02}.bin"), &bytes)?;
                }
                Ok(())
            }),
            Self::Entries => setting.tree("entries", &recipe, count * 4096, |maker| {
                for number in 0..count {
                    let folder = format!("folder-{:03}", number / 1000);
                    maker.folder(&folder)?;
                    let path = format!("{folder}/{ENTRY}{number:06}.txt");
                    maker.text(&path, &format!("The text of number {number}.\n"))?;
                }
                Ok(())
            }),
        }
    }
}

/// Words, the first of which are used most.
struct Words(Vec<String>);

impl Words {
    fn new() -> Self {
        const PARTS: [&str; 32] = [
            "ka", "re", "to", "mi", "sen", "lo", "da", "ver", "ti", "on", "al", "in", "er", "ma",
            "po", "ce", "tra", "li", "no", "es", "un", "ra", "ten", "bu", "co", "de", "fi", "gra",
            "hu", "ja", "si", "we",
        ];
        let mut random = Random::new(0);
        let mut word = |_| {
            let count = random.between(1, 5);
            let part = |_| PARTS[random.between(0, PARTS.len() as u64) as usize];
            (0..count).map(part).collect()
        };
        Self((0..8000).map(&mut word).collect())
    }

    /// Returns the word of rank `n` about `1 / n` of the time, as in a language.
    fn pick(&self, random: &mut Random) -> &str {
        let rank = (self.0.len() as f64).powf(random.part()) - 1.0;
        &self.0[rank as usize % self.0.len()]
    }
}

/// Returns sizes from 1 to 130 KB, half of them up to 12 KB.
fn source_size(random: &mut Random) -> u64 {
    let middling = (random.part() + random.part() + random.part()) / 3.0;
    (1000.0 * 128f64.powf(middling)) as u64
}

/// Returns lines of sentences.
fn prose(words: &Words, size: u64, random: &mut Random) -> Vec<u8> {
    let size = size as usize;
    let mut text = Vec::with_capacity(size + 100);
    let mut column = 0;
    while text.len() < size {
        let word = words.pick(random);
        text.extend_from_slice(word.as_bytes());
        column += word.len() + 1;
        let end = match random.between(0, 60) {
            0..4 => ". ",
            4..8 => ", ",
            _ => " ",
        };
        text.extend_from_slice(end.as_bytes());
        if column > 72 {
            text.pop();
            text.push(b'\n');
            column = 0;
        }
    }
    text.truncate(size);
    text
}

/// Returns lines of a program: few shapes, the names of its own file again and again.
fn source(words: &Words, size: u64, random: &mut Random) -> Vec<u8> {
    let size = size as usize;
    let own: Vec<String> = (0..24)
        .map(|_| format!("{}_{}", words.pick(random), words.pick(random)))
        .collect();
    let mut text = b"/* Made by candor-bench, under the licence of Candor. */\n\n".to_vec();
    let mut depth = 0;
    while text.len() < size {
        let mut name = || own[random.between(0, own.len() as u64) as usize].clone();
        let (one, two) = (name(), name());
        let (word, number) = (words.pick(random), random.between(0, 4096));
        let before = depth;
        let line = match random.between(0, 12) {
            0 => {
                depth += 1;
                format!("if ({one} > {number}) {{")
            }
            1 | 2 if depth > 0 => {
                depth -= 1;
                "}".to_owned()
            }
            3 | 4 => {
                let more: Vec<&str> = (0..6).map(|_| words.pick(random)).collect();
                format!("/* {word} {} */", more.join(" "))
            }
            5 => format!("struct {word} *{one} = {two}->{word};"),
            6 => format!("return {one};"),
            7 => String::new(),
            8 => format!("{one} = {number};"),
            _ => format!("{one}({two}, {word}, 0x{number:04x});"),
        };
        text.resize(text.len() + 4 * before.min(depth).min(6), b' ');
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    text.truncate(size);
    text
}

/// Returns sections as a program has them: code, tables, words, and what is packed already.
fn binary(words: &Words, size: u64, random: &mut Random) -> Vec<u8> {
    let size = size as usize;
    let codes: Vec<u64> = (0..400).map(|_| random.next()).collect();
    let mut bytes = Vec::with_capacity(size + (1 << 16));
    while bytes.len() < size {
        let end = bytes.len() + random.between(1 << 12, 1 << 16) as usize;
        match random.between(0, 10) {
            // Instructions: few operations, and operands most of which are small.
            0..5 => {
                while bytes.len() < end {
                    let rank = (codes.len() as f64).powf(random.part()) - 1.0;
                    let code = codes[rank as usize % codes.len()].to_le_bytes();
                    bytes.extend_from_slice(&code[..2 + rank as usize % 3]);
                    bytes.push(random.between(0, 40) as u8);
                }
            }
            // A table of numbers that grow.
            5 | 6 => {
                let mut number = random.between(0, 1 << 24) as u32;
                while bytes.len() < end {
                    number = number.wrapping_add(random.between(0, 200) as u32);
                    bytes.extend_from_slice(&number.to_le_bytes());
                    bytes.extend_from_slice(&(random.between(0, 8) as u32).to_le_bytes());
                }
            }
            7 => bytes.extend(prose(words, (end - bytes.len()) as u64, random)),
            8 => bytes.resize(end, 0),
            _ => {
                while bytes.len() < end {
                    bytes.extend_from_slice(&random.next().to_le_bytes());
                }
            }
        }
    }
    bytes.truncate(size);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_one_input_of_the_size_that_was_asked() {
        let words = Words::new();
        for make in [prose, source, binary] {
            let made = |seed| make(&words, 50_000, &mut Random::new(seed));
            assert_eq!(made(1).len(), 50_000);
            assert_eq!(made(1), made(1));
            assert_ne!(made(1), made(2));
        }
    }
}
