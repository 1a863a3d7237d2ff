//! A year in a few seconds: devices, a network and a disk that misbehave by a seed, and what must hold at
//! every step. A failure names its seed; `CANDOR_SEED=7` runs that one alone, `CANDOR_SEEDS=1000` so many.
//!
//! The network loses, repeats, delays and reorders what devices send, and loses answers. The disk says that it
//! is full, fails before or after it wrote, and the process is cut off at any moment and started anew. The
//! clock is moved by the test.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use intake::{
    intake::Intake,
    store::{Arrival, Digest, Done, Partition, Put, Row, Store, StoreError, Tally, Withdrawn},
};
use wire::ohttp::Method;

use crate::{
    attacks::inner,
    device::{Device, Ground, NOW, Sent, said, sighting},
};

const HOUR: u64 = 3600;
/// Steps of one run: each lets some hours pass.
const STEPS: u32 = 120;

/// Numbers that a seed decides: xorshift64*, Vigna 2016.
struct Chance(u64);

impl Chance {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, many: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % many
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn one_of<T>(&mut self, all: &mut Vec<T>) -> Option<T> {
        match all.len() {
            0 => None,
            many => Some(all.swap_remove(self.below(many as u64) as usize)),
        }
    }
}

/// What the disk does with the next report or withdrawal.
#[repr(u8)]
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// It is full, and nothing was written.
    Full,
    /// It fails before anything was written.
    Before,
    /// It fails after everything was written: nobody is told.
    After,
}

/// A store on a disk that fails when it is told to.
struct Faulty {
    below: Arc<dyn Store>,
    next: AtomicU8,
}

impl Faulty {
    fn will(&self, fault: Fault) {
        self.next.store(fault as u8, Ordering::Relaxed);
    }

    fn fault<T>(&self, done: Done<T>) -> Result<(Done<T>, bool), ()>
    where
        T: Send + 'static,
    {
        let path = || "simulated".into();
        let broken = || StoreError::Broken {
            path: path(),
            why: "simulated".to_owned(),
        };
        let next = self.next.swap(Fault::None as u8, Ordering::Relaxed);
        if next == Fault::Full as u8 {
            done(Err(StoreError::Full { path: path() }));
            return Err(());
        }
        if next == Fault::Before as u8 {
            done(Err(broken()));
            return Err(());
        }
        Ok((done, next == Fault::After as u8))
    }
}

/// Hands an answer on, or says that the disk failed although it did not.
fn told<T: Send + 'static>(done: Done<T>, fails: bool) -> Done<T> {
    Box::new(move |outcome| {
        done(match (outcome, fails) {
            (Ok(_), true) => Err(StoreError::Broken {
                path: "simulated".into(),
                why: "after it was written".to_owned(),
            }),
            (outcome, _) => outcome,
        });
    })
}

impl Store for Faulty {
    fn put(&self, arrival: Arrival, done: Done<Put>) {
        if let Ok((done, fails)) = self.fault(done) {
            self.below.put(arrival, told(done, fails));
        }
    }

    fn withdraw(&self, today: Partition, wc: [u8; 16], done: Done<Withdrawn>) {
        if let Ok((done, fails)) = self.fault(done) {
            self.below.withdraw(today, wc, told(done, fails));
        }
    }

    fn seal(&self, partition: Partition) -> Result<Tally, StoreError> {
        self.below.seal(partition)
    }

    fn erase(&self, partition: Partition) -> Result<Tally, StoreError> {
        self.below.erase(partition)
    }

    fn partitions(&self) -> Result<Vec<Partition>, StoreError> {
        self.below.partitions()
    }

    fn tally(&self, partition: Partition) -> Result<Tally, StoreError> {
        self.below.tally(partition)
    }

    fn tags(
        &self,
        program: u16,
        epoch: u32,
        at_least: u64,
        tell: &mut dyn FnMut(Digest, u64),
    ) -> Result<(), StoreError> {
        self.below.tags(program, epoch, at_least, tell)
    }

    fn shares(
        &self,
        program: u16,
        epoch: u32,
        tag: &Digest,
        tell: &mut dyn FnMut(Row),
    ) -> Result<u64, StoreError> {
        self.below.shares(program, epoch, tag, tell)
    }

    fn leaves(&self, partition: Partition) -> Result<Option<Vec<Digest>>, StoreError> {
        self.below.leaves(partition)
    }

    fn leaves_from(
        &self,
        partition: Partition,
        from: &Digest,
        many: usize,
    ) -> Result<Option<Vec<Digest>>, StoreError> {
        self.below.leaves_from(partition, from, many)
    }

    fn withdrawals(&self, partition: Partition) -> Result<Vec<Digest>, StoreError> {
        self.below.withdrawals(partition)
    }

    fn waiting(&self) -> usize {
        self.below.waiting()
    }

    fn broken(&self) -> Option<String> {
        self.below.broken()
    }
}

/// What one device sent, and what it knows of it.
struct Record {
    sent: Sent,
    host: String,
    epoch: u32,
    acknowledged: bool,
    /// Whether the operator said that it is withdrawn.
    withdrawn: bool,
}

