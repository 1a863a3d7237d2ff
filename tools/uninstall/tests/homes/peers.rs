//! What cleaners and uninstallers of others removed by mistake, each by its number.

use crate::{
    home::{Tree, application, orphans},
    macos::{agent, info},
};
use fixture::Pretend;

const LIBRARY: &str = "/Users/ada/Library";

pub(crate) fn mac(bundles: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (name, id) in bundles {
        tree.file(
            &format!("/Applications/{name}.app/Contents/Info.plist"),
            &info(id, name),
            90,
        );
    }
    tree
}

fn mac_things(tree: &mut Tree, paths: &[&str]) {
    for path in paths {
        tree.thing(&format!("{LIBRARY}/{path}"), 90);
    }
}

fn entry(exec: &str, more: &str) -> String {
    format!("[Desktop Entry]\nType=Application\nName=Tool\nExec={exec}\n{more}")
}

fn dpkg(tree: &mut Tree, packages: &[(&str, &str)]) {
    let mut status = String::new();
    for (name, program) in packages {
        status.push_str(&format!(
            "Package: {name}\nStatus: install ok installed\n\n"
        ));
        tree.file(&format!("/var/lib/dpkg/info/{name}.list"), program, 90);
        tree.file(program, "ELF", 90);
    }
    tree.file("/var/lib/dpkg/status", &status, 90);
}

#[test]
fn mole_1475_a_sibling_with_a_longer_identifier_stays() {
    let mut tree = mac(&[("Foo", "com.foo.app"), ("Foo 2", "com.foo.app2")]);
    let both = [
        "com.foo.app",
        "com.foo.app2",
        "com.foo.app.beta",
        "com.foo.apple",
    ];
    for id in both {
        mac_things(
            &mut tree,
            &[&format!("Caches/{id}"), &format!("Containers/{id}")],
        );
    }
    let pretend = tree.pretend("macos");
    let selected = application(&pretend.machine, "com.foo.app").selected(&pretend.machine);
    let expected = [
        "/Applications/Foo.app".to_owned(),
        format!("{LIBRARY}/Caches/com.foo.app"),
        format!("{LIBRARY}/Containers/com.foo.app"),
    ];
    assert_eq!(selected.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn mole_1475_an_update_in_place_is_no_removal() {
    // The bundle is away for a moment; its sibling, or nothing at all, is there.
    let things = ["Containers/com.foo.app", "Caches/com.foo.app"];
    let mut tree = mac(&[("Foo 2", "com.foo.app2"), ("Bar", "org.bar.Bar")]);
    mac_things(&mut tree, &things);
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept("Containers/com.foo.app").contains("same maker"));
    // Without one, what changed lately stays all the same: all of it.
    let mut tree = mac(&[("Bar", "org.bar.Bar")]);
    tree.thing(&format!("{LIBRARY}/Containers/com.foo.app"), 90);
    tree.thing(&format!("{LIBRARY}/Caches/com.foo.app"), 2);
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept("Containers/com.foo.app").contains("2 days ago"));
    // A bundle that is half there is one that cannot be read, and not one that is gone.
    let mut tree = mac(&[("Bar", "org.bar.Bar")]);
    tree.file("/Applications/Foo.app/Contents/MacOS/Foo", "x", 90);
    mac_things(&mut tree, &things);
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept("Caches/com.foo.app").contains("Foo.app"));
}

#[test]
fn orphans_are_found_when_all_of_that_is_ruled_out() {
    let mut tree = mac(&[("Bar", "org.bar.Bar")]);
    mac_things(
        &mut tree,
        &[
            "Containers/com.foo.app",
            "Caches/com.foo.app",
            "Caches/com.lone.cache",
        ],
    );
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    assert_eq!(said.selected(&pretend.machine).len(), 2);
    assert!(said.kept("com.lone.cache").contains("nothing shows"));
}

