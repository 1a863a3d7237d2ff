//! The keys that messages to this server are sealed for. What somebody kept on its way cannot be opened any
//! more once its key is destroyed, whoever takes the server then.
//!
//! A key is handed out for four weeks, and opens for two more what comes from devices that have not heard of
//! the next one: they ask for keys once an epoch. It is in the vault before it is in the log, in the log before
//! it is handed out, and gone from the vault before the log says so.

use std::sync::{Arc, PoisonError, RwLock};

use wire::{
    log::{Event, Hash},
    ohttp::{GatewayKey, OhttpError, Reply, Request},
};

use crate::{
    intake::Intake,
    log::Log,
    retire::RetireError,
    vault::{Secret, Vault, VaultError},
};

/// How long a key is handed out, in seconds.
pub const HANDED_OUT: u64 = 28 * 86_400;
/// How long it is kept once there is a newer one, in seconds.
pub const KEPT: u64 = 14 * 86_400;
/// Keys in the vault begin with this; their number follows.
const NAME: &str = "ohttp/";

/// The keys, the newest last. There is always one.
pub struct GatewayKeys(RwLock<Vec<Numbered>>);

#[derive(Clone)]
struct Numbered {
    number: u32,
    key: Arc<GatewayKey>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What the vault has under this name is no key.
    #[error("the key `{0}` in the vault is none")]
    Key(String),
    /// It cannot be used.
    #[error("the gateway's key cannot be used")]
    Unusable(#[from] OhttpError),
}

impl GatewayKeys {
    /// Takes the keys out of the vault; makes the first where there is none. One that the log says was destroyed,
    /// and that is there again from a copy, is destroyed.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn open(vault: &Vault, log: &Log) -> Result<Self, GatewayError> {
        let mut keys = Vec::new();
        for name in vault.names() {
            let Some(number) = name.strip_prefix(NAME).and_then(|it| it.parse().ok()) else {
                continue;
            };
            let one = Numbered::of(vault, number)?;
            match log.gateway_destroyed(one.key.hash()) {
                true => drop(vault.destroy(|it| it == name)?),
                false => keys.push(one),
            }
        }
        keys.sort_by_key(|it| it.number);
        if keys.is_empty() {
            keys.push(Numbered::made(vault, 1)?);
        }
        Ok(Self(RwLock::new(keys)))
    }

    /// Returns what `/v1/ohttp-keys` answers: the newest key, and no other.
    #[must_use]
    pub fn keys(&self) -> Vec<u8> {
        self.newest().key.keys().to_vec()
    }

    /// Returns the hash that the status names the newest key by.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.newest().key.hash()
    }

    /// Returns the hashes of all keys that open something, the newest first.
    #[must_use]
    pub fn hashes(&self) -> Vec<Hash> {
        self.all().iter().rev().map(|it| it.key.hash()).collect()
    }

    /// Opens a request that was sealed for any of the keys. Beside it, what seals the response.
    ///
    /// # Errors
    /// [`OhttpError`]; [`OhttpError::Key`] where it was sealed for none of them.
    pub fn open_request(&self, sealed: &[u8]) -> Result<(Request, Reply), OhttpError> {
        for one in self.all().iter().rev() {
            match one.key.open(sealed) {
                Err(OhttpError::Key) => {}
                opened => return opened,
            }
        }
        Err(OhttpError::Key)
    }

    fn newest(&self) -> Numbered {
        let newest = self.all().pop();
        newest.expect("the first is made when they are opened, and the newest is never destroyed")
    }

    fn all(&self) -> Vec<Numbered> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Numbered>)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Numbered {
    fn of(vault: &Vault, number: u32) -> Result<Self, GatewayError> {
        let name = format!("{NAME}{number}");
        let seed = vault.get(&name).and_then(|it| it.key());
        let seed = seed.ok_or(GatewayError::Key(name))?;
        // The id has one byte. Of two keys that are there at once, the numbers follow each other.
        let key = Arc::new(GatewayKey::of((number % 256) as u8, &seed)?);
        Ok(Self { number, key })
    }

    fn made(vault: &Vault, number: u32) -> Result<Self, GatewayError> {
        vault.get_or_make(&format!("{NAME}{number}"), Secret::random)?;
        Self::of(vault, number)
    }
}

impl Intake {
    /// Destroys the key that is not handed out any more, and makes the next one, when it is time to. Returns how
    /// many were made and destroyed.
    pub(crate) fn turn_gateway_keys(&self, now: u64) -> Result<(u64, u64), RetireError> {
        let published = |one: &Numbered| {
            let leaf = self.log.gateway_published(one.key.hash());
            leaf.map_or(now, |(_, at)| at)
        };
        let mut destroyed = 0;
        let keys = self.gateway.all();
        for pair in keys.windows(2) {
            if now >= published(&pair[1]) + KEPT {
                self.destroy_gateway_key(&pair[0], now)?;
                destroyed += 1;
            }
        }
        let keys = self.gateway.all();
        let [only] = &keys[..] else {
            return Ok((0, destroyed));
        };
        if now < published(only) + HANDED_OUT {
            return Ok((0, destroyed));
        }
        let next = Numbered::made(&self.vault, only.number.wrapping_add(1))?;
        let keys = next.key.hash();
        self.log
            .append(now, vec![Event::GatewayKeyPublished { keys }])?;
        self.gateway.change(|keys| keys.push(next));
        self.status_changed();
        Ok((1, destroyed))
    }

    fn destroy_gateway_key(&self, old: &Numbered, now: u64) -> Result<(), RetireError> {
        let keys = old.key.hash();
        self.let_go(vec![Event::GatewayKeyDestroyed { keys }], now, || {
            let name = format!("{NAME}{}", old.number);
            self.vault.destroy(|it| it == name)?;
            self.gateway
                .change(|keys| keys.retain(|it| it.number != old.number));
            Ok(())
        })
    }
}
