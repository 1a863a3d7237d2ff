//! Carrying out a plan, a few steps at a time: look at each, write down what is about to be done, do
//! it, write down what came of it.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::Path,
};

use rustix::{
    fs::{AtFlags, Mode, OFlags, fsync, openat, unlinkat},
    io::Errno,
};
use tool::{EntryKind, Identity, Seen, Stamp, is_in_a_bin};

use crate::{
    bins::{Bins, OpenBin, Use, note_name},
    folder,
    handle::{Entry, compare, compare_moved, identity, of_open},
    journal::{Before, Journal, Record},
    kernel,
    link::{Held, hardlink, reflink},
    plan::{Act, Plan, Step},
    put::{put, put_back, remove},
    refusal::{Refusal, Result},
    same::same_bytes,
    tally::{Done, Ended, Tally},
    together::independent,
    unused::in_use,
};

/// What a run knows beside its plan.
pub struct Around<'a> {
    /// The name of the run, as in its journal.
    pub run: &'a str,
    /// The local time, as the notes of a trash have it: `2026-11-25T17:00:00`.
    pub at: &'a str,
    /// Where things are moved to.
    pub bins: &'a Bins,
    /// Says why nothing vouches for a step, if nothing does: neither its rule nor the copy that is to stay.
    /// Asked again here, of every step, since a plan that was edited could otherwise take the last copy of
    /// anything.
    pub vouched: &'a dyn Fn(&Step) -> Option<String>,
    /// Says of a path why it must never be touched, if it must not.
    pub protected: &'a dyn Fn(&Path) -> Option<String>,
}

/// Carries out the steps of a plan, in their order. What a step was refused for is in the journal too.
///
/// # Errors
/// When the journal cannot be written: then nothing more is done. What was done last may be missing
/// from it; [`recover`](crate::recover) finds out.
pub fn apply(
    plan: &Plan,
    around: &Around<'_>,
    journal: &mut Journal,
    tell: &mut dyn FnMut(&Done),
) -> io::Result<Ended> {
    let mut run = Run {
        around,
        bins: around
            .bins
            .0
            .iter()
            .filter_map(|it| OpenBin::of(it).ok())
            .collect(),
        given: HashSet::new(),
        known: HashMap::new(),
    };
    let mut tally = Tally::of(journal, tell);
    let mut rest = &plan.steps[..];
    while !rest.is_empty() {
        let (now, later) = rest.split_at(independent(rest));
        rest = later;
        let looked_at: Vec<_> = now.iter().map(|step| (step, run.look_at(step))).collect();
        for (step, ready) in &looked_at {
            let before = match ready {
                Ok(ready) => run.before(ready),
                Err(_) => not_begun(step),
            };
            tally.journal.write(&Record::Before(Box::new(before)))?;
        }
        tally.journal.sync()?;
        for (step, ready) in looked_at {
            let came_to = ready.and_then(|ready| run.act(&ready));
            tally.came(step.number, came_to, step.frees.min(step.most()))?;
        }
        run.settle();
        tally.journal.sync()?;
    }
    tally.end()
}

/// What the journal says of a step that is refused before anything is done: it leads nowhere.
fn not_begun(step: &Step) -> Before {
    Before {
        step: step.number,
        act: step.act,
        path: step.path.clone(),
        is: step.is,
        read: step.is.mtime,
        frees: step.frees,
        survivor: step.survivor.clone(),
        to: None,
        info: None,
    }
}

struct Run<'a> {
    around: &'a Around<'a>,
    bins: Vec<OpenBin<'a>>,
    /// Names in bins that were promised to steps.
    given: HashSet<OsString>,
    /// Files that this run itself gave a new time of change: what they were, and what they are.
    known: HashMap<(u64, u64), (Identity, Identity)>,
}

