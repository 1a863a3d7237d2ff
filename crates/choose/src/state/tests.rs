//! Keys in, state out.

use proptest::prelude::*;

use super::*;
use crate::{
    Item,
    sample::{COPIES, groups, press, state},
};

/// Returns the names of what is chosen, below the home folder.
fn chosen(state: &State) -> String {
    let mut names = Vec::new();
    for (group, flags) in state.groups.iter().zip(state.selected()) {
        let items = group.items.iter().zip(flags).filter(|it| it.1);
        names.extend(items.map(|(it, _)| {
            let path = it.path.to_str().expect("a text");
            path.trim_start_matches("/home/ada/").to_owned()
        }));
    }
    names.join(" ")
}

const ALL: &str = "Downloads/film.mkv Backup/2019/film.mkv Backup/cat.jpg Backup/2019/cat.jpg";

#[test]
fn keys_choose_and_let_go() {
    // Keys, what is chosen then, and what is said.
    for (keys, expected, said) in [
        ("", ALL, ""),
        // On the first group: all that may go has been chosen, so it lets go.
        (" ", "Backup/cat.jpg Backup/2019/cat.jpg", "2 let go"),
        (
            "  ",
            ALL,
            "2 more chosen, 1 stays, as the last of its group",
        ),
        // The last copy cannot be chosen, and it is said why.
        (
            "j ",
            ALL,
            "it stays: it is the last copy that is left of this group",
        ),
        (
            "jj ",
            "Backup/2019/film.mkv Backup/cat.jpg Backup/2019/cat.jpg",
            "",
        ),
        // Once another stays, it can.
        (
            "jj <Up><Up> ",
            "Videos/film.mkv Backup/2019/film.mkv Backup/cat.jpg Backup/2019/cat.jpg",
            "",
        ),
        ("n", "Backup/cat.jpg Backup/2019/cat.jpg", "2 let go"),
        ("jjn", "Backup/cat.jpg Backup/2019/cat.jpg", "2 let go"),
        (
            "na",
            ALL,
            "2 more chosen, 1 stays, as the last of its group",
        ),
        // What is locked stays, and its copy may go.
        ("G<Up> ", ALL, "it stays: it is protected: keys"),
        ("G ", &format!("{ALL} Backup/id"), ""),
        ("nu", ALL, "taken back"),
        ("nur", "Backup/cat.jpg Backup/2019/cat.jpg", "done again"),
        ("u", ALL, "nothing to take back"),
        ("r", ALL, "nothing was taken back"),
        // A new change ends what could be made again.
        (
            "nuG r",
            &format!("{ALL} Backup/id"),
            "nothing was taken back",
        ),
        // A filter leaves whole groups of copies.
        (
            "/CAT<Enter>n",
            "Downloads/film.mkv Backup/2019/film.mkv",
            "2 let go",
        ),
        (
            "/cat<Esc>n",
            "Downloads/film.mkv Backup/2019/film.mkv",
            "2 let go",
        ),
        ("/nowhere<Enter> an", ALL, ""),
    ] {
        let mut state = state(COPIES);
        press(&mut state, keys);
        assert_eq!((&*chosen(&state), &*state.said), (expected, said), "{keys}");
    }
}

#[test]
fn a_folder_is_preferred_and_one_copy_stays() {
    let by_folder = |keys: &str| {
        let mut state = state(COPIES);
        press(&mut state, "s<Tab>");
        let find = |state: &State, name: &str| {
            let at = state.rows.iter().position(|row| match row.what {
                What::Folder(it) => state.folders().row(it).path.ends_with(name),
                _ => false,
            });
            at.unwrap_or_else(|| panic!("no folder {name}"))
        };
        let (name, keys) = keys.split_once(':').expect("a folder and keys");
        state.cursor = find(&state, name);
        press(&mut state, keys);
        state
    };
    // The film in Videos goes rather than one that was chosen elsewhere.
    let mut state = by_folder("Videos: ");
    assert_eq!(state.said, "1 more chosen, 1 let go");
    assert_eq!(
        chosen(&state),
        "Videos/film.mkv Backup/2019/film.mkv Backup/cat.jpg Backup/2019/cat.jpg"
    );
    press(&mut state, "u");
    assert_eq!(chosen(&state), ALL);
    // Everything below it is chosen but the copy of a key; then it is, too; then nothing is.
    let state = by_folder("Backup: ");
    assert_eq!(chosen(&state), format!("{ALL} Backup/id"));
    let state = by_folder("Backup:  ");
    assert_eq!(chosen(&state), "Downloads/film.mkv");
    // All copies lie below the home: of each group one stays.
    let state = by_folder("ada:a");
    assert_eq!(chosen(&state), format!("{ALL} Backup/id"));
}

