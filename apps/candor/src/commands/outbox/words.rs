//! The outbox in words, and bytes as a person can compare them.

use consent::{Proven, RecordState, Row, hex};

use super::Told;

/// Returns the fields of a record, one a line.
pub(crate) fn fields(row: &Row) -> String {
    let width = row.fields.keys().map(String::len).max().unwrap_or(0);
    let lines = row.fields.iter().map(|(name, value)| {
        let value = match value {
            consent::Value::Boolean(true) => "yes".to_owned(),
            consent::Value::Boolean(false) => "no".to_owned(),
            consent::Value::Integer(number) => number.to_string(),
            consent::Value::Text(text) => report::plain(text),
        };
        format!("  {name:width$}  {value}\n")
    });
    lines.collect()
}

/// Returns what stands under `candor outbox`.
pub(super) fn page(told: &Told) -> String {
    let mut text = String::new();
    for line in &told.said {
        text.push_str(line);
        text.push('\n');
    }
    for message in &told.messages {
        text.push_str(&format!(
            "{}  {}\n\n",
            message.at,
            report::plain(&message.text)
        ));
    }
    if let (Some(proven), [row]) = (&told.proven, told.rows.as_slice()) {
        return text + &proof(row, proven);
    }
    match (&told.parcels, told.rows.as_slice()) {
        (Some(_), [row]) => text.push_str(&shown(row, told)),
        (_, []) if told.damaged.is_empty() && told.said.is_empty() => {
            text.push_str("The outbox is empty. Nothing waits to be sent.\n");
        }
        (_, _) if !told.said.is_empty() => {}
        (_, rows) => rows.iter().for_each(|row| text.push_str(&line(row))),
    }
    for id in &told.damaged {
        text.push_str(&format!(
            "Record {id} cannot be read, and is not sent: `candor outbox drop {id}` removes it, and takes back \
             what may have left.\n"
        ));
    }
    if told.withdrawals > 0 {
        text.push_str(&format!(
            "{} withdrawals are to be delivered: `candor outbox send`.\n",
            told.withdrawals
        ));
    }
    text
}

/// Says what the operator's log proves of a record.
fn proof(row: &Row, proven: &Proven) -> String {
    let erased = match proven.erased_at {
        None => "The operator has not stated yet that they were erased.".to_owned(),
        Some(at) if proven.by_retention => {
            format!("At {at} it stated that they were erased, because their time was over.")
        }
        Some(at) => format!("At {at} it stated that they were erased, with the whole program."),
    };
    format!(
        "Record {} was among {} reports of its day, sealed at {}.\n{erased}\n\n\
         This was checked here, with the key in the operator's file. It shows what the operator stated to everybody, \
         not what a disk holds.\n",
        row.id, proven.reports, proven.sealed_at
    )
}

/// Says what became of a record that was dropped.
pub(super) fn dropped(id: i64, filed: bool) -> String {
    match filed {
        true => format!(
            "Record {id} is erased here. It may have left: its withdrawal waits, `candor outbox send` delivers it."
        ),
        false => format!("Record {id} is erased. It had not left this machine."),
    }
}

fn line(row: &Row) -> String {
    let what = match row.fields.is_empty() {
        true => String::new(),
        false => fields(row),
    };
    format!("{}  {}  {}\n{what}", row.id, row.program, stands(row))
}

/// Returns where a record stands, in a few words.
fn stands(row: &Row) -> String {
    let ends = row.epoch_ends;
    match row.state {
        RecordState::Draft => format!(
            "draft: you have not seen it; `candor outbox show {}`",
            row.id
        ),
        RecordState::Shown => format!("shown: the courier may take it up, until {ends}"),
        RecordState::Randomised => {
            format!("on its way: the randomness server answered; until {ends}")
        }
        RecordState::Ready => format!("ready: its bytes are fixed; until {ends}"),
        RecordState::Sent => "sent: no answer yet; it may have arrived".to_owned(),
        RecordState::Withdrawable => format!(
            "arrived; `candor outbox drop {}` has it erased there{}",
            row.id,
            row.erased_at.map_or(String::new(), |at| format!(
                "; it is erased by itself by {at}"
            ))
        ),
        RecordState::Forgotten => "erased at the operator; nothing of it is left here".to_owned(),
        RecordState::Dropped => "dropped; nothing of it is left here".to_owned(),
    }
}

fn shown(row: &Row, told: &Told) -> String {
    let mut text = format!(
        "Record {} of {}, week {}\n{}\n\n{}",
        row.id,
        row.program,
        row.epoch,
        stands(row),
        fields(row)
    );
    if let Some(trouble) = &row.trouble {
        text.push_str(&format!(
            "\nTried {} times in vain: {}\n",
            row.tries,
            report::plain(trouble)
        ));
    }
    match &row.report {
        Some(report) => text.push_str(&format!(
            "\nThe report, {} bytes, as the operator gets it:\n{}",
            report.len(),
            dump(report)
        )),
        None if !row.fields.is_empty() => text.push_str(
            "\nIts bytes are not made yet: the randomness server is asked first. Look again before it leaves.\n",
        ),
        None => {}
    }
    for parcel in told.parcels.iter().flatten() {
        let left = match parcel.departed {
            Some(at) => format!("left this machine at {at}"),
            None => "has not left this machine".to_owned(),
        };
        text.push_str(&format!(
            "\nMessage ({}), {} bytes on the wire, {left}:\n{}",
            parcel.kind.name(),
            parcel.sealed.len(),
            dump(&parcel.sealed)
        ));
    }
    text
}

/// Returns bytes in lines of sixteen, each with its place.
fn dump(bytes: &[u8]) -> String {
    let lines = bytes.chunks(16).enumerate().map(|(number, line)| {
        let pairs: Vec<String> = line.chunks(2).map(hex).collect();
        format!("  {:04x}  {}\n", number * 16, pairs.join(" "))
    });
    lines.collect()
}
