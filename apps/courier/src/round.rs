//! One round: what is due now, and no more.
//!
//! The order matters. Before anything is told to the operator its signed status is read: it can close a
//! version, and then the outbox is emptied and nothing is sent. What was withdrawn goes out whatever the
//! status or a fleet's policy says.

mod done;
mod proofs;
mod records;
mod status;
mod tokens;
mod withdrawals;

use consent::{Outbox, ProgramId, Time};
use declare::Operator;
use wire::rand_core::OsRng;

use crate::{
    at::Clock,
    delay::Delays,
    failure::{Failure, with_causes},
    http::Client,
    oblivious::Hidden,
    operated::{self, Offered},
};

pub(crate) use done::Done;

/// At most so many bytes leave in a day, of all kinds.
const MOST_A_DAY: u64 = 64 << 10;

/// Everything a round needs.
pub(crate) struct Round<'a> {
    client: &'a Client,
    operator: &'a Operator,
    offered: Vec<Offered>,
    outbox: Outbox,
    clock: Clock,
    delays: Delays,
    done: Done,
}

/// The two servers behind the relay, asked for once a round.
struct Servers<'a> {
    intake: Hidden<'a>,
    randomness: Option<Hidden<'a>>,
}

impl<'a> Round<'a> {
    pub(crate) fn new(
        client: &'a Client,
        operator: &'a Operator,
        outbox: Outbox,
        clock: Clock,
        delays: Delays,
    ) -> Self {
        Self {
            client,
            operator,
            offered: operated::offered(operator),
            outbox,
            clock,
            delays,
            done: Done::default(),
        }
    }

    /// Does what is due. Without `may_send` only withdrawals go out.
    ///
    /// # Errors
    /// When the outbox or the ledger cannot be used. What a server did not do is a trouble in what comes
    /// back, and tried again later.
    pub(crate) fn run(&mut self, may_send: bool) -> Result<Done, Failure> {
        self.outbox.settle(self.now())?;
        let due = match may_send {
            true => self.outbox.due(self.now())?.len(),
            false => 0,
        };
        let agreed = self.agreed(may_send)?;
        let has_work = due > 0
            || self.tokens_are_due(&agreed)?
            || !self.outbox.withdrawals(self.now())?.is_empty()
            || self.proofs_are_due()?;
        if !has_work {
            self.done.nothing_to_do = Some(match may_send {
                true => "nothing is due",
                false => "this machine's administrator forbids sending",
            });
            return Ok(std::mem::take(&mut self.done));
        }
        let relay = self.operator.relay();
        let intake = Hidden::behind(self.client, &relay.to_gateway, self.operator.gateway());
        match intake {
            Ok(intake) => {
                let mut servers = Servers {
                    intake,
                    randomness: None,
                };
                self.with(&mut servers, &agreed, may_send)?;
            }
            Err(error) => self.trouble("the operator", with_causes(&error)),
        }
        Ok(std::mem::take(&mut self.done))
    }

    fn with(
        &mut self,
        servers: &mut Servers<'a>,
        agreed: &[usize],
        may_send: bool,
    ) -> Result<(), Failure> {
        self.withdrawals(servers)?;
        let Some(status) = self.status(servers)? else {
            return Ok(());
        };
        let open = self.obey(&status, agreed)?;
        if may_send {
            self.tokens(&status, &open)?;
            self.records(servers, &status, &open)?;
        }
        self.proofs(servers)
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    /// Returns which of the offered programs a consent holds for.
    fn agreed(&self, may_send: bool) -> Result<Vec<usize>, Failure> {
        if !may_send {
            return Ok(Vec::new());
        }
        let ledger = consent::Ledger::read(self.outbox.folder())?;
        let now = self.now();
        let holds = |at: &usize| {
            let offered = &self.offered[*at];
            let standing = ledger.state().standing(&offered.id, &offered.material, now);
            standing.is_given()
        };
        Ok((0..self.offered.len()).filter(holds).collect())
    }

    fn offered(&self, id: &ProgramId, material: &str) -> Option<usize> {
        let is_it = |it: &Offered| it.id == *id && it.material == material;
        self.offered.iter().position(is_it)
    }

    /// Returns whether so many bytes more may leave today.
    fn has_room_for(&self, bytes: u64) -> Result<bool, Failure> {
        let day = Time(self.now().0.saturating_sub(24 * 3600));
        Ok(self.outbox.bytes_since(day)? + bytes <= MOST_A_DAY)
    }

    /// When something that failed is tried again.
    fn again(&self, tries: u32) -> Time {
        self.delays.again(self.now(), tries, &mut OsRng)
    }

    fn trouble(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.done.troubles.push((what.into(), why.into()));
    }
}
