//! Two programs that no duplicate finder can be quicker than with the same system calls.
//!
//! `walk` lists every folder and stats every file, relative to directory handles, on two threads.
//! `floor` then sorts by size and reads each file that has the size of another exactly once, whole,
//! comparing nothing. Neither prints what it saw, except counts.

use std::{
    ffi::{CStr, CString},
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, StatxFlags, openat, statx},
    io::{Errno, pread},
};

use crate::failure::{Failure, Tried};

/// Walks and stats; prints how many files there are.
///
/// # Errors
/// The first thing that could not be listed or stated: a floor with gaps is no floor.
pub(crate) fn walk_only(folder: &Path, threads: u8) -> Result<(), Failure> {
    let shards = walk(folder, threads).tried("walk", folder)?;
    println!(
        "{} files",
        shards.iter().map(|shard| shard.files.len()).sum::<usize>()
    );
    Ok(())
}

/// Walks, stats, and reads every file that has the size of another.
///
/// # Errors
/// As [`walk_only`], and the first file that could not be read.
pub(crate) fn walk_and_read(folder: &Path, threads: u8) -> Result<(), Failure> {
    let shards = walk(folder, threads).tried("walk", folder)?;
    let wanted = candidates(&shards);
    let read = read_once(&shards, &wanted, threads).tried("read files below", folder)?;
    let files = shards.iter().map(|shard| shard.files.len()).sum::<usize>();
    println!("{files} files, {} read, {read} bytes", wanted.len());
    Ok(())
}

/// What one thread saw. Names stand one after the other, each with its zero byte.
#[derive(Default)]
struct Shard {
    files: Vec<File>,
    names: Vec<u8>,
    folders: Vec<Arc<Folder>>,
}

struct File {
    size: u64,
    ino: u64,
    device: (u32, u32),
    folder: u32,
    name: u32,
}

/// A folder that was listed. Its path is made only when a file in it is read.
struct Folder {
    parent: Option<Arc<Folder>>,
    name: CString,
}

/// A folder yet to list: the open handle of the one that holds it, and its name.
struct Task {
    holder: Option<Arc<OwnedFd>>,
    folder: Arc<Folder>,
}

struct Queue {
    state: Mutex<State>,
    news: Condvar,
}

struct State {
    tasks: Vec<Task>,
    busy: usize,
    failed: Option<Errno>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the newest task, so that few folders are open at once; `None` when all is done.
    fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.failed.is_some() {
                return None;
            }
            if let Some(task) = state.tasks.pop() {
                state.busy += 1;
                return Some(task);
            }
            if state.busy == 0 {
                self.news.notify_all();
                return None;
            }
            state = self
                .news
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, result: Result<Vec<Task>, Errno>) {
        let mut state = self.lock();
        state.busy -= 1;
        match result {
            Ok(mut tasks) => state.tasks.append(&mut tasks),
            Err(errno) => state.failed = Some(errno),
        }
        drop(state);
        self.news.notify_all();
    }
}

fn walk(folder: &Path, threads: u8) -> Result<Vec<Shard>, Errno> {
    let name = CString::new(folder.as_os_str().as_encoded_bytes()).map_err(|_| Errno::INVAL)?;
    let first = Task {
        holder: None,
        folder: Arc::new(Folder { parent: None, name }),
    };
    let state = Mutex::new(State {
        tasks: vec![first],
        busy: 0,
        failed: None,
    });
    let queue = Queue {
        state,
        news: Condvar::new(),
    };
    let shards = thread::scope(|scope| {
        let hands: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| walk_some(&queue)))
            .collect();
        hands
            .into_iter()
            .map(|hand| hand.join().expect("a walker does not panic"))
            .collect()
    });
    match queue.lock().failed {
        Some(errno) => Err(errno),
        None => Ok(shards),
    }
}

fn walk_some(queue: &Queue) -> Shard {
    let mut shard = Shard::default();
    let mut buffer = vec![MaybeUninit::uninit(); 128 * 1024];
    while let Some(task) = queue.next() {
        queue.done(list(&task, &mut shard, &mut buffer));
    }
    shard
}

const LISTED: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

fn list(
    task: &Task,
    shard: &mut Shard,
    buffer: &mut [MaybeUninit<u8>],
) -> Result<Vec<Task>, Errno> {
    let name = task.folder.name.as_c_str();
    let handle = match &task.holder {
        Some(holder) => openat(holder, name, LISTED, Mode::empty())?,
        None => openat(CWD, name, LISTED, Mode::empty())?,
    };
    let handle = Arc::new(handle);
    let folder = u32::try_from(shard.folders.len()).map_err(|_| Errno::OVERFLOW)?;
    shard.folders.push(task.folder.clone());
    let mut below = Vec::new();
    let mut entries = RawDir::new(&*handle, buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        match entry.file_type() {
            FileType::Directory if name == c"." || name == c".." => {}
            FileType::Directory => {
                let parent = Some(task.folder.clone());
                let folder = Arc::new(Folder {
                    parent,
                    name: name.to_owned(),
                });
                below.push(Task {
                    holder: Some(handle.clone()),
                    folder,
                });
            }
            FileType::RegularFile => stat(&handle, name, folder, shard)?,
            _ => {}
        }
    }
    Ok(below)
}

