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
    for name in ["archive", "archive (2)", "one", "one (2)"] {
        symlink(&outside, ground.at("inside").join(name)).unwrap();
    }
    for entries in [
        &[file("a", "evil"), file("b", "evil")][..],
        &[file("one", "evil")],
    ] {
        fs::write(ground.at("archive"), tar::pack(entries)).unwrap();
        let before = ground.around();
        let output = ground.unpack();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(ground.around(), before);
    }
    assert_eq!(
        fs::read(ground.at("inside/archive (3)/b")).unwrap(),
        b"evil"
    );
    assert_eq!(fs::read(ground.at("inside/one (3)")).unwrap(), b"evil");
}