#[test]
fn mole_150_an_application_without_an_identifier_takes_nothing() {
    for id in ["", " ", ".", "com", "..", "*", "com.apple"] {
        let mut tree = mac(&[("Odd", id), ("Bar", "org.bar.Bar")]);
        mac_things(
            &mut tree,
            &[
                "Application Support/Other",
                "Caches/org.other.Other",
                "Containers/org.other.Other",
            ],
        );
        let pretend = tree.pretend("macos");
        let said = application(&pretend.machine, "Odd");
        assert!(said.selected(&pretend.machine).is_empty(), "{id:?}");
    }
    for name in ["", " ", "/", "."] {
        let pretend = mac(&[("Bar", "org.bar.Bar")]).pretend("macos");
        let said = application(&pretend.machine, name);
        assert!(said.data()["application"].is_null(), "{name:?}");
        assert!(said.selected(&pretend.machine).is_empty());
    }
}

#[test]
fn mole_1219_an_application_on_a_disk_that_is_not_there_may_own_it() {
    let mut tree = mac(&[("Bar", "org.bar.Bar")]);
    tree.link("/Applications/Far.app", "/Volumes/Big/Far.app");
    mac_things(
        &mut tree,
        &["Containers/com.far.Far", "Preferences/com.far.Far.plist"],
    );
    let pretend = tree.pretend("macos");
    let said = orphans(&pretend.machine);
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept("Containers/com.far.Far").contains("Far.app"));
    // On Linux an entry tells where its program is: below /media, or in a folder that is empty now.
    let mut tree = Tree::default();
    let menu = "/home/ada/.local/share/applications";
    tree.file(
        &format!("{menu}/far.desktop"),
        &entry("/media/ada/Big/far", ""),
        90,
    );
    tree.file(
        &format!("{menu}/mounted.desktop"),
        &entry("/srv/games/far", ""),
        90,
    );
    tree.file(
        &format!("{menu}/gone.desktop"),
        &entry("/opt/gone/run", ""),
        90,
    );
    tree.file("/opt/other/run", "x", 90);
    tree.file("/srv/x", "x", 90);
    let pretend = tree.pretend("linux");
    std::fs::create_dir(pretend.at("/srv/games")).unwrap();
    let selected = orphans(&pretend.machine).selected(&pretend.machine);
    assert_eq!(
        selected.into_iter().collect::<Vec<_>>(),
        [format!("{menu}/gone.desktop")]
    );
}

#[test]
fn mole_801_a_version_that_is_started_by_a_link_stays() {
    let mut tree = Tree::default();
    dpkg(&mut tree, &[("toolbox", "/usr/bin/toolbox")]);
    tree.file(
        "/home/ada/.local/share/toolbox/versions/2.0.1/run",
        "ELF",
        90,
    );
    tree.link(
        "/home/ada/.local/bin/run",
        "/home/ada/.local/share/toolbox/versions/2.0.1/run",
    );
    tree.link("/home/ada/bin", ".local/bin");
    tree.thing("/home/ada/.config/toolbox", 90);
    tree.file("/home/ada/.local/bin/keep", "x", 90);
    let pretend = tree.pretend("linux");
    let said = application(&pretend.machine, "toolbox");
    let selected = said.selected(&pretend.machine);
    assert_eq!(
        selected.into_iter().collect::<Vec<_>>(),
        ["/home/ada/.config/toolbox"]
    );
    assert!(
        said.kept(".local/share/toolbox")
            .contains("start by its name")
    );
}

#[test]
fn mole_823_and_993_the_state_of_assistants_stays() {
    let mut tree = mac(&[
        ("Claude", "com.anthropic.claudefordesktop"),
        ("Codex", "com.openai.codex"),
    ]);
    mac_things(
        &mut tree,
        &[
            "Application Support/Claude",
            "Caches/com.anthropic.claudefordesktop",
            "Preferences/com.anthropic.claudefordesktop.plist",
        ],
    );
    tree.file("/Users/ada/.claude/projects/x", "x", 90);
    tree.file("/Users/ada/.codex/sessions/x", "x", 90);
    let pretend = tree.pretend("macos");
    for name in ["Claude", "Codex"] {
        for path in application(&pretend.machine, name).listed(&pretend.machine) {
            assert!(
                !path.contains("/.claude") && !path.contains("/.codex"),
                "{path}"
            );
        }
    }
    let said = application(&pretend.machine, "Claude");
    let selected = said.selected(&pretend.machine);
    assert!(
        !selected
            .iter()
            .any(|it| it.contains("Application Support") || it.contains("Caches"))
    );
    let mut tree = Tree::default();
    dpkg(
        &mut tree,
        &[("claude", "/usr/bin/claude"), ("ollama", "/usr/bin/ollama")],
    );
    for path in [
        ".claude",
        ".ollama",
        ".config/claude",
        ".local/share/claude",
        ".cache/ollama",
    ] {
        tree.thing(&format!("/home/ada/{path}"), 90);
    }
    let pretend = tree.pretend("linux");
    for name in ["claude", "ollama"] {
        assert!(
            application(&pretend.machine, name)
                .selected(&pretend.machine)
                .is_empty()
        );
    }
}

