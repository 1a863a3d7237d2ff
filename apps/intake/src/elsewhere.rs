//! The keys of a randomness server that somebody else runs. They are fetched, held against its log, and
//! published in this server's log, so that its status vouches for them: a device asks nobody for randomness
//! whose key is not the same for everyone.
//!
//! The key itself is never here. That it was destroyed is said in the log of the one who had it.

use std::io;

use wire::{
    Epoch, PublicKey,
    log::{Checkpoint, Event, Hash, verify_consistency},
    note::Verifier,
    ohttp,
    status::{Status, StatusError},
};

use crate::{config::Elsewhere, intake::Intake, log::LogError, meta::MetaError};

/// The setting that names the keys of the randomness server's gateway, in base64, the newest first.
const GATEWAYS: &str = "randomness gateways";
/// How many it has at once: the one it hands out, and the one before it.
const MOST_GATEWAYS: usize = 2;
/// The setting that holds the last checkpoint of its log.
const CHECKPOINT: &str = "randomness checkpoint";

/// Why its keys are not taken.
#[derive(Debug, thiserror::Error)]
pub enum ElsewhereError {
    /// It cannot be reached, or answers otherwise.
    #[error("the randomness server cannot be asked")]
    Asked(#[from] io::Error),
    /// A message to it could not be sealed, or its answer not be opened.
    #[error("the randomness server does not speak as it must")]
    Sealed(#[from] ohttp::OhttpError),
    /// It answered with another status than 200, or with no text.
    #[error("the randomness server gives no status")]
    Silent,
    /// Its status does not hold.
    #[error("the status of the randomness server is not taken")]
    Status(#[from] StatusError),
    /// Its log does not begin with the log that was seen before: it tells another story.
    #[error(
        "the log of the randomness server, {now} leaves, does not begin with the {before} that were seen before"
    )]
    Story {
        /// Leaves when it was last looked at.
        before: u64,
        /// Leaves now.
        now: u64,
    },
    /// It has another key of an epoch than the one that was published.
    #[error(
        "the randomness server has another key of {program}, epoch {epoch}, than was published"
    )]
    Another {
        /// The program.
        program: String,
        /// The epoch.
        epoch: Epoch,
    },
    /// This server's log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is kept beside it.
    #[error(transparent)]
    Meta(#[from] MetaError),
}

/// What the other server tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its key configurations.
    pub keys: Vec<u8>,
    /// Its status.
    pub note: String,
    /// The proof that its log begins with the log that was seen before; none when it was not asked for.
    pub growth: Vec<Hash>,
}

/// What checks the other server.
pub struct Verifiers {
    log: Verifier,
    status: Verifier,
}

impl Verifiers {
    /// Reads the keys of the settings.
    ///
    /// # Errors
    /// Which one is none, as a sentence.
    pub fn of(elsewhere: &Elsewhere) -> Result<Self, String> {
        let log: Verifier = elsewhere
            .log
            .parse()
            .map_err(|error| format!("`randomness.log`: {error}"))?;
        let key = PublicKey::from_hex(&elsewhere.status)
            .ok_or("`randomness.status` is no key: 64 small hex digits")?;
        let name = format!("{}/status", log.name());
        let status = Verifier::new(&name, key).map_err(|error| error.to_string())?;
        Ok(Self { log, status })
    }
}

impl Intake {
    /// Returns between which sizes the other's log must be shown to have grown, given its status; `None` where
    /// it was never seen before or has not grown.
    ///
    /// # Errors
    /// [`ElsewhereError`] for a status that does not hold.
    pub fn growth_of(
        &self,
        verifiers: &Verifiers,
        note: &str,
    ) -> Result<Option<(u64, u64)>, ElsewhereError> {
        let status = Status::open(note, &verifiers.status, self.clock.now())?;
        let new = status.checkpoint(&verifiers.log)?;
        let old = self.seen(verifiers)?.filter(|old| old.size < new.size);
        Ok(old.map(|old| (old.size, new.size)))
    }

    /// The other's log as it was last seen.
    fn seen(&self, verifiers: &Verifiers) -> Result<Option<Checkpoint>, MetaError> {
        let kept = self.meta.setting(CHECKPOINT)?;
        Ok(kept.and_then(|it| Checkpoint::open(&it, &verifiers.log).ok()))
    }

    /// Publishes the keys that the randomness server has in use, each once; returns how many are new.
    ///
    /// # Errors
    /// [`ElsewhereError`]; then nothing was published.
    pub fn take_keys(&self, verifiers: &Verifiers, told: &Told) -> Result<usize, ElsewhereError> {
        let now = self.clock.now();
        let status = Status::open(&told.note, &verifiers.status, now)?;
        let handed_out = ohttp::keys_hash(&told.keys);
        let mut gateways = vec![handed_out];
        // Devices that were given the one before it may go on with it.
        gateways.extend(status.gateway.iter().filter(|it| **it != handed_out));
        gateways.truncate(MOST_GATEWAYS);
        for gateway in &gateways {
            status.vouches_for_gateway(gateway, &verifiers.log)?;
        }
        let new = status.checkpoint(&verifiers.log)?;
        if let Some(old) = self.seen(verifiers)? {
            let grown = match old.size == new.size {
                true => old.root == new.root,
                false => verify_consistency(old.size, &old.root, new.size, &new.root, &told.growth)
                    .is_ok(),
            };
            if !grown {
                return Err(ElsewhereError::Story {
                    before: old.size,
                    now: new.size,
                });
            }
        }
        let mut events = Vec::new();
        for keys in &gateways {
            if self.log.gateway_published(*keys).is_none() {
                events.push(Event::GatewayKeyPublished { keys: *keys });
            }
        }
        for taken in self.programs.all() {
            let program = *taken.program.hash();
            for epoch in taken.calendar.live(now).into_iter().map(Epoch) {
                let randomness = match status.keys(&program, epoch, &verifiers.log) {
                    Ok(keys) => keys.randomness,
                    // It makes the key of the next epoch a day before: not yet, or not any more.
                    Err(StatusError::Epoch(_)) => continue,
                    Err(error) => return Err(error.into()),
                };
                match self.log.published(program, epoch) {
                    Some(known) if known == randomness => {}
                    Some(_) => {
                        let program = taken.program.id().to_owned();
                        return Err(ElsewhereError::Another { program, epoch });
                    }
                    None => events.push(Event::EpochKeyPublished {
                        program,
                        epoch,
                        randomness,
                        issuer: self.issuer.public(),
                    }),
                }
            }
        }
        let new = events.len();
        if new > 0 {
            self.log.append(now, events)?;
        }
        self.meta.set(CHECKPOINT, &status.checkpoint)?;
        let gateways: Vec<String> = gateways.iter().map(Hash::to_string).collect();
        self.meta.set(GATEWAYS, &gateways.join(" "))?;
        self.status_changed();
        Ok(new)
    }

    /// Returns the keys of the randomness server's gateway that were published and are in use.
    pub(crate) fn gateways_elsewhere(&self) -> Vec<Hash> {
        if self.config.randomness.is_none() {
            return Vec::new();
        }
        let kept = self.meta.setting(GATEWAYS).ok().flatten();
        let kept = kept.unwrap_or_default();
        kept.split(' ').filter_map(Hash::from_base64).collect()
    }

    /// Whether the key of an epoch that is published and not in the vault may be with somebody else: then
    /// it is not lost, and nothing can be said of its end here.
    pub(crate) fn may_be_elsewhere(&self) -> bool {
        self.config.randomness.is_some()
    }
}