#[test]
fn bytes_of_a_file_with_two_names_are_freed_with_the_last() {
    let mut state = state("stay 1 x\n . 0 100 1 /a\n . 1 100 1 /b\n . 1 100 1 /c");
    let frees = |state: &State| state.picks.sums().frees;
    press(&mut state, "jj ");
    assert_eq!(frees(&state), 0);
    press(&mut state, " ");
    assert_eq!((chosen(&state).as_str(), frees(&state)), ("/b /c", 100));
}

#[test]
fn what_a_rule_forbids_is_not_chosen_at_the_beginning_either() {
    let state = state(
        "stay 1 x\n x 0 9 1 /a\n x 1 9 1 /b\n stay 2 y\n x 0 9 1 /c\n x 1 9 1 /d\n any z\n x 0 9 1 /e\n x 1 9 1 /f",
    );
    assert_eq!(chosen(&state), "/a /e /f");
}

#[test]
fn keys_lead_out() {
    for (keys, expected) in [
        ("q", Step::Leave),
        ("<Esc>", Step::Stay),
        ("nq", Step::Stay),
        ("nqx", Step::Stay),
        ("nqy", Step::Leave),
        ("n<Stop>", Step::Leave),
        ("?<Stop>", Step::Leave),
        ("<Enter>", Step::Stay),
        ("<Enter>w", Step::Finish(Then::Write)),
        ("<Enter>c", Step::Finish(Then::CarryOut)),
        ("<Enter>y", Step::Stay),
        ("<Enter><Esc>w", Step::Stay),
        // Nothing is chosen: there is nothing to finish.
        ("njjjjn<Enter>w", Step::Stay),
        // In a filter letters are letters.
        ("/q", Step::Stay),
        ("?iq", Step::Leave),
    ] {
        assert_eq!(press(&mut state(COPIES), keys), expected, "{keys}");
    }
}

#[test]
fn the_cursor_stays_on_what_it_stood_on() {
    let mut state = state(COPIES);
    press(&mut state, "jj");
    let film = state.here();
    for keys in ["s", "s", "s", "<Tab>F<Tab>", "<Down><Up>"] {
        press(&mut state, keys);
        assert_eq!(state.here(), film, "{keys}");
    }
    // What is folded away is stood for by what holds it.
    press(&mut state, "<Tab>");
    assert_eq!(state.here(), film);
    press(&mut state, "f");
    assert!(matches!(state.here(), Some(What::Folder(_))));
    press(&mut state, "<Tab>");
    press(&mut state, "f");
    assert_eq!(state.here(), Some(What::Group(0)));
    // One group is folded: first all are unfolded, then all folded.
    press(&mut state, "F");
    assert_eq!(state.rows.len(), 11);
    press(&mut state, "F");
    assert_eq!(state.rows.len(), 3);
}

#[test]
fn rows_are_sorted_as_said() {
    let first = |keys: &str| {
        let mut state = state(COPIES);
        press(&mut state, keys);
        state.rows.iter().find_map(|row| match row.what {
            What::Group(group) => Some(state.groups[group].title.clone()),
            _ => None,
        })
    };
    let titles = ["", "s", "ss", "sss"]
        .map(first)
        .map(Option::unwrap_or_default);
    assert_eq!(titles, ["film.mkv", "id", "id", "film.mkv"]);
}

#[test]
fn sums_of_folders_count_a_file_where_all_its_names_lie() {
    let mut state = state(COPIES);
    press(&mut state, "<Tab>");
    let sums = |name: &str| {
        let folders = state.folders();
        let of = (0..folders.count()).find(|it| folders.row(*it).path.ends_with(name));
        folders.row(of.expect("a folder of that name")).sums
    };
    // One name of the cat is in 2019, the other is not.
    let year = sums("2019");
    assert_eq!(
        (year.items, year.selected, year.bytes, year.frees),
        (2, 2, 5_000_000, 5_000_000)
    );
    let backup = sums("Backup");
    assert_eq!((backup.items, backup.selected), (4, 3));
    assert_eq!((backup.bytes, backup.frees), (5_003_400, 5_003_000));
}

#[test]
fn a_hundred_thousand_rows_are_moved_through_row_by_row() {
    let mut state = State::new(many(25_000), &crate::sample::asked());
    state.resize(80, 24);
    assert_eq!(state.rows.len(), 125_000);
    for keys in [
        "G",
        " ",
        "a",
        "u",
        "g",
        "<PgDn>",
        " ",
        "/7.jp<Enter>",
        "<Esc>",
        "s",
        "<Tab>",
        "F",
        "G",
        " ",
        "u",
    ] {
        press(&mut state, keys);
        assert_eq!(crate::draw::screen(&state).len(), 24);
    }
}

