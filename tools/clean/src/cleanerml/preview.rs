//! Every option that was asked for, on one machine: what it would act on, and what of it is left out.

use std::{
    collections::{BTreeMap, HashSet},
    os::unix::ffi::OsStrExt,
};

use knowledge::Base;
use serde::Serialize;
use tool::{Bytes, Machine, PathText};

use super::{
    Asked, Input,
    definition::{Act, Choice, Cleaner, How, Sign, Unsupported},
    disk::{Kind, as_path},
    expand::Values,
    ground::Ground,
    search::{Finds, Found, Refused},
    words,
};

/// What `candor clean --cleanerml --json` says of one option.
#[derive(Clone, Debug, Serialize)]
pub struct OptionPreview {
    /// Cleaner and option, as BleachBit names them on its command line: `firefox.cache`.
    pub id: String,
    /// What the program is called.
    pub cleaner: String,
    /// What the option is called.
    pub option: String,
    /// What the definition says it does.
    pub description: String,
    /// What the definition warns of.
    pub warning: Option<String>,
    /// The file that defines it.
    pub source: PathText,
    /// Whether the program is running.
    pub running: Running,
    /// How many entries it would act on.
    pub entries: u64,
    /// What the disk holds for them.
    pub allocated: Bytes,
    /// How many deep searches were left out, because they were not asked for.
    pub deep_left_out: u64,
    /// What the deny list keeps out of it, by row.
    pub protected: Vec<ProtectedRow>,
    /// Paths of its rules that are not used, and why.
    pub refused: Vec<RefusedPath>,
    /// Commands that are not carried over.
    pub unsupported: Vec<Unsupported>,
    /// The entries themselves go out as a list of their own.
    #[serde(skip)]
    pub(crate) found: Vec<(Act, Found)>,
    /// So does what was kept out, with the row that did.
    #[serde(skip)]
    pub(crate) kept_out: Vec<(&'static str, Found)>,
}

/// Whether a program is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Running {
    /// A sign of it was seen.
    Running,
    /// None of its signs was seen.
    Idle,
    /// It cannot be told here.
    Unknown,
}

/// A row of the deny list, and how many entries it kept out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedRow {
    /// The row of the tables.
    pub row: String,
    /// What a person calls it.
    pub words: String,
    /// What would be lost.
    pub why: String,
    /// How many entries; folders that hold one are among them.
    pub entries: u64,
}

/// A path of a rule that is not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedPath {
    /// The path, or the rule's own words for it when no path came out of them.
    pub path: PathText,
    /// The kind of reason: `link`, `container`, `empty-variable`.
    pub why: &'static str,
    /// What is particular to it.
    pub detail: String,
}

