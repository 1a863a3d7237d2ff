//! One partition as a file: where it lies, its tables, how it is opened and how it goes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::{Options, sync_folder};
use crate::{
    place,
    store::{Partition, StoreError},
};

/// Reports ordered by tag, so that equal tags of all partitions meet in one pass. `spent` keeps the
/// tokens of withdrawn reports, `tomb` what was withdrawn on this day, `gone` the leaves of the reports
/// that went with it, `leaves` what the sealed tree is made of.
const TABLES: &str = "
    BEGIN;
    CREATE TABLE IF NOT EXISTS r (
        tag BLOB NOT NULL, x BLOB NOT NULL, nonce BLOB NOT NULL, wc BLOB NOT NULL,
        leaf BLOB NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (tag, x)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX IF NOT EXISTS r_nonce ON r (nonce);
    CREATE INDEX IF NOT EXISTS r_wc ON r (wc);
    CREATE TABLE IF NOT EXISTS spent (nonce BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tomb (wc BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS gone (leaf BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS leaves (leaf BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS state (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL)
        STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO state VALUES ('rows', 0), ('sealed', 0), ('withdrawn', 0), ('answered', 0);
    COMMIT;
";

/// How long somebody waits who finds a partition locked.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Returns where a partition lies: `4f2a/2951/20650.db`.
pub(super) fn path_of(folder: &Path, partition: Partition) -> PathBuf {
    folder.join(format!("{partition}.db"))
}

/// Opens a partition for writing and makes it if it is missing. From the return on the file itself
/// survives a power cut.
pub(super) fn open(
    folder: &Path,
    partition: Partition,
    options: &Options,
) -> Result<Connection, StoreError> {
    let path = path_of(folder, partition);
    let parent = path.parent().unwrap_or(folder);
    let is_new = !path.exists();
    fs::create_dir_all(parent).map_err(|source| StoreError::File {
        act: "make",
        path: parent.to_owned(),
        source,
    })?;
    // SQLite gives the files beside it the same mode. What keeps it from being made, SQLite says by itself.
    if let Err(error) = place::for_its_owner(&path)
        && error.kind() == io::ErrorKind::StorageFull
    {
        return Err(StoreError::Full { path });
    }
    let asked = |act| {
        let path = path.clone();
        move |source| StoreError::Sqlite { act, path, source }
    };
    let connection = Connection::open(&path).map_err(asked("open"))?;
    connection.busy_timeout(PATIENCE).map_err(asked("open"))?;
    // Sizes before anything else: the page count is bound to the file.
    let settings = format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -2048;
         PRAGMA temp_store = MEMORY;
         PRAGMA max_page_count = {};",
        options.pages
    );
    connection
        .execute_batch(&settings)
        .map_err(asked("set up"))?;
    connection.execute_batch(TABLES).map_err(asked("set up"))?;
    if is_new {
        for made in parent.ancestors().take(3) {
            sync_folder(made)?;
        }
    }
    Ok(connection)
}

/// Opens a partition for reading; `None` when there is none, or one that was cut off before it was made
/// whole: nothing was ever put into it.
pub(super) fn open_to_read(
    folder: &Path,
    partition: Partition,
) -> Result<Option<Connection>, StoreError> {
    let path = path_of(folder, partition);
    if !path.exists() {
        return Ok(None);
    }
    // Not read-only: whoever reads a file with a log that nobody has open must be able to recover it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(&path, flags).and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA query_only = ON;")?;
        let made = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'state')";
        let is_made = connection.query_row(made, [], |row| row.get::<_, bool>(0))?;
        Ok(is_made.then_some(connection))
    });
    match opened {
        Ok(connection) => Ok(connection),
        // It was erased between the two looks.
        Err(_) if !path.exists() => Ok(None),
        Err(source) => Err(StoreError::Sqlite {
            act: "open",
            path,
            source,
        }),
    }
}

/// Lists every partition below a folder, in order. Other names are left alone.
pub(super) fn partitions(folder: &Path) -> Result<Vec<Partition>, StoreError> {
    let mut found = Vec::new();
    for program in names(folder)? {
        for epoch in names(&folder.join(&program))? {
            for day in names(&folder.join(&program).join(&epoch))? {
                let Some(day) = day.strip_suffix(".db") else {
                    continue;
                };
                found.extend(Partition::parse(&format!("{program}/{epoch}/{day}")));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Returns the partitions of one epoch, in order of their days.
pub(super) fn of_epoch(
    folder: &Path,
    program: u16,
    epoch: u32,
) -> Result<Vec<Partition>, StoreError> {
    let place = folder.join(format!("{program:04x}/{epoch}"));
    let mut found: Vec<Partition> = names(&place)?
        .iter()
        .filter_map(|name| {
            Partition::parse(&format!(
                "{program:04x}/{epoch}/{}",
                name.strip_suffix(".db")?
            ))
        })
        .collect();
    found.sort_unstable();
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |source| StoreError::File {
        act: "list",
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        Err(source) => return Err(failed(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    Ok(names)
}

/// Removes the files of a partition, and its folders once nothing is left in them.
pub(super) fn remove(folder: &Path, partition: Partition) -> Result<(), StoreError> {
    let path = path_of(folder, partition);
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.clone().into_os_string();
        name.push(end);
        let file = PathBuf::from(name);
        match fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::File {
                    act: "remove",
                    path: file,
                    source,
                });
            }
            _ => {}
        }
    }
    for parent in path.ancestors().skip(1).take(2) {
        if parent.exists() {
            sync_folder(parent)?;
        }
        // Fails while another partition is in it, which is right.
        drop(fs::remove_dir(parent));
    }
    Ok(())
}
