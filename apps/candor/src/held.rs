//! A worker's rights, held against the declarations of the tools it works for.
//!
//! What a worker asks for is worked out by code. What it may ask for stands in declarations that
//! people read. If the two ever differ, nothing is looked at.

use std::path::{Path, PathBuf};

use declare::{Declaration, SandboxPlan};
use knowledge::pattern::holds_path;
use sandbox::Rights;
use tool::Machine;

use crate::failure::Failure;

/// Checks that every path of `rights` is declared by one of these tools, or was named by the person; and that nothing is
/// written but into `result`, the folder that was made for it, by a tool that declares so.
///
/// # Errors
/// When a declaration is not valid, or a path is neither declared nor named.
pub(crate) fn to_declarations(
    rights: &Rights,
    declarations: &[&str],
    named: &[PathBuf],
    result: Option<&Path>,
    machine: &Machine,
) -> Result<(), Failure> {
    let mut plans = Vec::new();
    for text in declarations {
        let declaration = Declaration::parse(text)
            .map_err(|error| Failure::new("a tool's declaration is not valid").because(&error))?;
        plans.push(declaration.sandbox_plan());
    }
    let plan = SandboxPlan::united(plans);
    let result = result.filter(|_| plan.write.contains(declare::RESULT));
    let declared = declared(&plan, machine);
    let allowed = |path: &&PathBuf| {
        named.iter().any(|folder| path.starts_with(folder))
            || declared.iter().any(|place| holds_path(place, path))
            || is_named_outright(&declared, path)
            // Only what no pattern holds is asked of the disk.
            || declared.iter().any(|place| leads_into(place, path))
    };
    let beyond = rights
        .read
        .iter()
        .chain(&rights.list)
        .find(|path| !allowed(path));
    let mut writes = rights.write.iter();
    match beyond.or_else(|| writes.find(|path| result != Some(path.as_path()))) {
        None => Ok(()),
        Some(path) => {
            let shown = tool::path_text::shown(path.as_os_str());
            Err(Failure::new(format!(
                "a tool asked for `{shown}`, which it does not declare"
            ))
            .help("nothing was looked at; this is a fault in Candor, please report it"))
        }
    }
}

/// Returns where the places of a plan are on this machine, wildcards left in.
fn declared(plan: &SandboxPlan, machine: &Machine) -> Vec<PathBuf> {
    let places: Vec<_> = plan
        .read
        .iter()
        .chain(&plan.list)
        .flat_map(|name| knowledge::named(name))
        .collect();
    let bases = bases(machine);
    let in_tables = bases
        .iter()
        .flat_map(|base| places.iter().flat_map(|place| place.paths(base)));
    // What the broker keeps for a tool may be read back by the worker.
    let kept = bases.iter().flat_map(|base| {
        plan.write
            .iter()
            .filter_map(|path| base.expand(path.trim_end_matches('/')))
    });
    in_tables.chain(kept).collect()
}

/// Returns the folders of everyone on the machine; of nobody, if there is no one.
fn bases(machine: &Machine) -> Vec<knowledge::Base> {
    if machine.people.is_empty() {
        let nobody = machine.root.join("nonexistent");
        return vec![knowledge::Base::of_home(
            machine.platform,
            &machine.root,
            &nobody,
        )];
    }
    machine.people.clone()
}

/// Returns whether a path is the folder whose entries a pattern names, under the name it really has:
/// the same as [`leads_into`] would find, without asking the disk for every pattern before.
fn is_named_outright(declared: &[PathBuf], path: &Path) -> bool {
    let is_named = declared.iter().any(|place| fixed_start(place) == path);
    is_named && path.canonicalize().is_ok_and(|real| real == path)
}

/// Returns whether a path is the folder whose entries a pattern names, or lies in what its links lead
/// to; or is what one of the entries of a folder it names leads to, as below `/sys/class`.
fn leads_into(pattern: &Path, path: &Path) -> bool {
    let Ok(fixed) = fixed_start(pattern).canonicalize() else {
        return false;
    };
    if fixed == path {
        return true;
    }
    let whole = fixed_start(pattern) == pattern;
    whole && (path.starts_with(&fixed) || leads_to(&fixed, path))
}

/// Returns the components of a pattern before the first with a wildcard.
fn fixed_start(pattern: &Path) -> &Path {
    let wild = |path: &Path| path.as_os_str().as_encoded_bytes().contains(&b'*');
    pattern
        .ancestors()
        .find(|above| !wild(above))
        .unwrap_or(pattern)
}

fn leads_to(folder: &Path, path: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.path().canonicalize().is_ok_and(|real| real == path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use knowledge::Platform;

    fn machine(root: &Path) -> Machine {
        Machine::at_root(Platform::Linux, root, tool::Moment(0)).unwrap()
    }

    fn asked(read: &[&Path]) -> Rights {
        let read = read.iter().map(|path| path.to_path_buf()).collect();
        Rights {
            read,
            ..Rights::default()
        }
    }

    #[test]
    fn a_tool_gets_its_own_places_and_no_others() {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        let home = root.join("home/ada");
        std::fs::create_dir_all(home.join(".config/chromium/Default")).unwrap();
        let machine = machine(&root);
        let check = |declaration: &str, path: &Path, named: &[PathBuf]| {
            to_declarations(&asked(&[path]), &[declaration], named, None, &machine).is_ok()
        };
        let history = home.join(".config/chromium/Default/History");
        let cookies = home.join(".config/chromium/Default/Cookies");
        assert!(check(history::DECLARATION, &history, &[]));
        assert!(!check(history::DECLARATION, &cookies, &[]));
        assert!(!check(history::DECLARATION, &home, &[]));
        assert!(!check(battery::DECLARATION, &history, &[]));
        assert!(check(dupes::DECLARATION, &home, &[]));
        assert!(check(
            dupes::DECLARATION,
            &home.join(".cache/candor/comparisons"),
            &[]
        ));
        let elsewhere = root.join("srv");
        assert!(!check(dupes::DECLARATION, &elsewhere, &[]));
        assert!(check(
            dupes::DECLARATION,
            &elsewhere,
            std::slice::from_ref(&elsewhere)
        ));
        assert!(check(clean::DECLARATION, &home, &[]));
    }

    #[test]
    fn no_tool_may_write_but_into_a_folder_made_for_it() {
        let disk = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(disk.path().join("home/ada")).unwrap();
        let rights = Rights {
            write: vec![disk.path().join("home/ada")],
            ..Rights::default()
        };
        let machine = machine(disk.path());
        let made = disk.path().join("home/ada");
        let other = disk.path().join("home");
        for (declaration, result) in [
            (dupes::DECLARATION, None),
            (dupes::DECLARATION, Some(made.as_path())),
            (unpack::DECLARATION, None),
            (unpack::DECLARATION, Some(other.as_path())),
        ] {
            let held = to_declarations(&rights, &[declaration], &[], result, &machine);
            let failure = held.unwrap_err().to_string();
            assert!(failure.contains("does not declare"), "{failure}");
        }
        let held = to_declarations(&rights, &[unpack::DECLARATION], &[], Some(&made), &machine);
        assert!(held.is_ok(), "what says so may fill the folder made for it");
    }
}
