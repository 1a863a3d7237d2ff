//! The walk: every folder listed once, every entry looked at once, nothing opened but folders.

use std::{
    ffi::{CStr, CString, OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{FileType, OFlags},
    io::Errno,
};

use super::{
    Watch,
    crew::{Hand, MOST, crew},
    forest::{Device, FolderId, Forest, Full, Kind, NewFile, NewFolder, Part, Trouble},
    system::{FileSystem, Room, Stat, file_system, list, open_at, processors, stat_at},
};
use crate::Why;

/// What is walked.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Folders and files to look at, with everything below them: absolute paths without links, as
    /// [`Path::canonicalize`] gives them. A root inside another one is looked at once.
    pub roots: Vec<PathBuf>,
    /// Folders outside the roots that only some tools look at, such as the system's caches. One that
    /// lies inside a root, or holds one, is left out.
    pub also: Vec<PathBuf>,
    /// How many threads; `None` for one per processor, and more while the device is slow.
    pub threads: Option<usize>,
}

/// Walks everything below the roots.
///
/// File systems mounted below a root are walked too, except interfaces to the kernel (`/proc` and
/// the like) and other machines' disks, which are skipped by name. Symbolic links are rows, never
/// followed. A folder that cannot be listed is in
/// [`Forest::skipped`], and everything else is still walked.
#[must_use]
pub fn walk(scope: &Scope, watch: &Watch<'_>) -> Forest {
    let mut first = Part::default();
    let mut roots = Vec::new();
    let mut jobs = Vec::new();
    let shared = Shared::default();
    for (root, main) in without_nested(scope) {
        match plant(root, main, &mut first, &shared) {
            Ok((id, job)) => {
                roots.push(id);
                jobs.extend(job);
            }
            // Most machines lack some of the places that only some tools look at.
            Err(Why::Gone) if !main => {}
            Err(why) => first.troubles.push(Trouble {
                folder: None,
                name: root.as_os_str().as_bytes().to_vec(),
                why,
            }),
        }
    }
    shared.queue().jobs = jobs;
    let first = Mutex::new(Some(first));
    let (start, most) = scope
        .threads
        .map_or_else(|| (processors(), MOST), |n| (n, n));
    let parts = crew(start, most, &|hand| {
        let taken = match hand.number {
            0 => lock(&first).take(),
            _ => None,
        };
        let mut walker = Walker {
            part: taken.unwrap_or_default(),
            number: hand.number,
            room: Room::new(),
            jobs: Vec::new(),
            me: rustix::process::geteuid().as_raw(),
            shared: &shared,
            watch,
        };
        walker.run(hand);
        (walker.number, walker.part)
    });
    let devices = shared
        .devices
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    Forest::grow(parts, roots, devices.seen)
}

/// Returns all roots without those that another one holds, and whether it is one that was asked for.
fn without_nested(scope: &Scope) -> Vec<(&Path, bool)> {
    let mut kept: Vec<(&Path, bool)> = Vec::new();
    for root in &scope.roots {
        let holds = |other: &PathBuf| root.starts_with(other) && root != other;
        // One that is not there is kept, so that it is said.
        let held = scope.roots.iter().any(holds) && root.exists();
        let known = kept.iter().any(|(known, _)| known == root);
        if !held && !known {
            kept.push((root, true));
        }
    }
    let mut also: Vec<&PathBuf> = scope.also.iter().collect();
    also.sort();
    for root in also {
        let overlaps = |(known, main): &(&Path, bool)| {
            root.starts_with(known) || (*main && known.starts_with(root))
        };
        if !kept.iter().any(overlaps) {
            kept.push((root, false));
        }
    }
    kept
}

