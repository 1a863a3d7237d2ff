//! What is said of an application and what it left.

use tool::{Block, Cell, Finding, Level, Section, Table};

use crate::{
    Asked,
    found::{Found, Item, Told},
};

pub(crate) fn section(asked: &Asked, found: &Found) -> Section {
    let mut section = Section {
        title: match (asked, &found.application) {
            (Asked::Orphans, _) => "What is left of applications that are gone".to_owned(),
            (_, Some(application)) => format!("{} and what it left", application.name),
            (Asked::Application(name), None) => format!("No application is called {name}"),
        },
        summary: vec![summary(asked, found)],
        ..Section::default()
    };
    let (selected, kept): (Vec<&Item>, Vec<&Item>) = found.items.iter().partition(|it| it.selected);
    if !selected.is_empty() {
        section.blocks.push(Block::Table(selected_table(&selected)));
    }
    if !found.told.is_empty() {
        section.blocks.push(Block::Table(told_table(&found.told)));
    }
    if !kept.is_empty() {
        section.blocks.push(Block::Table(kept_table(&kept)));
    }
    section.notes.push(
        "A preview: nothing was removed. With `--plan FILE --act trash` Candor writes a plan of what is \
         selected, which you can read, change and carry out with `candor apply FILE`."
            .to_owned(),
    );
    section
}

fn summary(asked: &Asked, found: &Found) -> String {
    let selected = found.items.iter().filter(|it| it.selected).count();
    let kept = found.items.len() - selected;
    let things = |n: usize| match n {
        1 => "1 thing".to_owned(),
        n => format!("{n} things"),
    };
    if let (Asked::Application(name), None) = (asked, &found.application) {
        return match found.alike.as_slice() {
            [] => format!("None of {} applications is called {name}.", found.installed),
            alike => format!("Which do you mean: {}?", alike.join(", ")),
        };
    }
    if let Some(application) = found.application.as_ref().filter(|it| it.system) {
        return format!("{} belongs to the system. It stays.", application.name);
    }
    let mut words = match selected {
        0 => "Nothing is selected.".to_owned(),
        n => format!(
            "{} selected; without {} {} would be free.",
            things(n),
            if n == 1 { "it" } else { "them" },
            found.frees
        ),
    };
    if kept > 0 {
        words.push_str(&format!(
            " {} left alone, each with the reason.",
            match kept {
                1 => "1 thing is".to_owned(),
                n => format!("{n} things are"),
            }
        ));
    }
    words
}

fn selected_table(items: &[&Item]) -> Table {
    let row = |it: &&Item| {
        vec![
            Cell::Bytes(it.frees),
            Cell::Days(it.untouched),
            Cell::Path(it.path.clone()),
            Cell::Lines(vec![
                Cell::Text(format!("{}; {}", it.what, it.evidence)),
                Cell::Text(format!("lost without it: {}", it.lost)),
            ]),
        ]
    };
    Table {
        title: "Selected".to_owned(),
        columns: ["Frees", "Untouched", "Where", "What, and how that is known"]
            .map(str::to_owned)
            .to_vec(),
        rows: items.iter().map(row).collect(),
        more: 0,
    }
}

fn kept_table(items: &[&Item]) -> Table {
    let row = |it: &&Item| {
        vec![
            Cell::Bytes(it.frees),
            Cell::Path(it.path.clone()),
            Cell::Text(it.kept.clone().unwrap_or_default()),
        ]
    };
    Table {
        title: "Left alone".to_owned(),
        columns: ["Size", "Where", "Why it stays"]
            .map(str::to_owned)
            .to_vec(),
        rows: items.iter().map(row).collect(),
        more: 0,
    }
}

fn told_table(told: &[Told]) -> Table {
    let row = |it: &Told| {
        vec![
            Cell::Text(it.command.clone()),
            Cell::Text(it.what.clone()),
            Cell::Text(it.why.clone()),
        ]
    };
    Table {
        title: "For the program that put it there".to_owned(),
        columns: ["Run this", "What", "Why"].map(str::to_owned).to_vec(),
        rows: told.iter().map(row).collect(),
        more: 0,
    }
}

pub(crate) fn findings(asked: &Asked, found: &Found) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let selected: Vec<&Item> = found.items.iter().filter(|it| it.selected).collect();
    for of_one in selected.chunk_by(|a, b| a.of == b.of) {
        let first = of_one[0];
        let count = of_one.len();
        let rule = match asked {
            Asked::Application(_) => "uninstall.left",
            Asked::Orphans => "uninstall.orphan",
        };
        findings.push(Finding {
            rule: rule.to_owned(),
            level: Level::Look,
            subject: match asked {
                Asked::Application(_) => first.of.clone(),
                Asked::Orphans => format!("left by {}", first.of),
            },
            place: Some(first.path.clone()),
            bytes: Some(of_one.iter().map(|it| it.frees).sum()),
            evidence: match count {
                1 => capital(&first.evidence),
                n => format!("{}; and {} more", capital(&first.evidence), n - 1),
            },
            advice: format!("Lost without it: {}.", first.lost),
        });
    }
    findings.extend(found.told.iter().map(|told| Finding {
        rule: "uninstall.command".to_owned(),
        level: Level::Note,
        subject: told.what.clone(),
        place: told.places.first().cloned(),
        bytes: None,
        evidence: capital(&told.why),
        advice: format!("Run: {}", told.command),
    }));
    findings
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
