//! A Linux home with the applications of `linux.apps`, and traps beside each.

use std::{collections::BTreeSet, fmt::Write as _};

use formats::sqlite::rusqlite;

use candor_uninstall::{Asked, Survey};

use crate::{
    home::{Tree, orphans, said},
    measure::Measure,
};

pub(crate) const HOME: &str = "/home/ada";

/// One line of `linux.apps`.
pub(crate) struct App {
    kind: &'static str,
    id: &'static str,
    desktop: &'static str,
    program: &'static str,
    class: &'static str,
    left: Vec<String>,
}

pub(crate) fn apps() -> Vec<App> {
    let lines = include_str!("linux.apps").lines();
    let app = |line: &'static str| {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [kind, id, desktop, program, class, left] = parts.as_slice() else {
            panic!("not six parts: {line}");
        };
        let left = left.split(',').map(str::trim).filter(|it| !it.is_empty());
        let mut left: Vec<String> = left.map(expand).collect();
        match *kind {
            "flatpak" => left.push(format!("{HOME}/.var/app/{id}")),
            "snap" => left.push(format!("{HOME}/snap/{id}")),
            _ => {}
        }
        App {
            kind,
            id,
            desktop,
            program,
            class,
            left,
        }
    };
    lines
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .map(app)
        .collect()
}

fn expand(path: &str) -> String {
    for (variable, folder) in [
        ("$CONFIG", ".config"),
        ("$CACHE", ".cache"),
        ("$DATA", ".local/share"),
        ("$STATE", ".local/state"),
    ] {
        if let Some(rest) = path.strip_prefix(variable) {
            return format!("{HOME}/{folder}{rest}");
        }
    }
    panic!("{path} begins with no variable")
}

impl App {
    /// What a person calls it on the command line.
    fn full_id(&self, root: &std::path::Path) -> String {
        match self.kind {
            "appimage" => format!("appimage:{}{HOME}/{}", root.display(), self.id),
            "entry" => format!("entry:{}", self.desktop),
            kind => format!("{kind}:{}", self.id),
        }
    }

    /// What a person may remove: the leftovers, the file itself and its entry.
    fn belongs(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = self.left.iter().cloned().collect();
        match self.kind {
            "appimage" => {
                all.insert(format!("{HOME}/{}", self.id));
                all.extend(self.entry());
            }
            "entry" => all.extend(self.entry()),
            _ => {}
        }
        all
    }

    fn entry(&self) -> Option<String> {
        let folder = match self.kind {
            "appimage" | "entry" => format!("{HOME}/.local/share/applications"),
            "snap" | "flatpak" => return None,
            _ => "/usr/share/applications".to_owned(),
        };
        (!self.desktop.is_empty()).then(|| format!("{folder}/{}.desktop", self.desktop))
    }

    fn exec(&self) -> String {
        match self.kind {
            "appimage" => format!("{HOME}/{}", self.id),
            _ => self.program.to_owned(),
        }
    }

    fn desktop_text(&self) -> String {
        let mut text = format!(
            "[Desktop Entry]\nType=Application\nName={}\nExec={} %U\n",
            self.id,
            self.exec()
        );
        if !self.class.is_empty() {
            let _ = writeln!(text, "StartupWMClass={}", self.class);
        }
        text
    }

    /// A word of its own that look-alikes are made of.
    fn word(&self) -> String {
        let last = self.id.rsplit(['/', '.']).next().unwrap_or(self.id);
        last.to_lowercase()
    }

    fn install(&self, tree: &mut Tree, status: &mut String) {
        match self.kind {
            "dpkg" => {
                let _ = write!(
                    status,
                    "Package: {}\nStatus: install ok installed\nArchitecture: amd64\n\n",
                    self.id
                );
                let files: Vec<String> = [Some(self.program.to_owned()), self.entry()]
                    .into_iter()
                    .flatten()
                    .collect();
                let list = format!("/.\n/usr\n/usr/bin\n{}\n", files.join("\n"));
                tree.file(&format!("/var/lib/dpkg/info/{}.list", self.id), &list, 90);
            }
            "pacman" => {
                let folder = format!("/var/lib/pacman/local/{}-1.0-1", self.id);
                tree.file(
                    &format!("{folder}/desc"),
                    &format!("%NAME%\n{}\n\n", self.id),
                    90,
                );
                let entry = self.entry().unwrap_or_default();
                let files = format!(
                    "%FILES%\nusr/\n{}\n{}\n\n",
                    self.program.trim_start_matches('/'),
                    entry.trim_start_matches('/')
                );
                tree.file(&format!("{folder}/files"), &files, 90);
            }
            "flatpak" => {
                let folder = format!("/var/lib/flatpak/app/{}/current/active", self.id);
                tree.file(&format!("{folder}/metadata"), "[Application]\n", 90);
            }
            "snap" => {
                tree.file(&format!("/snap/{}/12/meta/snap.yaml", self.id), "x", 90);
                tree.link(&format!("/snap/{}/current", self.id), "12");
            }
            "appimage" => tree.file(&format!("{HOME}/{}", self.id), "ELF", 90),
            _ => {}
        }
        if !self.program.is_empty() {
            tree.file(self.program, "ELF", 90);
        }
    }
}