/// A message on its way.
enum Message {
    Report(usize),
    Withdrawal(usize),
}

struct World {
    ground: Ground,
    intake: Option<Arc<Intake>>,
    disk: Option<Arc<Faulty>>,
    chance: Chance,
    records: Vec<Record>,
    under_way: Vec<Message>,
    leaves: u64,
    starts: u32,
    revealed: BTreeSet<(u32, String)>,
}

impl World {
    fn of(seed: u64) -> Self {
        let mut world = Self {
            ground: Ground::new(),
            intake: None,
            disk: None,
            chance: Chance::of(seed),
            records: Vec::new(),
            under_way: Vec::new(),
            leaves: 0,
            starts: 0,
            revealed: BTreeSet::new(),
        };
        world.start();
        world
    }

    fn intake(&self) -> &Arc<Intake> {
        self.intake.as_ref().unwrap()
    }

    /// Ends the process, if it runs, and starts it anew.
    fn start(&mut self) {
        self.disk = None;
        self.intake = None;
        let mut intake = Intake::open(self.ground.config(), self.ground.clock.clone()).unwrap();
        let disk = Arc::new(Faulty {
            below: Arc::clone(&intake.store),
            next: AtomicU8::new(Fault::None as u8),
        });
        intake.store = Arc::clone(&disk) as Arc<dyn Store>;
        intake.retire().unwrap();
        (self.intake, self.disk) = (Some(Arc::new(intake)), Some(disk));
        self.starts += 1;
    }

    fn step(&mut self) {
        let hours = self.chance.below(9);
        self.ground.clock.pass(Duration::from_secs(hours * HOUR));
        if self.chance.one_in(2) {
            self.intake().retire().unwrap();
        }
        for _ in 0..self.chance.below(6) {
            self.somebody_reports();
        }
        if self.chance.one_in(6) {
            self.somebody_withdraws();
        }
        for _ in 0..self.chance.below(12) {
            let Some(message) = self.chance.one_of(&mut self.under_way) else {
                break;
            };
            self.arrives(message);
        }
        if self.chance.one_in(8) {
            self.intake().reveal().unwrap();
        }
        if self.chance.one_in(15) {
            self.start();
        }
        self.holds();
    }

    /// A new device meets one of three hosts, of which one is met often.
    fn somebody_reports(&mut self) {
        let host = [
            "often.example",
            "often.example",
            "seldom.example",
            "once.example",
        ];
        let host = host[self.chance.below(4) as usize];
        let number = self.records.len() as u64;
        let epoch = {
            let intake = self.intake();
            sighting(intake).calendar.epoch_of(intake.clock.now())
        };
        let intake = self.intake();
        if intake.epoch_key(sighting(intake), epoch).is_none() {
            // It is made when it is next looked at what is due; a device asks again later.
            return;
        }
        let sent = Device::new(number).report_of(intake, epoch, host);
        self.records.push(Record {
            sent,
            host: host.to_owned(),
            epoch,
            acknowledged: false,
            withdrawn: false,
        });
        self.under_way.push(Message::Report(number as usize));
        if self.chance.one_in(4) {
            // Repeated by the device, which got no answer yet.
            self.under_way.push(Message::Report(number as usize));
        }
    }

    fn somebody_withdraws(&mut self) {
        if self.records.is_empty() {
            return;
        }
        let number = self.chance.below(self.records.len() as u64) as usize;
        self.under_way.push(Message::Withdrawal(number));
    }

    fn arrives(&mut self, message: Message) {
        if self.chance.one_in(10) {
            // Lost on the way there.
            return;
        }
        let fault = match self.chance.below(20) {
            0 => Fault::Full,
            1 => Fault::Before,
            2 => Fault::After,
            _ => Fault::None,
        };
        self.disk.as_ref().unwrap().will(fault);
        let (number, path, body) = match &message {
            Message::Report(it) => (*it, "/v1/report", self.records[*it].sent.report.to_bytes()),
            Message::Withdrawal(it) => (
                *it,
                "/v1/withdraw",
                self.records[*it].sent.withdrawal.clone(),
            ),
        };
        let answer = inner(self.intake(), Method::Post, path, &body);
        self.disk.as_ref().unwrap().will(Fault::None);
        let (status, word) = said(&answer);
        assert!(
            matches!(status, 200 | 403 | 409 | 410 | 422 | 429 | 503 | 507),
            "{path}: {status} {word}"
        );
        if status == 503 && matches!(fault, Fault::Before | Fault::After) {
            // The process ends when the disk failed, and is started anew.
            self.start();
        }
        if self.chance.one_in(10) {
            // The answer is lost on its way: the device knows nothing, and asks again.
            self.under_way.push(message);
            return;
        }
        let record = &mut self.records[number];
        match (message, status) {
            (Message::Report(_), 200) => record.acknowledged = true,
            // Of what is due to be erased it is said that it names nobody; it goes when it is next looked at.
            (Message::Withdrawal(_), 200) => record.withdrawn |= word == "withdrawn",
            (message, 429 | 503 | 507) => self.under_way.push(message),
            _ => {}
        }
    }