/// A step whose file was found to be the one the plan names, with everything it takes to act on it.
struct Ready<'s> {
    step: &'s Step,
    entry: Entry,
    is: Identity,
    read: Stamp,
    file: Option<OwnedFd>,
    survivor: Option<Survivor>,
    /// The bin and the name in it; of a link, only a name.
    to: To,
}

struct Survivor {
    entry: Entry,
    file: OwnedFd,
    is: Identity,
}

enum To {
    Bin { number: usize, name: OsString },
    Aside(OsString),
    Nowhere,
}

impl Run<'_> {
    /// Opens what a step is about, and the copy that stays, and finds them to be what the plan names.
    fn look_at<'s>(&mut self, step: &'s Step) -> Result<Ready<'s>> {
        if let Some(why) = step.senseless() {
            return Err(Refusal::Senseless { why });
        }
        let inside = step.inside.iter().map(|it| &it.path);
        for path in std::iter::once(&step.path).chain(inside) {
            if let Some(why) = (self.around.protected)(&path.0) {
                return Err(Refusal::Protected { why });
            }
        }
        if step.act == Act::Trash && is_in_a_bin(&step.path.0) {
            return Err(Refusal::Senseless {
                why: "it is in the trash or the quarantine already; `remove` takes it away for good",
            });
        }
        if let Some(why) = (self.around.vouched)(step) {
            return Err(Refusal::NotVouched { why });
        }
        let entry = Entry::of(&step.path.0)?;
        let is = self.expected(&step.is);
        let stat = entry.look()?;
        compare(&is, &identity(&stat))?;
        #[allow(clippy::unnecessary_cast, reason = "the widths differ between systems")]
        let read =
            Stamp((stat.st_atime as i64).saturating_mul(1_000_000_000) + stat.st_atime_nsec as i64);
        let (file, survivor) = match &step.survivor {
            None => {
                in_use(&entry, &is)?;
                (None, None)
            }
            Some(_) if is.kind == EntryKind::Folder => {
                folder::equals_its_copy(step, &|path| self.is_put_away(path))?;
                (None, None)
            }
            Some(seen) => {
                let file = entry.open(&is)?;
                quiet(&file)?;
                let survivor = self.survivor(seen).map_err(|why| Refusal::Survivor {
                    path: seen.path.0.clone(),
                    why: Box::new(why),
                })?;
                if (survivor.is.device, survivor.is.inode) == (is.device, is.inode) {
                    return Err(Refusal::SameFile);
                }
                // Of a shared file the kernel itself compares the bytes.
                if step.act != Act::Reflink {
                    same_bytes((&file, &is), (&survivor.file, &survivor.is))?;
                }
                // Whatever goes, the copy that stays must still be there after the power fails.
                fsync(&survivor.file).map_err(|error| Refusal::Survivor {
                    path: seen.path.0.clone(),
                    why: Box::new(Refusal::of("write it to the disk")(error)),
                })?;
                (Some(file), Some(survivor))
            }
        };
        let to = self.destination(step, &entry)?;
        Ok(Ready {
            step,
            entry,
            is,
            read,
            file,
            survivor,
            to,
        })
    }

    fn survivor(&self, seen: &Seen) -> Result<Survivor> {
        if self.is_put_away(&seen.path.0) {
            return Err(Refusal::Senseless {
                why: "it is in the trash or the quarantine itself",
            });
        }
        let entry = Entry::of(&seen.path.0)?;
        let is = self.expected(&seen.is);
        let file = entry.open(&is)?;
        quiet(&file)?;
        Ok(Survivor { entry, file, is })
    }

    /// Returns whether a path is in the trash or the quarantine: what lies there vouches for nothing.
    fn is_put_away(&self, path: &Path) -> bool {
        let holds = |bin: &OpenBin<'_>| path.starts_with(&bin.bin.files.0);
        is_in_a_bin(path) || self.bins.iter().any(holds)
    }

    /// Returns what a file should be by now: what the plan says, unless this run changed it.
    fn expected(&self, is: &Identity) -> Identity {
        match self.known.get(&(is.device, is.inode)) {
            Some((was, now)) if was == is => *now,
            _ => *is,
        }
    }

    fn destination(&mut self, step: &Step, entry: &Entry) -> Result<To> {
        let of = match step.act {
            Act::Trash => Use::Trash,
            Act::Quarantine | Act::Remove => Use::Quarantine,
            Act::Hardlink => {
                let name = aside(self.around.run, step.number);
                return Ok(To::Aside(name));
            }
            Act::Reflink => return Ok(To::Nowhere),
        };
        let mount = kernel::mount(&entry.folder).map_err(Refusal::of("look at its file system"))?;
        let fits = |bin: &OpenBin<'_>| bin.bin.of == of && bin.bin.mount == mount;
        let number = self.bins.iter().position(fits).ok_or(Refusal::NoBin {
            what: match of {
                Use::Trash => "trash",
                Use::Quarantine => "quarantine",
            },
        })?;
        let run = (self.around.run, step.number);
        let name = self.bins[number].free_name(&entry.name, run, &self.given);
        self.given.insert(name.clone());
        Ok(To::Bin { number, name })
    }

    fn before(&self, ready: &Ready<'_>) -> Before {
        let (to, info) = match &ready.to {
            To::Bin { number, name } => {
                let bin = self.bins[*number].bin;
                let info = bin.info.as_ref().map(|it| it.0.join(note_name(name)));
                (Some(bin.files.0.join(name)), info)
            }
            To::Aside(name) => (Some(ready.entry.path.with_file_name(name)), None),
            To::Nowhere => (None, None),
        };
        let survivor = ready.survivor.as_ref();
        Before {
            step: ready.step.number,
            act: ready.step.act,
            path: ready.step.path.clone(),
            is: ready.is,
            read: ready.read,
            frees: ready.step.frees,
            survivor: match survivor {
                None => ready.step.survivor.clone(),
                Some(it) => Some(Seen {
                    path: it.entry.path.clone().into(),
                    is: it.is,
                }),
            },
            to: to.map(Into::into),
            info: info.map(Into::into),
        }
    }

    /// Acts on one step; of what was moved to a bin, its time of change there comes back.
    fn act(&mut self, ready: &Ready<'_>) -> Result<Option<Stamp>> {
        match (&ready.to, &ready.survivor, &ready.file) {
            (To::Bin { number, name }, ..) => self.put(ready, *number, name)?,
            (To::Aside(aside), Some(survivor), Some(file)) => {
                hardlink(&ready.held(file), &survivor.held(), aside)?;
            }
            (To::Nowhere, Some(survivor), Some(file)) => {
                reflink(&ready.held(file), &survivor.held())?;
            }
            _ => {
                return Err(Refusal::Senseless {
                    why: "a file can be joined only with a copy that stays",
                });
            }
        }
        self.note_changes(ready);
        let To::Bin { number, name } = &ready.to else {
            return Ok(None);
        };
        let there = crate::handle::look_at(&self.bins[*number].files, name);
        Ok(there.ok().map(|stat| identity(&stat).ctime))
    }

    fn put(&self, ready: &Ready<'_>, number: usize, name: &OsString) -> Result<()> {
        let bin = &self.bins[number];
        let note = bin.info.as_ref().map(|folder| (folder, note_name(name)));
        if let Some((folder, note)) = &note {
            let text = bin.note(&ready.step.path.0, self.around.at);
            write_note(folder, note, &text)?;
        }
        let at = &bin.bin.files.0;
        let inside = &ready.step.inside;
        let moved = put(&ready.entry, &ready.is, inside, &bin.files, name, at);
        let moved = moved.and_then(|()| {
            folder::still_vouched(ready.step).map_err(|why| self.back(ready, bin, name, why))
        });
        let moved = moved.and_then(|()| match ready.step.act {
            Act::Remove => self.remove(ready, bin, name),
            _ => Ok(()),
        });
        if let (Err(refusal), Some((folder, note))) = (&moved, &note)
            && !matches!(refusal, Refusal::Stranded { .. })
        {
            let _ = unlinkat(*folder, note, AtFlags::empty());
        }
        moved
    }

    /// Removes what was moved aside, if the copy that stays still is what it was.
    fn remove(&self, ready: &Ready<'_>, bin: &OpenBin<'_>, name: &OsString) -> Result<()> {
        let vouched = match &ready.survivor {
            Some(survivor) => survivor
                .entry
                .is()
                .and_then(|is| compare(&survivor.is, &is)),
            // Nobody can find it by its name any more: who has it open now had it before.
            None => Entry::within(&bin.files, name, &bin.bin.files.0.join(name))
                .and_then(|moved| in_use(&moved, &ready.is)),
        };
        let unchanged = ready
            .file
            .as_ref()
            .map_or(Ok(()), |file| compare_moved(&ready.is, &of_open(file)?));
        let removed = vouched
            .and(unchanged)
            .and_then(|()| remove(&bin.files, name, &ready.is, &ready.step.inside));
        // What was left of it goes home again.
        removed.map_err(|refusal| self.back(ready, bin, name, refusal))
    }

    /// Puts back what was moved, and returns why.
    fn back(&self, ready: &Ready<'_>, bin: &OpenBin<'_>, name: &OsString, why: Refusal) -> Refusal {
        match put_back(&bin.files, name, &ready.entry) {
            Ok(()) => why,
            Err(_) => Refusal::Stranded {
                at: bin.bin.files.0.join(name),
                why: Box::new(why),
            },
        }
    }

    /// Remembers what a step made of the files it touched, for the steps that name them too.
    fn note_changes(&mut self, ready: &Ready<'_>) {
        let moved = match &ready.to {
            To::Bin { number, name } => {
                let stat = crate::handle::look_at(&self.bins[*number].files, name);
                stat.ok().map(|stat| identity(&stat))
            }
            _ => None,
        };
        let victim = ready.file.as_ref().and_then(|file| of_open(file).ok());
        let survivor = ready.survivor.as_ref();
        let seen = ready.step.survivor.as_ref();
        let survivor = survivor.and_then(|it| Some((seen?.is, of_open(&it.file).ok()?)));
        let changes = [victim.or(moved).map(|now| (ready.step.is, now)), survivor];
        for (was, now) in changes.into_iter().flatten() {
            self.known
                .entry((was.device, was.inode))
                .and_modify(|known| known.1 = now)
                .or_insert((was, now));
        }
    }

    /// Makes sure that what was moved into bins is there after the power fails.
    fn settle(&self) {
        for bin in &self.bins {
            // A file system that cannot is one whose order of changes has to do.
            let _ = fsync(&bin.files);
        }
    }
}

impl Ready<'_> {
    fn held<'r>(&'r self, file: &'r OwnedFd) -> Held<'r> {
        Held {
            entry: &self.entry,
            file,
            is: self.is,
        }
    }
}

impl Survivor {
    fn held(&self) -> Held<'_> {
        Held {
            entry: &self.entry,
            file: &self.file,
            is: self.is,
        }
    }
}

/// Returns the name a link is made under: nothing else makes such names.
pub(crate) fn aside(run: &str, step: u64) -> OsString {
    format!(".candor-{run}-{step}").into()
}

/// Refuses a file that somebody is writing to, and keeps writers away until it is closed.
pub(crate) fn quiet(file: &OwnedFd) -> Result<()> {
    kernel::keep_writers_away(file).map_err(|_| Refusal::Open)
}

fn write_note(folder: &OwnedFd, name: &OsString, text: &str) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let failed = Refusal::of("write a note for the trash");
    let note = openat(folder, name, flags, Mode::RUSR | Mode::WUSR).map_err(&failed)?;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(&note, rest) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(error) => {
                let _ = unlinkat(folder, name, AtFlags::empty());
                return Err(failed(error));
            }
        }
    }
    Ok(())
}
