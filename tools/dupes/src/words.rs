//! What `dupes` says to a person.

use tool::{
    Block, Cell, Finding, Level, Section, Table,
    pass::{Forest, compare::Class},
};

use crate::{Duplicates, Group, Proposed, groups::frees};

/// Groups shown in full in a report; the JSON output has all of them.
const SHOWN_GROUPS: usize = 20;
/// Paths shown of one group.
const SHOWN_PATHS: usize = 8;

pub(crate) fn section(
    found: &Duplicates,
    forest: &Forest,
    classes: &[Class],
    proposed: Option<Proposed>,
) -> Section {
    let mut section = Section {
        title: "Duplicates".to_owned(),
        ..Section::default()
    };
    section.summary.push(match classes.len() {
        0 => format!(
            "No two of the {} files of equal size have the same content.",
            found.files_compared
        ),
        n => format!(
            "{} of equal files. Keeping one of each would free {}.",
            counted(n, "group", "groups"),
            found.frees
        ),
    });
    if let Some(Proposed { files, frees }) = proposed {
        section.summary.push(format!(
            "By your rules {} would go, which frees {}. One file of each group stays at the least.",
            counted(files as usize, "name", "names"),
            tool::Bytes(frees)
        ));
    }
    if !classes.is_empty() {
        section.blocks.push(Block::Table(table(forest, classes)));
    }
    section.notes.push(format!(
        "{} files share their size with another file; {} were opened, {} read, {} known from before.",
        found.files_compared, found.files_opened, found.bytes_read, found.files_remembered
    ));
    if found.files_private > 0 {
        let files = counted(found.files_private as usize, "file", "files");
        section.notes.push(format!(
            "{files} in private places (the folders of browsers, keys, passwords and mail) were not \
             compared: this part of Candor cannot open them. Name such a folder as a PATH to have \
             it compared."
        ));
    }
    section.notes.push(
        "Bytes freed are those no other name and no other copy holds. Nothing was changed."
            .to_owned(),
    );
    section
}

pub(crate) fn findings(found: &Duplicates, classes: &[Class]) -> Vec<Finding> {
    if classes.is_empty() {
        return Vec::new();
    }
    let files: usize = classes.iter().map(|class| class.inodes.len()).sum();
    vec![Finding {
        rule: "dupes.equal-content".to_owned(),
        level: if found.frees.0 > 0 {
            Level::Look
        } else {
            Level::Note
        },
        subject: format!(
            "{} of equal files, {} in all",
            counted(classes.len(), "group", "groups"),
            counted(files, "file", "files")
        ),
        place: None,
        bytes: Some(found.frees),
        evidence: "Compared byte by byte, or by a 128-bit hash of every byte.".to_owned(),
        advice: "Look at the groups and decide which copies you need. `candor dupes --plan FILE --act trash` \
             makes a plan of the others; nothing goes before you confirm it."
            .to_owned(),
    }]
}

fn table(forest: &Forest, classes: &[Class]) -> Table {
    // What frees most is what a person wants to see first.
    let mut most: Vec<&Class> = classes.iter().collect();
    most.sort_by_cached_key(|class| std::cmp::Reverse(frees(class)));
    most.truncate(SHOWN_GROUPS);
    let rows = most.iter().map(|class| {
        let group = Group::of(forest, class);
        let mut paths: Vec<Cell> = group
            .paths
            .iter()
            .take(SHOWN_PATHS)
            .map(|path| Cell::Path(path.clone()))
            .collect();
        if group.paths.len() > SHOWN_PATHS {
            paths.push(Cell::Text(format!(
                "and {} more",
                group.paths.len() - SHOWN_PATHS
            )));
        }
        // Further names of the same files: a person looks for every name.
        let links = group.links.iter().take(SHOWN_PATHS).map(|link| {
            let name = tool::path_text::shown(link.path.0.as_os_str());
            Cell::Text(format!("{name} (a hard link to one of these)"))
        });
        paths.extend(links);
        vec![
            Cell::Bytes(group.frees),
            Cell::Bytes(group.size),
            Cell::Count(group.paths.len() as u64),
            Cell::Lines(paths),
        ]
    });
    Table {
        title: "Groups that free most".to_owned(),
        columns: ["Frees", "Each", "Files", "Where"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        more: classes.len().saturating_sub(SHOWN_GROUPS) as u64,
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