#[test]
fn pearcleaner_506_what_two_applications_share_stays() {
    let mut tree = mac(&[
        ("Firefox", "org.mozilla.firefox"),
        (
            "Firefox Developer Edition",
            "org.mozilla.firefoxdeveloperedition",
        ),
    ]);
    tree.file(
        &format!("{LIBRARY}/Application Support/Firefox/Profiles/a.default/places.sqlite"),
        "x",
        90,
    );
    mac_things(&mut tree, &["Caches/org.mozilla.firefox"]);
    // The same application twice: what it left belongs to the one that stays.
    tree.file(
        "/Applications/Twice.app/Contents/Info.plist",
        &info("com.twice.Twice", "Twice"),
        90,
    );
    tree.file(
        "/Users/ada/Applications/Twice.app/Contents/Info.plist",
        &info("com.twice.Twice", "Twice"),
        90,
    );
    mac_things(&mut tree, &["Containers/com.twice.Twice"]);
    let pretend = tree.pretend("macos");
    for name in ["org.mozilla.firefox", "org.mozilla.firefoxdeveloperedition"] {
        let selected = application(&pretend.machine, name).selected(&pretend.machine);
        assert!(
            !selected.iter().any(|it| it.contains("Application Support")),
            "{selected:?}"
        );
    }
    let twice = pretend.at("/Users/ada/Applications/Twice.app");
    let said = application(&pretend.machine, twice.to_str().unwrap());
    assert!(
        said.kept("Containers/com.twice.Twice")
            .contains("may use it as well")
    );
    // The same on Linux: a package and a file with one window class.
    let mut tree = Tree::default();
    dpkg(&mut tree, &[("shotcut", "/usr/bin/shotcut")]);
    tree.file("/home/ada/Applications/Shotcut.AppImage", "ELF", 90);
    let class = "StartupWMClass=shotcut\n";
    tree.file(
        "/home/ada/.local/share/applications/shotcut-image.desktop",
        &entry("/home/ada/Applications/Shotcut.AppImage", class),
        90,
    );
    tree.thing("/home/ada/.config/shotcut", 90);
    let pretend = tree.pretend("linux");
    let said = application(&pretend.machine, "dpkg:shotcut");
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept(".config/shotcut").contains("may use it as well"));
}

#[test]
fn pearcleaner_571_549_34_130_477_86_a_part_of_a_name_proves_nothing() {
    let mut tree = mac(&[
        ("Pages Helper", "com.example.Pages"),
        ("Arc", "company.thebrowser.Browser"),
    ]);
    tree.file("/Users/ada/Documents/Arc/plan.txt", "x", 90);
    tree.file("/Users/ada/Documents/company.thebrowser.Browser/x", "x", 90);
    tree.file("/Users/ada/Desktop/Arc", "x", 90);
    mac_things(
        &mut tree,
        &[
            "Application Support/Architect",
            "Application Support/Search",
            "Caches/com.march.Archive",
            "Preferences/com.example.PagesPro.plist",
            "Caches/com.example.Pages.old",
            "Logs/Arcade",
        ],
    );
    let pretend = tree.pretend("macos");
    for (name, bundle) in [
        ("Arc", "/Applications/Arc.app"),
        ("Pages Helper", "/Applications/Pages Helper.app"),
    ] {
        let said = application(&pretend.machine, name);
        assert_eq!(
            said.listed(&pretend.machine)
                .into_iter()
                .collect::<Vec<_>>(),
            [bundle]
        );
    }
    // A part of a name means no application either.
    let said = application(&pretend.machine, "Page");
    assert!(said.data()["application"].is_null());
    assert_eq!(said.alike(), ["bundle:com.example.Pages"]);
}

