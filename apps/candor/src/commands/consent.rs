//! `candor consent`: what is agreed to, asked, given, refused, withdrawn; and the receipt.

mod ask;
mod words;

use std::collections::BTreeSet;

use consent::{How, Policy, ProgramId, Receipt, Standing};
use declare::Language;
use serde_json::json;

use super::{Ending, Failure, print};
use crate::{
    cli::{Consent, ConsentAct},
    consents::{Consents, Subject, cannot},
    machine, usage,
};

pub(crate) use words::{operator_json, standing as standing_in_words};

/// What a command did beside showing what holds.
#[derive(Default)]
struct Done {
    /// For a person, in sentences.
    said: Vec<String>,
    receipt: Option<Receipt>,
    emptied: usize,
    withdrawals: usize,
}

pub(crate) fn run(asked: &Consent) -> Result<Ending, Failure> {
    let machine = machine::at(asked.told.now)?;
    let mut consents = Consents::of(&machine)?;
    let done = act(asked, &mut consents);
    consents.complain();
    let done = done?;
    match asked.told.json {
        true => print(format!("{}\n", as_json(&consents, &done)).as_bytes())?,
        false => print(as_text(&consents, &done).as_bytes())?,
    };
    Ok(consents.ending())
}

fn act(asked: &Consent, consents: &mut Consents) -> Result<Done, Failure> {
    let mut done = Done::default();
    match asked.act.as_ref().unwrap_or(&ConsentAct::Show) {
        ConsentAct::Show => {}
        ConsentAct::Ask { name } => ask::ask(consents, name.as_deref(), asked.told.json)?,
        ConsentAct::Give(asked) => {
            let receipt = give(consents, &asked.name, How::Command)?;
            done.said.push(format!(
                "Agreed to {}. `candor consent withdraw {}` takes it back.",
                asked.name, asked.name
            ));
            done.receipt = Some(receipt);
        }
        ConsentAct::Refuse(asked) => refuse(consents, &asked.name, How::Command, &mut done)?,
        ConsentAct::Withdraw(asked) => withdraw(consents, &asked.name, &mut done)?,
        ConsentAct::Receipt(asked) => {
            let program = consents.subject(&asked.name)?.program();
            let receipt = consents.ledger.last_receipt(&program).ok_or_else(|| {
                Failure::new(format!("`{}` was never agreed to", asked.name))
                    .help("`candor consent` shows what was")
            })?;
            done.receipt = Some(receipt);
        }
        ConsentAct::Forget => forget(consents, &mut done)?,
    }
    Ok(done)
}

/// Notes a yes to one record, in explicit words or with one key.
fn give(consents: &mut Consents, name: &str, how: How) -> Result<Receipt, Failure> {
    let subject = consents.subject(name)?;
    may_be_given(consents, subject)?;
    let notice = format!("candor notice {}", subject.notice);
    let (declaration, send) = (subject.declaration.clone(), subject.send.clone());
    let given = consents.ledger.given(
        &declaration,
        &send,
        &notice,
        Language::En,
        how,
        consents.now,
    );
    given.map_err(|error| cannot(&error))
}

fn may_be_given(consents: &Consents, subject: &Subject) -> Result<(), Failure> {
    if consents.policy == Policy::SendingForbidden {
        return Err(Failure::new(
            "the policy of this machine forbids sending, so there is nothing to agree to",
        )
        .help("ask whoever administers it; the file is /etc/candor/policy.toml"));
    }
    if subject.declaration.needs_operator() {
        return Err(Failure::new(format!(
            "nobody receives `{}`: no operator is named, so there is nothing to agree to",
            subject.send
        ))
        .help(format!(
            "put the operator's file into your configuration folder as `candor/operator.toml`, and read `candor notice {}`",
            subject.notice
        )));
    }
    Ok(())
}

/// Notes a no; to what was agreed to it is a withdrawal.
fn refuse(consents: &mut Consents, name: &str, how: How, done: &mut Done) -> Result<(), Failure> {
    let subject = consents.subject(name)?;
    let program = subject.program();
    // By the ledger alone: what time or a new declaration did to a yes does not undo what was sent under it.
    let was_given = consents.ledger.state().as_noted(&program).is_given();
    if was_given || consents.may_have_records(&program) {
        withdraw(consents, name, done)?;
    }
    let subject = consents.subject(name)?;
    let (declaration, send) = (subject.declaration.clone(), subject.send.clone());
    let refused = consents
        .ledger
        .refused(&declaration, &send, how, consents.now);
    refused.map_err(|error| cannot(&error))?;
    done.said.push(format!(
        "Refused {name}. Nothing of it is put or sent, and it is not asked again."
    ));
    Ok(())
}

