//! Where copies lie: what is junk or thrown away vouches for nothing, and parts of something stay.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use candor_dupes::{Options, Rule, Wishes, look};
use knowledge::{Base, Platform};
use tool::pass::{Scope, Watch, walk};

/// Says of a home with these files what goes, and what vouches for it: `Documents/a for Pictures/a`.
///
/// A name that ends with `>` is a link to the file before it. All files are equal, each newer than the one
/// before.
#[track_caller]
fn goes(files: &[&str], wishes: Wishes) -> Vec<String> {
    let disk = tempfile::tempdir().unwrap();
    let home = disk.path().canonicalize().unwrap().join("home/ada");
    let mut last = PathBuf::new();
    for (number, name) in files.iter().enumerate() {
        let (name, is_link) = match name.strip_suffix('>') {
            Some(name) => (name, true),
            None => (*name, false),
        };
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if is_link {
            fs::hard_link(&last, &path).unwrap();
        } else {
            fs::write(&path, "the same in all of them").unwrap();
            let age = std::time::Duration::from_secs(1_000_000 + number as u64);
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + age).unwrap();
        }
        last = path;
    }
    let scope = Scope {
        roots: vec![home.clone()],
        ..Scope::default()
    };
    let watch = Watch::new(&|_| {});
    let forest = walk(&scope, &watch);
    let options = Options {
        wishes: Some(wishes),
        roots: vec![home.clone()],
        bases: vec![Base::of_home(Platform::Linux, Path::new("/"), &home)],
        ..Options::default()
    };
    let outcome = fixture::whole(|lists| look(&forest, |_| true, &options, None, &watch, lists));
    let data = fixture::data(&outcome);
    let short = |value: &serde_json::Value| {
        let path = Path::new(value.as_str().unwrap())
            .strip_prefix(&home)
            .unwrap();
        path.display().to_string()
    };
    let proposals = data["proposals"].as_array().unwrap().iter();
    let goes = proposals.map(|it| {
        let (path, stays) = (short(&it["path"]), short(&it["survivor"]["path"]));
        format!("{path} for {stays}")
    });
    goes.collect()
}

fn folders() -> Wishes {
    Wishes {
        folders: true,
        ..Wishes::default()
    }
}

fn parts(wishes: Wishes) -> Wishes {
    Wishes {
        parts: true,
        ..wishes
    }
}

#[test]
fn junk_never_vouches_for_a_document_whatever_a_person_prefers() {
    let thumbnail = ".cache/thumbnails/large/t.png";
    let documents = "Documents/thesis.pdf";
    let expected = [format!("{thumbnail} for {documents}")];
    assert_eq!(goes(&[thumbnail, documents], Wishes::default()), expected);
    let prefers = Wishes {
        rules: vec![Rule::Oldest, Rule::LongestPath],
        prefer_matching: vec!["thumbnails".to_owned()],
        ..Wishes::default()
    };
    assert_eq!(goes(&[thumbnail, documents], prefers), expected);
    // Without its evidence a name may be a person's own; it is not relied on all the same.
    let built = ["app/target/a.pdf", "papers/a.pdf"];
    assert_eq!(
        goes(&built, Wishes::default()),
        ["app/target/a.pdf for papers/a.pdf"]
    );
}

#[test]
fn a_document_stays_when_only_junk_is_left_to_vouch() {
    let never = Wishes {
        keep: vec!["**/thumbnails/**".to_owned()],
        only: vec!["**/Documents/**".to_owned()],
        ..Wishes::default()
    };
    let files = [".cache/thumbnails/large/t.png", "Documents/thesis.pdf"];
    assert_eq!(goes(&files, never), [""; 0]);
    // What may not go of junk is no second copy either.
    let two = Wishes {
        keep: vec!["**/thumbnails/**".to_owned()],
        at_least: 2,
        ..Wishes::default()
    };
    let files = [".cache/thumbnails/large/t.png", "Documents/a", "Pictures/a"];
    assert_eq!(goes(&files, two), [""; 0]);
}

