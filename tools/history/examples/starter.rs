//! Makes the file of the starter list from the tables of threats, suffixes and sites.

use std::{fs, io, path::Path};

use candor_history::lists::make_starter;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lists/starter");
    let made = make_starter();
    for left_out in &made.left_out {
        eprintln!("left out: {left_out:?}");
    }
    fs::write(folder.join("list.bin"), made.bytes)
}
