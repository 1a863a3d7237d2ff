//! Whatever a person wishes, one file of each group stays.

use std::{collections::BTreeSet, fs, path::PathBuf};

use candor_dupes::{Choice, Options, Rule, Wishes, look};
use proptest::prelude::*;
use tool::{
    PathText,
    pass::{Scope, Watch, walk},
};

/// Paths of a made-up tree: few folders and few contents, so that there are many copies.
const FOLDERS: [&str; 3] = ["a", "a/b", "c"];

fn wishes() -> impl Strategy<Value = Wishes> {
    let rules = proptest::collection::vec(0..Rule::ALL.len(), 0..4);
    let glob =
        || proptest::sample::select(vec!["*", "[0-4]", "**/b/*", "9"]).prop_map(str::to_owned);
    let globs = || proptest::collection::vec(glob(), 0..2);
    let folders = || proptest::collection::vec(0..FOLDERS.len(), 0..2);
    let switches = (0..4_usize, any::<bool>(), any::<bool>());
    (rules, globs(), globs(), folders(), folders(), switches).prop_map(
        |(rules, only, keep, prefer, lock, (at_least, isolate, joined))| {
            let folders = |numbers: Vec<usize>| -> Vec<PathText> {
                let path = |number| PathBuf::from(FOLDERS[number]).into();
                numbers.into_iter().map(path).collect()
            };
            Wishes {
                rules: rules
                    .into_iter()
                    .map(|number| Rule::ALL[number].0)
                    .collect(),
                prefer: folders(prefer),
                prefer_matching: Vec::new(),
                only,
                keep,
                lock: folders(lock),
                at_least,
                isolate: folders(if isolate { vec![0, 2] } else { Vec::new() }),
                folders: false,
                parts: false,
                joined,
                by_hand: false,
            }
        },
    )
}

proptest! {
    #[test]
    fn one_file_of_each_group_always_stays(
        files in proptest::collection::vec((0..FOLDERS.len(), 0..3_u8, any::<bool>()), 2..10),
        mut wishes in wishes(),
        picked in proptest::collection::vec(any::<bool>(), 1..8),
    ) {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        for folder in FOLDERS {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let mut last: Option<PathBuf> = None;
        for (number, (folder, content, linked)) in files.iter().enumerate() {
            let path = root.join(FOLDERS[*folder]).join(number.to_string());
            match last.filter(|_| *linked) {
                Some(other) => fs::hard_link(other, &path).unwrap(),
                None => fs::write(&path, [*content; 10]).unwrap(),
            }
            last = Some(path);
        }
        for paths in [&mut wishes.prefer, &mut wishes.lock, &mut wishes.isolate] {
            paths.iter_mut().for_each(|it| it.0 = root.join(&it.0));
        }
        let at_least = wishes.at_least.max(1);
        let scope = Scope { roots: vec![root.clone()], ..Scope::default() };
        let watch = Watch::new(&|_| {});
        let forest = walk(&scope, &watch);
        let mut options = Options {
            wishes: Some(wishes),
            roots: vec![root],
            ..Options::default()
        };
        let outcome = fixture::whole(|lists| look(&forest, |_| true, &options, None, &watch, lists));
        let data = fixture::data(&outcome);
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let proposals = data["proposals"].as_array().unwrap();
        let goes: BTreeSet<String> = proposals.iter().map(|it| text(&it["path"])).collect();
        for group in data["groups"].as_array().unwrap() {
            let paths: Vec<String> = group["paths"].as_array().unwrap().iter().map(text).collect();
            let stay = paths.iter().filter(|path| !goes.contains(*path)).count();
            prop_assert!(stay >= at_least.min(paths.len()), "{paths:?} but for {goes:?}");
        }
        for it in proposals {
            let survivor = text(&it["survivor"]["path"]);
            prop_assert!(!goes.contains(&survivor), "{survivor} vouches and goes");
            let inode = |seen: &serde_json::Value| seen["is"]["inode"].clone();
            prop_assert_ne!(inode(it), inode(&it["survivor"]));
        }
        // Who chooses by hand begins with the same, and whatever they choose, one stays and vouches.
        // (For half of the trees: to walk each of them twice would double the time.)
        if !picked[0] {
            return Ok(());
        }
        options.wishes.as_mut().expect("set above").by_hand = true;
        let outcome = fixture::whole(|lists| look(&forest, |_| true, &options, None, &watch, lists));
        let data = fixture::data(&outcome);
        prop_assert!(data.get("proposals").is_none());
        let choices: Vec<Choice> = serde_json::from_value(data["choices"].clone()).expect("choices");
        let by_rules: Vec<_> = choices.iter().flat_map(Choice::by_rules).collect();
        prop_assert_eq!(serde_json::to_value(by_rules).expect("JSON"), data_of(proposals));
        let mut picked = picked.iter().cycle();
        for choice in &choices {
            let mut flags = |names: usize| picked.by_ref().copied().take(names).collect::<Vec<bool>>();
            let goes: Vec<Vec<bool>> = choice.copies.iter().map(|it| flags(it.names.len())).collect();
            let proposals = choice.proposals(&goes);
            for it in &proposals {
                let survivor = it.survivor.as_ref().expect("one vouches");
                let same_file = proposals.iter().find(|other| other.is.inode == survivor.is.inode);
                prop_assert_eq!(same_file, None, "a name of the file that stays goes");
                let copy = choice.copies.iter().find(|copy| copy.names.iter().any(|seen| seen.path == it.path));
                prop_assert!(copy.is_some_and(|copy| copy.locked.is_none()));
            }
        }
    }
}

fn data_of(rows: &[serde_json::Value]) -> serde_json::Value {
    serde_json::Value::Array(rows.to_vec())
}
