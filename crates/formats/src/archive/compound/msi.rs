//! Installers of Windows: the files of the cabinets in them, where they are to be put.
//!
//! Source: Microsoft, Windows Installer, "File Table", "Component Table", "Directory Table", "Media Table".

use std::{
    collections::HashMap,
    io::{Read, Seek},
};

use super::{
    super::{ArchiveError, Asked, Entry, Kind, Next, Visitor, cab, error::damaged},
    Item, children, name,
    sectors::Sectors,
    tables::{Pool, TABLE},
};

/// How many folders may lie in each other.
const DEEPEST: usize = 64;

/// Shows what is installed. Returns false where no cabinet lies in it.
pub(super) fn visit<S: Read + Seek + Send>(
    sectors: &mut Sectors<S>,
    items: &[Item],
    asked: &Asked<'_>,
    visitor: &mut dyn Visitor,
    kinds: &mut Vec<Kind>,
) -> Result<bool, ArchiveError> {
    let broken = |error| ArchiveError::of(Kind::Msi, error);
    let numbers = children(items, 0).map_err(broken)?;
    let by_name: HashMap<Vec<u8>, &Item> = numbers
        .into_iter()
        .map(|it| (name(&items[it].name, true), &items[it]))
        .collect();
    let mut bytes_of = |table: &str| -> Result<Vec<u8>, ArchiveError> {
        let Some(item) = by_name.get([TABLE, table].concat().as_bytes()) else {
            return Ok(Vec::new());
        };
        let longest = u64::from(asked.budget.limits().memory_kib) << 6;
        let mut bytes = Vec::new();
        let mut stream = sectors.open(&item.stream).map_err(broken)?;
        let read = stream.by_ref().take(longest + 1).read_to_end(&mut bytes);
        match read.map_err(broken)? as u64 > longest {
            true => Err(broken(damaged("a table is longer than is read"))),
            false => Ok(bytes),
        }
    };
    let pool = Pool::of(&bytes_of("_StringPool")?, bytes_of("_StringData")?);
    let columns = pool.columns(&bytes_of("_Columns")?);
    let mut table = |of: &str, wanted: &[&str]| -> Result<Vec<Vec<Vec<u8>>>, ArchiveError> {
        let bytes = bytes_of(of)?;
        let columns = columns.get(of.as_bytes()).map_or(&[][..], Vec::as_slice);
        let kinds: Vec<u16> = columns.iter().map(|it| it.1).collect();
        let place = |name: &&str| columns.iter().position(|it| it.0 == name.as_bytes());
        let places: Option<Vec<usize>> = wanted.iter().map(place).collect();
        let Some(places) = places else {
            return Ok(Vec::new());
        };
        let table = pool.table(&bytes, &kinds);
        let row = |row| {
            let texts = places.iter().map(|it| table.text(row, *it).to_vec());
            texts.collect()
        };
        Ok((0..table.rows).map(row).collect())
    };
    let media = table("Media", &["Cabinet"])?;
    let cabinets = media.iter().filter_map(|it| it[0].strip_prefix(b"#"));
    let cabinets: Vec<&&Item> = cabinets.filter_map(|it| by_name.get(it)).collect();
    if cabinets.is_empty() {
        sectors.anew();
        return Ok(false);
    }
    let directories = table(
        "Directory",
        &["Directory", "Directory_Parent", "DefaultDir"],
    )?;
    let components = table("Component", &["Component", "Directory_"])?;
    let files = table("File", &["File", "Component_", "FileName"])?;
    let directories = directories
        .iter()
        .map(|it| (&it[0][..], (&it[1][..], &it[2][..])));
    let directories = directories.collect();
    let components = components.iter().map(|it| (&it[0][..], &it[1][..]));
    let components = components.collect();
    let files = files
        .iter()
        .map(|it| (&it[0][..], (&it[1][..], &it[2][..])));
    let mut installed = Installed {
        files: files.collect(),
        components,
        directories,
        is_utf8: pool.is_utf8,
        longest: asked.budget.limits().name,
        is_over: false,
        visitor,
    };
    kinds.push(Kind::Cab);
    for cabinet in cabinets {
        let mut stream = sectors.open(&cabinet.stream).map_err(broken)?;
        cab::visit(&mut stream, asked, &mut installed)?;
        if installed.is_over {
            break;
        }
    }
    Ok(true)
}

/// Shows files of cabinets by the names that they are installed under.
struct Installed<'a> {
    /// By their names in cabinets: the component of each, and its name.
    files: HashMap<&'a [u8], (&'a [u8], &'a [u8])>,
    /// The directory of each component.
    components: HashMap<&'a [u8], &'a [u8]>,
    /// The parent of each directory, and its name.
    directories: HashMap<&'a [u8], (&'a [u8], &'a [u8])>,
    is_utf8: bool,
    longest: usize,
    is_over: bool,
    visitor: &'a mut dyn Visitor,
}

impl Installed<'_> {
    fn path(&self, file: &[u8]) -> Option<Vec<u8>> {
        let (component, file) = self.files.get(file)?;
        let mut parts = vec![long(file)];
        let mut directory = self.components.get(component).copied().unwrap_or_default();
        for _ in 0..DEEPEST {
            let Some((parent, name)) = self.directories.get(directory) else {
                break;
            };
            // The root is where everything is put.
            if parent.is_empty() || *parent == directory {
                break;
            }
            match (well_known(directory), long(name)) {
                (Some(name), _) => parts.push(name),
                (None, b"." | b"") => {}
                (None, name) => parts.push(name),
            }
            directory = parent;
        }
        parts.reverse();
        let path = parts.join(&b'/');
        (path.len() <= self.longest).then_some(path)
    }
}

impl Visitor for Installed<'_> {
    fn entry(&mut self, entry: &Entry, bytes: &mut dyn Read) -> Next {
        let mut named = entry.clone();
        if let Some(path) = self.path(&entry.name) {
            named.name = path;
            named.is_utf8 = self.is_utf8;
        }
        let next = self.visitor.entry(&named, bytes);
        self.is_over |= next == Next::Stop;
        next
    }
}

/// Returns the long name, of `SHORT~1.TXT|long name.txt`, where it is put: before that stands where it comes from.
fn long(name: &[u8]) -> &[u8] {
    let target = name.split(|it| *it == b':').next().unwrap_or_default();
    target
        .split(|it| *it == b'|')
        .next_back()
        .unwrap_or_default()
}

/// Names of folders that Windows gives itself, whatever stands in the table.
fn well_known(directory: &[u8]) -> Option<&'static [u8]> {
    Some(match directory {
        b"ProgramFilesFolder" | b"ProgramFiles64Folder" => b"Program Files",
        b"CommonFilesFolder" | b"CommonFiles64Folder" => b"Common Files",
        b"WindowsFolder" => b"Windows",
        b"SystemFolder" | b"System64Folder" => b"System32",
        _ => return None,
    })
}