/// Rpm's own form of a header; see `formats::rpm`.
fn header(name: &str, files: &[&str]) -> Vec<u8> {
    let (mut entries, mut data): (Vec<[u32; 4]>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut texts = |tag, kind, all: &[&str], data: &mut Vec<u8>| {
        entries.push([tag, kind, data.len() as u32, all.len() as u32]);
        all.iter().for_each(|it| data.extend(it.bytes().chain([0])));
    };
    let split: Vec<(&str, &str)> = files
        .iter()
        .map(|it| it.split_at(it.rfind('/').unwrap() + 1))
        .collect();
    let (folders, bases): (Vec<&str>, Vec<&str>) = split.into_iter().unzip();
    texts(1000, 6, &[name], &mut data);
    texts(1117, 8, &bases, &mut data);
    texts(1118, 8, &folders, &mut data);
    data.resize(data.len().next_multiple_of(4), 0);
    entries.push([1116, 4, data.len() as u32, files.len() as u32]);
    (0..files.len() as u32).for_each(|it| data.extend(it.to_be_bytes()));
    let head = [entries.len() as u32, data.len() as u32];
    let numbers = head.into_iter().chain(entries.into_iter().flatten());
    numbers.flat_map(u32::to_be_bytes).chain(data).collect()
}

fn rpm_database(root: &std::path::Path, apps: &[&App]) {
    let folder = root.join("var/lib/rpm");
    std::fs::create_dir_all(&folder).unwrap();
    let connection = rusqlite::Connection::open(folder.join("rpmdb.sqlite")).unwrap();
    connection
        .execute_batch("create table Packages(hnum integer primary key, blob blob not null)")
        .unwrap();
    for app in apps {
        let entry = app.entry().unwrap();
        let header = header(app.id, &[app.program, &entry]);
        connection
            .execute("insert into Packages(blob) values (?1)", [header])
            .unwrap();
    }
}

/// Look-alikes beside an application: none of them is its own.
fn traps(app: &App) -> Vec<String> {
    let word = app.word();
    let id = app.id.rsplit('/').next().unwrap_or(app.id);
    let mut all = vec![
        format!("{HOME}/.config/{word}22"),
        format!("{HOME}/.config/{word}-old"),
        format!("{HOME}/.config/my{word}"),
        format!("{HOME}/.local/share/{word}-projects"),
        format!("{HOME}/.local/share/{}", word.to_uppercase() + "X"),
        format!("{HOME}/.cache/lib{word}"),
        format!("{HOME}/.cache/{word}.bak"),
        format!("{HOME}/.local/state/x-{word}"),
        format!("{HOME}/.{word}"),
        format!("{HOME}/Documents/{word}"),
        format!("{HOME}/Pictures/{id}"),
        format!("{HOME}/Projects/{id}"),
    ];
    match app.kind {
        "flatpak" => {
            all.push(format!("{HOME}/.var/app/{id}.Devel"));
            all.push(format!("{HOME}/.var/app/{id}2"));
        }
        "snap" => all.push(format!("{HOME}/snap/{id}-edge")),
        _ => {}
    }
    all
}

/// Folders that are shared, and things that are nobody's to remove.
const SHARED: [&str; 14] = [
    ".config/dconf/user",
    ".config/mimeapps.list",
    ".config/user-dirs.dirs",
    ".config/JetBrains/shared/x",
    ".config/libreoffice/4/user/registry",
    ".config/pulse/cookie",
    ".cache/fontconfig/x",
    ".cache/mesa_shader_cache/x",
    ".local/share/keyrings/login.keyring",
    ".local/share/applications/mimeinfo.cache",
    ".local/share/Trash/files/letter",
    ".mozilla/firefox/abcd.default/places.sqlite",
    ".claude/projects/x",
    ".ssh/id_ed25519",
];

#[test]
fn what_is_selected_of_150_linux_applications_is_theirs() {
    let apps = apps();
    assert!(apps.len() >= 150, "{}", apps.len());
    let mut tree = Tree::default();
    let mut status = String::new();
    let theirs: BTreeSet<String> = apps.iter().flat_map(App::belongs).collect();
    let mut never = 0;
    for app in &apps {
        app.install(&mut tree, &mut status);
        if let Some(entry) = app.entry() {
            tree.file(&entry, &app.desktop_text(), 90);
        }
        for path in &app.left {
            match path.contains("/autostart/") {
                true => tree.file(path, &app.desktop_text(), 90),
                false => tree.thing(path, 90),
            }
        }
        for trap in traps(app).iter().filter(|trap| !theirs.contains(*trap)) {
            tree.thing(trap, 90);
            never += 1;
        }
    }
    for path in SHARED {
        tree.file(&format!("{HOME}/{path}"), "x", 90);
        never += 1;
    }
    tree.file("/var/lib/dpkg/status", &status, 90);
    let pretend = tree.pretend("linux");
    let rpms: Vec<&App> = apps.iter().filter(|app| app.kind == "rpm").collect();
    rpm_database(&pretend.machine.root, &rpms);
    let survey = Survey::of(&pretend.machine);
    let mut measure = Measure::default();
    for app in &apps {
        let asked = Asked::Application(app.full_id(&pretend.machine.root));
        let said = said(&survey, &asked);
        let name = app.id;
        assert!(
            said.data()["application"].is_object(),
            "{name}: {:?}",
            said.alike()
        );
        measure.add(
            name,
            &app.belongs(),
            &said.selected(&pretend.machine),
            &said.listed(&pretend.machine),
        );
    }
    println!(
        "{} applications, {never} things that are not theirs",
        apps.len()
    );
    // What Signal and a password manager keep is protected, and stays whatever belongs to them.
    measure.hold("linux", 0.999, 0.74, 0.82);
}

#[test]
fn orphans_of_linux_are_those_of_applications_that_are_gone() {
    let apps = apps();
    let mut tree = Tree::default();
    let mut status = String::new();
    let mut expected = BTreeSet::new();
    let mut told_only = BTreeSet::new();
    for (number, app) in apps.iter().enumerate() {
        let gone = number % 3 == 0;
        let days = if number % 9 == 0 { 3 } else { 90 };
        if !gone {
            app.install(&mut tree, &mut status);
        }
        // The entry of a person's menu stays when the file is removed; that of a package goes with it.
        let entry = app.entry().filter(|it| !gone || it.starts_with(HOME));
        if let Some(entry) = entry {
            tree.file(&entry, &app.desktop_text(), days);
            if gone {
                expected.insert((entry, days));
            }
        }
        for path in &app.left {
            match path.contains("/autostart/") {
                true => tree.file(path, &app.desktop_text(), days),
                false => tree.thing(path, days),
            }
            if gone {
                told_only.insert(path.clone());
                let proven = path.contains("/.var/app/") || path.contains("/snap/");
                if proven || path.contains("/autostart/") {
                    expected.insert((path.clone(), days));
                }
            }
        }
        if !gone {
            traps(app)
                .iter()
                .filter(|it| !it.contains("/.var/app/") && !it.contains("/snap/"))
                .for_each(|trap| tree.thing(trap, 90));
        }
    }
    for folder in ["/usr/bin/keep", "/usr/games/keep", "/opt/keep/keep"] {
        tree.file(folder, "x", 90);
    }
    tree.file("/var/lib/dpkg/status", &status, 90);
    let pretend = tree.pretend("linux");
    let said = orphans(&pretend.machine);
    let selected = said.selected(&pretend.machine);
    let of_gone: BTreeSet<String> = expected
        .iter()
        .filter(|(_, days)| *days > 30)
        .map(|(path, _)| path.clone())
        .collect();
    let young = expected.iter().filter(|(_, days)| *days <= 30);
    for (path, _) in young {
        assert!(!selected.contains(path), "{path} changed three days ago");
    }
    let mut measure = Measure::default();
    measure.add(
        "orphans",
        &of_gone,
        &selected,
        &said.listed(&pretend.machine),
    );
    measure.hold("orphans of linux", 0.999, 0.9, 0.99);
}