/// Makes the row of a root and the job of listing it; a root that is a file is a folder of one.
fn plant(
    root: &Path,
    main: bool,
    part: &mut Part,
    shared: &Shared,
) -> Result<(FolderId, Option<Job>), Why> {
    let failed = |error: Errno| Why::of(&error.into());
    let full = |Full| Why::TooLarge {
        detail: "its path is longer than 65,535 bytes".to_owned(),
    };
    let path = CString::new(root.as_os_str().as_bytes()).map_err(|_| Why::Unsupported {
        detail: "a path with a zero byte".to_owned(),
    })?;
    let stat = stat_at(rustix::fs::CWD, &path).map_err(failed)?;
    if FileType::from_raw_mode(stat.mode as _) != FileType::Directory {
        let (Some(folder), Some(name)) = (root.parent(), root.file_name()) else {
            return Err(Why::Unsupported {
                detail: "neither a file nor a folder".to_owned(),
            });
        };
        let above =
            CString::new(folder.as_os_str().as_bytes()).expect("a part of a path without zeros");
        let above = stat_at(rustix::fs::CWD, &above).map_err(failed)?;
        let device = shared.device_of(&stat, FileSystem::Local);
        let id = part
            .folder(
                0,
                &NewFolder {
                    name: folder.as_os_str().as_bytes(),
                    parent: None,
                    // The folder itself is not what was asked for: its bytes are not counted.
                    stat: &Stat {
                        allocated: 0,
                        size: 0,
                        ..above
                    },
                    depth: 0,
                    device,
                    main,
                    whole: false,
                },
            )
            .map_err(full)?;
        let mark = part.mark();
        part.file(
            0,
            &NewFile {
                name: name.as_bytes(),
                folder: id,
                stat: &stat,
                kind: kind_of(&stat),
                device,
                ours: stat.uid == rustix::process::geteuid().as_raw(),
            },
        )
        .map_err(full)?;
        part.listed(0, id, mark);
        return Ok((id, None));
    }
    let device = shared.device_of(&stat, FileSystem::Local);
    let new = NewFolder {
        name: root.as_os_str().as_bytes(),
        parent: None,
        stat: &stat,
        depth: 0,
        device,
        main,
        whole: true,
    };
    let id = part.folder(0, &new).map_err(full)?;
    let job = Job {
        folder: id,
        above: None,
        name: path,
        depth: 0,
        device,
        main,
        crossing: true,
        stat,
    };
    Ok((id, Some(job)))
}

/// One folder to be listed.
struct Job {
    folder: FolderId,
    /// The open folder its name is relative to; `None` for a root, whose name is a path.
    above: Option<Arc<OwnedFd>>,
    name: CString,
    depth: u32,
    device: u16,
    main: bool,
    /// Whether it is the first folder of its mount.
    crossing: bool,
    stat: Stat,
}

/// What the threads of one walk share.
#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// How many hands wait for work: read without the lock, to decide whether to give some away.
    hungry: AtomicUsize,
    devices: Mutex<Devices>,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    hands: usize,
    waiting: usize,
    ended: bool,
}

#[derive(Default)]
struct Devices {
    seen: Vec<Device>,
    mounts: Vec<(u16, u64)>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Returns the row of the device this entry is on, made when it is new.
    fn device_of(&self, stat: &Stat, kind: FileSystem) -> u16 {
        let mut devices = lock(&self.devices);
        let known = devices
            .seen
            .iter()
            .position(|device| device.number == stat.device);
        let index = known.unwrap_or_else(|| {
            devices.seen.push(Device {
                number: stat.device,
                sharing: false,
                seen_twice: false,
            });
            devices.seen.len() - 1
        });
        // 65,536 devices below one folder: the last row then stands for several, which only makes
        // Candor more careful about their files.
        let index = index.min(usize::from(u16::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "limited in the line before"
        )]
        let number = index as u16;
        if !devices.mounts.contains(&(number, stat.mount)) {
            devices.mounts.push((number, stat.mount));
        }
        let mounts = devices
            .mounts
            .iter()
            .filter(|(of, _)| *of == number)
            .count();
        devices.seen[index].seen_twice = mounts > 1;
        devices.seen[index].sharing |= kind == FileSystem::Sharing;
        number
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Walker<'a> {
    part: Part,
    number: usize,
    room: Room,
    jobs: Vec<Job>,
    me: u32,
    shared: &'a Shared,
    watch: &'a Watch<'a>,
}

impl Walker<'_> {
    fn run(&mut self, hand: &mut Hand<'_>) {
        self.shared.queue().hands += 1;
        while let Some(job) = self.jobs.pop().or_else(|| self.wait_for_a_job()) {
            let began = Instant::now();
            let looks = self.list(job);
            hand.waited(began.elapsed(), looks);
            if self.jobs.len() > 1 && self.shared.hungry.load(Relaxed) > 0 {
                self.give_half_away();
            }
        }
    }

    /// Gives the older half of the waiting folders to the others: those nearest the root, which
    /// hold most.
    fn give_half_away(&mut self) {
        let half = self.jobs.len() / 2;
        self.shared.queue().jobs.extend(self.jobs.drain(..half));
        self.shared.changed.notify_all();
    }

