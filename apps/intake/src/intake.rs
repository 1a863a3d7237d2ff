//! Everything one process holds, opened from its folder in one place.

mod error;
mod folder;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use sha2::{Digest, Sha256};
use wire::{
    Epoch, Version,
    log::{Event, Hash},
    note::Signer,
    randomness::EpochKey,
    token::IssuerKey,
};

use self::folder::{HEAD, failed, locked, log_of, seed};
pub use self::{error::OpenError, folder::make_folder};
use crate::{
    clock::Clock,
    config::{Config, Role},
    gateway::GatewayKeys,
    issuer::Networks,
    log::Log,
    meta::{Closed, Meta, MetaError, Remembered},
    meters::Meters,
    pace::Pace,
    place,
    programs::{Programs, Taken},
    proven::Proven,
    reserve::Reserve,
    retire::NotDone,
    status::Signed,
    store::{Options, SqliteStore, Store},
    vault::{Secret, Vault, VaultError},
};

/// The setting of the oldest version that may report.
pub(crate) const LEAST: &str = "least";

/// One process: its settings, its keys, its store, its log.
pub struct Intake {
    /// The settings.
    pub config: Config,
    /// What time it is.
    pub clock: Clock,
    /// Every key.
    pub vault: Arc<Vault>,
    /// Every report.
    pub store: Arc<dyn Store>,
    /// What is kept beside reports.
    pub meta: Meta,
    /// What was done, in public.
    pub log: Log,
    /// What is taken.
    pub programs: Programs,
    /// What is counted.
    pub meters: Arc<Meters>,
    /// The keys that open sealed messages.
    pub gateway: GatewayKeys,
    /// The key that tokens are made and checked with.
    pub issuer: IssuerKey,
    /// The room that is kept for erasure.
    pub reserve: Reserve,
    pub(crate) status_signer: Signer,
    pub(crate) status: Mutex<Option<Signed>>,
    pub(crate) networks: Networks,
    pub(crate) evaluations: Pace,
    pub(crate) tried: Mutex<Tries>,
    pub(crate) at_work: Mutex<()>,
    pub(crate) not_done: Mutex<Vec<NotDone>>,
    /// What proves that a report is in its partition.
    pub proven: Proven,
    /// Read by each report from the moment its program is known to be open until it is stored.
    pub(crate) letting_in: tokio::sync::RwLock<()>,
    /// Held while the tags of an epoch are opened.
    pub(crate) revealing: Mutex<()>,
    closing: RwLock<(Vec<Closed>, Version)>,
    epoch_keys: Mutex<BTreeMap<(u16, u32), Arc<EpochKey>>>,
    /// Held for as long as the folder is open: two processes would spend one token twice.
    _lock: File,
}

/// How many reports a tag had when it was last tried, by program, epoch and tag.
pub(crate) type Tries = BTreeMap<(u16, u32, [u8; 32]), u64>;

