//! Measures looking up and reading, by hand: `measure HOSTS [HISTORY]`.
//!
//! HOSTS is a file with a host on each line, HISTORY a Chromium history.

use std::{hint::black_box, path::Path, time::Instant};

use candor_history::{
    canonical::canonical,
    engines,
    lists::{Entry, List, ListFacts, Subject, compile, starter},
};
use knowledge::browsers::Engine;
use tool::Moment;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let hosts = arguments.next().expect("a file of hosts");
    look_up(&std::fs::read_to_string(hosts).expect("a file that can be read"));
    if let Some(history) = arguments.next() {
        read(Path::new(&history));
    }
}

fn look_up(text: &str) {
    let begun = Instant::now();
    let entries = starter().0.len();
    println!(
        "starter list: {entries} entries, opened in {:?}",
        begun.elapsed()
    );

    let facts = ListFacts {
        id: "measured".into(),
        name: "measured".into(),
        date: "2026-11-23".into(),
        entries: 0,
        source: "a file".into(),
        licence: "none".into(),
        curated: false,
        fresh_days: 0,
    };
    let entry = |host| Entry {
        subject: Subject::Host(host),
        list: 0,
        category: "x",
        family: "x",
        since: "2026-11-23",
    };
    let entries: Vec<Entry<'_>> = text.lines().map(entry).collect();
    let (_, suffixes) = starter();
    let begun = Instant::now();
    let made = compile(&[facts], &entries, suffixes, 1);
    let took = begun.elapsed();
    let begun = Instant::now();
    let list = List::open(&made.bytes).expect("what was just compiled can be opened");
    let opened = begun.elapsed();
    println!(
        "{} lines: {} entries, {} dropped, compiled in {took:?}, {:.2} bytes an entry, opened in {opened:?}",
        entries.len(),
        list.len(),
        made.dropped.len(),
        made.bytes.len() as f64 / list.len().max(1) as f64
    );

    let dropped: std::collections::HashSet<&str> =
        made.dropped.iter().map(|(text, _)| text.as_str()).collect();
    let kept: Vec<_> = text
        .lines()
        .filter(|line| !dropped.contains(line))
        .filter_map(|line| canonical(line.as_bytes()))
        .collect();
    let begun = Instant::now();
    let missed = kept
        .iter()
        .filter(|address| {
            list.look_up(address, suffixes)
                .is_ok_and(|hits| hits.is_empty())
        })
        .count();
    println!(
        "{} listed hosts: {missed} not found, {:?} each",
        kept.len(),
        begun.elapsed() / kept.len().max(1) as u32
    );

    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        canonical(format!("https://www.{state:016x}.com/a/b?c=1").as_bytes()).expect("a host")
    };
    let (mut false_alarms, rounds) = (0, 100);
    let mut spent = std::time::Duration::ZERO;
    for _ in 0..rounds {
        let addresses: Vec<_> = (0..100_000).map(|_| random()).collect();
        let begun = Instant::now();
        for address in &addresses {
            let hits = black_box(list.look_up(address, suffixes));
            false_alarms += usize::from(hits.is_ok_and(|hits| !hits.is_empty()));
        }
        spent += begun.elapsed();
    }
    println!(
        "{} random hosts: {false_alarms} found, {:?} each",
        rounds * 100_000,
        spent / (rounds * 100_000)
    );
    let text = "https://user:pw@www.example.co.uk:8080/a/./b/../c%20d/index.html?q=1#top";
    let begun = Instant::now();
    for _ in 0..100_000 {
        let address = canonical(black_box(text).as_bytes()).expect("a host");
        black_box(list.look_up(&address, suffixes)).expect("a whole list");
    }
    println!(
        "a whole check of one address, spelling included: {:?}",
        begun.elapsed() / 100_000
    );
}

fn read(path: &Path) {
    let newest = engines::read(Engine::Chromium, path, Moment(i64::MAX)).expect("a history");
    println!("{} pages", newest.1.pages_total);
    let last = std::env::args()
        .nth(3)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_795_461_950_000_000);
    for _ in 0..5 {
        let begun = Instant::now();
        let (history, cost) = engines::read(Engine::Chromium, path, Moment(last).hours_before(24))
            .expect("a history");
        println!(
            "24 hours: {} visits, {} pages of {} ({:.2} %), {:?}",
            history.visits.len(),
            cost.pages_read,
            cost.pages_total,
            100.0 * cost.pages_read as f64 / cost.pages_total as f64,
            begun.elapsed()
        );
    }
}
