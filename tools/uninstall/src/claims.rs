//! Whose something is: every application that has a claim to it, and how good the claim is.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use knowledge::applications::{Asks, Grade, Key};
use tool::Machine;

use crate::{
    candidates::Candidate,
    exec::{self, Program},
    inventory::{Fact, Inventory},
};

/// What speaks for something belonging to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) grade: Grade,
    /// The evidence, in words.
    pub(crate) evidence: String,
}

/// One path, why it was looked at, and who has a claim to it.
pub(crate) struct Claimed {
    pub(crate) path: PathBuf,
    /// The numbers of its candidates: one for each row that reads it.
    pub(crate) rows: Vec<usize>,
    /// The best claim of each application, by its number in the inventory.
    pub(crate) claims: BTreeMap<usize, Claim>,
}

/// Returns who has a claim to what, of all that anybody has a claim to or is itself.
pub(crate) fn all(
    machine: &Machine,
    inventory: &Inventory,
    candidates: &[Candidate],
) -> Vec<Claimed> {
    let claims = Claims::new(machine, inventory);
    let own: HashSet<&Path> = inventory
        .applications
        .iter()
        .flat_map(|it| &it.own)
        .map(PathBuf::as_path)
        .collect();
    let mut by_path: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (number, candidate) in candidates.iter().enumerate() {
        by_path.entry(&candidate.path).or_default().push(number);
    }
    let claimed = by_path.into_iter().map(|(path, rows)| Claimed {
        path: path.to_owned(),
        claims: claims.to(rows.iter().map(|number| &candidates[*number])),
        rows,
    });
    claimed
        .filter(|it| !it.claims.is_empty() || own.contains(it.path.as_path()))
        .collect()
}

/// All that applications can be told by, the other way round.
struct Claims<'i> {
    machine: &'i Machine,
    inventory: &'i Inventory,
    ids: HashMap<(Key, &'i str), Vec<usize>>,
    names: HashMap<&'i str, Vec<usize>>,
    programs: HashMap<&'i Path, Vec<usize>>,
}

/// Programs that run what is named behind them: an entry that starts one is not theirs.
const WRAPPERS: [&str; 20] = [
    "bash",
    "dash",
    "dbus-launch",
    "dbus-run-session",
    "env",
    "flatpak",
    "gio",
    "gtk-launch",
    "java",
    "nice",
    "node",
    "perl",
    "pkexec",
    "python3",
    "sh",
    "snap",
    "steam",
    "sudo",
    "wine",
    "xdg-open",
];

impl<'i> Claims<'i> {
    fn new(machine: &'i Machine, inventory: &'i Inventory) -> Self {
        let mut claims = Self {
            machine,
            inventory,
            ids: HashMap::new(),
            names: HashMap::new(),
            programs: HashMap::new(),
        };
        for (number, it) in inventory.applications.iter().enumerate() {
            for (key, id) in &it.ids {
                claims.ids.entry((*key, id)).or_default().push(number);
            }
            for name in it.facts.keys() {
                claims.names.entry(name).or_default().push(number);
            }
            for program in &it.programs {
                claims.programs.entry(program).or_default().push(number);
            }
        }
        claims
    }

