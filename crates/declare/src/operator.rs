//! Who receives what is agreed to: schema `candor-operator/1`, the file `candor/operator.toml`.
//!
//! Candor is shipped without one. A declaration that sends to `@operator` sends to nobody, and nothing can
//! be agreed to, until a person or a distributor names an operator; [`Declaration::operated_by`] then makes
//! the declaration that is shown, asked for and hashed.

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use crate::{
    Controller, Declaration, DeclarationError, check,
    declaration::{OPERATOR, refused, sha256_hex},
};

/// The one schema this version reads.
pub(crate) const SCHEMA: &str = "candor-operator/1";

/// Who receives records, and which servers they pass through. It exists only if every rule holds.
#[derive(Clone, Debug)]
pub struct Operator {
    document: Document,
    text: String,
    sha256: String,
}

impl Operator {
    /// Reads an operator file and checks every rule.
    ///
    /// # Errors
    /// [`DeclarationError`] with the line and a caret: text that is no TOML, an unknown or missing key, or
    /// each rule that does not hold. The caller adds the path.
    pub fn parse(text: &str) -> Result<Self, DeclarationError> {
        let document: Document =
            toml::from_str(text).map_err(|error| DeclarationError::of_toml(text, &error))?;
        let broken = check::broken_operator(&document);
        if broken.is_empty() {
            return Ok(Self {
                document,
                text: text.to_owned(),
                sha256: sha256_hex(text.as_bytes()),
            });
        }
        let tree = DeTable::parse(text).map_err(|error| DeclarationError::of_toml(text, &error))?;
        Err(refused(text, &tree, broken))
    }

    /// Returns who answers for what is received.
    #[must_use]
    pub fn controller(&self) -> &Controller {
        &self.document.controller
    }

    /// Returns the country where it is kept: two capital letters.
    #[must_use]
    pub fn storage_location(&self) -> &str {
        &self.document.storage_location
    }

    /// Returns the server that takes reports and withdrawals and gives out the status, all inside OHTTP;
    /// its key configuration and its public log are asked for directly.
    #[must_use]
    pub fn gateway(&self) -> &str {
        &self.document.gateway
    }

    /// Returns the server that gives out tokens; it is asked directly and sees addresses.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.document.issuer
    }

    /// Returns the relay, which sees addresses and nothing else.
    #[must_use]
    pub fn relay(&self) -> &Relay {
        &self.document.relay
    }

    /// Returns the randomness server, without which no text can be guessed from what is stored.
    #[must_use]
    pub fn randomness(&self) -> &Randomness {
        &self.document.randomness
    }

    /// Returns the keys by which the operator's word is known.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.document.keys
    }

    /// Returns the text it was read from, byte by byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the SHA-256 of the file's bytes, in hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns whether the relay is run by somebody other than the operator, as the file has it.
    #[must_use]
    pub fn has_relay_apart(&self) -> bool {
        self.document.relay.run_by != self.document.controller.name
    }

    /// Returns whether the randomness server is run by somebody other than the operator.
    #[must_use]
    pub fn has_randomness_apart(&self) -> bool {
        self.document.randomness.run_by != self.document.controller.name
    }

    /// What is material of an operator beside its name, law and country: where everything goes, and who
    /// runs what. Not its keys: they are changed without anything else being received.
    pub(crate) fn material(&self) -> MaterialOperator<'_> {
        let of = &self.document;
        MaterialOperator {
            gateway: &of.gateway,
            issuer: &of.issuer,
            relay: (
                &of.relay.run_by,
                &of.relay.to_gateway,
                &of.relay.to_randomness,
            ),
            randomness: (&of.randomness.run_by, &of.randomness.address),
        }
    }
}

impl Declaration {
    /// Returns the declaration as it is with this operator: it answers for what is received, everything
    /// that goes to `@operator` goes to its servers, whoever else runs one of them is a third party, and the
    /// material hash names it.
    ///
    /// A declaration that sends nothing to `@operator` comes back as it is.
    #[must_use]
    pub fn operated_by(&self, operator: &Operator) -> Self {
        let mut operated = self.clone();
        let of = &operator.document;
        for send in &mut operated.document.sends {
            if send.to != [OPERATOR] {
                continue;
            }
            send.to = vec![
                of.relay.to_gateway.clone(),
                of.relay.to_randomness.clone(),
                of.gateway.clone(),
                of.randomness.address.clone(),
                of.issuer.clone(),
            ];
            send.storage_location.clone_from(&of.storage_location);
            for run_by in [&of.relay.run_by, &of.randomness.run_by] {
                if *run_by != of.controller.name && !send.third_parties.contains(run_by) {
                    send.third_parties.push(run_by.clone());
                }
            }
            operated.document.controller = Some(of.controller.clone());
            operated.operator = Some(operator.clone());
        }
        operated
    }

    /// Returns whether something is sent to an operator that is not named yet: nobody receives it, and
    /// nothing can be agreed to.
    #[must_use]
    pub fn needs_operator(&self) -> bool {
        self.sends().iter().any(|send| send.to == [OPERATOR])
    }

    /// Returns the operator that this declaration was made for.
    #[must_use]
    pub fn operator(&self) -> Option<&Operator> {
        self.operator.as_ref()
    }
}

/// The file as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) schema: String,
    pub(crate) storage_location: String,
    pub(crate) gateway: String,
    pub(crate) issuer: String,
    pub(crate) controller: Controller,
    pub(crate) relay: Relay,
    pub(crate) randomness: Randomness,
    pub(crate) keys: Keys,
}

/// `[relay]`: what hides addresses from the servers behind it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Who runs it, by legal name. The controller's own name says that nothing is hidden from it.
    pub run_by: String,
    /// The relay resource (RFC 9458) that leads to the gateway.
    pub to_gateway: String,
    /// The relay resource that leads to the randomness server.
    pub to_randomness: String,
}

/// `[randomness]`: the server without which nobody can try out guesses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Randomness {
    /// Who runs it, by legal name. The controller's own name says that it can try out guesses.
    pub run_by: String,
    /// Its address.
    pub address: String,
}

/// `[keys]`: by what the operator's word is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The verifier key of the public log: `name+hash+key` (C2SP signed-note).
    pub log: String,
    /// The Ed25519 key that signs the status: 64 hex digits.
    pub status: String,
}

#[derive(Serialize)]
pub(crate) struct MaterialOperator<'a> {
    gateway: &'a str,
    issuer: &'a str,
    relay: (&'a str, &'a str, &'a str),
    randomness: (&'a str, &'a str),
}
