//! What the worker of the pass may list but not read: the private places of people.
//!
//! Landlock opens a folder with everything below and can take nothing out again. So a folder that
//! holds private places is opened for listing only, and what is in it, except those, for reading one
//! by one. What appears in such a folder after that cannot be read by this worker.

use std::path::{Path, PathBuf};

use knowledge::{
    Base,
    protected::{Private, protected},
};
use sandbox::Rights;
use tool::{
    Machine,
    places::{find, fixed_start},
};

/// Returns the private places of everyone whose home may lie below the roots, sorted. A root inside
/// one was named by the person, who means it: what holds it is not private then.
pub(crate) fn places(machine: &Machine, roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut people = machine.people.clone();
    let others = machine.people.iter().filter_map(|it| it.home.parent());
    let whole_homes = others
        .into_iter()
        .any(|homes| roots.iter().any(|root| homes.starts_with(root)));
    if whole_homes {
        let everyone = Machine::at_root(machine.platform, &machine.root, machine.now);
        people.extend(everyone.map(|it| it.people).unwrap_or_default());
    }
    let mut all = of(&people, roots);
    all.retain(|place| !roots.iter().any(|root| root.starts_with(place)));
    all
}

/// Returns the private places of these people that exist below the roots, sorted, none inside another one: what they
/// keep in browsers, keychains, mail and the like, which no tool for a whole disk opens.
///
/// Where one is a link, what it leads to is private as well. Folders that cannot be listed hide what
/// is below from us and from every tool alike.
fn of(people: &[Base], roots: &[PathBuf]) -> Vec<PathBuf> {
    // Most patterns are about other folders than a person named: the disk is not asked for those.
    let concerned = |pattern: &PathBuf| {
        let fixed = fixed_start(pattern);
        roots
            .iter()
            .any(|root| fixed.starts_with(root) || root.starts_with(fixed))
    };
    let mut all = Vec::new();
    for (base, row) in people
        .iter()
        .flat_map(|base| protected().iter().map(move |row| (base, row)))
    {
        let Some(what) = row.private else { continue };
        for path in row
            .paths(base)
            .iter()
            .filter(|it| concerned(it))
            .flat_map(|it| find(it).paths)
        {
            let path = match what {
                Private::Itself => Some(path.as_path()),
                Private::Holder => path.parent(),
            };
            all.extend(path.and_then(|path| path.canonicalize().ok()));
            all.extend(path.map(Path::to_owned));
        }
    }
    all.sort();
    // What is below another one follows it.
    all.dedup_by(|below, above| below.starts_with(above));
    all
}

/// Grants the reading of `root`, except what is private.
pub(crate) fn grant(root: &Path, private: &[PathBuf], rights: &mut Rights) {
    if !private.iter().any(|place| place.starts_with(root)) {
        rights.read.push(root.to_owned());
        return;
    }
    rights.list.push(root.to_owned());
    grant_entries(root, private, rights);
}

fn grant_entries(folder: &Path, private: &[PathBuf], rights: &mut Rights) {
    // What cannot be listed here cannot be listed by the walk either, which says so.
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // A right to a link would be one to what it leads to.
        let kind = entry.file_type();
        if !kind.is_ok_and(|kind| kind.is_dir() || kind.is_file()) || private.contains(&path) {
            continue;
        }
        match private.iter().any(|place| place.starts_with(&path)) {
            true => grant_entries(&path, private, rights),
            false => rights.read.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tool::Moment;

    fn machine() -> (tempfile::TempDir, Machine) {
        let disk = tempfile::tempdir().unwrap();
        for file in [
            "home/ada/.config/chromium/Default/History",
            "home/ada/.config/nobody-knows/Local State",
            "home/ada/.config/gimp/gimprc",
            "home/ada/.config/mimeapps.list",
            "home/ada/.ssh/id_ed25519",
            "home/ada/.netrc",
            "home/ada/letter.txt",
            "home/ada/Pictures/cat.jpg",
            "home/bob/.ssh/id_ed25519",
            "home/bob/letter.txt",
            "srv/file",
        ] {
            let file = disk.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        std::os::unix::fs::symlink(".ssh", disk.path().join("home/ada/keys")).unwrap();
        let machine = Machine::at_root(knowledge::Platform::Linux, disk.path(), Moment(0)).unwrap();
        (disk, machine)
    }

    /// What may be read and listed of `roots`, below the machine's root.
    fn granted(machine: &Machine, roots: &[&str]) -> (Vec<String>, Vec<String>) {
        let roots: Vec<PathBuf> = roots.iter().map(|it| machine.root.join(it)).collect();
        let private = places(machine, &roots);
        let mut rights = Rights::default();
        roots
            .iter()
            .for_each(|root| grant(root, &private, &mut rights));
        let texts = |paths: Vec<PathBuf>| {
            let text = |path: PathBuf| {
                path.strip_prefix(&machine.root)
                    .unwrap()
                    .display()
                    .to_string()
            };
            let mut texts: Vec<String> = paths.into_iter().map(text).collect();
            texts.sort();
            texts
        };
        (texts(rights.read), texts(rights.list))
    }

    #[test]
    fn a_home_is_opened_but_for_what_is_private() {
        let (_disk, machine) = machine();
        let (read, list) = granted(&machine, &["home/ada"]);
        let expected = [
            "home/ada/.config/gimp",
            "home/ada/.config/mimeapps.list",
            "home/ada/Pictures",
            "home/ada/letter.txt",
        ];
        assert_eq!(read, expected);
        assert_eq!(list, ["home/ada"]);
    }

    #[test]
    fn everyone_has_private_places_when_all_homes_are_looked_at() {
        let (_disk, everyone) = machine();
        let ada = Machine {
            people: everyone.people[..1].to_vec(),
            ..everyone
        };
        let (read, _) = granted(&ada, &["home"]);
        assert!(read.contains(&"home/bob/letter.txt".to_owned()), "{read:?}");
        assert!(!read.iter().any(|path| path.contains("ssh")), "{read:?}");
    }

    #[test]
    fn a_private_place_that_is_named_is_opened() {
        let (_disk, machine) = machine();
        let named = ["home/ada/.ssh", "home/ada/.config/chromium/Default", "srv"];
        let (read, list) = granted(&machine, &named);
        assert_eq!(
            read,
            ["home/ada/.config/chromium/Default", "home/ada/.ssh", "srv"]
        );
        assert!(list.is_empty());
    }
}
