//! Rules on what leaves the machine.

use std::collections::BTreeSet;

use super::{
    Broken, Path, at, check_category, check_country, check_from, check_words, is_address, is_line,
};
use crate::{
    Period,
    declaration::{Document, Field, FieldType, OPERATOR, Recipient, Send, Via},
    place::is_word,
};

pub(super) fn check(document: &Document, i: usize, send: &Send, broken: &mut Broken) {
    for (key, words) in [
        ("name", &send.name),
        ("what", &send.what),
        ("why", &send.why),
    ] {
        check_words(document, words, at!["sends", i, key], broken);
    }
    check_from(document, &send.from, at!["sends", i, "from"], broken);
    let mut seen = BTreeSet::from([&send.from]);
    for (n, from) in send.also_from.iter().enumerate() {
        check_from(document, from, at!["sends", i, "also_from", n], broken);
        broken.unless(seen.insert(from), at!["sends", i, "also_from", n], || {
            format!("`{from}` stands twice: each reading is named once")
        });
    }
    check_category(&send.purpose, at!["sends", i, "purpose"], broken);
    one_answer_only(i, send, broken);
    where_it_goes(i, send, broken);
    broken.unless(is_rate(&send.max_rate), at!["sends", i, "max_rate"], || {
        format!(
            "`{}` is no rate: write how often at most, like `1/day` or `1/7d`",
            send.max_rate
        )
    });
    broken.unless(
        !send.withdraw.is_empty(),
        at!["sends", i, "withdraw"],
        || "name at least one way to withdraw".to_owned(),
    );
    for (key, lines) in [
        ("withdraw", &send.withdraw),
        ("third_parties", &send.third_parties),
        ("identifiers", &send.identifiers),
    ] {
        for (n, line) in lines.iter().enumerate() {
            broken.unless(is_line(line), at!["sends", i, key, n], || {
                "must be one line of text".to_owned()
            });
        }
    }
    broken.unless(is_line(&send.deletion), at!["sends", i, "deletion"], || {
        "say how it is deleted when its time is over".to_owned()
    });
    broken.unless(!send.fields.is_empty(), at!["sends", i, "fields"], || {
        "a record names every field it holds".to_owned()
    });
    let mut seen = BTreeSet::new();
    for (n, field) in send.fields.iter().enumerate() {
        broken.unless(
            is_word(&field.name) && seen.insert(&field.name),
            at!["sends", i, "fields", n, "name"],
            || {
                format!(
                    "`{}` must be one lower-case word and stand once",
                    field.name
                )
            },
        );
        check_field(
            document,
            send,
            field,
            &|key| at!["sends", i, "fields", n, key],
            broken,
        );
    }
}

/// Keys with one right answer: written down so that the file says it, refused if it says another.
fn one_answer_only(i: usize, send: &Send, broken: &mut Broken) {
    let answers = [
        (
            "consent",
            &send.consent,
            "separate",
            "each record is asked for by itself",
        ),
        (
            "default",
            &send.default,
            "off",
            "nothing is sent before a person has said yes",
        ),
        (
            "paid_tier",
            &send.paid_tier,
            "same",
            "who pays is asked like who does not",
        ),
        (
            "legal_basis",
            &send.legal_basis,
            "consent",
            "nothing else is a reason to send",
        ),
    ];
    for (key, given, right, reason) in answers {
        broken.unless(given == right, at!["sends", i, key], || {
            format!("`{key}` must be \"{right}\": {reason}")
        });
    }
}

fn where_it_goes(i: usize, send: &Send, broken: &mut Broken) {
    broken.unless(!send.to.is_empty(), at!["sends", i, "to"], || {
        "name where it goes".to_owned()
    });
    let is_operated = send.to.iter().any(|to| to == OPERATOR);
    if is_operated {
        to_an_operator(i, send, broken);
    }
    for (n, address) in send.to.iter().enumerate() {
        broken.unless(
            address == OPERATOR || is_address(address),
            at!["sends", i, "to", n],
            || format!("`{address}` is no address to send to: write `https://` and a host"),
        );
    }
    let has_third_party = !send.third_parties.is_empty();
    broken.unless(
        has_third_party || send.recipient != Recipient::ThirdParty,
        at!["sends", i, "third_parties"],
        || "the recipient is a third party: name it in `third_parties`".to_owned(),
    );
    if !is_operated {
        check_country(
            &send.storage_location,
            at!["sends", i, "storage_location"],
            broken,
        );
    }
}

/// What the operator's file says is not said here as well, and what it cannot say is fixed.
fn to_an_operator(i: usize, send: &Send, broken: &mut Broken) {
    broken.unless(send.to.len() == 1, at!["sends", i, "to"], || {
        format!("`{OPERATOR}` stands alone: its file says every address")
    });
    broken.unless(
        send.storage_location == OPERATOR,
        at!["sends", i, "storage_location"],
        || format!("it goes to `{OPERATOR}`, whose file names the country: write `{OPERATOR}`"),
    );
    broken.unless(send.via == Via::Ohttp, at!["sends", i, "via"], || {
        format!("what goes to `{OPERATOR}` goes through its relay: write `ohttp`")
    });
    broken.unless(
        send.recipient == Recipient::Controller,
        at!["sends", i, "recipient"],
        || format!("it goes to `{OPERATOR}`, who answers for it: write `controller`"),
    );
}

/// A field comes from what was read, and its type bounds what can travel in it.
fn check_field(
    document: &Document,
    send: &Send,
    field: &Field,
    path: &dyn Fn(&'static str) -> Path,
    broken: &mut Broken,
) {
    check_words(document, &field.what, path("what"), broken);
    if let Some(from) = &field.from {
        let mut sources = document
            .reads
            .iter()
            .filter(|read| send.sources().any(|from| from == read.id))
            .peekable();
        // A wrong `sends.from` has had its own sentence.
        let is_read = sources.peek().is_none() || sources.any(|read| read.fields.contains(from));
        broken.unless(is_read, path("from"), || {
            format!(
                "the reading `{}` has no field `{from}`: only what is read can be sent",
                send.from
            )
        });
    }
    if let Some(transform) = &field.transform {
        broken.unless(is_line(transform), path("transform"), || {
            "must be one line of text".to_owned()
        });
    }
    let has_length = field.max_length.is_some();
    let has_range = field.minimum.is_some() || field.maximum.is_some();
    let has_choices = field.choices.is_some();
    let (holds, needed) = match field.kind {
        FieldType::Text | FieldType::Bytes => (
            field.max_length.is_some_and(|n| n > 0) && !has_range && !has_choices,
            "`max_length` alone",
        ),
        FieldType::Integer => (
            matches!((field.minimum, field.maximum), (Some(low), Some(high)) if low <= high)
                && !has_length
                && !has_choices,
            "`minimum` and `maximum` alone",
        ),
        FieldType::Boolean => (!has_length && !has_range && !has_choices, "no bounds"),
        FieldType::Choice => (
            field.choices.as_ref().is_some_and(|all| !all.is_empty()) && !has_length && !has_range,
            "`choices` alone",
        ),
    };
    broken.unless(holds, path("type"), || {
        format!(
            "the field `{}` needs {needed}, so that nothing can travel in it unseen",
            field.name
        )
    });
}

/// Returns whether this is a rate like `1/day` or `3/7d`.
fn is_rate(text: &str) -> bool {
    let Some((count, span)) = text.split_once('/') else {
        return false;
    };
    let is_count =
        !count.starts_with('0') && count.parse::<u16>().is_ok() && !count.starts_with('+');
    is_count && (matches!(span, "hour" | "day" | "week") || Period::parse(span).is_some())
}
