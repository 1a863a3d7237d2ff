//! What each source of knowledge tells, and what follows when one cannot be read.

use serde_json::Value;

use crate::{
    home::{Tree, application, orphans},
    peers::mac,
};

const LIBRARY: &str = "/Users/ada/Library";

#[test]
fn a_container_under_a_number_is_of_whom_its_note_says() {
    let mut tree = mac(&[("Foo", "com.foo.Foo"), ("Bar", "org.bar.Bar")]);
    let note = |id: &str| {
        format!(
            "<plist version=\"1.0\"><dict><key>MCMMetadataIdentifier</key><string>{id}</string></dict></plist>"
        )
    };
    for (last, id) in [
        ("A", "com.foo.Foo"),
        ("B", "org.bar.Bar"),
        ("C", "net.gone.Gone"),
    ] {
        let folder = format!("{LIBRARY}/Containers/0A1B2C3D-0000-4000-8000-00000000000{last}");
        tree.file(
            &format!("{folder}/.com.apple.containermanagerd.metadata.plist"),
            &note(id),
            90,
        );
    }
    let pretend = tree.pretend("macos");
    let of = |name: &str| application(&pretend.machine, name).selected(&pretend.machine);
    assert!(
        of("Foo").iter().any(|it| it.ends_with("00A"))
            && !of("Foo").iter().any(|it| it.ends_with("00B"))
    );
    let gone = orphans(&pretend.machine).selected(&pretend.machine);
    assert!(
        gone.len() == 1 && gone.iter().all(|it| it.ends_with("00C")),
        "{gone:?}"
    );
}

#[test]
fn packages_are_named_with_their_command_and_only_configuration_is_told() {
    let mut tree = Tree::default();
    let status = "Package: shotcut\nStatus: install ok installed\n\nPackage: old\nStatus: deinstall ok config-files\nConffiles:\n /etc/old/old.conf 0123\n /etc/gone.conf 0123\n\n";
    tree.file("/var/lib/dpkg/status", status, 90);
    tree.file("/var/lib/dpkg/info/shotcut.list", "/usr/bin/shotcut\n", 90);
    tree.file("/usr/bin/shotcut", "ELF", 90);
    tree.file("/etc/old/old.conf", "x", 900);
    tree.file("/snap/tool/11/x", "x", 90);
    tree.file("/snap/tool/12/x", "x", 90);
    tree.link("/snap/tool/current", "12");
    let pretend = tree.pretend("linux");
    let said = application(&pretend.machine, "shotcut");
    assert_eq!(said.data()["told"][0]["command"], "apt-get remove shotcut");
    assert!(said.selected(&pretend.machine).is_empty());
    let said = orphans(&pretend.machine);
    let commands: Vec<&Value> = said.data()["told"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["command"])
        .collect();
    assert_eq!(
        commands,
        ["apt-get purge old", "snap remove tool --revision=11"]
    );
    assert_eq!(
        said.data()["told"][0]["places"].as_array().unwrap().len(),
        1
    );
    assert!(said.selected(&pretend.machine).is_empty());
}

#[test]
fn lists_that_cannot_be_read_are_told_and_make_nothing_an_orphan() {
    let mut tree = Tree::default();
    tree.thing("/home/ada/.var/app/org.gone.Gone", 90);
    tree.thing("/home/ada/snap/gone-tool", 90);
    tree.file("/var/lib/rpm/Packages", "Berkeley", 90);
    let pretend = tree.pretend("linux");
    let said = orphans(&pretend.machine);
    assert!(said.selected(&pretend.machine).is_empty());
    assert!(said.kept("org.gone.Gone").contains("not known"));
    assert!(
        said.outcome
            .skipped
            .iter()
            .any(|it| it.path.0.ends_with("rpm/Packages"))
    );
    // With an empty list of flatpaks, one of them is gone for sure.
    let mut tree = Tree::default();
    tree.thing("/home/ada/.var/app/org.gone.Gone", 90);
    tree.file(
        "/var/lib/flatpak/app/org.other.Other/current/active/metadata",
        "x",
        90,
    );
    let pretend = tree.pretend("linux");
    assert_eq!(
        orphans(&pretend.machine).selected(&pretend.machine).len(),
        1
    );
}