fn many(count: usize) -> Vec<Group> {
    let mut all = groups("stay 1 x\n . 0 100 1 /a\n x 1 100 1 /b\n x 2 100 1 /c\n . 3 9 9 /d");
    let group = all.remove(0);
    let numbered = |number: usize| {
        let mut group = group.clone();
        for (item, it) in group.items.iter_mut().enumerate() {
            it.path = format!("/home/ada/{item}/{}/{number}.jpg", number % 100).into();
        }
        group
    };
    (0..count).map(numbered).collect()
}

/// Returns what is freed by what is chosen, counted anew.
fn recounted(state: &State) -> u128 {
    let mut bytes = 0;
    for (group, flags) in state.groups.iter().zip(state.selected()) {
        let mut files: Vec<usize> = group.items.iter().map(|it| it.file).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            let names: Vec<(&Item, bool)> = group
                .items
                .iter()
                .zip(flags.iter().copied())
                .filter(|(it, _)| it.file == file)
                .collect();
            if names.iter().all(|it| it.1) {
                bytes += u128::from(names[0].0.frees.0);
            }
        }
    }
    bytes
}

fn any_groups() -> impl Strategy<Value = Vec<Group>> {
    let item = (0..4_usize, 0..3_usize, 0..3_usize);
    let items = proptest::collection::vec(item, 1..7);
    proptest::collection::vec((0..4_usize, items), 1..5).prop_map(|all| {
        let mut text = String::new();
        for (number, (rule, items)) in all.into_iter().enumerate() {
            text.push_str(&match rule {
                0 => format!("any g{number}\n"),
                stay => format!("stay {stay} g{number}\n"),
            });
            for (item, (file, mark, folder)) in items.into_iter().enumerate() {
                let mark = [".", "x", "-"][mark];
                let folder = ["a", "a/b", "c"][folder];
                let frees = 10 * (file + 1);
                text.push_str(&format!(
                    "{mark} {file} {frees} {item} /{folder}/{number}-{item}\n"
                ));
            }
        }
        groups(&text)
    })
}

fn any_keys() -> impl Strategy<Value = Vec<&'static str>> {
    let keys = vec![
        "j", "k", " ", " ", "a", "n", "u", "r", "s", "f", "F", "<Tab>", "g", "G", "<PgDn>",
        "<PgUp>", "<Left>", "<Right>", "/", "a", "1", "<Back>", "<Enter>", "<Esc>", "?", "i",
    ];
    proptest::collection::vec(proptest::sample::select(keys), 0..40)
}

proptest! {
    #[test]
    fn whatever_is_pressed_enough_files_stay_and_sums_hold(
        groups in any_groups(),
        keys in any_keys(),
        (width, height) in (0..100_usize, 0..30_usize),
    ) {
        let mut state = State::new(groups, &crate::sample::asked());
        state.resize(width, height);
        for key in keys {
            let before = state.selected();
            let step = press(&mut state, key);
            prop_assert_eq!(step, Step::Stay);
            for (group, flags) in state.groups.iter().zip(state.selected()) {
                let locked = group.items.iter().zip(&flags).any(|(it, flag)| *flag && it.locked.is_some());
                prop_assert!(!locked, "something locked goes");
                let Rule::Stay(stay) = group.rule else { continue };
                let mut files: Vec<usize> = group.items.iter().map(|it| it.file).collect();
                files.sort_unstable();
                files.dedup();
                let touched = |file: &usize| {
                    group.items.iter().zip(&flags).any(|(it, flag)| it.file == *file && *flag)
                };
                let whole = files.iter().filter(|file| !touched(file)).count();
                prop_assert!(whole >= stay.min(files.len()), "{} of {} stay", whole, files.len());
            }
            prop_assert_eq!(state.picks.sums().frees, recounted(&state));
            let items = state.selected().iter().flatten().filter(|it| **it).count();
            prop_assert_eq!(state.picks.sums().items, items);
            if !matches!(key, "u" | "r") && state.selected() != before {
                let after = state.selected();
                prop_assert!(state.picks.undo());
                prop_assert_eq!(state.selected(), before);
                prop_assert!(state.picks.redo());
                prop_assert_eq!(state.selected(), after);
            }
            let lines = crate::draw::screen(&state);
            prop_assert_eq!(lines.len(), height);
            for line in lines {
                prop_assert!(report::width::columns(&line.text()) <= width);
            }
        }
        while state.picks.undo() {}
        let begun = State::new(state.groups.clone(), &crate::sample::asked());
        prop_assert_eq!(state.selected(), begun.selected());
    }
}
