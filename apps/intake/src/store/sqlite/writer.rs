//! The one thread that writes: takes what waits, commits it, then answers.

use std::{
    collections::BTreeMap,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use rusqlite::{ErrorCode, params};

use super::{
    Options, Shared, file,
    held::{ANSWERED, Failed, Held},
    is_full, read,
    seal::{Cipher, key_to_write},
};
use crate::{
    store::{Arrival, Done, Partition, Put, StoreError, Tally, Withdrawn},
    vault::Vault,
};

/// As many jobs as go into one commit at most: each waits for the whole.
const BATCH: usize = 256;

/// How long what was withdrawn may stand in a write-ahead log before it is tried again to empty it.
const LINGERS: Duration = Duration::from_secs(1);

/// What the thread is asked for.
pub(super) enum Job {
    Put(Box<Arrival>, Done<Put>),
    Withdraw(Partition, [u8; 16], Done<Withdrawn>),
    Seal(Partition, Done<Tally>),
    Erase(Partition, Done<Tally>),
}

impl Job {
    fn partition(&self) -> Partition {
        match self {
            Self::Put(arrival, _) => arrival.partition,
            Self::Withdraw(of, ..) | Self::Seal(of, _) | Self::Erase(of, _) => *of,
        }
    }

    /// Answers a job that will not be done.
    pub(super) fn refuse(self, why: StoreError) {
        match self {
            Self::Put(_, done) => done(Err(why)),
            Self::Withdraw(_, _, done) => done(Err(why)),
            Self::Seal(_, done) | Self::Erase(_, done) => done(Err(why)),
        }
    }
}

/// The answer to a job, kept back until the disk has confirmed it.
type Answer = Box<dyn FnOnce(Option<StoreError>) + Send>;

fn answer<T: Send + 'static>(done: Done<T>, outcome: Result<T, StoreError>) -> Answer {
    Box::new(move |failed| done(failed.map_or(outcome, Err)))
}

/// What one job came to, within a failure that ends the whole batch.
type Outcome<T> = Result<Result<T, StoreError>, Failed>;

pub(super) struct Writer {
    folder: PathBuf,
    vault: Arc<Vault>,
    options: Options,
    shared: Arc<Shared>,
    /// Every partition of each epoch that was touched since the start: whether a token was spent is
    /// asked of all its days.
    open: BTreeMap<Partition, Held>,
    loaded: Vec<(u16, u32)>,
}

