//! What the worker of the pass may list but not read: the private places of people.
//!
//! Landlock opens a folder with everything below and can take nothing out again. So a folder that
//! holds private places is opened for listing only, and what is in it, except those, for reading one
//! by one. What appears in such a folder after that cannot be read by this worker.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use knowledge::{
    Base,
    pattern::fits,
    protected::{Private, protected},
};
use sandbox::Rights;
use tool::Machine;

/// Returns the private places of everyone whose home is known or lies where it would be seen, sorted.
///
/// `roots` are the folders that are looked at, `named` those among them that the person named: what
/// holds a named one is meant, and not private.
pub(crate) fn places(machine: &Machine, roots: &[PathBuf], named: &[PathBuf]) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = people(machine, roots).iter().flat_map(of).collect();
    all.retain(|place| !named.iter().any(|root| root.starts_with(place)));
    all.sort();
    // What is below another one follows it.
    all.dedup_by(|below, above| below.starts_with(above));
    all
}

/// Returns whose private places may lie below the roots. Below their own home lie a person's own.
/// Elsewhere anybody's may: of those whose home is where homes are, or beside one that is known, and
/// of a root, or a folder in it, that is a home itself.
fn people(machine: &Machine, roots: &[PathBuf]) -> Vec<Base> {
    let mut people = machine.people.clone();
    let own = |root: &&PathBuf| machine.people.iter().any(|it| root.starts_with(&it.home));
    let elsewhere: Vec<&PathBuf> = roots.iter().filter(|root| !own(root)).collect();
    if elsewhere.is_empty() {
        return people;
    }
    let everyone = Machine::at_root(machine.platform, &machine.root, machine.now);
    let mut homes: BTreeSet<PathBuf> = elsewhere.iter().map(|root| root.to_path_buf()).collect();
    let everyone = everyone.map(|it| it.people).unwrap_or_default();
    homes.extend(everyone.into_iter().map(|it| it.home));
    let beside = machine.people.iter().filter_map(|it| it.home.parent());
    // Beside the home of `root` stands the system, not other homes.
    let beside: BTreeSet<&Path> = beside.filter(|it| *it != machine.root).collect();
    let elsewhere = elsewhere.iter().map(|root| root.as_path());
    let folders: BTreeSet<&Path> = beside.into_iter().chain(elsewhere).collect();
    for entry in folders
        .into_iter()
        .filter_map(|it| std::fs::read_dir(it).ok())
        .flatten()
        .flatten()
    {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            homes.insert(entry.path());
        }
    }
    let known: HashSet<PathBuf> = people.iter().map(|it| it.home.clone()).collect();
    let unknown = homes.iter().filter(|home| !known.contains(*home));
    people.extend(unknown.map(|home| Base::of_home(machine.platform, &machine.root, home)));
    people
}

/// Returns the private places of one person that exist: what they keep in browsers, keychains, mail and
/// the like.
///
/// Where one is a link, or lies behind one, what it leads to is private as well, wherever that is.
fn of(base: &Base) -> Vec<PathBuf> {
    let mut folders = Folders::default();
    let mut all = Vec::new();
    for row in protected() {
        let Some(what) = row.private else { continue };
        for pattern in row.paths(base) {
            let (start, rest) = match pattern.strip_prefix(&base.home) {
                Ok(rest) => (base.home.as_path(), rest),
                Err(_) => (Path::new(""), pattern.as_path()),
            };
            for path in folders.find(start, rest) {
                let path = match what {
                    Private::Itself => Some(path.as_path()),
                    Private::Holder => path.parent(),
                };
                all.extend(path.and_then(|path| path.canonicalize().ok()));
                all.extend(path.map(Path::to_owned));
            }
        }
    }
    all
}

/// Folders on the way to private places, each listed once for all of them.
#[derive(Default)]
struct Folders(HashMap<PathBuf, Option<BTreeSet<OsString>>>);

impl Folders {
    /// Finds what fits a pattern below `folder`. Links are followed at every step: what they lead to is
    /// withheld, not opened.
    fn find(&mut self, folder: &Path, pattern: &Path) -> Vec<PathBuf> {
        let mut found = vec![folder.to_owned()];
        for part in pattern.components() {
            let part = part.as_os_str();
            found = found
                .iter()
                .flat_map(|folder| self.fitting(folder, part))
                .collect();
        }
        found
    }

