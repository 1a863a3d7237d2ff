//! Tokens of the issuer: one per lane and epoch, each good for one record.

use std::fmt;

use rusqlite::OptionalExtension;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Outbox, OutboxError, settle::drop_tokens};
use crate::ProgramId;

/// A token that the issuer gave out for one lane of one epoch of a program.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Token {
    /// The lane, below the number of lanes.
    pub lane: u8,
    /// The token as `wire::token::Token::to_bytes` has it; half of it never leaves this machine.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Token(lane {}, …)", self.lane)
    }
}

impl Outbox {
    /// Keeps tokens. Of a lane that has one, the old one stays.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn keep_tokens(
        &mut self,
        program: &ProgramId,
        epoch: u32,
        tokens: &[Token],
    ) -> Result<(), OutboxError> {
        self.at_once(|transaction| {
            for token in tokens {
                transaction.execute(
                    "INSERT INTO tokens(product, send, epoch, lane, token)
                     VALUES(?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT(product, send, epoch, lane) DO NOTHING",
                    (
                        program.product(),
                        program.send(),
                        epoch,
                        token.lane,
                        token.bytes.as_slice(),
                    ),
                )?;
            }
            Ok(())
        })
    }

    /// Removes the tokens of a program, used ones too: it is declared otherwise now, and they are good for
    /// nothing.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn forget_tokens(&mut self, program: &ProgramId) -> Result<(), OutboxError> {
        self.at_once(|transaction| drop_tokens(transaction, program))
    }

    /// Returns how many tokens of an epoch there are, used ones counted.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub fn tokens(&self, program: &ProgramId, epoch: u32) -> Result<u32, OutboxError> {
        self.database
            .query_row(
                "SELECT count(*) FROM tokens WHERE product = ?1 AND send = ?2 AND epoch = ?3",
                (program.product(), program.send(), epoch),
                |row| row.get(0),
            )
            .map_err(|error| self.failed(error))
    }

    /// Gives a record the token of a lane, for good: asked again for the same record, the same token
    /// comes back; no other record gets it, so that no nonce ever stands for two strings.
    ///
    /// # Errors
    /// [`OutboxError::NoSuchRecord`]. No error but `None` where the lane has no token left.
    pub fn token_for(&mut self, id: i64, lane: u8) -> Result<Option<Token>, OutboxError> {
        let row = self.row(id)?;
        self.at_once(|transaction| {
            let of = (
                row.program.product(),
                row.program.send(),
                row.epoch,
                lane,
                id,
            );
            transaction.execute(
                "UPDATE tokens SET record = ?5 WHERE product = ?1 AND send = ?2 AND epoch = ?3
                 AND lane = ?4 AND record IS NULL",
                of,
            )?;
            let found = transaction
                .query_row(
                    "SELECT token FROM tokens WHERE product = ?1 AND send = ?2 AND epoch = ?3
                     AND lane = ?4 AND record = ?5",
                    of,
                    |row| row.get(0),
                )
                .optional()?;
            Ok(found.map(|bytes| Token { lane, bytes }))
        })
    }
}
