//! Promise: what an archive holds comes to lie in one new place, whatever its names and links say; nothing that is there
//! is changed or replaced.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "nothing_is_written_outside/attacks.rs"]
mod attacks;
#[path = "nothing_is_written_outside/formats.rs"]
mod formats;
#[path = "nothing_is_written_outside/ground.rs"]
mod ground;
#[path = "nothing_is_written_outside/leading.rs"]
mod leading;
#[path = "nothing_is_written_outside/lying.rs"]
mod lying;
#[path = "nothing_is_written_outside/races.rs"]
mod races;

use std::{fs, os::unix::fs::symlink};

use fixture::archives::{Special, file, link, special, tar};

use self::ground::Ground;

#[test]
fn what_cannot_be_made_is_told_and_the_rest_is_there() {
    let ground = Ground::with(&tar::pack(&[
        file("good", "evil"),
        link("bad", "/etc/passwd"),
        link("fine", "good"),
        special("fifo", Special::Pipe),
    ]));
    let before = ground.around();
    let output = ground.unpack();
    ground.assert_held("mixed", &before);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "archive/bad",
        "a path from the root",
        "archive/fifo",
        "never unpacked",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(fs::read(ground.at("inside/archive/fine")).unwrap(), b"evil");
}

/// Whatever lies where it is unpacked, under every name that it could come by.
#[test]
fn what_lies_there_is_neither_followed_nor_replaced() {
    let ground = Ground::new();
    let outside = ground.at("outside");
    let inside = ground.at("inside");
    let targets = [
        outside.clone(),
        outside.join("victim"),
        outside.join("new"),
        "/".into(),
        ".".into(),
        "one".into(),
    ];
    let mut targets = targets.iter().cycle();
    let numbered = (2..20).map(|number| format!(" ({number})"));
    for number in [String::new()].into_iter().chain(numbered) {
        for name in ["archive", "one", "d"] {
            let to = targets.next().unwrap();
            symlink(to, inside.join(format!("{name}{number}"))).unwrap();
        }
    }
    for (entries, lies) in [
        (
            &[file("a", "evil"), file("d/b", "evil")][..],
            "archive (20)/d/b",
        ),
        (&[file("one", "evil")], "one (20)"),
        (&[file("d/b", "evil"), file("d/c", "evil")], "d (20)/b"),
    ] {
        fs::write(ground.at("archive"), tar::pack(entries)).unwrap();
        let around = ground.around();
        let before = ground.inside();
        let output = ground.unpack();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(ground.around(), around);
        assert_eq!(fs::read(inside.join(lies)).unwrap(), b"evil");
        let after = ground.inside();
        assert!(
            before
                .iter()
                .all(|(path, seen)| after.get(path) == Some(seen))
        );
    }
}