fn stat(handle: &OwnedFd, name: &CStr, folder: u32, shard: &mut Shard) -> Result<(), Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
    let wanted = StatxFlags::SIZE
        | StatxFlags::INO
        | StatxFlags::NLINK
        | StatxFlags::MTIME
        | StatxFlags::CTIME
        | StatxFlags::BLOCKS
        | StatxFlags::MNT_ID;
    let facts = statx(handle, name, flags, wanted)?;
    let at = u32::try_from(shard.names.len()).map_err(|_| Errno::OVERFLOW)?;
    shard.names.extend_from_slice(name.to_bytes_with_nul());
    let device = (facts.stx_dev_major, facts.stx_dev_minor);
    let (size, ino) = (facts.stx_size, facts.stx_ino);
    shard.files.push(File {
        size,
        ino,
        device,
        folder,
        name: at,
    });
    Ok(())
}

/// Where a file stands: thread, then number.
type Place = (u32, u32);

/// Returns the files that are not empty and have the size of another inode, each inode once, so
/// ordered that those of one folder follow each other.
fn candidates(shards: &[Shard]) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for (shard, number) in shards.iter().zip(0..) {
        all.extend(
            (0..)
                .zip(&shard.files)
                .filter(|(_, file)| file.size > 0)
                .map(|(at, _)| (number, at)),
        );
    }
    let file = |(shard, at): Place| &shards[shard as usize].files[at as usize];
    let inode = |place| (file(place).size, file(place).device, file(place).ino);
    all.sort_unstable_by_key(|place| inode(*place));
    all.dedup_by_key(|place| inode(*place));
    let classes = all.chunk_by(|a, b| file(*a).size == file(*b).size);
    let mut wanted: Vec<Place> = classes
        .filter(|class| class.len() > 1)
        .flatten()
        .copied()
        .collect();
    wanted.sort_unstable_by_key(|place| (place.0, file(*place).folder, place.1));
    wanted
}

fn read_once(shards: &[Shard], wanted: &[Place], threads: u8) -> Result<u64, Errno> {
    let folder = |(shard, at): &Place| (*shard, shards[*shard as usize].files[*at as usize].folder);
    let work: Vec<&[Place]> = wanted.chunk_by(|a, b| folder(a) == folder(b)).collect();
    let (next, total) = (AtomicUsize::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let read_some = || {
            let mut buffer = vec![0; 1 << 20];
            while let Some(files) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                total.fetch_add(read_folder(shards, files, &mut buffer)?, Ordering::Relaxed);
            }
            Ok(())
        };
        let hands: Vec<_> = (0..threads).map(|_| scope.spawn(read_some)).collect();
        hands
            .into_iter()
            .try_for_each(|hand| hand.join().expect("a reader does not panic"))
    })?;
    Ok(total.into_inner())
}

/// Reads files of one folder, which is opened once.
fn read_folder(shards: &[Shard], files: &[Place], buffer: &mut [u8]) -> Result<u64, Errno> {
    let Some(first) = files.first() else {
        return Ok(0);
    };
    let shard = &shards[first.0 as usize];
    let number = shard.files[first.1 as usize].folder;
    let handle = openat(
        CWD,
        path(&shard.folders[number as usize]),
        LISTED,
        Mode::empty(),
    )?;
    let mut total = 0;
    for (_, at) in files {
        let file = &shard.files[*at as usize];
        let name = CStr::from_bytes_until_nul(&shard.names[file.name as usize..])
            .expect("every name was kept with its zero byte");
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = openat(&handle, name, flags, Mode::empty())?;
        let mut read = 0;
        while read < file.size {
            let got = pread(&open, &mut *buffer, read)? as u64;
            if got == 0 {
                break;
            }
            read += got;
        }
        total += read;
    }
    Ok(total)
}

fn path(folder: &Folder) -> Vec<u8> {
    let line = std::iter::successors(Some(folder), |it| it.parent.as_deref());
    let mut names: Vec<&[u8]> = line.map(|it| it.name.to_bytes()).collect();
    names.reverse();
    names.join(&b'/')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_inode_that_shares_its_size_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("one/deep")).unwrap();
        fs::write(at("one/a"), [1; 700]).unwrap();
        fs::write(at("one/deep/b"), [2; 700]).unwrap();
        fs::write(at("alone"), [3; 701]).unwrap();
        fs::write(at("linked"), [4; 702]).unwrap();
        fs::hard_link(at("linked"), at("one/link")).unwrap();
        fs::write(at("empty"), []).unwrap();
        fs::write(at("one/empty"), []).unwrap();
        let shards = walk(folder.path(), 2).unwrap();
        assert_eq!(
            shards.iter().map(|shard| shard.files.len()).sum::<usize>(),
            7
        );
        let wanted = candidates(&shards);
        assert_eq!(wanted.len(), 2);
        assert_eq!(read_once(&shards, &wanted, 2).unwrap(), 1400);
    }

    #[test]
    fn a_floor_with_a_gap_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(walk(&folder.path().join("not there"), 2).is_err());
    }
}
