//! Taking back what was sent: the secret of a report erases it, and says nothing of who asks.

use consent::Ledger;
use wire::{
    Epoch, Program,
    ohttp::{Method, Request},
    withdraw::{Secret, Withdrawal},
};

use super::{Round, Servers};
use crate::{
    failure::{Failure, with_causes},
    http::error_code,
};

impl<'a> Round<'a> {
    /// Delivers every withdrawal that is due. No consent and no status is asked for it.
    pub(super) fn withdrawals(&mut self, servers: &Servers<'a>) -> Result<(), Failure> {
        for withdrawal in self.outbox.withdrawals(self.now())? {
            let id = withdrawal.id;
            match self.deliver(servers, &withdrawal)? {
                Ok(()) => {
                    self.outbox.withdrawal_delivered(id)?;
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

    fn deliver(
        &mut self,
        servers: &Servers<'a>,
        filed: &consent::Withdrawal,
    ) -> Result<Result<(), String>, Failure> {
        let number = match self.offered(&filed.program, &filed.material) {
            Some(at) => self.offered[at].program.number(),
            None => match self.agreed_once(filed)? {
                Some(program) => program.number(),
                None => {
                    return Ok(Err(
                        "what was agreed to then is not known any more".to_owned()
                    ));
                }
            },
        };
        let Ok(secret) = <[u8; 32]>::try_from(filed.secret.as_slice()) else {
            return Ok(Err("the secret that takes it back is damaged".to_owned()));
        };
        let message = Withdrawal {
            program: number,
            epoch: Epoch(filed.epoch),
            secret: Secret::from_bytes(secret),
        };
        let request = Request {
            method: Method::Post,
            path: "/v1/withdraw".to_owned(),
            body: message.to_bytes(),
        };
        let now = self.now();
        self.outbox.count_bytes(wire::ohttp::UNIT as u64, now)?;
        Ok(match servers.intake.ask(&request) {
            Ok(answer) if answer.status == 200 => Ok(()),
            Ok(answer) => {
                Err(error_code(&answer.body).unwrap_or_else(|| answer.status.to_string()))
            }
            Err(error) => Err(with_causes(&error)),
        })
    }

    /// The program as it was declared when the report was sent; a newer version declares it otherwise.
    fn agreed_once(&self, filed: &consent::Withdrawal) -> Result<Option<Program>, Failure> {
        let ledger = Ledger::read(self.outbox.folder())?;
        let declared = ledger.declared(&filed.material)?;
        Ok(declared.and_then(|it| Program::of(&it, filed.program.send()).ok()))
    }
}
