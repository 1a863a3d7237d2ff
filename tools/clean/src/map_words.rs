//! What the map says to a person.

use tool::{
    Block, Bytes, Cell, PathText, Section, Table, Tile,
    pass::{FolderId, Forest, holdings::Holdings},
};

use crate::{
    map::{FileLine, Map},
    sums::Sum,
};

/// How deep the boxes of the drawn map go, and how many there are at the most.
const DEEP: u32 = 3;
const BOXES: usize = 240;
/// A box smaller than this part of the whole cannot be seen.
const SMALLEST: u64 = 400;

pub(crate) fn section(map: &Map, forest: &Forest, holdings: &Holdings, sums: &[Sum]) -> Section {
    let mut section = Section {
        title: "Disk map".to_owned(),
        ..Section::default()
    };
    for root in &map.roots {
        let path = tool::path_text::shown_path(&root.path.0, None);
        section.summary.push(format!(
            "{path}: {} on disk in {} and {}; {} would be free without it.",
            root.allocated,
            counted(root.files, "file", "files"),
            counted(root.folders, "folder", "folders"),
            root.exclusive
        ));
    }
    let mut left = BOXES;
    for id in forest.roots().iter().filter(|id| forest.folder(**id).main) {
        let title = "What takes the room".to_owned();
        section.blocks.push(Block::Treemap {
            title,
            root: tile(forest, sums, *id, &mut left),
        });
    }
    section.blocks.push(folders(map));
    section
        .blocks
        .push(files("Largest files", &map.largest_files));
    if !map.oldest_files.is_empty() {
        let title = format!(
            "Files over {} unchanged for longest",
            Bytes(crate::map::OLD_FROM)
        );
        section.blocks.push(files(&title, &map.oldest_files));
    }
    section.notes.push(
        "On disk: what the disk sets aside, hard links counted once, as du counts. Frees: what \
         would be free at the least, without bytes that other names, copies or snapshots hold too."
            .to_owned(),
    );
    if map.shared_between_files.0 > 0 {
        section.notes.push(format!(
            "{} of these bytes are counted more than once: several files share them on the disk.",
            map.shared_between_files
        ));
    }
    if holdings.any_asked() {
        section.notes.push(format!(
            "On file systems that can share bytes, files under {} were taken to share none, unless \
             --exclusive was given.",
            Bytes(crate::ASK_FROM)
        ));
    }
    section
}

fn folders(map: &Map) -> Block {
    let rows = map.largest_folders.iter().map(|line| {
        vec![
            Cell::Bytes(line.allocated),
            Cell::Bytes(line.exclusive),
            Cell::Bytes(line.apparent),
            Cell::Count(line.files),
            Cell::Path(line.path.clone()),
        ]
    });
    Block::Table(Table {
        title: "Largest folders".to_owned(),
        columns: ["On disk", "Frees", "Apparent", "Files", "Folder"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        more: 0,
    })
}

fn files(title: &str, lines: &[FileLine]) -> Block {
    let rows = lines.iter().map(|line| {
        vec![
            Cell::Bytes(line.allocated),
            Cell::Bytes(line.exclusive),
            Cell::Days(line.age),
            Cell::Path(line.path.clone()),
        ]
    });
    Block::Table(Table {
        title: title.to_owned(),
        columns: ["On disk", "Frees", "Unchanged", "File"]
            .map(str::to_owned)
            .to_vec(),
        rows: rows.collect(),
        more: 0,
    })
}

/// Returns the box of a root with the largest boxes inside it, breadth first, until none is left.
fn tile(forest: &Forest, sums: &[Sum], root: FolderId, left: &mut usize) -> Tile {
    let size = |id: FolderId| sums[forest.number(id)].allocated;
    let smallest = size(root) / SMALLEST;
    let top = forest.folder(root).depth;
    let mut chosen: Vec<FolderId> = forest
        .folders()
        .filter(|(id, row)| {
            row.depth > top
                && row.depth <= top + DEEP
                && size(*id) > smallest
                && is_below(forest, *id, root)
        })
        .map(|(id, _)| id)
        .collect();
    chosen.sort_by_key(|id| (std::cmp::Reverse(size(*id)), forest.folder(*id).depth));
    chosen.truncate(*left);
    *left -= chosen.len();
    let mut inside: std::collections::HashMap<FolderId, Vec<FolderId>> = Default::default();
    for id in chosen {
        // A folder is never larger than the one that holds it, so the holder was chosen before it.
        if let Some(parent) = forest.parent(id) {
            inside.entry(parent).or_default().push(id);
        }
    }
    boxed(forest, &size, &inside, root)
}

fn boxed(
    forest: &Forest,
    size: &dyn Fn(FolderId) -> u64,
    inside: &std::collections::HashMap<FolderId, Vec<FolderId>>,
    id: FolderId,
) -> Tile {
    let mut below: Vec<FolderId> = inside.get(&id).cloned().unwrap_or_default();
    below.sort_by_cached_key(|id| {
        (
            std::cmp::Reverse(size(*id)),
            forest.folder_name(*id).to_vec(),
        )
    });
    Tile {
        label: PathText(forest.folder_path(id)),
        bytes: Bytes(size(id)),
        inside: below
            .into_iter()
            .map(|id| boxed(forest, size, inside, id))
            .collect(),
    }
}

fn is_below(forest: &Forest, id: FolderId, root: FolderId) -> bool {
    std::iter::successors(Some(id), |id| forest.parent(*id)).any(|above| above == root)
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
