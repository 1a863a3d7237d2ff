//! Files that come in parts: cut off, gone on with, begun wrong by somebody else.

use fixture::web::{Habits, Web};

use super::{
    Machine,
    made::{list, released},
    why,
};

/// Which bytes each request asks to begin from, where it asks for a part.
fn parts(web: &Web) -> Vec<String> {
    let requests = web.requests();
    let range = |it: &String| {
        let mut lines = it.lines();
        lines.find_map(|it| it.strip_prefix("range: ").map(str::to_owned))
    };
    requests.iter().filter_map(range).collect()
}

#[test]
fn what_was_cut_off_goes_on_where_it_ended() {
    let names = list(0..50_000);
    let files = released(1, &names, None);
    let packed = files.values().map(Vec::len).max().unwrap();
    let web = Web::of(files);
    let cuts = |after| Habits {
        cuts_after: Some(after),
        ..Habits::default()
    };
    web.behaves(cuts(packed / 2 + 1));
    let machine = Machine::new();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    assert_eq!(machine.list().1, names);
    assert_eq!(parts(&web), [format!("bytes={}-", packed / 2 + 1)]);
}

#[test]
fn what_an_earlier_run_began_is_not_gone_on_with() {
    let names = list(0..50_000);
    let files = released(1, &names, None);
    let packed = files.values().map(Vec::len).max().unwrap();
    let web = Web::of(files);
    web.behaves(Habits {
        cuts_after: Some(packed / 9),
        ..Habits::default()
    });
    let machine = Machine::new();
    let (said, done) = machine.update(&[&web], &[]);
    assert!(!done);
    assert!(why(&said).contains("ended early"), "{said}");
    assert!(!machine.raw().join("lists.toml").exists());
    assert!(!parts(&web).is_empty());
    web.behaves(Habits::default());
    let (said, done) = machine.update(&[&web], &[]);
    assert!(done, "{said}");
    // Whoever cut it off would know this machine again by the byte it goes on from.
    assert!(parts(&web).is_empty());
    assert_eq!(machine.list().1, names);
}

#[test]
fn what_one_mirror_began_wrong_is_not_held_against_the_next() {
    let names = list(0..50_000);
    let files = released(1, &names, None);
    let packed = files.values().map(Vec::len).max().unwrap();
    let hostile = Web::of(files.clone());
    hostile.change(|files| {
        let largest = files.values_mut().max_by_key(|it| it.len()).unwrap();
        largest[7] ^= 1;
    });
    hostile.behaves(Habits {
        cuts_after: Some(packed - 1),
        ..Habits::default()
    });
    let good = Web::of(files);
    let machine = Machine::new();
    let (said, done) = machine.update(&[&hostile, &good], &[]);
    assert!(done, "{said}");
    assert_eq!(machine.list().1, names);
    // Asked once for the rest, and at once for the whole.
    assert_eq!(parts(&good), [format!("bytes={}-", packed - 1)]);
    assert!(
        !said.to_string().contains("not what the publisher signed"),
        "{said}"
    );
}

#[test]
fn a_server_without_parts_or_with_others_is_met() {
    let names = list(0..5000);
    let files = released(1, &names, None);
    let packed = files.values().map(Vec::len).max().unwrap();
    for (habits, told) in [
        (
            Habits {
                knows_no_parts: true,
                ..Habits::default()
            },
            "",
        ),
        (
            Habits {
                gives_another_part: true,
                ..Habits::default()
            },
            "another part",
        ),
        (
            Habits {
                packs: true,
                ..Habits::default()
            },
            "the coding `gzip`",
        ),
    ] {
        let cutting = Web::of(files.clone());
        cutting.behaves(Habits {
            cuts_after: Some(packed / 2),
            gives_another_part: true,
            ..Habits::default()
        });
        let web = Web::of(files.clone());
        web.behaves(habits);
        let machine = Machine::new();
        let (said, done) = machine.update(&[&cutting, &web], &[]);
        match told {
            "" => assert_eq!((done, machine.list().1), (true, names.clone())),
            told => assert!(!done && why(&said).contains(told), "{told}: {said}"),
        }
    }
}
