//! What a preview of BleachBit's rules says to a person.

use std::collections::BTreeMap;

use tool::{Block, Bytes, Cell, Finding, Level, Section, Table};

use super::{
    Preview,
    disk::as_path,
    expand::Refusal,
    preview::{OptionPreview, RefusedPath, Running},
    search::Refused,
};

/// How a folder is counted that holds something protected.
pub(crate) fn holder() -> (&'static str, String, String) {
    let words = "folders that hold something protected".to_owned();
    (
        "holder",
        words,
        "they cannot go without what is in them".to_owned(),
    )
}

pub(crate) fn refused(path: &[u8], why: &Refused) -> RefusedPath {
    let (why, detail) = match why {
        Refused::Link => ("link", "a link is not followed".to_owned()),
        Refused::Container => (
            "container",
            "the folder holds the things of many programs, or yours".to_owned(),
        ),
        Refused::Outside => (
            "outside",
            "it lies where this run may not look; name the folder as a PATH to have it looked at"
                .to_owned(),
        ),
        Refused::Protected(row) => ("protected", format!("all of it is protected: {row}")),
        Refused::Path(Refusal::Empty(name)) => ("empty-variable", name.clone()),
        Refused::Path(Refusal::Undefined(name)) => ("undefined-variable", name.clone()),
        Refused::Path(Refusal::NotAbsolute) => (
            "not-absolute",
            "it names no place on this system".to_owned(),
        ),
        Refused::Path(Refusal::Climbs) => ("climbs", "it climbs with `..`".to_owned()),
        Refused::Path(Refusal::OtherHome) => {
            ("other-home", "it names another person's home".to_owned())
        }
        Refused::Path(Refusal::TooMany) => (
            "too-many",
            "its variables have too many combinations of values".to_owned(),
        ),
    };
    RefusedPath {
        path: as_path(path).into(),
        why,
        detail,
    }
}

pub(crate) fn findings(preview: &Preview) -> Vec<Finding> {
    let found = preview.options.iter().filter(|it| it.entries > 0);
    found.map(finding).collect()
}

fn finding(option: &OptionPreview) -> Finding {
    let mut evidence = match option.entries {
        1 => "1 entry. ".to_owned(),
        n => format!("{n} entries. "),
    };
    evidence.push_str(match option.running {
        Running::Running => "The program is running.",
        Running::Idle => "The program is not running.",
        Running::Unknown => "Whether the program is running is not known.",
    });
    if let Some(warning) = &option.warning {
        evidence.push_str(&format!(" BleachBit warns: {}", warning.trim()));
    }
    Finding {
        rule: format!("cleanerml.{}", option.id),
        level: Level::Note,
        subject: format!("{}: {}", option.cleaner, option.option),
        place: option.found.first().map(|it| as_path(&it.1.path).into()),
        bytes: Some(option.allocated),
        evidence,
        advice: format!(
            "BleachBit's words for it: {}. Candor only shows it.",
            option.description.trim().trim_end_matches('.')
        ),
    }
}

pub(crate) fn section(preview: &Preview) -> Section {
    let mut section = Section {
        title: "Rules of BleachBit".to_owned(),
        ..Section::default()
    };
    section.summary.push(summary(preview));
    if preview.searched {
        section.blocks.extend(left_out(preview).map(Block::Table));
        section.notes.extend(notes(preview));
    } else {
        section.blocks.push(Block::Table(listed(preview)));
    }
    section.notes.extend(localizations(preview));
    section
}

fn summary(preview: &Preview) -> String {
    let all = preview.options.len();
    let definitions = match preview.files {
        1 => "1 definition".to_owned(),
        n => format!("{n} definitions"),
    };
    if !preview.searched {
        return format!("{all} options in {definitions}. Nothing was looked for.");
    }
    let found = preview.options.iter().filter(|it| it.entries > 0).count();
    format!(
        "{found} of {all} options in {definitions} find something: {} entries, {} on disk, each \
         counted once.",
        preview.entries_found, preview.allocated
    )
}

