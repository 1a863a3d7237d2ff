//! What is never selected, whatever an application is called and whatever lies around.

use candor_uninstall::look;
use proptest::prelude::*;

use crate::{
    home::{Tree, application, orphans},
    macos::info,
};

#[test]
fn it_keeps_what_every_tool_keeps() {
    for asked in [
        candor_uninstall::Asked::Application("Notes".to_owned()),
        candor_uninstall::Asked::Orphans,
    ] {
        fixture::suite(|machine| look(machine, &asked, &mut tool::Lists::unwanted()));
    }
}

/// Names and identifiers that try to mean more than one application.
fn odd() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z.]{0,8}",
        "\\PC{0,6}",
        proptest::sample::select(vec![
            "",
            ".",
            "..",
            "*",
            "{bundle}",
            "Library",
            "Caches",
            "Containers",
            "Application Support",
            "Preferences",
            "LaunchAgents",
            "com.apple.finder",
            "com.apple",
            "com",
            "data",
            "app",
            "Code",
            "autostart",
            "applications",
            "systemd",
            "icons",
            ".config",
            "org.foo.Bar",
        ])
        .prop_map(str::to_owned),
    ]
}

const KEPT: [&str; 16] = [
    "Library",
    "Library/Application Support",
    "Library/Application Support/Google",
    "Library/Caches",
    "Library/Containers",
    "Library/Group Containers",
    "Library/HTTPStorages",
    "Library/LaunchAgents",
    "Library/Logs",
    "Library/Preferences",
    "Library/Saved Application State",
    "Library/WebKit",
    "Library/Caches/com.apple.finder",
    "Library/Preferences/com.apple.finder.plist",
    "Documents",
    "Documents/work",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_container_folder_is_ever_selected_on_a_mac(id in odd(), name in odd(), asked in odd()) {
        let mut tree = Tree::default();
        let file = name.replace(['/', '\0'], "_");
        let file = if file.trim_matches('.').trim().is_empty() { "x".to_owned() } else { file };
        let plain = |text: &str| text.chars().all(|c| !c.is_control() && !"<&>\"\\".contains(c));
        prop_assume!(plain(&id) && plain(&file));
        tree.file(&format!("/Applications/{file}.app/Contents/Info.plist"), &info(&id, &file), 90);
        tree.file("/Applications/Bar.app/Contents/Info.plist", &info("org.bar.Bar", "Bar"), 90);
        for path in KEPT.iter().filter(|it| !it.ends_with(".plist")) {
            tree.file(&format!("/Users/ada/{path}/.keep/x"), "x", 90);
        }
        tree.file("/Users/ada/Library/Preferences/com.apple.finder.plist", "x", 90);
        let pretend = tree.pretend("macos");
        for name in [&asked, &file, &id] {
            let selected = application(&pretend.machine, name).selected(&pretend.machine);
            for path in KEPT {
                let path = format!("/Users/ada/{path}");
                prop_assert!(!selected.iter().any(|it| path.starts_with(it.as_str())), "{selected:?}");
            }
            prop_assert!(!selected.contains("/Applications"));
        }
        prop_assert!(orphans(&pretend.machine).selected(&pretend.machine).is_empty());
    }

    #[test]
    fn no_container_folder_is_ever_selected_on_linux(package in "[a-z][a-z0-9.+-]{1,6}|autostart|applications|systemd|icons|mime|data|app|code") {
        let mut tree = Tree::default();
        let status = format!("Package: {package}\nStatus: install ok installed\n\n");
        tree.file("/var/lib/dpkg/status", &status, 90);
        tree.file(&format!("/var/lib/dpkg/info/{package}.list"), &format!("/usr/bin/{package}\n/usr/share/applications/{package}.desktop\n"), 90);
        tree.file(&format!("/usr/bin/{package}"), "ELF", 90);
        let entry = format!("[Desktop Entry]\nType=Application\nName={package}\nExec={package}\nStartupWMClass={package}\n");
        tree.file(&format!("/usr/share/applications/{package}.desktop"), &entry, 90);
        let kept = [
            ".config/autostart", ".config/systemd/user", ".local/share/applications", ".local/share/icons/hicolor",
            ".local/share/mime/packages", ".cache/app", ".config/data", ".config/code", ".var/app", "snap", "Documents",
        ];
        for path in kept {
            tree.file(&format!("/home/ada/{path}/keep/x"), "x", 90);
        }
        let pretend = tree.pretend("linux");
        let selected = application(&pretend.machine, &package).selected(&pretend.machine);
        for path in kept {
            let path = format!("/home/ada/{path}");
            prop_assert!(!selected.iter().any(|it| path.starts_with(it.as_str())), "{selected:?}");
        }
    }
}
