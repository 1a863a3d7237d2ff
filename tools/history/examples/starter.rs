//! Makes the files of the starter list from the table of threats.

use std::{fs, io, path::Path};

use candor_history::lists::make_starter;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lists/starter");
    let (made, suffixes) = make_starter();
    for (text, why) in &made.dropped {
        eprintln!("left out: {text}: {why:?}");
    }
    fs::write(folder.join("list.bin"), made.bytes)?;
    fs::write(folder.join("suffixes.txt"), suffixes)
}
