//! The notice: what a person is told, as blocks; three writers put them on paper.
//!
//! All three forms come out of the same blocks, so that none can say less than another.

mod html;
mod markdown;
mod text;

use crate::{
    Access, Class, Declaration, Language, Necessity, Operator, Period, RESULT, Retention, Trigger,
    Via,
    declaration::{Keep, OPERATOR, Read, Send},
    phrases::{Phrases, filled, phrases},
};

pub(crate) use markdown::markdown;
pub(crate) use text::text;

/// One page for people.
pub(crate) struct Page {
    pub language: Language,
    pub title: String,
    pub blocks: Vec<Block>,
    /// Stands in the made file for machines, not for people.
    pub declaration_sha256: String,
}

/// One piece of a page.
pub(crate) enum Block {
    /// A heading of level 2 or 3.
    Heading(u8, String),
    /// Sentences.
    Paragraph(String),
    /// Sentences, one a line.
    List(Vec<String>),
    /// A label and what it is.
    Facts(Vec<(&'static str, Value)>),
}

/// What stands beside a label.
pub(crate) enum Value {
    /// Words.
    Words(String),
    /// Names that machines use too, shown letter by letter.
    Codes(Vec<String>),
}

impl Value {
    fn words(text: impl Into<String>) -> Self {
        Self::Words(text.into())
    }

    fn codes<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self::Codes(names.into_iter().map(Into::into).collect())
    }
}

impl Declaration {
    /// Returns the notice as Markdown (CommonMark).
    #[must_use]
    pub fn notice_markdown(&self, language: Language) -> String {
        markdown(&self.notice(language))
    }

    /// Returns the notice as one HTML page that loads nothing and runs nothing.
    #[must_use]
    pub fn notice_html(&self, language: Language) -> String {
        html::html(&self.notice(language))
    }

    /// Returns the notice for a terminal, wrapped at `width` characters (at least 20).
    #[must_use]
    pub fn notice_text(&self, language: Language, width: usize) -> String {
        text(&self.notice(language), width)
    }