    /// What must hold at every moment.
    fn holds(&mut self) {
        let intake = Arc::clone(self.intake());
        let now = intake.clock.now();
        let calendar = sighting(&intake).calendar;
        let there = there(&intake);
        for record in &self.records {
            let nonce = record.sent.report.nonce().as_bytes();
            let copies = there.get(nonce).copied().unwrap_or(0);
            assert!(copies <= 1, "a report is there {copies} times");
            // What is due may not be done yet; it is by the next look, and what is kept is kept until then.
            let dies = calendar.closes(record.epoch) + 48 * HOUR;
            if record.withdrawn {
                assert_eq!(copies, 0, "what was withdrawn is there");
            } else if record.acknowledged && now < dies && copies == 0 {
                let withdrawn = is_withdrawn(record, &intake);
                assert!(withdrawn, "what was acknowledged is gone");
            }
        }
        // Texts are revealed only when enough sent the same in one epoch.
        let mut sent: BTreeMap<(u32, &str), u64> = BTreeMap::new();
        for record in &self.records {
            *sent.entry((record.epoch, &record.host)).or_default() += 1;
        }
        let least = u64::from(sighting(&intake).program.threshold());
        for finding in intake.meta.findings(usize::MAX).unwrap() {
            let met = sent
                .iter()
                .find(|((epoch, host), _)| *epoch == finding.epoch && finding.text.contains(host));
            let (_, number) = met.expect("what is revealed was sent");
            assert!(*number >= least && finding.number >= least, "{finding:?}");
            self.revealed.insert((finding.epoch, finding.text.clone()));
        }
        // The log only grows.
        let (leaves, _) = intake.log.head();
        assert!(leaves >= self.leaves);
        self.leaves = leaves;
    }

    /// After a year nothing is left but the log, which holds together.
    fn ends(self) -> (u64, u32, usize) {
        for _ in 0..30 {
            self.ground.clock.pass(Duration::from_secs(14 * 24 * HOUR));
            self.intake().retire().unwrap();
        }
        let intake = self.intake();
        assert!(intake.store.partitions().unwrap().is_empty());
        assert!(intake.meta.findings(usize::MAX).unwrap().is_empty());
        let folder = self.ground.config().folder.join("log");
        let verified = intake::log::verify(&folder, &intake.log.verifier()).unwrap();
        assert_eq!(verified.len() as u64, intake.log.head().0);
        let stored = self.records.iter().filter(|it| it.acknowledged).count() as u64;
        (stored, self.starts, self.revealed.len())
    }
}

/// Whether a withdrawal arrived whose answer was lost: then the report is not taken any more.
fn is_withdrawn(record: &Record, intake: &Intake) -> bool {
    let arrival = intake::inner::arrival(&record.sent.report, intake.clock.today());
    matches!(
        intake::store::put_and_wait(&*intake.store, arrival),
        Ok(Put::Withdrawn)
    )
}

/// How often each nonce is there.
fn there(intake: &Intake) -> BTreeMap<[u8; 32], u32> {
    let mut there = BTreeMap::new();
    let partitions = intake.store.partitions().unwrap();
    let epochs: BTreeSet<(u16, u32)> = partitions.iter().map(|it| (it.program, it.epoch)).collect();
    for (program, epoch) in epochs {
        let mut tags = Vec::new();
        let mut tell = |tag, _| tags.push(tag);
        intake.store.tags(program, epoch, 1, &mut tell).unwrap();
        for tag in tags {
            let mut tell = |row: Row| *there.entry(row.nonce).or_insert(0) += 1;
            let damaged = intake
                .store
                .shares(program, epoch, &tag, &mut tell)
                .unwrap();
            assert_eq!(damaged, 0);
        }
    }
    there
}

#[test]
fn whatever_network_and_disk_do_promises_hold() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|it| it.parse::<u64>().ok())
    };
    let seeds: Vec<u64> = match (number("CANDOR_SEED"), number("CANDOR_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, many) => (0..many.unwrap_or(6)).collect(),
    };
    let mut all = (0, 0, 0);
    for seed in &seeds {
        let run = std::panic::catch_unwind(|| {
            let mut world = World::of(*seed);
            assert_eq!(world.ground.clock.now(), NOW);
            for _ in 0..STEPS {
                world.step();
            }
            world.ends()
        });
        let Ok((stored, starts, revealed)) = run else {
            panic!("run it again with CANDOR_SEED={seed}");
        };
        all = (all.0 + stored, all.1 + starts, all.2 + revealed);
    }
    println!(
        "{} seeds: {} reports acknowledged, {} starts, {} texts revealed",
        seeds.len(),
        all.0,
        all.1,
        all.2
    );
    assert!(all.0 > 0 && all.1 > seeds.len() as u32, "{all:?}");
    assert!(seeds.len() < 6 || all.2 > 0, "nothing was ever revealed");
}
