//! The operator's public log and its status, honest or not.

use wire::{
    Epoch,
    log::{self, Checkpoint, EntryProof, Event, Hash, Leaf},
    note::Signer,
    ohttp::GatewayKey,
    randomness::EpochKey,
    status::{Disabled, Role, Status},
};

use super::{Answer, Habit, LOG, STATUS, Server, next_gateway};

impl Server {
    /// The leaves: one filler, the gateway's key and the next one, and for each hour that passed since the first epoch began
    /// one more; where an epoch begins, its keys.
    fn leaves(&self, habit: Habit) -> Vec<Vec<u8>> {
        let now = *self.now.lock().unwrap();
        let program = &self.keys.program;
        let (begin, _) = program.epoch_bounds(program.epoch_of(self.started));
        let filler = |what: &str| Event::ConfigChanged {
            what: what.to_owned(),
            config: Hash([7; 32]),
        };
        let first = match habit {
            Habit::LogForks => "another beginning",
            _ => "the beginning",
        };
        let gateway = |key: &GatewayKey| Event::GatewayKeyPublished { keys: key.hash() };
        let hours = match habit {
            Habit::LogShrinks => 0,
            _ => (now - begin) / 3600,
        };
        let mut events = vec![
            filler(first),
            gateway(&self.keys.gateway),
            gateway(&next_gateway()),
        ];
        for hour in 0..=hours {
            let at = begin + hour * 3600;
            let epoch = program.epoch_of(at);
            if program.epoch_bounds(epoch).0 == at {
                events.push(self.published(habit, epoch));
            }
            events.push(filler(&format!("hour {hour}")));
        }
        events
            .into_iter()
            .map(|event| Leaf { at: begin, event }.to_bytes().unwrap())
            .collect()
    }

    /// What publishes the keys of an epoch.
    fn published(&self, habit: Habit, epoch: Epoch) -> Event {
        let randomness = match habit {
            Habit::KeyNotInLog => EpochKey::of(&[55; 32], self.keys.program.hash(), epoch),
            _ => self.epoch_key(epoch),
        };
        Event::EpochKeyPublished {
            program: *self.keys.program.hash(),
            epoch,
            randomness: randomness.public(),
            issuer: self.keys.issuer.public(),
        }
    }

    pub(super) fn status(&self, habit: Habit) -> String {
        let now = *self.now.lock().unwrap();
        // The log is honest also where the status is not.
        let in_log = match habit {
            Habit::KeyNotInLog => Habit::Honest,
            habit => habit,
        };
        let leaves = self.leaves(in_log);
        let hashes = || leaves.iter().map(|leaf| log::leaf_hash(leaf));
        let size = leaves.len() as u64;
        let checkpoint = Checkpoint {
            origin: LOG.to_owned(),
            size,
            root: log::root(hashes()),
        };
        let epoch = self.keys.program.epoch_of(now);
        let newest = |leaf: &Vec<u8>| {
            let of = Leaf::parse(leaf).unwrap().event;
            of == self.published(in_log, epoch)
        };
        let entry = |index: usize| EntryProof {
            index: index as u64,
            leaf: String::from_utf8(self.leaves(habit)[index].clone()).unwrap(),
            path: log::inclusion_proof(hashes(), index as u64, size).unwrap(),
        };
        let keys = leaves.iter().rposition(newest);
        let epochs = [Some(1), Some(2), keys]
            .into_iter()
            .flatten()
            .map(entry)
            .collect();
        let version = wire::Version { major: 0, minor: 1 };
        let program = *self.keys.program.hash();
        let closed = match habit {
            Habit::VersionClosed => Some((None, Some(version))),
            Habit::ProgramClosed => Some((Some(program), None)),
            Habit::AllClosed => Some((None, None)),
            _ => None,
        };
        let disabled = closed.map(|(program, version)| Disabled { program, version });
        let programs = match habit {
            Habit::AllClosed => Vec::new(),
            _ => vec![program],
        };
        let (issued, until) = match habit {
            Habit::OldStatus => (now - 200_000, now - 100_000),
            Habit::EarlierStatus => (now - 7200, now + 86_400),
            _ => (now - 60, now + 86_400),
        };
        let status = Status {
            issued,
            until,
            roles: vec![Role::Receive, Role::Randomness, Role::Issuer, Role::Relay],
            least: version,
            programs,
            disabled: disabled.into_iter().collect(),
            gateway: match habit {
                Habit::NextGatewayKey => vec![next_gateway().hash()],
                Habit::NextRandomnessGateway => {
                    vec![self.keys.gateway.hash(), next_gateway().hash()]
                }
                _ => vec![self.keys.gateway.hash()],
            },
            epochs,
            checkpoint: checkpoint.sign(&self.keys.log).unwrap(),
        };
        let other = Signer::new(STATUS, &[22; 32]).unwrap();
        let signer = match habit {
            Habit::StatusOfAnother => &other,
            _ => &self.keys.status,
        };
        status.sign(signer).unwrap()
    }

    pub(super) fn consistency(&self, habit: Habit, path: &str) -> Answer {
        let old = path.split('/').nth(3).and_then(|it| it.parse().ok());
        let hashes: Vec<Hash> = self
            .leaves(habit)
            .iter()
            .map(|it| log::leaf_hash(it))
            .collect();
        let proof = old.and_then(|old| log::consistency_proof(&hashes, old));
        let proof = proof.ok_or((404, "no-such-tree"))?;
        Ok(serde_json::to_vec(&proof).unwrap())
    }
}
