//! Taking back what was sent: the secret of a report erases it, and says nothing of who asks.

use consent::{Ledger, ProgramId, Withdrawal as Filed};
use wire::{
    Epoch, Program, ProgramNumber,
    ohttp::{Method, Request, UNIT},
    withdraw::{Secret, Withdrawal},
};

use super::{ENOUGH, Round, keys::Servers};
use crate::{
    failure::{Failure, with_causes},
    http::error_code,
    operated,
};

impl<'a> Round<'a> {
    /// Delivers withdrawals that are due. No consent is asked for it, and no permission of a fleet.
    pub(super) fn withdrawals(&mut self, servers: &Servers<'a>) -> Result<(), Failure> {
        for withdrawal in self.withdrawals_of_this_operator()? {
            if !self.may_tell() {
                continue;
            }
            let id = withdrawal.id;
            match self.deliver(servers, &withdrawal)? {
                Ok(()) => {
                    let now = self.now();
                    self.outbox.withdrawal_delivered(id, now)?;
                    self.done.withdrawn += 1;
                }
                Err(why) => {
                    let again = self.again(withdrawal.tries);
                    self.outbox.withdrawal_later(id, &why, again)?;
                    self.trouble(format!("taking back a {}", withdrawal.program.send()), why);
                }
            }
        }
        Ok(())
    }

    /// Returns the withdrawals that are due of reports that this operator got, and not another one.
    pub(super) fn withdrawals_of_this_operator(&self) -> Result<Vec<Filed>, Failure> {
        let mut all = self.outbox.withdrawals(self.now())?;
        if all.is_empty() {
            return Ok(all);
        }
        let ledger = Ledger::read(self.outbox.folder())?;
        let mut is_ours = Vec::new();
        for filed in &all {
            is_ours.push(self.went_here(&ledger, &filed.program, &filed.material)?);
        }
        let mut is_ours = is_ours.into_iter();
        all.retain(|_| is_ours.next() == Some(true));
        Ok(all)
    }

    /// Returns whether what was sent under this material hash went to this operator.
    pub(super) fn went_here(
        &self,
        ledger: &Ledger,
        id: &ProgramId,
        material: &str,
    ) -> Result<bool, Failure> {
        Ok(match operated::recipient_of(ledger, material)? {
            Some(recipient) => operated::is_the_same(&recipient, self.operator),
            None => self.offered(id, material).is_some(),
        })
    }

    fn deliver(
        &mut self,
        servers: &Servers<'a>,
        filed: &Filed,
    ) -> Result<Result<(), String>, Failure> {
        let Some(program) = self.number_of(filed)? else {
            return Ok(Err(
                "what was agreed to then is not known any more".to_owned()
            ));
        };
        let Ok(secret) = <[u8; 32]>::try_from(filed.secret.as_slice()) else {
            return Ok(Err("the secret that takes it back is damaged".to_owned()));
        };
        let message = Withdrawal {
            program,
            epoch: Epoch(filed.epoch),
            secret: Secret::from_bytes(secret),
        };
        let request = Request {
            method: Method::Post,
            path: "/v1/withdraw".to_owned(),
            body: message.to_bytes(),
        };
        if !self.may_leave(UNIT as u64)? {
            return Ok(Err(ENOUGH.to_owned()));
        }
        Ok(match servers.intake.ask(&request) {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => {
                Err(error_code(&answer.body).unwrap_or_else(|| answer.status.to_string()))
            }
            Err(error) => Err(with_causes(&error)),
        })
    }

    /// The number of the program as it was declared when the report was sent; a newer version may declare
    /// it otherwise.
    fn number_of(&self, filed: &Filed) -> Result<Option<ProgramNumber>, Failure> {
        if let Some(at) = self.offered(&filed.program, &filed.material) {
            return Ok(Some(self.offered[at].program.number()));
        }
        let ledger = Ledger::read(self.outbox.folder())?;
        let declared = ledger.declared(&filed.material)?;
        let program = declared.and_then(|it| Program::of(&it, filed.program.send()).ok());
        Ok(program.map(|it| it.number()))
    }
}
