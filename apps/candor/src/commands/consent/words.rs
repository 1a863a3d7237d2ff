//! What is agreed to, in words.

use consent::{Policy, Standing};
use serde_json::json;

use crate::consents::{Consents, Named};

/// Returns where a consent stands, in a few words.
pub(crate) fn standing(standing: &Standing) -> String {
    match standing {
        Standing::Unknown => "never asked; nothing is sent".to_owned(),
        Standing::Asked => "asked and not answered; nothing is sent".to_owned(),
        Standing::Given { until, .. } => format!("agreed to, until {until}"),
        Standing::Refused => "refused; nothing is sent".to_owned(),
        Standing::Withdrawn => "withdrawn; nothing is sent".to_owned(),
        Standing::Expired => "its time is over; nothing is sent until you say yes again".to_owned(),
        Standing::Invalidated => {
            "what you agreed to has changed; nothing is sent until you say yes to it as it is now"
                .to_owned()
        }
    }
}

/// Returns what was emptied and what is to be delivered, in sentences; of outboxes that lie aside nobody knows.
pub(super) fn emptied(records: usize, withdrawals: usize, aside: usize) -> String {
    let emptied = match records {
        0 if aside > 0 => "Nothing waited in the outbox as it is now.".to_owned(),
        0 => "Nothing waited in the outbox.".to_owned(),
        1 => "1 record was erased from the outbox.".to_owned(),
        n => format!("{n} records were erased from the outbox."),
    };
    let filed = match withdrawals {
        0 if aside > 0 => "What had been sent through the damaged one is not known.".to_owned(),
        0 => "Nothing had been sent.".to_owned(),
        1 => "1 had been sent: its withdrawal waits, `candor outbox send` delivers it.".to_owned(),
        n => format!(
            "{n} had been sent: their withdrawals wait, `candor outbox send` delivers them."
        ),
    };
    format!("{emptied} {filed}")
}

/// Returns the page of `candor consent`.
pub(super) fn overview(consents: &Consents) -> String {
    let mut lines = Vec::new();
    lines.push(match &consents.named {
        None => "Who receives  nobody: no operator is named on this machine".to_owned(),
        Some(named) => {
            let controller = named.operator.controller();
            format!(
                "Who receives  {}, {} (named in {})",
                controller.name,
                controller.address,
                tool::path_text::shown(named.file.as_os_str())
            )
        }
    });
    if consents.policy == Policy::SendingForbidden {
        lines.push("Policy        the administrator of this machine forbids sending".to_owned());
    }
    lines.push(String::new());
    let width = consents.subjects.iter().map(|it| it.send.len()).max();
    for subject in &consents.subjects {
        lines.push(format!(
            "{:width$}  {}",
            subject.send,
            standing(&consents.standing(subject)),
            width = width.unwrap_or(0)
        ));
    }
    lines.push(String::new());
    lines.push(
        "Each is its own question; no to one changes nothing else. `candor consent ask` asks, \
         `candor notice` says what each is."
            .to_owned(),
    );
    lines.join("\n") + "\n"
}

/// Returns an operator for JSON.
pub(crate) fn operator_json(named: &Named) -> serde_json::Value {
    let operator = &named.operator;
    json!({
        "name": operator.controller().name,
        "address": operator.controller().address,
        "contact": operator.controller().contact,
        "storage_location": operator.storage_location(),
        "relay_run_by": operator.relay().run_by,
        "randomness_run_by": operator.randomness().run_by,
        "file": named.file,
        "sha256": operator.sha256(),
    })
}