    fn fitting(&mut self, folder: &Path, part: &OsStr) -> Vec<PathBuf> {
        let names = self
            .0
            .entry(folder.to_owned())
            .or_insert_with(|| listed(folder));
        let wild = part.as_encoded_bytes().contains(&b'*');
        match names {
            Some(names) if wild => {
                let fit = |name: &&OsString| fits(part.as_encoded_bytes(), name.as_encoded_bytes());
                names.iter().filter(fit).map(|it| folder.join(it)).collect()
            }
            Some(names) if !names.contains(part) => Vec::new(),
            // In a folder that cannot be listed, a name may still be there.
            None if wild => Vec::new(),
            _ => vec![folder.join(part)],
        }
    }
}

/// Returns the names in a folder, none if there is no such folder; `None` if they cannot be told.
fn listed(folder: &Path) -> Option<BTreeSet<OsString>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Some(entries.flatten().map(|entry| entry.file_name()).collect()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Some(BTreeSet::new()),
            _ => None,
        },
    }
}

/// Grants the reading of `root`, except what is private.
pub(crate) fn grant(root: &Path, private: &[PathBuf], rights: &mut Rights) {
    if !private.iter().any(|place| place.starts_with(root)) {
        rights.read.push(root.to_owned());
        return;
    }
    rights.list.push(root.to_owned());
    // A private place that nobody named is only listed.
    if !private.contains(&root.to_owned()) {
        grant_entries(root, private, rights);
    }
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
        let private = places(machine, &roots, &roots);
        let mut rights = Rights::default();
        roots
            .iter()
            .for_each(|root| grant(root, &private, &mut rights));
        let texts = |paths: Vec<PathBuf>| {
            let text = |path: PathBuf| {
                let path = path.strip_prefix(&machine.root).unwrap();
                path.display().to_string()
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
    fn everyone_has_private_places_whoever_looks() {
        let (_disk, everyone) = machine();
        let ada = Machine {
            people: everyone.people[..1].to_vec(),
            ..everyone.clone()
        };
        let root = Base::of_home(ada.platform, &ada.root, &ada.root.join("root"));
        let root = Machine {
            people: vec![root],
            ..everyone
        };
        for machine in [&ada, &root] {
            for roots in [
                &["home"][..],
                &["home/bob"],
                &[""],
                &["home/ada", "home/bob"],
            ] {
                let (read, _) = granted(machine, roots);
                assert!(read.contains(&"home/bob/letter.txt".to_owned()), "{read:?}");
                assert!(!read.iter().any(|path| path.contains("ssh")), "{read:?}");
                assert!(!read.contains(&"home/bob".to_owned()), "{read:?}");
            }
        }
    }

    #[test]
    fn what_a_link_leads_to_is_private_wherever_it_is() {
        let (disk, machine) = machine();
        for file in [
            "srv/mozilla/firefox/places.sqlite",
            "home/ada/dots/config/opera/History",
        ] {
            let file = disk.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        }
        let link = |to: &str, at: &str| {
            std::os::unix::fs::symlink(disk.path().join(to), disk.path().join(at)).unwrap();
        };
        link("srv/mozilla", "home/ada/.mozilla");
        std::fs::remove_dir_all(disk.path().join("home/ada/.config")).unwrap();
        link("home/ada/dots/config", "home/ada/.config");
        let (read, list) = granted(&machine, &["srv", "home/ada/dots"]);
        assert_eq!(read, ["srv/file"]);
        assert_eq!(list, ["home/ada/dots", "srv"]);
    }

    #[test]
    fn a_mark_behind_a_link_is_one() {
        let (disk, machine) = machine();
        let profile = disk.path().join("srv/some-browser");
        std::fs::create_dir_all(&profile).unwrap();
        std::fs::write(profile.join("Local State"), "{}").unwrap();
        std::fs::write(profile.join("History"), "x").unwrap();
        let link = disk.path().join("home/ada/.config/some-browser");
        std::os::unix::fs::symlink(&profile, link).unwrap();
        let (read, _) = granted(&machine, &["srv"]);
        assert_eq!(read, ["srv/file"]);
    }

    #[test]
    fn a_private_place_that_nobody_named_is_only_listed() {
        let (_disk, machine) = machine();
        let root = machine.root.join("home/ada/.ssh");
        let private = places(&machine, std::slice::from_ref(&root), &[]);
        let mut rights = Rights::default();
        grant(&root, &private, &mut rights);
        assert_eq!((rights.read, rights.list), (vec![], vec![root]));
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
