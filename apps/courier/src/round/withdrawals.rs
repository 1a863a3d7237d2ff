//! Taking back what was sent: the secret of a report erases it, and says nothing of who asks.

use wire::{
    Epoch,
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
        let Some(at) = self.offered(&filed.program, &filed.material) else {
            return Ok(Err(
                "it was sent under another declaration or to another operator than this version knows"
                    .to_owned(),
            ));
        };
        let Ok(secret) = <[u8; 32]>::try_from(filed.secret.as_slice()) else {
            return Ok(Err("the secret that takes it back is damaged".to_owned()));
        };
        let message = Withdrawal {
            program: self.offered[at].program.number(),
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
}