    fn wait_for_a_job(&self) -> Option<Job> {
        let mut queue = self.shared.queue();
        loop {
            if let Some(job) = queue.jobs.pop() {
                return Some(job);
            }
            // Whoever finds nobody at work ends the walk for all, latecomers included.
            if queue.ended || queue.waiting + 1 >= queue.hands {
                queue.ended = true;
                self.shared.changed.notify_all();
                return None;
            }
            queue.waiting += 1;
            self.shared.hungry.fetch_add(1, Relaxed);
            queue = self
                .shared
                .changed
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            self.shared.hungry.fetch_sub(1, Relaxed);
            queue.waiting -= 1;
        }
    }

    /// Lists one folder and looks at each entry; returns how many looks that took.
    fn list(&mut self, job: Job) -> u32 {
        let above = job
            .above
            .as_ref()
            .map_or(rustix::fs::CWD, |open| open.as_fd());
        let ours = self.me == 0 || job.stat.uid == self.me;
        let opened = open_at(above, &job.name, OFlags::DIRECTORY, ours);
        let open = match opened {
            Ok(open) => Arc::new(open),
            Err(error) => {
                // It was a folder when its parent was listed; a link in its place is not followed.
                let why = match error {
                    Errno::LOOP | Errno::NOTDIR => Why::Changed,
                    _ => Why::of(&error.into()),
                };
                self.trouble(Some(job.folder), b"", why);
                return 1;
            }
        };
        if job.crossing {
            let kind = file_system(&open);
            if matches!(kind, FileSystem::Pseudo | FileSystem::Network) && job.depth > 0 {
                self.trouble(Some(job.folder), b"", Why::OtherFileSystem);
                return 1;
            }
            self.shared.device_of(&job.stat, kind);
        }
        let mark = self.part.mark();
        let (mut looks, mut bytes) = (1, 0_u64);
        let mut room = std::mem::replace(&mut self.room, Room::new_empty());
        let listing = list(&open, &mut room, |name| {
            looks += 1;
            bytes += self.look(&job, &open, name);
        });
        self.room = room;
        if let Err(error) = listing {
            self.trouble(Some(job.folder), b"", Why::of(&error.into()));
        }
        self.part.listed(self.number, job.folder, mark);
        let name = || OsString::from(OsStr::from_bytes(job.name.as_bytes()));
        self.watch
            .add((self.part.mark() - mark) as u64, bytes, name);
        looks
    }

    /// Looks at one entry and makes its row; returns the bytes it holds on disk.
    fn look(&mut self, job: &Job, open: &Arc<OwnedFd>, name: &CStr) -> u64 {
        let stat = match stat_at(open.as_fd(), name) {
            Ok(stat) => stat,
            Err(error) => {
                self.trouble(Some(job.folder), name.to_bytes(), Why::of(&error.into()));
                return 0;
            }
        };
        let crossing = stat.device != job.stat.device || stat.mount != job.stat.mount;
        let device = match crossing {
            true => self.shared.device_of(&stat, FileSystem::Local),
            false => job.device,
        };
        let added = match FileType::from_raw_mode(stat.mode as _) {
            FileType::Directory => {
                let depth = job.depth.saturating_add(1);
                let parent = Some(job.folder);
                let main = job.main;
                let name_bytes = name.to_bytes();
                let new = NewFolder {
                    name: name_bytes,
                    parent,
                    stat: &stat,
                    depth,
                    device,
                    main,
                    whole: true,
                };
                self.part.folder(self.number, &new).map(|folder| {
                    self.jobs.push(Job {
                        folder,
                        above: Some(Arc::clone(open)),
                        name: name.to_owned(),
                        depth,
                        device,
                        main,
                        crossing,
                        stat,
                    });
                })
            }
            _ => self.part.file(
                self.number,
                &NewFile {
                    name: name.to_bytes(),
                    folder: job.folder,
                    stat: &stat,
                    kind: kind_of(&stat),
                    device,
                    ours: self.me == 0 || stat.uid == self.me,
                },
            ),
        };
        if added.is_err() {
            let detail = "more entries than Candor counts in one walk (268 million)".to_owned();
            self.trouble(Some(job.folder), name.to_bytes(), Why::TooLarge { detail });
        }
        stat.allocated
    }

    fn trouble(&mut self, folder: Option<FolderId>, name: &[u8], why: Why) {
        self.part.troubles.push(Trouble {
            folder,
            name: name.to_owned(),
            why,
        });
    }
}

fn kind_of(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.mode as _) {
        FileType::RegularFile => Kind::File,
        FileType::Symlink => Kind::Link,
        _ => Kind::Special,
    }
}

#[cfg(test)]
mod tests;
