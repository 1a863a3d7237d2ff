//! Folders of a disc, and the records in them.

use std::io::{self, Read, Seek, SeekFrom};

use super::{
    super::{Budget, Entry, EntryKind, error::damaged, modes, times::days_since_1970},
    SECTOR,
    rock_ridge::{self, RockRidge},
};

/// The longest folder, in bytes: some five hundred thousand records.
const LONGEST: u64 = 64 << 20;

/// One of the trees of a disc.
pub(super) struct Tree {
    /// Where its root lies and how long it is, in bytes.
    pub(super) root: (u64, u64),
    block: u64,
    is_joliet: bool,
    /// How many bytes stand before the fields of Rock Ridge, if there are any.
    rock_ridge: Option<usize>,
}

/// A file, folder or link.
pub(super) struct Record {
    pub(super) name: Vec<u8>,
    pub(super) entry: Entry,
    /// Where its bytes lie and how many there are; one at least.
    pub(super) extents: Vec<(u64, u64)>,
}

impl Tree {
    /// Reads the descriptor of a volume.
    pub(super) fn of(sector: &[u8; SECTOR as usize], is_joliet: bool) -> io::Result<Self> {
        let block = u64::from(u16::from_le_bytes([sector[128], sector[129]]));
        if !(512..=SECTOR).contains(&block) || !block.is_power_of_two() {
            return Err(damaged("its blocks have a size that none may have"));
        }
        let root = place(&sector[156..190], block);
        Ok(Self {
            root,
            block,
            is_joliet,
            rock_ridge: None,
        })
    }

    /// Looks whether the first record of the root has fields of SUSP.
    pub(super) fn look_for_rock_ridge(
        &mut self,
        source: &mut (impl Read + Seek),
    ) -> io::Result<()> {
        source.seek(SeekFrom::Start(self.root.0))?;
        let mut sector = vec![0; SECTOR as usize];
        source.read_exact(&mut sector)?;
        let length = usize::from(sector[0]);
        self.rock_ridge = sector.get(34..length).and_then(rock_ridge::is_used);
        Ok(())
    }

    pub(super) fn has_rock_ridge(&self) -> bool {
        self.rock_ridge.is_some()
    }

    /// Reads a folder, but for itself and the one above.
    pub(super) fn records(
        &self,
        source: &mut (impl Read + Seek),
        (at, length): (u64, u64),
        budget: &Budget,
    ) -> io::Result<Vec<Record>> {
        if length > LONGEST {
            return Err(damaged("a folder is longer than is read"));
        }
        let mut folder = Vec::new();
        source.seek(SeekFrom::Start(at))?;
        source.take(length).read_to_end(&mut folder)?;
        let mut records: Vec<Record> = Vec::new();
        // Whether the record before is one part of a file, and this the next.
        let mut goes_on = false;
        for sector in folder.chunks(SECTOR as usize) {
            let mut rest = sector;
            // A record never crosses sectors: zeros fill what is left.
            while let Some(size @ 34..) = rest.first().map(|it| usize::from(*it)) {
                let record = rest.get(..size);
                let record = record.ok_or_else(|| damaged("a record ends behind its sector"))?;
                rest = &rest[size..];
                let was_going_on = goes_on;
                goes_on = record[25] & 0x80 != 0;
                if let (true, Some(last)) = (was_going_on, records.last_mut()) {
                    let next = place(record, self.block);
                    last.entry.size = last.entry.size.map(|it| it + next.1);
                    last.extents.push(next);
                    continue;
                }
                if let Some(record) = self.record(source, record, budget)? {
                    budget.one_more().map_err(io::Error::other)?;
                    records.push(record);
                }
            }
        }
        Ok(records)
    }

    fn record(
        &self,
        source: &mut (impl Read + Seek),
        record: &[u8],
        budget: &Budget,
    ) -> io::Result<Option<Record>> {
        let length = usize::from(record[32]);
        let name = record.get(33..33 + length);
        let name = name.ok_or_else(|| damaged("a name ends behind its record"))?;
        if matches!(name, [0] | [1]) {
            return Ok(None);
        }
        let is_folder = record[25] & 2 != 0;
        let mut place = place(record, self.block);
        let mut entry = Entry::named(
            Vec::new(),
            if is_folder {
                EntryKind::Folder
            } else {
                EntryKind::File
            },
        );
        entry.modified = moment(&record[18..25]);
        let mut fields = RockRidge::default();
        if let Some(before) = self.rock_ridge {
            // The name is filled up to an even length.
            let system = record.get(33 + (length | 1)..).unwrap_or_default();
            let system = system.get(before..).unwrap_or_default();
            fields = rock_ridge::fields(source, system, self.block, budget)?;
        }
        if fields.is_moved {
            return Ok(None);
        }
        if let Some(block) = fields.child {
            // A folder that was too deep lies elsewhere; its own first record says how long it is.
            let at = u64::from(block) * self.block;
            source.seek(SeekFrom::Start(at))?;
            let mut itself = [0; 34];
            source.read_exact(&mut itself)?;
            place = (at, self::place(&itself, self.block).1);
            entry.kind = EntryKind::Folder;
        }
        entry.mode = fields.mode.map(|it| it & 0o7777);
        entry.modified = fields.modified.or(entry.modified);
        entry.kind = match (entry.kind, fields.mode) {
            (EntryKind::File, Some(mode)) if mode & modes::KIND == modes::LINK => {
                EntryKind::Link(fields.link)
            }
            (EntryKind::File, Some(mode)) => {
                modes::special(mode).map_or(EntryKind::File, EntryKind::Special)
            }
            (kind, _) => kind,
        };
        entry.size = (entry.kind == EntryKind::File).then_some(place.1);
        entry.packed = entry.size;
        let name = match () {
            () if !fields.name.is_empty() => fields.name,
            () if self.is_joliet => {
                entry.is_utf8 = true;
                joliet(name)
            }
            () => plain(name),
        };
        Ok(Some(Record {
            name,
            entry,
            extents: vec![place],
        }))
    }
}

/// Returns where a record says that its bytes lie, and how many there are.
fn place(record: &[u8], block: u64) -> (u64, u64) {
    let number = |at: usize| {
        u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
    };
    let extended = u64::from(record[1]);
    ((u64::from(number(2)) + extended) * block, number(10).into())
}

/// Reads seven bytes: years since 1900, month, day, hour, minute, second, and quarters of an hour from UTC.
pub(super) fn moment(bytes: &[u8]) -> Option<i64> {
    let [year, month, day, hour, minute, second, zone] = *bytes.first_chunk()?;
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days = days_since_1970(1900 + i64::from(year), month.into(), day.into());
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(days * 86_400 + seconds - i64::from(zone.cast_signed()) * 900)
}

/// UCS-2, highest byte first; the version behind `;` is no part of a name.
fn joliet(name: &[u8]) -> Vec<u8> {
    let units = name
        .as_chunks::<2>()
        .0
        .iter()
        .map(|it| u16::from_be_bytes(*it));
    let name: String = char::decode_utf16(units)
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    let plain = name.strip_suffix(";1").unwrap_or(&name);
    plain.as_bytes().to_vec()
}

/// `README.;1` is `README`.
fn plain(name: &[u8]) -> Vec<u8> {
    let end = name.iter().position(|it| *it == b';').unwrap_or(name.len());
    let name = &name[..end];
    name.strip_suffix(b".")
        .filter(|it| !it.is_empty())
        .unwrap_or(name)
        .to_vec()
}
