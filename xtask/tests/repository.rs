//! The repository itself keeps to what its declarations make.

use std::path::Path;

use xtask::{Tree, generate};

#[test]
fn made_files_are_what_the_declarations_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tree = Tree::read(root).unwrap();
    let stale = generate::stale(&tree);
    let told: Vec<String> = stale.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    for tool in [
        "battery",
        "clean",
        "dupes",
        "history",
        "similar",
        "uninstall",
    ] {
        assert!(
            tree.text(&format!("tools/{tool}/made/notice.md")).is_some(),
            "{tool}"
        );
    }
}