impl Intake {
    /// Opens the folder of the settings, makes what is missing, and says in the log when the settings
    /// are others than last time.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, clock: Clock) -> Result<Self, OpenError> {
        let folder = config.folder.clone();
        let programs = Programs::read(
            &config.declarations,
            config.operator.as_deref(),
            config.times.grace_hours * 3600,
        )?;
        let lock = locked(&folder)?;
        let reserve = Reserve::of(&folder);
        // On a full disk it must open all the same: what has to go is erased by who has it open.
        if reserve.is_short() {
            reserve.give();
        }
        let vault = Arc::new(Vault::open(&folder.join("vault"))?);
        let log = log_of(&folder, &config.log_name, &vault)?;
        let kept = folder.join("meta.db");
        let known = fs::metadata(&kept).ok().map(|about| about.len());
        if known.is_none() && log.head().0 > 0 {
            return Err(OpenError::MetaLost { path: kept });
        }
        let options = Options {
            waiting: config.limits.waiting,
            pages: config.limits.partition_mib.saturating_mul(256),
            ..Options::default()
        };
        place::for_its_owner(&kept).map_err(failed("make", &kept))?;
        let store = SqliteStore::open(&folder.join("p"), Arc::clone(&vault), options)?;
        let meta = Meta::open(&kept)?;
        let (before, there) = (meta.remembered()?, store.partitions()?);
        for taken in programs.all() {
            let new = remembered(taken);
            let is_other = |it: &&Remembered| it.number == new.number && it.hash != new.hash;
            let is_there = there.iter().any(|it| it.program == new.number);
            if let Some(old) = before.iter().find(is_other).filter(|_| is_there) {
                return Err(OpenError::Number {
                    new: new.id,
                    old: old.id.clone(),
                    number: new.number,
                });
            }
            meta.remember(&new)?;
        }
        let closing = RwLock::new(closing(&meta)?);
        let intake = Self {
            gateway: GatewayKeys::open(&vault, &log)?,
            issuer: IssuerKey::of(&*seed(&vault, "issuer")?),
            status_signer: Signer::new(
                &format!("{}/status", config.log_name),
                &*seed(&vault, "status")?,
            )?,
            status: Mutex::new(None),
            networks: Networks::default(),
            evaluations: Pace::default(),
            tried: Mutex::default(),
            at_work: Mutex::new(()),
            not_done: Mutex::default(),
            proven: Proven::default(),
            letting_in: tokio::sync::RwLock::new(()),
            revealing: Mutex::new(()),
            meters: Arc::new(Meters::default()),
            epoch_keys: Mutex::default(),
            store: Arc::new(store),
            _lock: lock,
            reserve,
            closing,
            config,
            clock,
            vault,
            meta,
            log,
            programs,
        };
        if known == Some(0) && intake.log.head().0 > 0 {
            intake.close_all_that_was_closed()?;
        }
        intake.say_what_is_new()?;
        intake.remember_log()?;
        // Where it cannot be kept now, what is due next says so.
        drop(intake.reserve.keep());
        Ok(intake)
    }

    /// Returns what is closed.
    #[must_use]
    pub fn closed(&self) -> Vec<Closed> {
        let closing = self.closing.read();
        closing.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Returns the oldest version that may report.
    #[must_use]
    pub fn least_version(&self) -> Version {
        self.closing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .1
    }

    /// Reads again what is closed, and has the status signed anew.
    ///
    /// # Errors
    /// [`MetaError`].
    pub fn closing_changed(&self) -> Result<(), MetaError> {
        let now = closing(&self.meta)?;
        *self.closing.write().unwrap_or_else(PoisonError::into_inner) = now;
        self.status_changed();
        Ok(())
    }

    /// Has the status signed anew when it is next asked for.
    pub fn status_changed(&self) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Returns the key of an epoch if it is in the vault.
    #[must_use]
    pub fn epoch_key(&self, taken: &Taken, epoch: u32) -> Option<Arc<EpochKey>> {
        let number = taken.program.number().0;
        let mut keys = self
            .epoch_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&(number, epoch)) {
            return Some(Arc::clone(key));
        }
        let seed = self.vault.get(&epoch_key_name(number, epoch))?.key()?;
        let key = Arc::new(EpochKey::of(&seed, taken.program.hash(), Epoch(epoch)));
        keys.insert((number, epoch), Arc::clone(&key));
        Some(key)
    }

    /// Forgets the keys of epochs that are held in memory.
    pub(crate) fn drop_epoch_keys(&self) {
        self.epoch_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Returns whether the disk has less room than the settings ask for.
    #[must_use]
    pub fn disk_is_full(&self) -> bool {
        let least = self.config.limits.free_disk_mib << 20;
        let free = rustix::fs::statvfs(&self.config.folder)
            .map(|about| about.f_bavail.saturating_mul(about.f_frsize));
        free.is_ok_and(|free| free < least)
    }

    /// Says in the log, at once, what is new since the last start. The gateway's keys stand there
    /// before they are handed out: one made for a single device would have to stand there too.
    fn say_what_is_new(&self) -> Result<(), OpenError> {
        let mut gateway = self.gateway.hashes();
        gateway.retain(|it| self.log.gateway_published(*it).is_none());
        let published = |keys| Event::GatewayKeyPublished { keys };
        let events: Vec<Event> = self
            .settings_changed()?
            .into_iter()
            .chain(gateway.into_iter().map(published))
            .collect();
        if !events.is_empty() {
            self.log.append(self.clock.now(), events)?;
        }
        Ok(())
    }

    /// Nobody knows any more what was closed. Everything is, until an administrator opens it.
    fn close_all_that_was_closed(&self) -> Result<(), OpenError> {
        let now = self.clock.now();
        self.meta.close(&Closed {
            program: None,
            version: None,
            reason: "what was closed is not known any more".to_owned(),
            since: now,
        })?;
        self.closing_changed()?;
        let acted = Event::AdminActed {
            scope: "close".to_owned(),
            act: "closed every program: meta.db was lost (the server)".to_owned(),
        };
        Ok(self.log.append(now, vec![acted])?)
    }

    /// Keeps how far the log has come where no backup reaches: an older copy is then known for one.
    pub(crate) fn remember_log(&self) -> Result<(), VaultError> {
        let (size, root) = self.log.head();
        let head = Secret::new([&size.to_be_bytes()[..], &root.0].concat());
        match self.vault.get(HEAD) {
            Some(known) if known == head => Ok(()),
            _ => self.vault.put(HEAD, head),
        }
    }

    /// Settings are in the log by their hash, and by name where they changed. Values are not.
    fn settings_changed(&self) -> Result<Option<Event>, OpenError> {
        let mut printed = self.settings();
        for declared in self.programs.declared() {
            // Files of one name are usual: each lies in the folder of its product.
            printed.insert(
                format!("declaration {} of {}", declared.file, declared.product),
                declared.sha256.clone(),
            );
        }
        if let Some(operator) = self.programs.operator() {
            printed.insert("operator file".to_owned(), operator.to_owned());
        }
        let text = serde_json::to_string(&printed).unwrap_or_default();
        let hash = Hash(Sha256::digest(text.as_bytes()).into());
        if self.log.config() == Some(hash) {
            return Ok(None);
        }
        let before = self.meta.setting("settings")?.unwrap_or_default();
        let before: BTreeMap<String, String> = serde_json::from_str(&before).unwrap_or_default();
        let changed: Vec<&str> = printed
            .iter()
            .filter(|(name, value)| before.get(*name) != Some(value))
            .map(|(name, _)| name.as_str())
            .chain(
                before
                    .keys()
                    .filter(|name| !printed.contains_key(*name))
                    .map(String::as_str),
            )
            .collect();
        let what: String = changed.join(", ").chars().take(1000).collect();
        self.meta.set("settings", &text)?;
        Ok(Some(Event::ConfigChanged { what, config: hash }))
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let table = toml::Table::try_from(&self.config).unwrap_or_default();
        table
            .into_iter()
            .map(|(name, value)| (name, value.to_string()))
            .collect()
    }

    /// Returns whether this process has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.config.has(role)
    }
}

/// Returns what is closed, and the oldest version that may report.
fn closing(meta: &Meta) -> Result<(Vec<Closed>, Version), MetaError> {
    let least = meta.setting(LEAST)?.and_then(|text| text.parse().ok());
    Ok((
        meta.closed()?,
        least.unwrap_or(Version { major: 0, minor: 0 }),
    ))
}

/// Returns the name of an epoch's key in the vault.
#[must_use]
pub fn epoch_key_name(program: u16, epoch: u32) -> String {
    format!("epoch/{program:04x}/{epoch}")
}

fn remembered(taken: &Taken) -> Remembered {
    Remembered {
        number: taken.program.number().0,
        hash: *taken.program.hash(),
        id: taken.program.id().to_owned(),
        calendar: taken.calendar,
    }
}
