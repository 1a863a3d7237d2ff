//! What `dupes` says to a person.

use tool::{
    Block, Bytes, Cell, Finding, Level, Section, Table,
    pass::{Forest, compare::Class},
};

use crate::{Duplicates, FolderGroup, Group, NearFolders, Proposed, groups::frees};

/// Groups shown in full in a report; the JSON output has all of them.
const SHOWN_GROUPS: usize = 20;
/// Groups of folders shown, and of folders that hold almost the same.
const SHOWN_FOLDERS: usize = 10;
/// Paths shown of one group.
const SHOWN_PATHS: usize = 8;

/// What is said of.
pub(crate) struct Said<'s> {
    pub(crate) found: &'s Duplicates,
    pub(crate) classes: &'s [Class],
    pub(crate) folders: &'s [FolderGroup],
    pub(crate) near: &'s [NearFolders],
    pub(crate) proposed: Option<Proposed>,
}

pub(crate) fn section(forest: &Forest, said: &Said<'_>) -> Section {
    let found = said.found;
    let mut section = Section {
        title: "Duplicates".to_owned(),
        ..Section::default()
    };
    section.summary.push(match said.classes.len() {
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
    if !said.folders.is_empty() {
        section.summary.push(format!(
            "{} of folders that hold the same; their files are among the groups above.",
            counted(said.folders.len(), "group", "groups"),
        ));
    }
    if let Some(proposed) = said.proposed {
        section.summary.push(would_go(proposed));
    }
    if !said.folders.is_empty() {
        section
            .blocks
            .push(Block::Table(equal_folders(said.folders)));
    }
    if !said.near.is_empty() {
        section.blocks.push(Block::Table(near_folders(said.near)));
    }
    if !said.classes.is_empty() {
        section
            .blocks
            .push(Block::Table(table(forest, said.classes)));
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

fn would_go(proposed: Proposed) -> String {
    let names = counted(proposed.files as usize, "name", "names");
    let what = match proposed.folders {
        0 => names,
        n => {
            let folders = counted(n as usize, "folder", "folders");
            format!("{folders} as a whole and {names}")
        }
    };
    let frees = Bytes(proposed.frees);
    format!(
        "By your rules {what} would go, which frees {frees}. One file of each group stays at the least."
    )
}

pub(crate) fn findings(said: &Said<'_>) -> Vec<Finding> {
    let (found, classes) = (said.found, said.classes);
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

fn equal_folders(groups: &[FolderGroup]) -> Table {
    let rows = groups.iter().take(SHOWN_FOLDERS).map(|group| {
        let mut paths: Vec<Cell> = group
            .paths
            .iter()
            .take(SHOWN_PATHS)
            .map(|path| Cell::Path(path.clone()))
            .collect();
        if group.paths.len() > SHOWN_PATHS {
            let more = group.paths.len() - SHOWN_PATHS;
            paths.push(Cell::Text(format!("and {more} more")));
        }
        if let Some(bundle) = &group.bundle {
            paths.push(Cell::Text(format!("(each is {bundle})")));
        }
        vec![
            Cell::Bytes(group.frees),
            Cell::Bytes(group.size),
            Cell::Count(group.files),
            Cell::Lines(paths),
        ]
    });
    Table {
        title: "Folders that hold the same".to_owned(),
        columns: ["Frees", "Each", "Files in each", "Where"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        more: groups.len().saturating_sub(SHOWN_FOLDERS) as u64,
    }
}

fn near_folders(near: &[NearFolders]) -> Table {
    let rows = near.iter().take(SHOWN_FOLDERS).map(|pair| {
        let paths = pair.folders.iter().map(|it| Cell::Path(it.path.clone()));
        vec![
            Cell::Text(format!("{} %", pair.percent)),
            Cell::Bytes(pair.shared),
            Cell::Count(pair.shared_files),
            Cell::Lines(paths.collect()),
        ]
    });
    Table {
        title: "Folders that hold almost the same".to_owned(),
        columns: ["Alike", "In both", "Files in both", "Where"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        more: near.len().saturating_sub(SHOWN_FOLDERS) as u64,
    }
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