fn listed(preview: &Preview) -> Table {
    let row = |it: &OptionPreview| {
        let mut more = Vec::new();
        more.extend(
            it.warning
                .as_ref()
                .map(|it| Cell::Text(format!("Warning: {}", it.trim()))),
        );
        more.extend(commands(it).into_iter().map(Cell::Text));
        vec![
            Cell::Text(it.id.clone()),
            Cell::Text(format!("{}: {}", it.cleaner, it.option)),
            match more.is_empty() {
                true => Cell::Empty,
                false => Cell::Lines(more),
            },
        ]
    };
    Table {
        title: "Options".to_owned(),
        columns: ["Option", "What", "Warning, and what is not carried over"]
            .map(str::to_owned)
            .to_vec(),
        rows: preview.options.iter().map(row).collect(),
        more: 0,
    }
}

/// Returns what is not carried over of an option: each command once, with why.
fn commands(option: &OptionPreview) -> Vec<String> {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for it in &option.unsupported {
        *counts.entry((&it.command, &it.why)).or_default() += 1;
    }
    let words = |((command, why), count): ((&str, &str), u64)| match count {
        1 => format!("{command}: {why}"),
        n => format!("{command}, {n} times: {why}"),
    };
    counts.into_iter().map(words).collect()
}

/// Returns what each option does in BleachBit and not here, or found and is not shown.
fn left_out(preview: &Preview) -> Option<Table> {
    let row = |it: &OptionPreview| {
        let mut lines = commands(it);
        if it.deep_left_out > 0 {
            lines.push("a search by name in the whole home folder: only with --deep".to_owned());
        }
        for row in &it.protected {
            lines.push(format!(
                "{} kept out as protected: {}",
                row.entries, row.words
            ));
        }
        // Variables without a value here are the rule, and counted in a note.
        let said = |it: &&RefusedPath| {
            ["link", "container", "outside", "protected", "too-many"].contains(&it.why)
        };
        for it in it.refused.iter().filter(said) {
            let path = tool::path_text::shown(it.path.0.as_os_str());
            lines.push(format!("{path}: {}", it.detail));
        }
        let lines: Vec<Cell> = lines.into_iter().map(Cell::Text).collect();
        (!lines.is_empty()).then(|| vec![Cell::Text(it.id.clone()), Cell::Lines(lines)])
    };
    let rows: Vec<_> = preview.options.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| Table {
        title: "Not carried over, or kept out".to_owned(),
        columns: ["Option", "What, and why"].map(str::to_owned).to_vec(),
        rows,
        more: 0,
    })
}

fn notes(preview: &Preview) -> Vec<String> {
    let mut notes = vec![
        "A preview: nothing was removed, and Candor makes no plan of it. These are BleachBit's rules, \
         not Candor's."
            .to_owned(),
        "Other than in BleachBit, links are never followed, what Candor protects is kept out, and a rule \
         whose variable is empty or unknown, or that names a folder of many programs, is not used."
            .to_owned(),
    ];
    let refused = preview.options.iter().flat_map(|it| &it.refused);
    let empty = refused.filter(|it| it.why.ends_with("-variable")).count();
    if empty > 0 {
        notes.push(format!(
            "{empty} paths of rules name a variable that has no value here, mostly because the program \
             is not there; --json lists them."
        ));
    }
    notes
}

fn localizations(preview: &Preview) -> Option<String> {
    let of = &preview.localizations;
    (!of.is_empty()).then(|| {
        format!(
            "What {} say of files in other languages is not carried over.",
            of.join(", ")
        )
    })
}

/// Returns a sum that counts each path once.
pub(crate) fn distinct(options: &[OptionPreview]) -> (u64, Bytes) {
    let mut all: Vec<(&[u8], u64)> = options
        .iter()
        .flat_map(|it| &it.found)
        .map(|(_, it)| (it.path.as_slice(), it.look.allocated))
        .collect();
    all.sort_unstable();
    all.dedup_by_key(|it| it.0);
    let bytes = all.iter().map(|it| Bytes(it.1)).sum();
    (all.len() as u64, bytes)
}
