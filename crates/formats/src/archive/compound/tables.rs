//! The tables of an installer: streams of columns, whose text stands in one pool.
//!
//! Source: Microsoft, Windows Installer, "Installer Database"; of how they lie in a file Wine 8.0, dlls/msi/table.c and
//! string.c.

use std::collections::HashMap;

/// What the name of a table begins with.
pub(super) const TABLE: &str = "!";
/// Columns of these kinds.
const TEXT: u16 = 0x800;
const BINARY: u16 = 0x900;
const NULLABLE: u16 = 0x1000;

/// Two letters of 64, or one, in a letter of Chinese.
pub(super) fn name(packed: &[u16]) -> Vec<u16> {
    const LETTERS: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
    let letter = |it: u16| u16::from(LETTERS[usize::from(it & 63)]);
    let mut plain = Vec::new();
    for it in packed {
        match *it {
            0x3800..0x4800 => plain.extend([letter(it - 0x3800), letter((it - 0x3800) >> 6)]),
            0x4800..0x4840 => plain.push(letter(it - 0x4800)),
            0x4840 => plain.push(u16::from(b'!')),
            other => plain.push(other),
        }
    }
    plain
}

/// The text of all tables, each by its number.
pub(super) struct Pool {
    data: Vec<u8>,
    /// Where each text begins and ends.
    texts: Vec<(usize, usize)>,
    is_long: bool,
    pub(super) is_utf8: bool,
}

impl Pool {
    pub(super) fn of(lengths: &[u8], data: Vec<u8>) -> Self {
        let (pairs, _) = lengths.as_chunks::<4>();
        let word =
            |pair: &[u8; 4], at: usize| usize::from(u16::from_le_bytes([pair[at], pair[at + 1]]));
        let head = pairs.first().copied().unwrap_or_default();
        let mut texts = vec![(0, 0)];
        let (mut at, mut high) = (0_usize, 0);
        for pair in pairs.iter().skip(1) {
            let (length, uses) = (word(pair, 0), word(pair, 2));
            if length == 0 && uses != 0 && high == 0 {
                // The upper half of the length of the next.
                high = uses;
                continue;
            }
            let end = at.saturating_add(high << 16 | length);
            texts.push((at, end));
            (at, high) = (end, 0);
        }
        Self {
            data,
            texts,
            is_long: head[3] & 0x80 != 0,
            is_utf8: word(&head, 0) == 65001,
        }
    }

    fn text(&self, number: u32) -> &[u8] {
        let place = usize::try_from(number).ok();
        let place = place.and_then(|it| self.texts.get(it));
        place
            .and_then(|it| self.data.get(it.0..it.1))
            .unwrap_or_default()
    }

    fn width(&self, kind: u16) -> usize {
        match kind {
            _ if kind & !NULLABLE == BINARY => 2,
            _ if kind & TEXT != 0 && self.is_long => 3,
            _ if kind & TEXT == 0 && kind & 0xff == 4 => 4,
            _ => 2,
        }
    }

    /// Reads a table by the kinds of its columns.
    pub(super) fn table<'a>(&'a self, bytes: &'a [u8], columns: &[u16]) -> Table<'a> {
        let widths: Vec<usize> = columns.iter().map(|it| self.width(*it)).collect();
        let row: usize = widths.iter().sum();
        let rows = bytes.len().checked_div(row).unwrap_or(0);
        Table {
            pool: self,
            bytes,
            widths,
            rows,
        }
    }

    /// Returns the kinds of the columns of each table, out of the table that lists them, with their names.
    pub(super) fn columns(&self, bytes: &[u8]) -> HashMap<Vec<u8>, Vec<(Vec<u8>, u16)>> {
        let table = self.table(bytes, &[TEXT, 2, TEXT, 2]);
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in 0..table.rows {
            let number = table.number(row, 1) ^ 0x8000;
            let kind = u16::try_from(table.number(row, 3) ^ 0x8000).unwrap_or(0);
            let columns = found.entry(table.text(row, 0).to_vec()).or_default();
            columns.push((number, table.text(row, 2).to_vec(), kind));
        }
        let ordered = found.into_iter().map(|(table, mut columns)| {
            columns.sort();
            let columns = columns.into_iter().map(|(_, name, kind)| (name, kind));
            (table, columns.collect())
        });
        ordered.collect()
    }
}

/// A table: all rows of a column, then those of the next.
pub(super) struct Table<'a> {
    pool: &'a Pool,
    bytes: &'a [u8],
    widths: Vec<usize>,
    pub(super) rows: usize,
}

impl<'a> Table<'a> {
    pub(super) fn text(&self, row: usize, column: usize) -> &'a [u8] {
        self.pool.text(self.number(row, column))
    }

    fn number(&self, row: usize, column: usize) -> u32 {
        let before: usize = self.widths.iter().take(column).sum();
        let width = self.widths.get(column).copied().unwrap_or(0);
        let at = before * self.rows + row * width;
        let bytes = self.bytes.get(at..at + width).unwrap_or_default();
        bytes
            .iter()
            .rev()
            .fold(0, |all, it| all << 8 | u32::from(*it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_streams_are_two_letters_in_one() {
        // `_StringPool` as every installer has it.
        let packed = [0x4840, 0x3f3f, 0x4577, 0x446c, 0x3e6a, 0x44b2, 0x482f];
        assert_eq!(String::from_utf16(&name(&packed)).unwrap(), "!_StringPool");
    }
}
