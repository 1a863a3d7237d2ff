//! A Mac with the applications of `macos.apps`, and traps beside each.

use std::collections::BTreeSet;

use candor_uninstall::{Asked, Survey};

use crate::{
    home::{Tree, orphans, said},
    measure::Measure,
};

const LIBRARY: &str = "/Users/ada/Library";
const UUID: &str = "0A1B2C3D-0000-4000-8000-0000000000";

/// One line of `macos.apps`.
struct App {
    name: &'static str,
    id: &'static str,
    letters: &'static str,
    extra: Vec<String>,
    number: usize,
}

fn apps() -> Vec<App> {
    let lines = include_str!("macos.apps")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let app = |(number, line): (usize, &'static str)| {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, id, letters, extra] = parts.as_slice() else {
            panic!("not four parts: {line}");
        };
        let extra = extra.split(',').map(str::trim).filter(|it| !it.is_empty());
        App {
            name,
            id,
            letters,
            extra: extra.map(|it| format!("{LIBRARY}/{it}")).collect(),
            number,
        }
    };
    lines.enumerate().map(app).collect()
}

impl App {
    /// Where it is: most for everyone, some for one person, some in a folder.
    fn bundle(&self) -> String {
        let name = self.name;
        match self.number % 11 {
            3 => format!("/Users/ada/Applications/{name}.app"),
            7 => format!("/Applications/Setapp/{name}.app"),
            _ => format!("/Applications/{name}.app"),
        }
    }

    fn left(&self) -> Vec<String> {
        let (id, name) = (self.id, self.name);
        let mut all = self.extra.clone();
        for letter in self.letters.chars() {
            let path = match letter {
                'A' => format!("Application Support/{id}"),
                'C' => format!("Caches/{id}"),
                'G' => format!("LaunchAgents/{id}.agent.plist"),
                'H' => format!("HTTPStorages/{id}"),
                'L' => format!("Logs/{name}"),
                'N' => format!("Application Support/{name}"),
                'P' => format!("Preferences/{id}.plist"),
                'S' => format!("Saved Application State/{id}.savedState"),
                'U' => format!("Caches/{id}.ShipIt"),
                'W' => format!("WebKit/{id}"),
                'X' => {
                    all.push(format!("{LIBRARY}/Application Scripts/{id}"));
                    format!("Containers/{id}")
                }
                'Y' => format!(
                    "Preferences/ByHost/{id}.{UUID}{:02X}.plist",
                    self.number % 256
                ),
                'R' => continue,
                other => panic!("{other} stands for nothing"),
            };
            all.push(format!("{LIBRARY}/{path}"));
        }
        all.sort();
        all.dedup();
        all
    }

    fn install(&self, tree: &mut Tree) {
        let bundle = self.bundle();
        tree.file(
            &format!("{bundle}/Contents/Info.plist"),
            &info(self.id, self.name),
            90,
        );
        tree.file(
            &format!("{bundle}/Contents/MacOS/{}", self.name),
            "Mach-O",
            90,
        );
        if self.letters.contains('R') {
            let receipt = format!("/private/var/db/receipts/{}", self.id);
            tree.file(&format!("{receipt}.plist"), "x", 90);
            tree.file(&format!("{receipt}.bom"), "x", 90);
        }
    }

    fn leave(&self, tree: &mut Tree, days: u32) {
        for path in self.left() {
            match path.contains("/LaunchAgents/") {
                true => tree.file(&path, &agent(self.id, &self.bundle(), self.name), days),
                false => tree.thing(&path, days),
            }
        }
    }

    /// Look-alikes beside it: none of them is its own.
    fn traps(&self) -> Vec<String> {
        let (id, name) = (self.id, self.name);
        let first = name.split(' ').next().unwrap_or(name);
        [
            format!("{LIBRARY}/Caches/{id}2"),
            format!("{LIBRARY}/Caches/{id}-nightly"),
            format!("{LIBRARY}/Containers/{id}Beta"),
            format!("{LIBRARY}/Preferences/{id}2.plist"),
            format!("{LIBRARY}/Preferences/{id}.Other.plist"),
            format!("{LIBRARY}/Preferences/ByHost/{id}.extension.plist"),
            format!("{LIBRARY}/Saved Application State/{id}X.savedState"),
            format!("{LIBRARY}/Group Containers/group.{id}"),
            format!("{LIBRARY}/Application Support/{name} Backup"),
            format!("{LIBRARY}/Application Support/My {first} Files"),
            format!(
                "{LIBRARY}/Application Support/{}",
                id.split('.').nth(1).unwrap()
            ),
            format!("{LIBRARY}/Logs/{name}Server"),
            format!("/Users/ada/Documents/{name}"),
            format!("/Users/ada/Pictures/{name}"),
            format!("/Users/ada/.{}", name.to_lowercase()),
            format!("/Users/ada/Music/{id}"),
        ]
        .to_vec()
    }
}