fn withdraw(consents: &mut Consents, name: &str, done: &mut Done) -> Result<(), Failure> {
    let subject = consents.subject(name)?;
    let program = subject.program();
    let is_suite = subject.notice == "candor";
    if consents.standing(subject) == Standing::Unknown && !consents.may_have_records(&program) {
        return Err(Failure::new(format!("`{name}` was never agreed to"))
            .help("nothing of it was stored, and nothing was sent"));
    }
    // In the ledger first: what waits asks it before each step, whatever becomes of the outbox.
    let noted = consents
        .ledger
        .withdrawn(&program, How::Command, consents.now);
    noted.map_err(|error| cannot(&error))?;
    if is_suite {
        let failed = usage::erase(&consents.folder).err();
        consents.complaints.extend(failed);
    }
    let emptied = consents.outbox().and_then(|mut outbox| {
        let emptied = outbox.empty(&program, consents.now);
        emptied.map_err(|error| cannot(&error))
    });
    done.said.push(match emptied {
        Ok((emptied, filed)) => {
            done.emptied += emptied;
            done.withdrawals += filed;
            let told = words::emptied(emptied, filed, consents.aside.len());
            format!("Withdrew {name}. {told}")
        }
        Err(failure) => {
            consents.complaints.push(failure);
            format!(
                "Withdrew {name}. Nothing of it is sent any more. What waited could not be emptied yet; the next \
                 command that can will do it."
            )
        }
    });
    Ok(())
}

fn forget(consents: &mut Consents, done: &mut Done) -> Result<(), Failure> {
    if !consents.folder.exists() {
        done.said
            .push("Nothing was ever agreed to here, so there is nothing to forget.".into());
        return Ok(());
    }
    // In the ledger first, as each single withdrawal. Where it was damaged, nobody knows what was agreed to.
    let given = consents.ledger.state().programs().cloned();
    let given = given.filter(|it| consents.ledger.state().as_noted(it).is_given());
    let mut programs: BTreeSet<ProgramId> = given.collect();
    if consents.damage.is_some() {
        programs.extend(consents.subjects.iter().map(Subject::program));
    }
    for program in &programs {
        let noted = consents
            .ledger
            .withdrawn(program, How::Command, consents.now);
        noted.map_err(|error| cannot(&error))?;
    }
    let failed = usage::erase(&consents.folder).err();
    consents.complaints.extend(failed);
    let forgotten = consents.outbox().and_then(|mut outbox| {
        let forgotten = outbox.forget_me(&mut consents.ledger, How::Command, consents.now);
        forgotten.map_err(|error| cannot(&error))
    });
    done.said.push(match forgotten {
        Ok(0) => "Everything is withdrawn, and the secrets are removed. The ledger stays: it is your own proof.".into(),
        Ok(waiting) => {
            done.withdrawals = waiting;
            format!("Everything is withdrawn. {waiting} withdrawals are to be delivered first: run `candor outbox send`. After the last one the secrets are removed.")
        }
        Err(failure) => {
            consents.complaints.push(failure);
            "Everything is withdrawn, and nothing is sent any more. The outbox could not be emptied and the secrets \
             are still there: run `candor consent forget` again when it can be used."
                .into()
        }
    });
    consents.forget_aside();
    Ok(())
}

fn as_text(consents: &Consents, done: &Done) -> String {
    let mut text = String::new();
    for line in &done.said {
        text.push_str(line);
        text.push('\n');
    }
    match &done.receipt {
        Some(receipt) if !done.said.is_empty() => {
            text.push('\n');
            text.push_str(&receipt.text());
        }
        Some(receipt) => text.push_str(&receipt.text()),
        None if done.said.is_empty() => text.push_str(&words::overview(consents)),
        None => {}
    }
    text
}

/// What `schemas/candor.consent.1.schema.json` says.
fn as_json(consents: &Consents, done: &Done) -> serde_json::Value {
    let each = consents.subjects.iter().map(|subject| {
        let standing = consents.standing(subject);
        let (event, until) = match &standing {
            Standing::Given { event, until } => (Some(event.clone()), Some(until.to_string())),
            _ => (None, None),
        };
        json!({
            "name": subject.send,
            "program": subject.program(),
            "notice": subject.notice,
            "standing": standing.name(),
            "event": event,
            "until": until,
            "can_be_given": may_be_given(consents, subject).is_ok(),
            "declaration_sha256": subject.declaration.sha256(),
            "material_sha256": subject.declaration.material_hash(),
        })
    });
    json!({
        "schema": "candor/consent/1",
        "operator": consents.named.as_ref().map(operator_json),
        "sending": match consents.policy {
            Policy::Silent => "for each person to decide",
            Policy::SendingForbidden => "forbidden",
        },
        "consents": each.collect::<Vec<_>>(),
        "damage": consents.damage.as_ref().map(|damage| json!({
            "line": damage.line,
            "why": damage.why,
            "kept": damage.kept,
        })),
        "receipt": done.receipt,
        "emptied": done.emptied,
        "withdrawals": done.withdrawals,
    })
}
