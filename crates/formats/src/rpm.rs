//! Reads the header of an installed package, as the database of rpm keeps it: one blob a package.
//!
//! ```text
//! entries: u32  bytes: u32  entries × (tag, kind, offset, count: u32)  bytes of data
//! ```
//!
//! Numbers have their highest byte first. Only the name and the list of files are read.
//!
//! Source: rpm 4.20, docs/manual/format_header.md and format_v4.md, as facts, looked over 2026-11-25.

/// Most entries and bytes of data that rpm itself accepts of a header.
const MOST_ENTRIES: usize = 65_536;
const MOST_BYTES: usize = 256 << 20;
/// Most files of one package.
const MOST_FILES: usize = 2_000_000;

const NAME: u32 = 1000;
const INDEXES: u32 = 1116;
const BASENAMES: u32 = 1117;
const FOLDERS: u32 = 1118;

/// A package that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// What rpm calls it.
    pub name: String,
    /// The whole paths of its files and folders.
    pub files: Vec<String>,
}

/// Returns the package that a header is of; `None` if it is damaged.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Package> {
    let entries = usize::try_from(number(bytes, 0)?).ok()?;
    let length = usize::try_from(number(bytes, 4)?).ok()?;
    if entries > MOST_ENTRIES || length > MOST_BYTES {
        return None;
    }
    let data = bytes.get(8 + entries * 16..)?.get(..length)?;
    let entry = |tag: u32| {
        (0..entries).find_map(|n| {
            let at = 8 + n * 16;
            let is_it = number(bytes, at)? == tag;
            let offset = usize::try_from(number(bytes, at + 8)?).ok()?;
            let count = usize::try_from(number(bytes, at + 12)?).ok()?;
            is_it.then_some((offset, count))
        })
    };
    let texts = |tag: u32| -> Option<Vec<&str>> {
        let (offset, count) = entry(tag)?;
        let mut texts = data.get(offset..)?.split(|byte| *byte == 0);
        if count > MOST_FILES {
            return None;
        }
        (0..count)
            .map(|_| str::from_utf8(texts.next()?).ok())
            .collect()
    };
    let name = texts(NAME)?.first()?.to_string();
    let Some(basenames) = texts(BASENAMES) else {
        // A package may have no files.
        return entry(BASENAMES).is_none().then_some(Package {
            name,
            files: Vec::new(),
        });
    };
    let folders = texts(FOLDERS)?;
    let (offset, count) = entry(INDEXES)?;
    if count != basenames.len() {
        return None;
    }
    let file = |(n, base): (usize, &&str)| {
        let folder = usize::try_from(number(data, offset.checked_add(n * 4)?)?).ok()?;
        Some(format!("{}{base}", folders.get(folder)?))
    };
    let files: Option<Vec<String>> = basenames.iter().enumerate().map(file).collect();
    Some(Package {
        name,
        files: files?,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a header as rpm does, for tests.
    fn sample(name: &str, files: &[&str]) -> Vec<u8> {
        let (mut folders, mut indexes, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            let (folder, base) = file.rsplit_once('/').unwrap_or(("", file));
            let folder = format!("{folder}/");
            let at = folders.iter().position(|it| *it == folder);
            indexes.push(at.unwrap_or(folders.len()));
            if at.is_none() {
                folders.push(folder);
            }
            bases.push(base.to_owned());
        }
        let mut data = Vec::new();
        let mut entries = Vec::new();
        let mut texts = |tag: u32, kind: u32, all: &[String], data: &mut Vec<u8>| {
            entries.push([tag, kind, data.len() as u32, all.len() as u32]);
            all.iter()
                .for_each(|text| data.extend(text.bytes().chain([0])));
        };
        texts(NAME, 6, &[name.to_owned()], &mut data);
        if !files.is_empty() {
            texts(BASENAMES, 8, &bases, &mut data);
            texts(FOLDERS, 8, &folders, &mut data);
            data.resize(data.len().next_multiple_of(4), 0);
            entries.push([INDEXES, 4, data.len() as u32, indexes.len() as u32]);
            indexes
                .iter()
                .for_each(|at| data.extend((*at as u32).to_be_bytes()));
        }
        let head = [entries.len() as u32, data.len() as u32];
        let numbers = head.iter().chain(entries.iter().flatten());
        let mut bytes: Vec<u8> = numbers.flat_map(|it| it.to_be_bytes()).collect();
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_header_says_its_name_and_files() {
        let files = [
            "/usr/bin/shotcut",
            "/usr/share/applications/org.shotcut.desktop",
            "/usr/bin/melt",
        ];
        let package = parse(&sample("shotcut", &files)).unwrap();
        assert_eq!(
            (package.name.as_str(), package.files),
            ("shotcut", files.map(str::to_owned).to_vec())
        );
        assert_eq!(parse(&sample("empty", &[])).unwrap().files, [""; 0]);
    }

    #[test]
    fn a_damaged_header_is_none_and_no_panic() {
        let whole = sample("shotcut", &["/usr/bin/shotcut"]);
        for end in 0..whole.len() {
            assert_eq!(parse(&whole[..end]), None, "{end}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            let _ = parse(&changed);
        }
    }
}