#[test]
fn among_junk_alone_the_rules_hold() {
    let files = [
        ".cache/thumbnails/normal/t.png",
        ".cache/thumbnails/large/t.png",
    ];
    let expected = ".cache/thumbnails/large/t.png for .cache/thumbnails/normal/t.png";
    assert_eq!(goes(&files, Wishes::default()), [expected]);
}

#[test]
fn a_file_with_a_name_among_junk_is_known_by_its_other_one() {
    let files = [
        ".cache/thumbnails/large/t.png",
        "Documents/t.png>",
        "Pictures/t.png",
    ];
    assert_eq!(
        goes(&files, Wishes::default()),
        ["Pictures/t.png for Documents/t.png"]
    );
}

#[test]
fn what_was_thrown_away_neither_goes_nor_vouches() {
    for bin in [
        ".local/share/Trash/files/a",
        ".local/share/Trash/info/a",
        ".Trash/a",
        "disk/.Trash-1000/files/a",
        "disk/.Trashes/501/a",
        ".local/state/candor/quarantine/a",
        "disk/.candor-quarantine-1000/a",
    ] {
        assert_eq!(
            goes(&[bin, "Documents/a"], Wishes::default()),
            [""; 0],
            "{bin}"
        );
        let left = goes(&[bin, "Documents/a", "Pictures/a"], Wishes::default());
        assert_eq!(left, ["Pictures/a for Documents/a"], "{bin}");
        let whole = [bin, "a", "Documents/in/a", "Pictures/in/a"];
        let left = goes(&whole, folders());
        assert!(left.iter().all(|it| !it.contains(bin)), "{left:?}");
    }
}

#[test]
fn a_folder_that_holds_junk_by_its_place_does_not_vouch_for_one_that_does_not() {
    let files = [
        ".cache/thumbnails/large/t.png",
        "backup/thumbnails/large/t.png",
    ];
    let left = goes(&files, parts(folders()));
    assert!(
        left.iter().all(|it| it.contains(" for backup/")),
        "{left:?}"
    );
    assert!(!left.is_empty());
}

#[test]
fn parts_of_something_do_not_go_singly() {
    for part in [
        "code/.git/lfs/a",
        "code/.hg/a",
        "code/.svn/pristine/a",
        "code/.bzr/a",
        "app/lib/site-packages/a",
        "app/.venv/a",
        ".config/editor/a",
        ".local/share/game/a",
        ".local/state/app/a",
        ".var/app/org.app/data/a",
        "snap/app/1/a",
    ] {
        // Neither for the sake of a document, nor a document for theirs, even if they were there first.
        for files in [[part, "Documents/a"], ["Documents/a", part]] {
            assert_eq!(goes(&files, Wishes::default()), [""; 0], "{files:?}");
        }
        let lifted = goes(&["Documents/a", part], parts(Wishes::default()));
        // What is protected stays, part or not.
        let expected = match part.starts_with(".var") {
            true => Vec::new(),
            false => vec![format!("{part} for Documents/a")],
        };
        assert_eq!(lifted, expected);
    }
}

#[test]
fn a_folder_goes_with_its_repository_but_not_out_of_it() {
    let out_of = ["one/.git/lfs/a", "one/b/.git/lfs/a"];
    assert_eq!(goes(&out_of, folders()), [""; 0]);
    assert_eq!(goes(&out_of, parts(folders())).len(), 1);
    let clones = ["one/code/.git/a", "two/code/.git/a"];
    let left = goes(&clones, folders());
    assert_eq!(left, ["two for one"]);
}

#[test]
fn a_bundle_stays_rather_than_a_plain_folder_and_goes_for_its_like_only() {
    let files = ["a plain one/x", "Some.app/x"];
    assert_eq!(goes(&files, folders()), ["a plain one for Some.app"]);
    assert_eq!(goes(&["A.app/x", "B.photoslibrary/x"], folders()), [""; 0]);
    let files = ["A.app/x", "B.app/x", "C.photoslibrary/x"];
    assert_eq!(goes(&files, folders()), ["B.app for A.app"]);
}
