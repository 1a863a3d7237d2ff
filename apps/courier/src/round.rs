//! One round: what is due now, and no more.
//!
//! The order matters. The operator's signed status is read first, and nothing is told to a server that it
//! does not vouch for. It can close a version, and then the outbox is emptied and nothing is sent. What was
//! withdrawn goes out whatever is closed, and whatever a fleet's policy says.
//!
//! A round shows an address or tells something, and not both: key configurations and tokens are asked for
//! directly, by everybody who agreed, at a random moment of the epoch; hours of silence follow. And it tells
//! one thing, since what comes in one burst comes from one machine. `--at-once` waits for nothing.

mod done;
mod keys;
mod proofs;
mod records;
mod silence;
mod status;
mod tokens;
mod withdrawals;

use consent::{Outbox, ProgramId, Time};
use declare::Operator;
use wire::rand_core::OsRng;

use crate::{
    at::Clock,
    delay::Delays,
    failure::Failure,
    http::Client,
    operated::{self, Offered},
};

pub(crate) use done::Done;

/// At most so many bytes leave in a day, of all kinds.
const MOST_A_DAY: u64 = 64 << 10;

/// Everything a round needs.
pub(crate) struct Round<'a> {
    client: &'a Client,
    operator: &'a Operator,
    /// What this version sends to this operator. Nothing, to one that was named once and is not any more:
    /// it is told what is taken back.
    offered: Vec<Offered>,
    outbox: Outbox,
    clock: Clock,
    delays: Delays,
    /// Whether this round has told something.
    has_told: bool,
    done: Done,
}

impl<'a> Round<'a> {
    /// A round with the operator that is named now.
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
            has_told: false,
            done: Done::default(),
        }
    }

    /// A round with one that was named once, and has reports that were taken back since.
    pub(crate) fn of_the_past(mut self) -> Self {
        self.offered.clear();
        self
    }

    /// Does what is due. Without `may_send` only withdrawals go out.
    ///
    /// # Errors
    /// When the outbox or the ledger cannot be used. What a server did not do is a trouble in what comes
    /// back, and tried again later.
    pub(crate) fn run(mut self, may_send: bool) -> Result<Done, Failure> {
        self.outbox.settle(self.now())?;
        for id in self.outbox.damaged()? {
            let way_out = format!("it cannot be read; `candor outbox drop {id}` removes it");
            self.trouble(format!("record {id}"), way_out);
        }
        let agreed = self.agreed(may_send)?;
        let takes_tokens = self.tokens_are_due(&agreed)?;
        let has_something_to_tell = self.has_something_to_tell(may_send)?;
        let is_quiet = self.is_quiet()?;
        if !takes_tokens && (is_quiet || !has_something_to_tell) {
            self.done.nothing_to_do = Some(match (has_something_to_tell, may_send) {
                (true, _) => "a server was asked directly a short while ago; what waits goes later",
                (false, true) => "nothing is due",
                (false, false) => "this machine's administrator forbids sending",
            });
            return Ok(self.done);
        }
        let Some(servers) = self.servers(takes_tokens)? else {
            return Ok(self.done);
        };
        let Some(status) = self.status(&servers)? else {
            return Ok(self.done);
        };
        let open = self.obey(&status, &agreed)?;
        if may_send {
            self.tokens(&status, &open)?;
        }
        if self.is_quiet()? {
            return Ok(self.done);
        }
        self.withdrawals(&servers)?;
        if may_send {
            self.records(&servers, &status, &open)?;
            self.proofs(&servers)?;
        }
        Ok(self.done)
    }

    fn has_something_to_tell(&mut self, may_send: bool) -> Result<bool, Failure> {
        if !self.withdrawals_of_this_operator()?.is_empty() {
            return Ok(true);
        }
        if !may_send || self.offered.is_empty() {
            return Ok(false);
        }
        Ok(!self.outbox.due(self.now())?.is_empty() || self.proofs_are_due()?)
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

    /// Returns whether one thing more may be told in this round; what may not waits for the next.
    fn may_tell(&mut self) -> bool {
        let may = !self.has_told || self.delays == Delays::None;
        match may {
            true => self.has_told = true,
            false => self.done.waiting += 1,
        }
        may
    }

    /// Returns whether so many bytes more may leave today, and counts them if they may.
    fn may_leave(&mut self, bytes: u64) -> Result<bool, Failure> {
        let has_room = self.has_room_for(bytes)?;
        if has_room {
            let now = self.now();
            self.outbox.count_bytes(bytes, now)?;
        }
        Ok(has_room)
    }

    fn has_room_for(&self, bytes: u64) -> Result<bool, Failure> {
        let day = Time(self.now().0.saturating_sub(24 * 3600));
        Ok(self.outbox.bytes_since(day)? + bytes <= MOST_A_DAY)
    }

    /// When something that failed is tried again.
    fn again(&self, tries: u32) -> Time {
        self.delays.again(self.now(), tries, &mut OsRng)
    }

    /// Returns a time that was kept under a name.
    fn kept_time(&self, name: &str) -> Result<Option<Time>, Failure> {
        let kept = self.outbox.kept(name)?.and_then(|it| it.try_into().ok());
        Ok(kept.map(|it| Time(u64::from_be_bytes(it))))
    }

    fn keep_time(&mut self, name: &str, time: Time) -> Result<(), Failure> {
        Ok(self.outbox.keep(name, &time.0.to_be_bytes())?)
    }

    fn trouble(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.done.troubles.push((what.into(), why.into()));
    }
}

/// Why something is not sent today.
const ENOUGH: &str = "enough was sent for one day";