pub(crate) fn info(id: &str, name: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>CFBundleIdentifier</key><string>{id}</string>\
         <key>CFBundleName</key><string>{name}</string></dict></plist>"
    )
}

pub(crate) fn agent(id: &str, bundle: &str, name: &str) -> String {
    format!(
        "<plist version=\"1.0\"><dict><key>Label</key><string>{id}.agent</string><key>ProgramArguments</key>\
         <array><string>{bundle}/Contents/MacOS/{name}</string></array></dict></plist>"
    )
}

const SHARED: [&str; 12] = [
    "Application Support/Google/shared/x",
    "Application Support/JetBrains/consentOptions/x",
    "Application Support/CrashReporter/x",
    "Application Support/Adobe/Common/x",
    "Caches/com.apple.Safari/x",
    "Caches/com.crashlytics.data/x",
    "Caches/com.google.Keystone/x",
    "Containers/com.apple.Notes/Data/x",
    "Preferences/com.apple.finder.plist",
    "Preferences/.GlobalPreferences.plist",
    "Mail/V10/x",
    "Keychains/login.keychain-db",
];

#[test]
fn what_is_selected_of_200_mac_applications_is_theirs() {
    let apps = apps();
    assert!(apps.len() >= 200, "{}", apps.len());
    let theirs: BTreeSet<String> = apps.iter().flat_map(App::left).collect();
    let mut tree = Tree::default();
    let mut never = 0;
    for app in &apps {
        app.install(&mut tree);
        app.leave(&mut tree, 90);
        for trap in app.traps().iter().filter(|it| !theirs.contains(*it)) {
            tree.thing(trap, 90);
            never += 1;
        }
    }
    for path in SHARED {
        tree.file(&format!("{LIBRARY}/{path}"), "x", 90);
        never += 1;
    }
    let pretend = tree.pretend("macos");
    let survey = Survey::of(&pretend.machine);
    let mut measure = Measure::default();
    for app in &apps {
        let asked = Asked::Application(app.id.to_owned());
        let said = said(&survey, &asked);
        assert!(
            said.data()["application"].is_object(),
            "{}: {:?}",
            app.id,
            said.alike()
        );
        let mut belongs: BTreeSet<String> = app.left().into_iter().collect();
        belongs.insert(app.bundle());
        measure.add(
            app.id,
            &belongs,
            &said.selected(&pretend.machine),
            &said.listed(&pretend.machine),
        );
    }
    println!(
        "{} applications, {never} things that are not theirs",
        apps.len()
    );
    measure.hold("macos", 0.999, 0.88, 0.96);
}

#[test]
fn orphans_of_a_mac_are_those_of_applications_that_are_gone() {
    let apps = apps();
    let mut tree = Tree::default();
    let mut gone = BTreeSet::new();
    let mut young = BTreeSet::new();
    for app in &apps {
        let days = if app.number % 9 == 0 { 3 } else { 90 };
        app.leave(&mut tree, days);
        if app.number % 3 == 0 {
            let left = if days < 30 { &mut young } else { &mut gone };
            left.extend(app.left());
        } else {
            app.install(&mut tree);
            app.traps().iter().for_each(|trap| tree.thing(trap, 90));
        }
    }
    for path in SHARED {
        tree.file(&format!("{LIBRARY}/{path}"), "x", 90);
    }
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    let selected = said.selected(&pretend.machine);
    for path in &young {
        assert!(!selected.contains(path), "{path} changed three days ago");
    }
    let mut measure = Measure::default();
    measure.add("orphans", &gone, &selected, &said.listed(&pretend.machine));
    measure.hold("orphans of macos", 0.999, 0.59, 0.8);
}