    fn notice(&self, language: Language) -> Page {
        let say = phrases(language);
        let mut blocks = in_short(self, language, say);

        blocks.push(Block::Heading(2, say.what_it_reads.to_owned()));
        if self.reads().is_empty() {
            blocks.push(Block::Paragraph(say.nothing.to_owned()));
        }
        blocks.extend(
            self.reads()
                .iter()
                .flat_map(|read| about_read(read, language, say)),
        );

        blocks.push(Block::Heading(2, say.what_it_keeps.to_owned()));
        if self.keeps().is_empty() {
            let nothing = match self.sends() {
                [] => say.nothing,
                _ => say.keeps_only_outbox,
            };
            blocks.push(Block::Paragraph(nothing.to_owned()));
        }
        blocks.extend(
            self.keeps()
                .iter()
                .flat_map(|keep| about_keep(self, keep, language, say)),
        );

        blocks.push(Block::Heading(2, say.what_it_sends.to_owned()));
        if self.sends().is_empty() {
            blocks.push(Block::Paragraph(format!(
                "{} {}",
                say.nothing, say.no_question
            )));
        }
        blocks.extend(
            self.sends()
                .iter()
                .flat_map(|send| about_send(self, send, language, say)),
        );

        blocks.extend(limits(self, say));
        blocks.extend(rights(self, language, say));
        blocks.extend(about(self, say));
        Page {
            language,
            title: filled(say.title, self.product().name.in_language(language)),
            blocks,
            declaration_sha256: self.sha256().to_owned(),
        }
    }
}

fn in_short(of: &Declaration, language: Language, say: &Phrases) -> Vec<Block> {
    let named = |names: Vec<&str>| names.join("; ");
    let mut lines = Vec::new();
    if !of.reads().is_empty() {
        let names = of
            .reads()
            .iter()
            .map(|it| it.name.in_language(language))
            .collect();
        lines.push(filled(say.reads_so_many, &named(names)));
    }
    lines.push(match of.keeps() {
        [] if !of.sends().is_empty() => say.keeps_only_outbox.to_owned(),
        [] => say.keeps_nothing.to_owned(),
        keeps => {
            let names = keeps
                .iter()
                .map(|it| it.name.in_language(language))
                .collect();
            filled(say.keeps_so_many, &named(names))
        }
    });
    lines.push(match of.sends() {
        [] => say.sends_nothing.to_owned(),
        sends => {
            let names = sends
                .iter()
                .map(|it| it.name.in_language(language))
                .collect();
            filled(say.sends_so_many, &named(names))
        }
    });
    if of.needs_operator() {
        lines.push(say.no_operator.to_owned());
    }
    vec![
        Block::Paragraph(of.product().what.in_language(language).to_owned()),
        Block::Heading(2, say.in_short.to_owned()),
        Block::List(lines),
    ]
}

fn about_read(read: &Read, language: Language, say: &'static Phrases) -> Vec<Block> {
    let mut facts = vec![
        (say.why, Value::words(read.why.in_language(language))),
        (say.places, Value::codes(&read.places)),
        (say.fields, Value::codes(&read.fields)),
    ];
    let access = match read.access {
        Access::List => say.access_list,
        Access::Read => say.access_read,
    };
    facts.push((say.access, Value::words(access)));
    if let Some(window) = read.window {
        facts.push((say.window, Value::words(length(window, say))));
    }
    facts.push((say.when, Value::words(when(read.trigger, say))));
    let needed = match read.necessity {
        Necessity::Required => say.required,
        Necessity::Optional => say.optional,
    };
    facts.push((say.needed, Value::words(needed)));
    let leaves = if read.leaves_device {
        say.only_if_agreed
    } else {
        say.never
    };
    facts.push((say.leaves, Value::words(leaves)));
    vec![
        Block::Heading(3, read.name.in_language(language).to_owned()),
        Block::Paragraph(read.what.in_language(language).to_owned()),
        Block::Facts(facts),
    ]
}

fn about_keep(
    of: &Declaration,
    keep: &Keep,
    language: Language,
    say: &'static Phrases,
) -> Vec<Block> {
    let lasts = match keep.retention {
        Retention::For(period) => length(period, say),
        Retention::UntilDeleted => say.until_deleted.to_owned(),
    };
    let facts = vec![
        (say.why, Value::words(keep.why.in_language(language))),
        (
            say.made_from,
            Value::words(source(of, &keep.from, language)),
        ),
        (say.kept_in, Value::codes([&keep.location])),
        (say.kept_for, Value::words(lasts)),
        (say.encrypted, Value::words(yes_or_no(keep.encrypted, say))),
        (say.to_erase, Value::words(keep.erase.in_language(language))),
    ];
    vec![
        Block::Heading(3, keep.name.in_language(language).to_owned()),
        Block::Paragraph(keep.what.in_language(language).to_owned()),
        Block::Facts(facts),
    ]
}

/// Returns the blocks on one record; the consent question shows the same ones.
pub(crate) fn about_send(
    of: &Declaration,
    send: &Send,
    language: Language,
    say: &'static Phrases,
) -> Vec<Block> {
    let is_nobody = send.to == [OPERATOR];
    let receiver = match of.controller() {
        _ if is_nobody => say.nobody_yet.to_owned(),
        Some(it) => format!("{}, {}", it.name, it.address),
        None => String::new(),
    };
    let goes_to = match is_nobody {
        true => Value::words(say.nowhere_yet),
        false => Value::codes(&send.to),
    };
    let country = match is_nobody {
        true => say.country_yet,
        false => &send.storage_location,
    };
    let others = match send.third_parties.as_slice() {
        [] => say.nobody_else.to_owned(),
        names => names.join(", "),
    };
    let travels = match send.via {
        Via::Https => say.via_https,
        Via::Ohttp => say.via_ohttp,
    };
    let identifiers = match send.identifiers.as_slice() {
        [] => Value::words(say.none),
        names => Value::codes(names),
    };
    let kept = filled(say.kept_there_value, &length(send.retention, say)) + country;
    let sources: Vec<String> = send.sources().map(|id| source(of, id, language)).collect();
    let fields = send.fields.iter().map(|field| {
        let how = field
            .transform
            .as_ref()
            .map_or(String::new(), |how| format!(" ({how})"));
        format!("{}: {}{how}", field.name, field.what.in_language(language))
    });
    let mut facts = vec![
        (say.why, Value::words(send.why.in_language(language))),
        (say.made_from, Value::words(sources.join(", "))),
        (say.when, Value::words(when(send.trigger, say))),
        (say.at_most, Value::codes([&send.max_rate])),
        (say.received_by, Value::words(receiver)),
        (say.also_received_by, Value::words(others)),
        (say.sent_to, goes_to),
        (say.travels, Value::words(travels)),
        (say.identifiers, identifiers),
        (say.linked, Value::words(yes_or_no(send.linked, say))),
        (say.tracking, Value::words(yes_or_no(send.tracking, say))),
        (say.kept_there, Value::words(kept)),
        (say.answer_holds, Value::words(length(send.validity, say))),
        (say.withdraw, Value::codes(&send.withdraw)),
    ];
    facts.extend(
        of.operator()
            .into_iter()
            .flat_map(|it| about_servers(it, say)),
    );
    vec![
        Block::Heading(3, send.name.in_language(language).to_owned()),
        Block::Paragraph(send.what.in_language(language).to_owned()),
        Block::List(fields.collect()),
        Block::Facts(facts),
    ]
}

/// Says who runs which server and what each could learn: no softer than docs/protocol.md.
fn about_servers(of: &Operator, say: &'static Phrases) -> Vec<(&'static str, Value)> {
    let learn = match (of.has_relay_apart(), of.has_randomness_apart()) {
        (false, false) => say.learn_none_apart,
        (false, true) => say.learn_randomness_apart,
        (true, false) => say.learn_relay_apart,
        (true, true) => say.learn_both_apart,
    };
    vec![
        (say.relay_by, Value::words(&of.relay().run_by)),
        (say.randomness_by, Value::words(&of.randomness().run_by)),
        (
            say.could_learn,
            Value::words(format!("{learn} {}", say.learn_always)),
        ),
    ]
}

fn limits(of: &Declaration, say: &'static Phrases) -> Vec<Block> {
    let mut lines = vec![
        say.cannot_connect.to_owned(),
        say.cannot_start.to_owned(),
        say.cannot_open.to_owned(),
    ];
    let (results, folders): (Vec<&String>, Vec<&String>) =
        of.sandbox().write.iter().partition(|it| *it == RESULT);
    if results.is_empty() && folders.is_empty() {
        lines.push(say.cannot_write.to_owned());
    }
    if !results.is_empty() {
        lines.push(say.writes_result.to_owned());
    }
    if !folders.is_empty() {
        let folders: Vec<String> = folders.iter().map(|it| format!("`{it}`")).collect();
        lines.push(filled(say.writes_only, &folders.join(", ")));
    }
    if of.product().class == Class::Utility {
        lines.push(say.utility.to_owned());
    }
    vec![
        Block::Heading(2, say.what_it_cannot.to_owned()),
        Block::List(lines),
        Block::Paragraph(say.enforced.to_owned()),
    ]
}

fn rights(of: &Declaration, language: Language, say: &'static Phrases) -> Vec<Block> {
    let rights = of.rights();
    let mut facts = vec![
        (
            say.to_see,
            Value::words(rights.access.in_language(language)),
        ),
        (
            say.to_erase,
            Value::words(rights.erase.in_language(language)),
        ),
    ];
    if let Some(complain) = &rights.complain {
        facts.push((
            say.to_complain,
            Value::words(complain.in_language(language)),
        ));
    }
    match of.controller() {
        Some(it) => {
            let line = format!(
                "{}, {} ({}); {}; {}",
                it.name, it.address, it.jurisdiction, it.contact, it.url
            );
            facts.push((say.who_answers, Value::Words(line)));
        }
        None if of.needs_operator() => {
            facts.push((say.who_answers, Value::words(say.nobody_yet)));
        }
        None => facts.push((say.who_answers, Value::words(say.nobody_receives))),
    }
    vec![
        Block::Heading(2, say.your_rights.to_owned()),
        Block::Facts(facts),
    ]
}

fn about(of: &Declaration, say: &'static Phrases) -> Vec<Block> {
    let mut facts = vec![
        (say.versions, Value::codes([&of.product().version])),
        (say.declaration, Value::codes([of.sha256()])),
        (say.material, Value::codes([of.material_hash()])),
    ];
    if let Some(operator) = of.operator() {
        facts.push((say.operator_file, Value::codes([operator.sha256()])));
    }
    vec![
        Block::Heading(2, say.about.to_owned()),
        Block::Paragraph(say.made.to_owned()),
        Block::Facts(facts),
    ]
}

fn source(of: &Declaration, id: &str, language: Language) -> String {
    of.read_named(id).map_or(String::new(), |read| {
        read.name.in_language(language).to_owned()
    })
}

fn yes_or_no(is: bool, say: &Phrases) -> &'static str {
    if is { say.yes } else { say.no }
}

fn when(trigger: Trigger, say: &Phrases) -> String {
    match trigger {
        Trigger::UserAction => say.user_action.to_owned(),
        Trigger::FirstRun => say.first_run.to_owned(),
        Trigger::Scheduled(period) => filled(say.scheduled, &length(period, say)),
    }
}

fn length(period: Period, say: &Phrases) -> String {
    match period.hours() {
        1 => say.hour.to_owned(),
        // A window of 24 hours is not "1 day": people count days from midnight.
        hours if hours <= 48 || !hours.is_multiple_of(24) => filled(say.hours, &hours.to_string()),
        hours => filled(say.days, &(hours / 24).to_string()),
    }
}
