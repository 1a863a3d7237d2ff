//! `candor outbox`: what waits, what left, byte by byte; and how it is dropped or sent.

mod words;

use consent::{Message, Outbox, Parcel, Policy, Proven, RecordState, Row, hex};
use serde_json::json;

use super::{Ending, Failure, print};
use crate::{
    cli::{OutboxAct, OutboxAsked},
    consents::{Consents, cannot},
    courier, machine,
};

pub(crate) use words::fields;

/// What is told, as text or JSON.
#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    /// Numbers of records that cannot be read.
    damaged: Vec<i64>,
    /// Of one record that is shown: every message made of it.
    parcels: Option<Vec<Parcel>>,
    proven: Option<Proven>,
    withdrawals: usize,
    messages: Vec<Message>,
    said: Vec<String>,
}

pub(crate) fn run(asked: &OutboxAsked) -> Result<Ending, Failure> {
    let machine = machine::at(asked.told.now)?;
    let consents = Consents::of(&machine)?;
    // First: what follows may fail, and what was damaged must not go unsaid.
    consents.complain();
    let act = asked.act.as_ref().unwrap_or(&OutboxAct::List);
    if let OutboxAct::Send = act {
        return send(&consents, asked.told.json);
    }
    let mut told = Told::default();
    match (consents.outbox_if_any()?, act) {
        (None, OutboxAct::Show { id } | OutboxAct::Drop { id } | OutboxAct::Proof { id }) => {
            return Err(cannot(&consent::OutboxError::NoSuchRecord(*id)));
        }
        (None, _) => {}
        (Some(outbox), OutboxAct::Proof { id }) => {
            told.proven = Some(proof(&consents, &outbox, *id)?);
            told.rows = vec![outbox.row(*id).map_err(|error| cannot(&error))?];
        }
        (Some(mut outbox), act) => {
            look(&consents, &mut outbox, act, &mut told).map_err(|error| cannot(&error))?;
        }
    }
    match asked.told.json {
        true => print(format!("{}\n", as_json(&told)).as_bytes())?,
        false => print(words::page(&told).as_bytes())?,
    };
    // To be shown here is to be seen: only after this may it leave.
    if let OutboxAct::Show { id } = act {
        consents.was_shown(*id)?;
    }
    Ok(match told.damaged.is_empty() {
        true => consents.ending(),
        false => Ending::Incomplete,
    })
}

fn look(
    consents: &Consents,
    outbox: &mut Outbox,
    act: &OutboxAct,
    told: &mut Told,
) -> Result<(), consent::OutboxError> {
    match act {
        OutboxAct::Show { id } => {
            let mut row = outbox.row(*id)?;
            // What is about to be printed, once it is.
            if row.state == RecordState::Draft {
                row.state = RecordState::Shown;
                row.shown = Some(consents.now);
            }
            told.rows = vec![row];
            told.parcels = Some(outbox.parcels(*id)?);
        }
        OutboxAct::Drop { id } => {
            let filed = outbox.drop_record(*id, consents.now)?;
            told.said.push(words::dropped(*id, filed));
            told.rows = outbox
                .rows()?
                .into_iter()
                .filter(|it| it.id == *id)
                .collect();
        }
        OutboxAct::List | OutboxAct::Proof { .. } | OutboxAct::Send => {
            told.rows = outbox.rows()?;
            told.damaged = outbox.damaged()?;
            told.messages = outbox.take_messages()?;
        }
    }
    told.withdrawals = outbox.withdrawals_waiting()?;
    Ok(())
}

/// Checks a proof with the key of the operator that is named.
fn proof(consents: &Consents, outbox: &Outbox, id: i64) -> Result<Proven, Failure> {
    let Some(named) = &consents.named else {
        return Err(
            Failure::new("no operator is named, so its log cannot be checked").help(
                "name the one that the record was sent to: its file holds the key of its log",
            ),
        );
    };
    let proven = outbox.proof(id, &named.operator.keys().log);
    proven.map_err(|error| {
        Failure::new(format!("what became of record {id} cannot be shown"))
            .because(&error)
            .help("`candor outbox send` brings what is missing; a proof that does not hold is a reason to write to the operator")
    })
}

/// Starts the courier and waits for it. This program itself cannot send: it has no code for it.
fn send(consents: &Consents, json: bool) -> Result<Ending, Failure> {
    if consents.policy == Policy::SendingForbidden {
        return Err(Failure::new("the policy of this machine forbids sending")
            .help("ask whoever administers it; the file is /etc/candor/policy.toml"));
    }
    let mut courier = courier::command()?;
    courier.arg("send");
    if json {
        courier.arg("--json");
    }
    let status = courier.status();
    let status =
        status.map_err(|error| Failure::new("the courier cannot be started").because(&error))?;
    Ok(match status.success() {
        true => consents.ending(),
        false => Ending::Incomplete,
    })
}

/// What `schemas/candor.outbox.1.schema.json` says.
fn as_json(told: &Told) -> serde_json::Value {
    let rows = told.rows.iter().map(|row| {
        json!({
            "id": row.id,
            "program": row.program,
            "state": row.state,
            "epoch": row.epoch,
            "epoch_ends": row.epoch_ends.to_string(),
            "put": row.put.to_string(),
            "shown": row.shown.map(|it| it.to_string()),
            "sent": row.sent.map(|it| it.to_string()),
            "erased_at": row.erased_at.map(|it| it.to_string()),
            "receipt": row.receipt,
            "tries": row.tries,
            "trouble": row.trouble,
            "fields": row.fields,
            "report": row.report.as_deref().map(hex),
        })
    });
    let parcels = told.parcels.as_ref().map(|parcels| {
        let each = parcels.iter().map(|parcel| {
            json!({
                "kind": parcel.kind.name(),
                "stored": parcel.stored.to_string(),
                "departed": parcel.departed.map(|it| it.to_string()),
                "plain": hex(&parcel.plain),
                "sealed": hex(&parcel.sealed),
            })
        });
        each.collect::<Vec<_>>()
    });
    let messages = told.messages.iter();
    let messages = messages.map(|it| json!({ "at": it.at.to_string(), "text": it.text }));
    json!({
        "schema": "candor/outbox/1",
        "records": rows.collect::<Vec<_>>(),
        "damaged": told.damaged,
        "parcels": parcels,
        "proven": told.proven.map(|it| json!({
            "sealed_at": it.sealed_at.to_string(),
            "reports": it.reports,
            "erased_at": it.erased_at.map(|at| at.to_string()),
            "by_retention": it.by_retention,
        })),
        "withdrawals": told.withdrawals,
        "messages": messages.collect::<Vec<_>>(),
    })
}