#[test]
fn pearcleaner_549_orphans_are_not_those_of_installed_applications() {
    let mut tree = mac(&[("Bar", "org.bar.Bar")]);
    let inside = "/Applications/Bar.app/Contents/PlugIns/Share.appex/Contents/Info.plist";
    tree.file(inside, &info("net.share.Extension", "Share"), 90);
    mac_things(
        &mut tree,
        &[
            "Containers/net.share.Extension",
            "Containers/org.bar.Bar.helper",
            "Containers/com.apple.Notes",
            "Caches/com.crashlytics.data",
        ],
    );
    let pretend = tree.pretend("macos");
    assert!(
        orphans(&pretend.machine)
            .selected(&pretend.machine)
            .is_empty()
    );
    // They go with their application.
    let selected = application(&pretend.machine, "Bar").selected(&pretend.machine);
    assert!(selected.contains(&format!("{LIBRARY}/Containers/net.share.Extension")));
}

#[test]
fn bleachbit_2118_an_entry_whose_program_is_there_is_a_living_one() {
    let menu = "/home/ada/.local/share/applications";
    let mut tree = Tree::default();
    tree.file("/home/ada/My Apps/Tool.AppImage", "ELF", 90);
    tree.file("/home/ada/Applications/Other.AppImage", "ELF", 90);
    tree.file("/usr/bin/env", "ELF", 90);
    tree.file("/opt/x/run", "ELF", 90);
    for (name, exec) in [
        (
            "quoted",
            "\\\"/home/ada/My Apps/Tool.AppImage\\\" --no-sandbox %U",
        ),
        (
            "set",
            "env DESKTOPINTEGRATION=1 /home/ada/Applications/Other.AppImage %F",
        ),
        ("bare", "some-program-in-a-folder-nobody-listed"),
        ("broken", "\\\"/opt/x/unclosed"),
        ("gone", "/opt/x/gone --flag"),
    ] {
        tree.file(
            &format!("{menu}/{name}.desktop"),
            &entry(&exec.replace("\\\"", "\""), ""),
            90,
        );
    }
    let pretend = tree.pretend("linux");
    let selected = orphans(&pretend.machine).selected(&pretend.machine);
    assert_eq!(
        selected.into_iter().collect::<Vec<_>>(),
        [format!("{menu}/gone.desktop")]
    );
}

#[test]
fn mole_949_what_starts_by_itself_is_its_own_only_if_it_starts_it() {
    let mut tree = mac(&[("Foo", "com.foo.Foo"), ("Bar", "org.bar.Bar")]);
    let agents = format!("{LIBRARY}/LaunchAgents");
    tree.file("/Applications/Foo.app/Contents/MacOS/Foo", "x", 90);
    tree.file("/Applications/Bar.app/Contents/MacOS/Bar", "x", 90);
    tree.file(
        &format!("{agents}/net.other.sync.plist"),
        &agent("net.other", "/Applications/Foo.app", "Foo"),
        90,
    );
    tree.file(
        &format!("{agents}/com.foo.Foo.helper.plist"),
        &agent("x", "/Applications/Bar.app", "Bar"),
        90,
    );
    let pretend = tree.pretend("macos");
    let selected = application(&pretend.machine, "Foo").selected(&pretend.machine);
    assert!(selected.contains(&format!("{agents}/net.other.sync.plist")));
    assert!(!selected.contains(&format!("{agents}/com.foo.Foo.helper.plist")));
}

#[test]
fn bleachbit_l9_a_place_that_is_a_link_is_left_alone() {
    let mut tree = Tree::default();
    dpkg(&mut tree, &[("shotcut", "/usr/bin/shotcut")]);
    tree.thing("/home/ada/Documents/shotcut", 90);
    tree.link("/home/ada/.cache", "Documents");
    let pretend: Pretend = tree.pretend("linux");
    let said = application(&pretend.machine, "shotcut");
    assert!(said.listed(&pretend.machine).is_empty());
    assert!(
        said.outcome
            .skipped
            .iter()
            .any(|it| it.path.0.ends_with(".cache"))
    );
}
