//! What a window shows.

use crate::sample::{COPIES, press, state, window};

/// Returns the window of 80 columns after some keys.
fn after(keys: &str, height: usize) -> String {
    let mut state = state(COPIES);
    state.resize(80, height);
    press(&mut state, keys);
    window(&mut state, 80, height)
}

#[test]
fn by_group() {
    insta::assert_snapshot!(after("jj", 18), @r#"
     Duplicates: by group, most bytes first                   [x] move to the trash
      ▾ film.mkv, 3 files                                     2 of 3 chosen, 9.5 MiB
        [ ] ~/Videos/film.mkv                                    4.8 MiB  2022-01-08
    >   [x] ~/Downloads/film.mkv                                 4.8 MiB  2022-04-18
        [x] ~/Backup/2019/film.mkv                               4.8 MiB  2022-07-27
      ▾ cat.jpg, 3 files                                      2 of 3 chosen, 2.9 KiB
        [ ] ~/Photos/cat.jpg                                     2.9 KiB  2019-04-14
        [x] ~/Backup/cat.jpg                  one of 2 names     2.9 KiB  2020-08-26
        [x] ~/Backup/2019/cat.jpg             one of 2 names     2.9 KiB  2020-08-26
      ▾ id, 2 files                                                      none chosen
        [-] ~/.ssh/id                                              400 B  2016-07-18
        [ ] ~/Backup/id                                            400 B  2016-07-19



     Proposed to stay: it is older
     4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
     Space choose  a all  n none  u undo  / filter  Tab folders  Enter done  ? help
    "#);
}

#[test]
fn by_folder() {
    insta::assert_snapshot!(after("<Tab>F", 18), @r#"
     Duplicates: by folder, most bytes first                  [x] move to the trash
      ▾ [~] ~/                                           4 of 8, 9.5 MiB of 14.3 MiB
        ▾ [~] Backup/                                     3 of 4, 4.8 MiB of 4.8 MiB
          ▾ [x] 2019/                                     2 of 2, 4.8 MiB of 4.8 MiB
            [x] film.mkv                                         4.8 MiB  2022-07-27
            [x] cat.jpg                       one of 2 names     2.9 KiB  2020-08-26
          [x] cat.jpg                         one of 2 names     2.9 KiB  2020-08-26
          [ ] id                                                   400 B  2016-07-19
    >   ▾ [ ] Videos/                                                0 of 1, 4.8 MiB
          [ ] film.mkv                                           4.8 MiB  2022-01-08
        ▾ [x] Downloads/                                  1 of 1, 4.8 MiB of 4.8 MiB
          [x] film.mkv                                           4.8 MiB  2022-04-18
        ▾ [ ] Photos/                                                0 of 1, 2.9 KiB
          [ ] cat.jpg                                            2.9 KiB  2019-04-14
        ▾ [ ] .ssh/                                                    0 of 1, 400 B
     ~/Videos
     4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
     Space let these go first  u undo  / filter  Tab groups  Enter done  ? help
    "#);
}

#[test]
fn what_cannot_be_chosen_says_why() {
    insta::assert_snapshot!(after("G<Up> ", 10), @r#"
     Duplicates: by group, most bytes first                   [x] move to the trash
        [ ] ~/Photos/cat.jpg                                     2.9 KiB  2019-04-14
        [x] ~/Backup/cat.jpg                  one of 2 names     2.9 KiB  2020-08-26
        [x] ~/Backup/2019/cat.jpg             one of 2 names     2.9 KiB  2020-08-26
      ▾ id, 2 files                                                      none chosen
    >   [-] ~/.ssh/id                                              400 B  2016-07-18
        [ ] ~/Backup/id                                            400 B  2016-07-19
     It stays: it is protected: keys
     4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
     it stays: it is protected: keys
    "#);
}

#[test]
fn a_filter_is_typed_and_stays() {
    insta::assert_snapshot!(after("/id", 10), @r#"
     Duplicates: by group, most bytes first                   [x] move to the trash
    > ▾ film.mkv, 3 files                                     2 of 3 chosen, 9.5 MiB
        [ ] ~/Videos/film.mkv                                    4.8 MiB  2022-01-08
        [x] ~/Downloads/film.mkv                                 4.8 MiB  2022-04-18
        [x] ~/Backup/2019/film.mkv                               4.8 MiB  2022-07-27
      ▾ id, 2 files                                                      none chosen
        [-] ~/.ssh/id                                              400 B  2016-07-18
     3 files
     4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
     /id_  Enter keeps it, Esc drops it
    "#);
    insta::assert_snapshot!(after("/id<Enter>", 10), @r#"
     Duplicates: by group, most bytes first                   [x] move to the trash
    > ▾ film.mkv, 3 files                                     2 of 3 chosen, 9.5 MiB
        [ ] ~/Videos/film.mkv                                    4.8 MiB  2022-01-08
        [x] ~/Downloads/film.mkv                                 4.8 MiB  2022-04-18
        [x] ~/Backup/2019/film.mkv                               4.8 MiB  2022-07-27
      ▾ id, 2 files                                                      none chosen
        [-] ~/.ssh/id                                              400 B  2016-07-18
     3 files
     4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
     Only what has `id`; Esc shows all. ? help
    "#);
    insta::assert_snapshot!(after("/nowhere<Enter>", 8), @r#"
    Duplicates: by group, most bytes first                   [x] move to the trash
     Nothing here fits the filter.




    4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
    Only what has `nowhere`; Esc shows all. ? help
    "#);
}

#[test]
fn details() {
    insta::assert_snapshot!(after("G<Up><Up><Up>i", 24), @r#"
    Duplicates: by group, most bytes first                   [x] move to the trash
    ~/Backup/2019/cat.jpg

    It is chosen to go.
    Why:     Proposed to stay: it is older
    Frees:   2.9 KiB when the last of its 2 names here goes
    Changed: 2020-08-26 00:00:00 UTC (its content)
             2020-08-27 00:00:00 UTC (anything of it, its name too)
    File:    number 1 on device 1

    Its group, of which one file stays:
    [ ] ~/Photos/cat.jpg
    [x] ~/Backup/cat.jpg
    [x] ~/Backup/2019/cat.jpg








    4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
    Up and Down scroll, Esc goes back
    "#);
}

#[test]
fn help() {
    insta::assert_snapshot!(after("?", 30), @r#"
    Duplicates: by group, most bytes first                   [x] move to the trash
    [x] goes, [ ] stays, [-] has to stay, [~] some of it goes

    Up, Down, j, k   one row on
    PgUp, PgDn       one window on
    Home, End, g, G  first and last row
    Space            choose what is under the cursor, or let it go; of a folder:
                     let what lies below go rather than copies elsewhere
    a                choose all of the group, as far as may be
    n                choose none of the group
    u                take the last change back
    r                make it again
    i                show everything about what is under the cursor
    /                show only what has this text in its path
    Tab              list by folder, or by group
    s                sort by bytes, path or age
    f, Left, Right   fold or unfold; h and l are Left and Right
    F                fold or unfold everything
    Enter            done: write a plan, or carry it out
    q                leave without doing anything
    Ctrl-C           the same, without a question
    Ctrl-Z           put Candor to sleep
    ?                this text

    Nothing is changed while you choose. A plan is a file you can read; `candor
    apply` carries it out. Each file is looked at again before anything is done
    with it.

    4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
    Up and Down scroll, Esc goes back
    "#);
}

#[test]
fn questions() {
    insta::assert_snapshot!(after("<Enter>", 14), @r#"
    Duplicates: by group, most bytes first                   [x] move to the trash

    4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied.
    What is done with them: move to the trash.

    w    write the plan to ~/plan.json; nothing else is changed
    c    carry it out: Candor shows the plan and asks first; without a yes it is
         only written
    Esc  go back to the list



    4 copies chosen in 2 groups, 9.5 MiB free when the trash is emptied
    w write the plan, c carry it out, Esc goes back
    "#);
    insta::assert_snapshot!(after("nq", 10), @r#"
    Duplicates: by group, most bytes first                   [x] move to the trash

    Leave without doing anything? What you chose is forgotten.

    y leaves, any other key goes back.



    2 copies chosen in 1 group, 2.9 KiB free when the trash is emptied
    y leave, any other key goes back
    "#);
}

#[test]
fn small_windows() {
    let of_size = |width, height| {
        let mut state = state(COPIES);
        state.resize(width, height);
        press(&mut state, "jj");
        window(&mut state, width, height)
    };
    insta::assert_snapshot!(of_size(40, 6), @r#"
      ▾ film.mkv, 3 files
        [ ] ~/Videos/film.mkv        4.8 MiB
    >   [x] ~/Downloads/film.mkv     4.8 MiB
        [x] ~/Backup/2…/film.mkv     4.8 MiB
     4 copies chosen in 2 groups, frees 9.5…
     Space choose  Enter done  ? help
    "#);
    insta::assert_snapshot!(of_size(20, 4), @r#"
      ▾ film.mkv
        [ ] ~/Vid….mkv
    >   [x] ~/Dow….mkv
     4 copies chosen in…
    "#);
    insta::assert_snapshot!(of_size(10, 2), @r#"
        [ ]
    >   [x]
    "#);
}

#[test]
fn names_cannot_write_to_the_terminal() {
    let mut state = state(
        "any evil\u{1b}[2J\u{202e}\n x 0 9 1 /tmp/\u{1b}]0;x\u{7}\u{200b}漢字漢字漢字\u{9b}1m",
    );
    for keys in ["", "j", "i", "<Esc>", "<Tab>", "<Down>", "i"] {
        press(&mut state, keys);
        for width in 0..90 {
            state.resize(width, 12);
            for line in crate::draw::screen(&state) {
                let text = line.text();
                assert!(
                    !text
                        .chars()
                        .any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}')),
                    "{text:?}"
                );
                assert!(report::width::columns(&text) <= width);
            }
        }
    }
}