    /// Returns every claim to a path, the best of each application, by its number in the inventory.
    fn to<'c>(&self, candidates: impl Iterator<Item = &'c Candidate>) -> BTreeMap<usize, Claim> {
        let mut all: BTreeMap<usize, Claim> = BTreeMap::new();
        for candidate in candidates {
            for (number, claim) in self.by_one_row(candidate) {
                match all.get(&number) {
                    Some(known) if known.grade >= claim.grade => {}
                    _ => drop(all.insert(number, claim)),
                }
            }
        }
        all
    }

    fn by_one_row(&self, candidate: &Candidate) -> Vec<(usize, Claim)> {
        match candidate.row.asks {
            Asks::Program => self.by_program(candidate),
            Asks::Identifier => {
                let said = candidate.says.iter();
                said.flat_map(|id| self.with_id(Key::Bundle, id, candidate.row.grade))
                    .collect()
            }
            Asks::Nothing => self.by_name(candidate),
        }
    }

    fn by_name(&self, candidate: &Candidate) -> Vec<(usize, Claim)> {
        let row = candidate.row;
        for key in [Key::Bundle, Key::Desktop, Key::Flatpak, Key::Snap] {
            if let Some(id) = candidate.name(key) {
                return self.with_id(key, id, row.grade);
            }
        }
        if let Some(group) = candidate.name(Key::Group) {
            let id = group.split_once('.').map_or("", |(_, id)| id);
            return self.with_id(Key::Bundle, id, Grade::Medium);
        }
        let Some(name) = candidate.name(Key::Name) else {
            return Vec::new();
        };
        let exact = self.with_id(Key::Desktop, name, Grade::Exact);
        let has_maker = candidate.name(Key::Vendor).is_some();
        let named = self.names.get(name).into_iter().flatten();
        let by_facts = named.filter_map(|number| {
            let facts = self.inventory.applications[*number].facts.get(name)?;
            let mut claim = of_facts(name, facts);
            if has_maker {
                claim.grade = Grade::Medium;
            }
            Some((*number, claim))
        });
        match has_maker {
            true => by_facts.collect(),
            false => exact.into_iter().chain(by_facts).collect(),
        }
    }

    fn with_id(&self, key: Key, id: &str, grade: Grade) -> Vec<(usize, Claim)> {
        let found = self.ids.get(&(key, id)).into_iter().flatten();
        let evidence = match key {
            Key::Flatpak => format!("it bears the name of the flatpak, {id}"),
            Key::Snap => format!("it bears the name of the snap, {id}"),
            _ => format!("it bears the application's identifier, {id}"),
        };
        found
            .map(|number| {
                let evidence = evidence.clone();
                (*number, Claim { grade, evidence })
            })
            .collect()
    }

    fn by_program(&self, candidate: &Candidate) -> Vec<(usize, Claim)> {
        let stem = candidate.name(Key::File).unwrap_or_default();
        let mut all = self.with_id(Key::Bundle, stem, Grade::Exact);
        for line in &candidate.says {
            let is_list = candidate.path.extension().is_some_and(|it| it == "plist");
            let folders = &self.inventory.folders;
            let program = match is_list {
                true => exec::of_path(Path::new(line), self.machine, folders),
                false => exec::program(line, self.machine, folders),
            };
            let Program::Lives { named, real } = program else {
                continue;
            };
            let name = named.file_name().and_then(|it| it.to_str()).unwrap_or("");
            if WRAPPERS.contains(&name) {
                let words = line.split_whitespace();
                let ids = words.flat_map(|word| self.with_id(Key::Flatpak, word, Grade::Strong));
                all.extend(ids.filter(|_| name == "flatpak"));
                continue;
            }
            for number in self.of_program(&named, &real) {
                let evidence = format!("it starts `{name}`, a program of the application");
                let grade = Grade::Strong;
                all.push((number, Claim { grade, evidence }));
            }
        }
        all
    }

    /// Returns the applications that a program is of: by its path, or that of the bundle it lies in.
    fn of_program(&self, named: &PathBuf, real: &PathBuf) -> Vec<usize> {
        let paths = [named, real].into_iter().flat_map(|path| path.ancestors());
        let mut found: Vec<usize> = paths
            .filter(|path| path == named || path == real || is_bundle(path))
            .filter_map(|path| self.programs.get(path))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn is_bundle(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "app")
}

/// Grades a name by what speaks for it. One fact is a name like any other; what windows are called is chosen
/// to tell applications apart, and two facts from different hands are no chance.
fn of_facts(name: &str, facts: &std::collections::BTreeSet<Fact>) -> Claim {
    let from_hands = [Fact::Program, Fact::Entry, Fact::Package];
    let hands = from_hands.iter().filter(|it| facts.contains(it)).count();
    let long = name.chars().count() > 3;
    let (grade, evidence) = if facts.contains(&Fact::WindowClass) && (long || hands > 0) {
        (
            Grade::Strong,
            format!("the application says that its windows are called {name}"),
        )
    } else if hands >= 2 {
        let of = match (facts.contains(&Fact::Package), facts.contains(&Fact::Entry)) {
            (true, true) => "its package and its entry in the menu are",
            (true, false) => "its package and a program of it are",
            _ => "its entry in the menu and its program are",
        };
        (Grade::Strong, format!("{of} called {name}"))
    } else {
        (Grade::Medium, format!("its name is {name}"))
    };
    Claim { grade, evidence }
}
