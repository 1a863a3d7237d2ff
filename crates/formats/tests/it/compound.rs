//! Compound files and installers of Windows: where files are put, chains without an end, sectors that are shared.

use candor_formats::archive::{ArchiveError, Exceeded, Kind};

use crate::archives::{packed, read, tree};

#[test]
fn an_installer_shows_what_it_installs_where_it_is_put() {
    let (kept, kinds) = read(&packed("installer.msi"), None);
    assert_eq!(kinds.unwrap(), [Kind::Msi, Kind::Cab]);
    let files = kept.files();
    let mut tree = tree();
    // wixl of Debian 12 packs no name beyond ASCII.
    tree.retain(|it, _| it.is_ascii());
    assert_eq!(files, tree);
}

#[test]
fn an_installer_without_a_cabinet_shows_its_streams() {
    let mut installer = packed("installer.msi");
    // The name of the cabinet in the pool of texts.
    let at = installer.windows(9).position(|it| it == b"#tree.cab");
    installer[at.unwrap()] = b'x';
    let (kept, kinds) = read(&installer, None);
    assert_eq!(kinds.unwrap(), [Kind::Msi]);
    let files = kept.files();
    assert!(files["tree.cab"].starts_with(b"MSCF"));
    assert!(files.contains_key("!_StringPool"));
    assert!(files.contains_key("[5]SummaryInformation"));
}

/// Where the table of sectors lies in a file whose sectors have 512 bytes.
fn table(file: &[u8]) -> usize {
    let number = u32::from_le_bytes([file[76], file[77], file[78], file[79]]);
    (number as usize + 1) * 512
}

#[test]
fn a_chain_of_sectors_that_comes_back_is_refused() {
    let whole = packed("office.cfb");
    let table = table(&whole);
    let entry = |number: usize| table + 4 * number;
    // Each sector of the longest stream follows itself.
    for number in 0..40 {
        let mut changed = whole.clone();
        let itself = (number as u32).to_le_bytes();
        if changed[entry(number)..entry(number) + 4] == [0xff; 4] {
            continue;
        }
        changed[entry(number)..entry(number) + 4].copy_from_slice(&itself);
        let (kept, kinds) = read(&changed, None);
        let is_refused = kinds.is_err() || kept.entries.iter().any(|it| it.1.is_err());
        let is_end = whole[entry(number)..entry(number) + 4] >= [0xfa, 0xff, 0xff, 0xff][..];
        assert!(is_refused || is_end, "{number}: {kinds:?}");
    }
}

#[test]
fn streams_that_share_sectors_are_refused() {
    let mut changed = packed("office.cfb");
    let name: Vec<u8> = "data.bin"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let found = |changed: &[u8], name: &[u8]| {
        changed
            .windows(name.len())
            .position(|it| it == name)
            .unwrap()
    };
    let first = found(&changed, &name);
    let name: Vec<u8> = "readme.txt"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let second = found(&changed, &name);
    changed.copy_within(first + 116..first + 124, second + 116);
    let (kept, kinds) = read(&changed, None);
    kinds.unwrap();
    let told = kept.entries.iter().filter_map(|it| it.1.as_ref().err());
    let told: Vec<_> = told
        .map(|it| {
            it.get_ref()
                .and_then(|it| it.downcast_ref::<Exceeded>())
                .copied()
        })
        .collect();
    assert_eq!(told, [Some(Exceeded::Overlap)]);
}

#[test]
fn a_compound_file_that_was_cut_off_is_damaged() {
    let whole = packed("office.cfb");
    for end in [100, 600, whole.len() / 2] {
        let (kept, kinds) = read(&whole[..end], None);
        let is_told = matches!(kinds, Err(ArchiveError::Damaged { .. }));
        assert!(
            is_told || kept.entries.iter().any(|it| it.1.is_err()),
            "{end}: {kinds:?}"
        );
    }
}
