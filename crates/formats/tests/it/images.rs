//! Images of Windows: links, parts, loops, and what Windows encrypted.

use candor_formats::archive::{ArchiveError, EntryKind, Kind};

use crate::archives::{packed, read};

#[test]
fn links_and_second_names_in_an_image_lead_where_they_led() {
    let (kept, kinds) = read(&packed("wim-links.esd"), None);
    kinds.unwrap();
    let of = |name: &str| {
        let mut entries = kept.entries.iter();
        entries
            .find(|it| it.0.name == name.as_bytes())
            .unwrap()
            .0
            .kind
            .clone()
    };
    assert_eq!(of("link"), EntryKind::Link(b"sub/data.bin".to_vec()));
    assert_eq!(of("sub/far"), EntryKind::Link(b"/etc/hosts".to_vec()));
    let (first, second) = (of("readme.txt"), of("sub/twin"));
    assert_eq!(first, EntryKind::File);
    assert_eq!(second, EntryKind::Same(b"readme.txt".to_vec()));
}

#[test]
fn one_part_of_an_image_says_which_it_is() {
    let mut part = packed("wim-lzx.wim");
    part[40..44].copy_from_slice(&[2, 0, 3, 0]);
    let Err(ArchiveError::Missing(what)) = read(&part, None).1 else {
        panic!("a part was read");
    };
    assert!(what.contains("part 2 of 3"), "{what}");
}

/// Where the entry of this name begins in an image that is not packed.
fn entry_of(image: &[u8], name: &str) -> usize {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = (name.len() as u16).to_le_bytes();
    let whole = [&length[..], &name, &[0, 0]].concat();
    let found = image.windows(whole.len()).position(|it| it == whole);
    found.unwrap() - 100
}

#[test]
fn folders_of_an_image_that_hold_each_other_end() {
    let mut image = packed("wim-stored.wim");
    let (sub, deep) = (entry_of(&image, "sub"), entry_of(&image, "deep"));
    image.copy_within(sub + 16..sub + 24, deep + 16);
    let (_, kinds) = read(&image, None);
    let kind = Kind::Wim;
    assert!(
        matches!(kinds, Err(ArchiveError::Damaged { kind: it, .. }) if it == kind),
        "{kinds:?}"
    );
}

#[test]
fn what_windows_encrypted_in_an_image_says_so() {
    let mut image = packed("wim-stored.wim");
    let at = entry_of(&image, "readme.txt");
    image[at + 9] |= 0x40;
    let (kept, kinds) = read(&image, None);
    kinds.unwrap();
    let failed: Vec<_> = kept.entries.iter().filter(|it| it.1.is_err()).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].0.is_encrypted);
    let error = failed[0].1.as_ref().unwrap_err().to_string();
    assert!(error.contains("EFS"), "{error}");
}
