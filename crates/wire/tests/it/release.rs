//! Releases of lists: one form, bounds, and the publisher's signature.

use candor_wire::{
    Digest,
    note::Signer,
    release::{Blob, Delta, LARGEST_OF_DELTA, ListFile, MOST_FILES, Release, ReleaseError},
};

fn signer() -> Signer {
    Signer::new("lists.example.org", &[4; 32]).unwrap()
}

fn blob(byte: u8, bytes: u64) -> Blob {
    Blob {
        sha256: Digest([byte; 32]),
        bytes,
    }
}

pub(crate) fn signed() -> String {
    made().sign(&signer()).unwrap()
}

pub(crate) fn made() -> Release {
    Release {
        version: 42,
        made: 1_795_600_000,
        until: 1_798_200_000,
        description: blob(1, 5120),
        files: vec![
            ListFile {
                plain: blob(2, 31_457_280),
                packed: blob(12, 6_291_456),
            },
            ListFile {
                plain: blob(3, 17),
                packed: blob(13, 30),
            },
        ],
        deltas: vec![
            Delta {
                from: Digest([8; 32]),
                to: Digest([2; 32]),
                packed: blob(14, 4096),
            },
            Delta {
                from: Digest([9; 32]),
                to: Digest([2; 32]),
                packed: blob(15, 4096),
            },
        ],
    }
}

#[test]
fn what_is_signed_is_what_is_read() {
    let note = made().sign(&signer()).unwrap();
    let read = Release::open(&note, &signer().verifier()).unwrap();
    assert_eq!(read, made());
    assert_eq!(read.blobs().len(), 5);
    assert_eq!(
        read.description.path(),
        format!("z/{}", Digest([1; 32])),
        "a blob lies at its hash"
    );
}

#[test]
fn of_another_publisher_or_changed_it_is_refused() {
    let note = made().sign(&signer()).unwrap();
    let other = Signer::new("lists.example.org", &[5; 32]).unwrap();
    for (note, publisher) in [
        (note.clone(), other.verifier()),
        (
            note.replace("version 42", "version 43"),
            signer().verifier(),
        ),
        (made().text(), signer().verifier()),
    ] {
        assert!(matches!(
            Release::open(&note, &publisher),
            Err(ReleaseError::Note(_))
        ));
    }
}

#[test]
fn each_line_has_one_form_and_what_is_wrong_is_told_by_line() {
    let text = made().text();
    let two = Digest([2; 32]).to_string();
    for (from, to, line) in [
        ("candor-lists/1", "candor-lists/2", 1),
        ("version 42", "version 0", 5),
        ("version 42", "version x", 2),
        ("made 1795600000", "made 1795600000 more", 3),
        ("until 1798200000", "until 1795600000", 5),
        (" 5120", " 1048577", 5),
        (" 5120", " 0", 5),
        (" 31457280", " 600000000", 6),
        (two.as_str(), "zz", 6),
        (" 31457280", " 134217729", 8),
        ("delta ", "delta  ", 5),
        ("\nfile ", "\nfiles ", 6),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let error = Release::parse(&changed).unwrap_err();
        let ReleaseError::Line { line: told, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(told, line, "{from} → {to}: {error}");
    }
    assert!(Release::parse("").is_err());
    assert!(Release::parse(text.trim_end()).is_err());
    assert!(Release::parse(&text.replace('\n', "\r\n")).is_err());
}

#[test]
fn files_and_deltas_are_sorted_each_once_and_bounded() {
    let refused = |change: fn(&mut Release)| {
        let mut release = made();
        change(&mut release);
        Release::parse(&release.text()).is_err()
    };
    assert!(refused(|it| it.files.reverse()));
    assert!(refused(|it| it.files.push(it.files[1])));
    assert!(refused(|it| it.deltas.reverse()));
    assert!(refused(|it| it.deltas.push(it.deltas[1])));
    assert!(refused(|it| it.deltas[0].to = Digest([7; 32])));
    assert!(refused(|it| {
        it.files[0].plain.bytes = LARGEST_OF_DELTA + 1;
    }));
    let many = |number: usize| {
        let mut release = made();
        release.deltas.clear();
        release.files = (0..number)
            .map(|at| {
                let mut file = made().files[0];
                file.plain.sha256.0[..8].copy_from_slice(&(at as u64).to_be_bytes());
                file
            })
            .collect();
        release.sign(&signer())
    };
    assert!(many(MOST_FILES).is_ok());
    assert!(many(MOST_FILES + 1).is_err());
}