impl Writer {
    pub(super) fn new(
        folder: &Path,
        vault: Arc<Vault>,
        options: Options,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            folder: folder.to_owned(),
            vault,
            options,
            shared,
            open: BTreeMap::new(),
            loaded: Vec::new(),
        }
    }

    pub(super) fn run(&mut self, jobs: &Receiver<Job>) {
        loop {
            let first = if self.open.values().any(|open| open.lingers) {
                match jobs.recv_timeout(LINGERS) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Timeout) => {
                        self.empty_logs();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                }
            };
            let mut batch = vec![first];
            batch.extend(jobs.try_iter().take(BATCH - 1));
            let many = batch.len();
            // Each epoch by itself: a file that is damaged fails what is of its epoch, and nothing else.
            let mut epochs = BTreeMap::<_, Vec<Job>>::new();
            for job in batch {
                let of = job.partition();
                epochs.entry((of.program, of.epoch)).or_default().push(job);
            }
            epochs.into_values().for_each(|jobs| self.write(jobs));
            self.shared.waiting.fetch_sub(many, Ordering::Relaxed);
        }
    }

    /// Tries again to be rid of what was withdrawn while somebody read.
    fn empty_logs(&mut self) {
        let mut lingering = self.open.values_mut().filter(|open| open.lingers);
        if let Err(failed) = lingering.try_for_each(Held::empty_log) {
            let why = self.give_up(&failed);
            tracing::error!(%why, "what was withdrawn could not be taken out of a write-ahead log");
        }
    }

    fn write(&mut self, batch: Vec<Job>) {
        let mut answers = Vec::with_capacity(batch.len());
        let mut failed = None;
        for job in batch {
            if let Err(broken) = self.shared.check() {
                job.refuse(broken);
                continue;
            }
            if failed.is_some() {
                answers.push(refusal(job));
                continue;
            }
            let outcome = match job {
                Job::Put(arrival, done) => match self.put(&arrival) {
                    Ok(outcome) => Ok(answer(done, outcome)),
                    Err(error) => Err((error, refusal(Job::Put(arrival, done)))),
                },
                Job::Withdraw(today, wc, done) => match self.withdraw(today, &wc) {
                    Ok(outcome) => Ok(answer(done, outcome)),
                    Err(error) => Err((error, refusal(Job::Withdraw(today, wc, done)))),
                },
                // These two stand alone: what came before them is on the disk first.
                Job::Seal(partition, done) => {
                    self.finish(&mut answers, None);
                    let outcome = self.seal(partition);
                    done(outcome);
                    continue;
                }
                Job::Erase(partition, done) => {
                    self.finish(&mut answers, None);
                    let outcome = self.erase(partition);
                    done(outcome);
                    continue;
                }
            };
            match outcome {
                Ok(answer) => answers.push(answer),
                Err((error, answer)) => {
                    failed = Some(error);
                    answers.push(answer);
                }
            }
        }
        self.finish(&mut answers, failed);
    }

    /// Commits what was begun and answers; after a failure it takes everything back and says so.
    fn finish(&mut self, answers: &mut Vec<Answer>, failed: Option<Failed>) {
        let failed = match failed {
            Some(failed) => Some(failed),
            None => self.commit().err(),
        };
        let Some(failed) = failed else {
            return answers.drain(..).for_each(|answer| answer(None));
        };
        let errors: Vec<StoreError> = answers.iter().map(|_| self.give_up(&failed)).collect();
        for (answer, error) in answers.drain(..).zip(errors) {
            answer(Some(error));
        }
    }

    /// Takes back what was not committed and says why. A disk that failed is not asked again.
    fn give_up(&mut self, failed: &Failed) -> StoreError {
        // Closing takes everything back, and forgets what was only counted.
        self.open.clear();
        self.loaded.clear();
        let path = failed.path.clone();
        if is_full(&failed.source) {
            return StoreError::Full { path };
        }
        match failed.source.sqlite_error_code() {
            // One file, not the disk: what it held is lost, and nothing else.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
                path,
                why: failed.source.to_string(),
            },
            // No descriptor is free, as a rule: nothing was asked of the disk.
            Some(ErrorCode::CannotOpen) => {
                tracing::error!(path = %path.display(), why = %failed.source, "a partition cannot be opened");
                StoreError::Overloaded
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Overloaded,
            _ => {
                let why = failed.source.to_string();
                self.shared.breaks(&path, &why);
                StoreError::Broken { path, why }
            }
        }
    }

    /// In order of days, so that a withdrawn report is gone before its withdrawal is kept: whatever
    /// is cut short between the two is answered by nobody, and asked again does the rest.
    fn commit(&mut self) -> Result<(), Failed> {
        for open in self.open.values_mut().filter(|open| open.begun) {
            let wrote = open.wrote;
            if wrote {
                open.keep_tally()?;
            }
            open.wrote = false;
            open.run("COMMIT")?;
            open.begun = false;
            if open.lingers {
                open.empty_log()?;
            }
            if wrote {
                (self.options.after_commit)(&open.path).map_err(|error| Failed {
                    path: open.path.clone(),
                    source: rusqlite::Error::ToSqlConversionFailure(error.into()),
                })?;
            }
        }
        Ok(())
    }

    fn put(&mut self, arrival: &Arrival) -> Outcome<Put> {
        let partition = arrival.partition;
        if let Err(refused) = self.load(partition.program, partition.epoch)? {
            return Ok(Err(refused));
        }
        let mut known = None;
        for open in self.epoch(partition) {
            // Withdrawn counts before anything else that is known.
            known = match (known, open.known(arrival)?) {
                (Some(Put::Withdrawn), _) | (_, None) => known,
                (_, found) => found,
            };
        }
        let open = match self.partition(partition, true)? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(known) = known {
            // Written to the disk like a new one: the time of an answer tells nobody which it was.
            open.change(ANSWERED, [])?;
            return Ok(Ok(known));
        }
        if open.sealed {
            return Ok(Err(StoreError::Sealed { partition }));
        }
        let Some(cipher) = &open.cipher else {
            return Ok(Err(StoreError::Unopened { partition }));
        };
        let sealed = match cipher.seal(&arrival.tag, &arrival.wc, &arrival.leaf, &arrival.sealed) {
            Ok(sealed) => sealed,
            Err(refused) => return Ok(Err(refused)),
        };
        let sql = "INSERT OR IGNORE INTO r (tag, x, nonce, wc, leaf, sealed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let row = params![
            arrival.tag,
            arrival.x,
            arrival.nonce,
            arrival.wc,
            arrival.leaf,
            sealed
        ];
        let added = open.change(sql, row)?;
        open.change(ANSWERED, [])?;
        open.tally.rows += added as u64;
        // An x that is there already under another nonce can only be made up.
        Ok(Ok(if added == 1 {
            Put::Stored
        } else {
            Put::TokenSpent
        }))
    }

    fn withdraw(&mut self, today: Partition, wc: &[u8; 16]) -> Outcome<Withdrawn> {
        if let Err(refused) = self.load(today.program, today.epoch)? {
            return Ok(Err(refused));
        }
        let mut erased = Vec::new();
        let mut again = false;
        for open in self.epoch(today) {
            erased.extend(open.forget(wc)?);
            again |= open.has("SELECT 1 FROM tomb WHERE wc = ?1", wc)?;
        }
        if again && erased.is_empty() {
            return Ok(Ok(Withdrawn::Again));
        }
        let most = self.options.withdrawals;
        let open = match self.partition(today, false)? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        if open.sealed {
            return Ok(Err(StoreError::Sealed { partition: today }));
        }
        if open.tally.withdrawn >= most && erased.is_empty() {
            return Ok(Err(StoreError::TooManyWithdrawals { partition: today }));
        }
        let added = open.change("INSERT OR IGNORE INTO tomb (wc) VALUES (?1)", params![wc])?;
        open.tally.withdrawn += added as u64;
        for leaf in &erased {
            open.change(
                "INSERT OR IGNORE INTO gone (leaf) VALUES (?1)",
                params![leaf],
            )?;
        }
        Ok(Ok(if erased.is_empty() {
            Withdrawn::Waiting
        } else {
            Withdrawn::Erased
        }))
    }

    fn seal(&mut self, partition: Partition) -> Result<Tally, StoreError> {
        self.shared.check()?;
        if !file::path_of(&self.folder, partition).exists() {
            return Ok(Tally::default());
        }
        let sealed = self
            .seal_file(partition)
            .and_then(|sealed| self.commit().map(|()| sealed));
        match sealed {
            Ok(sealed) => sealed,
            Err(failed) => Err(self.give_up(&failed)),
        }
    }

    fn seal_file(&mut self, partition: Partition) -> Outcome<Tally> {
        if let Err(refused) = self.load(partition.program, partition.epoch)? {
            return Ok(Err(refused));
        }
        let open = match self.partition(partition, false)? {
            Ok(open) => open,
            Err(refused) => return Ok(Err(refused)),
        };
        if !open.sealed {
            open.change("INSERT OR IGNORE INTO leaves SELECT leaf FROM r", [])?;
            open.change("UPDATE state SET value = 1 WHERE name = 'sealed'", [])?;
            open.sealed = true;
        }
        Ok(Ok(open.tally))
    }

    /// The key first: from there on no copy opens, whatever becomes of the file.
    fn erase(&mut self, partition: Partition) -> Result<Tally, StoreError> {
        let name = partition.key_name();
        self.vault
            .destroy(|key| key == name)
            .map_err(|source| StoreError::Vault { partition, source })?;
        self.open.remove(&partition);
        // A file too damaged to be counted must go all the same.
        let tally = read::tally(&self.folder, partition).unwrap_or_default();
        file::remove(&self.folder, partition)?;
        Ok(tally)
    }

    /// Opens every partition of an epoch that is on the disk, once.
    fn load(&mut self, program: u16, epoch: u32) -> Outcome<()> {
        if self.loaded.contains(&(program, epoch)) {
            return Ok(Ok(()));
        }
        let found = match file::of_epoch(&self.folder, program, epoch) {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        for partition in found {
            if let Err(refused) = self.partition(partition, false)? {
                return Ok(Err(refused));
            }
        }
        self.loaded.push((program, epoch));
        Ok(Ok(()))
    }

    fn epoch(&mut self, like: Partition) -> impl Iterator<Item = &mut Held> {
        let day = |day| Partition { day, ..like };
        let range = (Bound::Included(day(0)), Bound::Included(day(u32::MAX)));
        self.open.range_mut(range).map(|(_, open)| open)
    }

    /// Returns a partition, made if it is missing; with its cipher if something will be put there.
    fn partition(&mut self, partition: Partition, with_key: bool) -> Outcome<&mut Held> {
        if !self.open.contains_key(&partition) {
            match file::open(&self.folder, partition, &self.options) {
                Ok(connection) => {
                    let path = file::path_of(&self.folder, partition);
                    self.open.insert(partition, Held::of(path, connection)?);
                }
                Err(StoreError::Sqlite { path, source, .. }) => {
                    return Err(Failed { path, source });
                }
                Err(refused) => return Ok(Err(refused)),
            }
        }
        let open = self
            .open
            .get_mut(&partition)
            .expect("it was put there above");
        if with_key && open.cipher.is_none() {
            let cipher = key_to_write(&self.vault, partition)
                .and_then(|key| Cipher::new(partition, Some(&key)));
            match cipher {
                Ok(cipher) => open.cipher = Some(cipher),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(open))
    }
}

fn refusal(job: Job) -> Answer {
    Box::new(move |failed| job.refuse(failed.unwrap_or(StoreError::Closed)))
}