/// Returns what each option would act on, sorted by id.
pub(crate) fn previews(
    cleaners: &[Cleaner],
    machine: &Machine,
    input: &Input,
    ground: &mut Ground,
) -> Vec<OptionPreview> {
    let mut all = Vec::new();
    for cleaner in cleaners {
        let wanted = cleaner.choices.iter();
        let wanted: Vec<&Choice> = wanted
            .filter(|choice| input.asked.wants(&cleaner.id, &choice.id))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let people: Vec<Person> = match input.asked.only_list {
            true => Vec::new(),
            false => crate::bases(machine)
                .iter()
                .map(|base| Person::new(cleaner, base, input, ground))
                .collect(),
        };
        let running = running(cleaner, &people, input, ground);
        for choice in wanted {
            let mut preview = OptionPreview::of(cleaner, choice, running);
            preview.search(choice, &people, &input.asked, ground);
            all.push(preview);
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// What the variables of one cleaner stand for, for one person.
struct Person {
    values: Values,
    /// Matches of variables that are not used, by variable.
    refused: Vec<(String, Vec<u8>, Refused)>,
}

impl Person {
    fn new(cleaner: &Cleaner, base: &Base, input: &Input, ground: &mut Ground) -> Self {
        let mut person = Self {
            values: Values {
                root: base.root.clone(),
                home: base.home.clone(),
                environment: environment(base, input),
                own: Vec::new(),
            },
            refused: Vec::new(),
        };
        let mut own: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
        for variable in &cleaner.variables {
            let values = match variable.is_glob {
                true => person.matches(&variable.name, &variable.value, ground),
                false => vec![variable.value.as_bytes().to_vec()],
            };
            match own.iter_mut().find(|it| it.0 == variable.name) {
                Some((_, all)) => all.extend(values),
                None => own.push((variable.name.clone(), values)),
            }
        }
        person.values.own = own;
        person
    }

    /// Returns the folders that fit the glob of a value. BleachBit puts a slash behind each.
    fn matches(&mut self, variable: &str, glob: &str, ground: &mut Ground) -> Vec<Vec<u8>> {
        let mut finds = Finds::default();
        let mut all = Vec::new();
        // Here variables of the definition mean nothing yet.
        for path in self.values.paths(glob) {
            match path {
                Ok(path) => all.extend(ground.globbed(&[&path, &b"/"[..]].concat(), &mut finds)),
                Err(refusal) => finds.refuse(glob.as_bytes(), refusal),
            }
        }
        let named = |(path, why)| (variable.to_owned(), path, why);
        self.refused.extend(finds.refused.into_iter().map(named));
        all.into_iter()
            .map(|it| [&it.path, &b"/"[..]].concat())
            .collect()
    }
}

fn environment(base: &Base, input: &Input) -> BTreeMap<String, Vec<u8>> {
    let folders = [
        ("HOME", &base.home),
        ("XDG_CONFIG_HOME", &base.config),
        ("XDG_CACHE_HOME", &base.cache),
        ("XDG_DATA_HOME", &base.data),
    ];
    let folders = folders.map(|(name, it)| (name.to_owned(), it.as_os_str().as_bytes().to_vec()));
    let more = input.environment.iter();
    let more = more.map(|(name, value)| (name.clone(), value.0.as_os_str().as_bytes().to_vec()));
    more.chain(folders).collect()
}

/// Returns whether a sign of the program was seen.
fn running(cleaner: &Cleaner, people: &[Person], input: &Input, ground: &mut Ground) -> Running {
    let mut all_told = !cleaner.running.is_empty() && !people.is_empty();
    for sign in &cleaner.running {
        match (sign, &input.running) {
            (Sign::Program(name), Some(programs)) => {
                // The system cuts the names of other people's programs.
                let cut = name.get(..15).unwrap_or(name);
                if programs.iter().any(|it| it == name || it == cut) {
                    return Running::Running;
                }
            }
            (Sign::File(glob), _) => {
                let mut finds = Finds::default();
                for path in people.iter().flat_map(|it| it.values.paths(glob)).flatten() {
                    if !ground.globbed(&path, &mut finds).is_empty() {
                        return Running::Running;
                    }
                }
                all_told &= finds.refused.is_empty();
            }
            (Sign::Program(_), None) | (Sign::Unknown, _) => all_told = false,
        }
    }
    match all_told {
        true => Running::Idle,
        false => Running::Unknown,
    }
}

impl OptionPreview {
    fn of(cleaner: &Cleaner, choice: &Choice, running: Running) -> Self {
        Self {
            id: format!("{}.{}", cleaner.id, choice.id),
            cleaner: cleaner.name.clone(),
            option: choice.name.clone(),
            description: choice.description.clone(),
            warning: choice.warning.clone(),
            source: cleaner.file.clone().into(),
            running,
            entries: 0,
            allocated: Bytes(0),
            deep_left_out: 0,
            protected: Vec::new(),
            refused: Vec::new(),
            unsupported: choice.unsupported.clone(),
            found: Vec::new(),
            kept_out: Vec::new(),
        }
    }

    fn search(&mut self, choice: &Choice, people: &[Person], asked: &Asked, ground: &mut Ground) {
        let mut refused: Vec<(Vec<u8>, Refused)> = Vec::new();
        for search in &choice.searches {
            if search.how == How::Deep && !asked.deep {
                self.deep_left_out += 1;
                continue;
            }
            for person in people {
                let mut finds = ground.find(search, &person.values);
                let uses = |name: &str| search.path.contains(&format!("$${name}$$"));
                let of_variables = person.refused.iter().filter(|it| uses(&it.0));
                refused.append(&mut finds.refused);
                refused.extend(of_variables.map(|(_, path, why)| (path.clone(), why.clone())));
                self.found
                    .extend(finds.found.into_iter().map(|it| (search.act, it)));
            }
        }
        self.found
            .sort_by(|a, b| (&a.1.path, a.0).cmp(&(&b.1.path, b.0)));
        self.found
            .dedup_by(|a, b| (&a.1.path, a.0) == (&b.1.path, b.0));
        self.keep_out_protected(ground);
        refused.sort();
        refused.dedup();
        self.refused = refused
            .iter()
            .map(|(path, why)| words::refused(path, why))
            .collect();
        self.entries = self.found.len() as u64;
        self.allocated = self.found.iter().map(|it| Bytes(it.1.look.allocated)).sum();
    }

    /// Takes out what the deny list protects, and the folders that hold such a thing.
    fn keep_out_protected(&mut self, ground: &mut Ground) {
        let mut rows: BTreeMap<&'static str, ProtectedRow> = BTreeMap::new();
        let mut held: HashSet<Vec<u8>> = HashSet::new();
        // What a folder holds comes after it: from the end, every folder is asked last.
        let mut kept = Vec::with_capacity(self.found.len());
        for (act, found) in std::mem::take(&mut self.found).into_iter().rev() {
            let row = ground.shield.protects(&found.path);
            let holds = found.look.kind == Kind::Folder && held.contains(&found.path);
            if row.is_none() && !holds {
                kept.push((act, found));
                continue;
            }
            let above = as_path(&found.path).ancestors().skip(1);
            held.extend(above.map(|it| it.as_os_str().as_bytes().to_vec()));
            let (id, words, why) = match row {
                Some(row) => (row.id.as_str(), row.words.clone(), row.why.clone()),
                None => words::holder(),
            };
            let count = rows.entry(id).or_insert_with(|| ProtectedRow {
                row: id.to_owned(),
                words,
                why,
                entries: 0,
            });
            count.entries += 1;
            self.kept_out.push((id, found));
        }
        kept.reverse();
        self.kept_out.reverse();
        self.found = kept;
        self.protected = rows.into_values().collect();
    }
}
