//! BleachBit's own cleaner definitions, read from where they are installed: what they would act on.
//!
//! A preview, and no more: nothing of it becomes a plan. Definitions are CleanerML, a form of XML, under
//! the GPL; none is part of Candor. For every option the same paths come out as from `bleachbit --preview`,
//! with these exceptions: links are never followed, what the compiled-in deny list protects is kept
//! out, and a rule is refused whose variable is empty or unknown, or that names a folder which holds the
//! things of many programs. Why: docs/decisions/0012-cleanerml.md.
//!
//! `parse` reads one definition, `expand` makes paths of what it writes, `search` looks for them,
//! `preview` puts together what an option finds.

mod definition;
mod disk;
mod expand;
mod filter;
mod glob;
mod ground;
mod load;
mod parse;
mod preview;
mod search;
mod shield;
mod words;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tool::{Bytes, Lists, Machine, Outcome, PathText, Skipped, Why};

pub use definition::{Act, Unsupported};
pub use preview::{OptionPreview, ProtectedRow, RefusedPath, Running};

use self::{
    definition::Cleaner,
    disk::{Kind, as_path},
    ground::Ground,
    search::Found,
};

/// What a run works on, beside the machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The folder of definitions.
    pub folder: PathText,
    /// Folders that may be listed, with what is below them.
    pub roots: Vec<PathText>,
    /// Environment variables that definitions may name, beyond `HOME` and those of XDG.
    pub environment: Vec<(String, PathText)>,
    /// The names of the programs that are running; `None` if they cannot be told.
    pub running: Option<Vec<String>>,
    /// What the person asked for.
    pub asked: Asked,
}

/// What a person asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Options, as `firefox.cache`, `firefox.*` or `firefox`; all when none is named.
    pub options: Vec<String>,
    /// Whether to search by name in the whole home folder.
    pub deep: bool,
    /// Whether the options are only to be listed.
    pub only_list: bool,
}

impl Asked {
    fn wants(&self, cleaner: &str, option: &str) -> bool {
        self.options.is_empty() || self.options.iter().any(|it| means(it, cleaner, option))
    }
}

fn means(asked: &str, cleaner: &str, option: &str) -> bool {
    match asked.split_once('.') {
        None => asked == cleaner,
        Some((of, one)) => of == cleaner && (one == "*" || one == option),
    }
}

/// What `candor clean --cleanerml --json` says, as `schemas/candor.cleanerml.1.schema.json` has it.
/// The lists `entries` and `kept_out` go beside it.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// The folder of definitions.
    pub folder: PathText,
    /// How many files in it are definitions, whatever system they are for.
    pub files: u64,
    /// False when the options were only listed.
    pub searched: bool,
    /// Each option that was asked for, sorted by id.
    pub options: Vec<OptionPreview>,
    /// Cleaners that say which files are for other languages, which is not carried over.
    pub localizations: Vec<String>,
    /// How many entries all options act on, each path counted once.
    pub entries_found: u64,
    /// What the disk holds for them.
    pub allocated: Bytes,
}

/// One entry an option acts on: a row of the list `entries`.
#[derive(Serialize)]
struct Row<'a> {
    option: &'a str,
    path: PathText,
    act: Act,
    kind: &'static str,
    allocated: u64,
}

/// One entry the deny list keeps out: a row of the list `kept_out`.
#[derive(Serialize)]
struct KeptOut<'a> {
    option: &'a str,
    path: PathText,
    /// The row of the deny list; `holder` for a folder that holds something protected.
    row: &'static str,
}

/// Reads the definitions and shows what they would act on.
#[must_use]
pub fn look(machine: &Machine, input: &Input, lists: &mut Lists<'_>) -> Outcome {
    let (loaded, mut skipped) = match load::load(&input.folder.0, machine) {
        Ok(mut loaded) => {
            let skipped = std::mem::take(&mut loaded.skipped);
            (loaded, skipped)
        }
        Err(why) => (load::Loaded::default(), vec![why]),
    };
    if skipped.is_empty() && loaded.files == 0 {
        skipped.push(no_definitions(input));
    }
    skipped.extend(unknown_options(&loaded.cleaners, input));
    let roots: Vec<PathBuf> = input.roots.iter().map(|it| it.0.clone()).collect();
    let mut ground = Ground::new(machine, &roots);
    let options = preview::previews(&loaded.cleaners, machine, input, &mut ground);
    skipped.append(&mut ground.disk.skipped);
    skipped.sort();
    let (entries_found, allocated) = words::distinct(&options);
    let with_localizations = loaded.cleaners.iter().filter(|it| it.has_localizations);
    let preview = Preview {
        folder: input.folder.clone(),
        files: loaded.files,
        searched: !input.asked.only_list,
        options,
        localizations: with_localizations.map(|it| it.id.clone()).collect(),
        entries_found,
        allocated,
    };
    lists.rows("entries", preview.options.iter().flat_map(rows));
    lists.rows("kept_out", preview.options.iter().flat_map(kept_out));
    let mut outcome = Outcome::new("cleanerml", &preview, words::section(&preview));
    outcome.findings = words::findings(&preview);
    outcome.skipped = skipped;
    outcome
}

/// Runs the reader of definitions on any bytes, for the fuzz target: what matters is that it returns.
pub fn fuzz(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let file = std::path::Path::new("fuzz.xml");
        let _ = parse::cleaner(text, file, knowledge::Platform::Linux, false);
    }
}

fn rows(option: &OptionPreview) -> impl Iterator<Item = Row<'_>> {
    option.found.iter().map(|(act, found)| Row {
        option: &option.id,
        path: as_path(&found.path).into(),
        act: *act,
        kind: kind(found),
        allocated: found.look.allocated,
    })
}

fn kept_out(option: &OptionPreview) -> impl Iterator<Item = KeptOut<'_>> {
    option.kept_out.iter().map(|(row, found)| KeptOut {
        option: &option.id,
        path: as_path(&found.path).into(),
        row,
    })
}

fn kind(found: &Found) -> &'static str {
    match found.look.kind {
        Kind::Folder => "folder",
        Kind::File => "file",
        Kind::LinkToFolder | Kind::Link { .. } => "link",
        Kind::Other => "other",
    }
}

fn no_definitions(input: &Input) -> Skipped {
    let detail = "it holds no definition (*.xml)".to_owned();
    Skipped::new(input.folder.clone(), Why::Damaged { detail })
}

/// Returns what was asked for and is nowhere defined.
fn unknown_options(cleaners: &[Cleaner], input: &Input) -> Vec<Skipped> {
    let is_known = |asked: &&String| {
        let mut all = cleaners
            .iter()
            .flat_map(|it| it.choices.iter().map(|choice| (&it.id, &choice.id)));
        all.any(|(cleaner, option)| means(asked, cleaner, option))
    };
    let unknown = input.asked.options.iter().filter(|it| !is_known(it));
    let skipped = |asked: &String| {
        let detail = format!("no option `{asked}` here; --list shows them all");
        Skipped::new(input.folder.clone(), Why::Failed { detail })
    };
    unknown.map(skipped).collect()
}
