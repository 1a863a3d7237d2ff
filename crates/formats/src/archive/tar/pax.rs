//! Records of pax: `30 mtime=1350244992.023960108\n`, the length first, of the whole record.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use super::{
    super::error::damaged,
    sparse::{Map, map_of_data},
};

/// What counts where it is said of all entries.
const OF_ALL: [&[u8]; 4] = [b"linkpath", b"mtime", b"path", b"size"];
/// The longest of it, in bytes: each entry has all of it, so that a short archive of many entries would take hours.
const LONGEST_OF_ALL: usize = 16 << 10;

/// The records on one entry, the last of a name. Those of sparse extents, which stand there several times, are a list.
#[derive(Clone, Default)]
pub(super) struct Pax {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Whether there are any, be they known or not.
    is_there: bool,
    /// Offsets and lengths of `GNU.sparse.offset` and `GNU.sparse.numbytes`, in turn.
    extents: Vec<u64>,
}

impl Pax {
    pub(super) fn of(mut text: &[u8]) -> io::Result<Self> {
        let wrong = || damaged("pax records are not what they must be");
        let mut pax = Self {
            is_there: !text.is_empty(),
            ..Self::default()
        };
        while !text.is_empty() {
            let space = text.iter().position(|it| *it == b' ').ok_or_else(wrong)?;
            let length = decimal(&text[..space]).ok_or_else(wrong)?;
            let length = usize::try_from(length).map_err(|_| wrong())?;
            let record = text.get(space + 1..length).ok_or_else(wrong)?;
            let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
            let sign = record.iter().position(|it| *it == b'=').ok_or_else(wrong)?;
            let (name, value) = (&record[..sign], &record[sign + 1..]);
            match name {
                b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                    pax.extents.push(decimal(value).ok_or_else(wrong)?);
                }
                _ => drop(pax.records.insert(name.to_vec(), value.to_vec())),
            }
            text = &text[length..];
        }
        Ok(pax)
    }

    /// Takes later global records in.
    pub(super) fn add(&mut self, later: Self) -> io::Result<()> {
        self.is_there |= later.is_there;
        let known = later.records.into_iter();
        let known = known.filter(|(name, _)| OF_ALL.contains(&&name[..]));
        self.records.extend(known);
        match self.records.values().map(Vec::len).sum::<usize>() <= LONGEST_OF_ALL {
            true => Ok(()),
            false => Err(damaged(
                "what it says of all entries is longer than can be right",
            )),
        }
    }

    /// Returns these with those of one entry above them.
    pub(super) fn with(&self, own: Self) -> Self {
        let mut records = self.records.clone();
        records.extend(own.records);
        Self {
            records,
            is_there: self.is_there || own.is_there,
            extents: own.extents,
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        // With a sparse file `path` is a name for those who cannot read it.
        self.get("GNU.sparse.name").or_else(|| self.get("path"))
    }

    pub(super) fn link(&self) -> Option<&[u8]> {
        self.get("linkpath")
    }

    pub(super) fn size(&self) -> Option<u64> {
        decimal(self.get("size")?).filter(|it| *it <= 1 << 60)
    }

    /// Returns the seconds of the time, rounded down.
    pub(super) fn modified(&self) -> Option<i64> {
        let text = std::str::from_utf8(self.get("mtime")?).ok()?;
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole: i64 = seconds.parse().ok()?;
        let is_below = seconds.starts_with('-') && fraction.bytes().any(|it| it != b'0');
        whole.checked_sub(i64::from(is_below))
    }

    /// Returns the map of a sparse file, in whichever of the three forms of pax it is written.
    pub(super) fn sparse(&self, data: &mut impl Read) -> io::Result<Option<Map>> {
        let wrong = || damaged("a sparse file has a map that is none");
        let number = |name: &str| self.get(name).and_then(decimal);
        if let Some(size) =
            number("GNU.sparse.realsize").filter(|_| self.get("GNU.sparse.major").is_some())
        {
            return map_of_data(size, data).map(Some);
        }
        let Some(size) = number("GNU.sparse.size") else {
            return Ok(None);
        };
        let mut values = self.extents.clone();
        if let Some(map) = self.get("GNU.sparse.map") {
            let each = map.split(|it| *it == b',').map(decimal);
            values = each.collect::<Option<_>>().ok_or_else(wrong)?;
        }
        let mut map = Map::new(size);
        for extent in values.chunks(2) {
            let [at, length] = extent else {
                return Err(wrong());
            };
            map.add(*at, *length)?;
        }
        Ok(Some(map))
    }

    fn get(&self, name: &str) -> Option<&[u8]> {
        let value = self.records.get(name.as_bytes())?;
        // An empty value takes back what was said of all.
        (!value.is_empty()).then_some(&value[..])
    }
}

pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, length: usize) -> Vec<u8> {
        let rest = format!(" {name}={}\n", "x".repeat(length));
        let digits = (rest.len() + 7).to_string().len();
        let record = format!("{}{rest}", rest.len() + digits);
        assert_eq!(record.len(), rest.len() + digits);
        record.into_bytes()
    }

    #[test]
    fn what_is_said_of_all_is_short() {
        let mut all = Pax::default();
        all.add(Pax::of(&record("comment", 900_000)).unwrap())
            .unwrap();
        assert!(all.is_there() && all.records.is_empty());
        all.add(Pax::of(&record("path", 2000)).unwrap()).unwrap();
        assert_eq!(all.with(Pax::default()).name().unwrap().len(), 2000);
        let long = Pax::of(&record("linkpath", 100_000)).unwrap();
        assert!(all.add(long).is_err());
    }
}
