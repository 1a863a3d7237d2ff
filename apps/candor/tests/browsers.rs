//! Real browsers, read by the real `candor` while they run and after they were killed.
//!
//! What the rows of such a tour mean was measured with Chromium 156 and Firefox ESR 153
//! (2026-11-23); the expected ways below are written after those measurements.

#[path = "browsers/report.rs"]
mod report;
#[path = "browsers/tour.rs"]
mod tour;

use std::{
    fs,
    time::{Duration, Instant},
};

use fixture::browsers::{Chromium, Drive, Firefox, Home, eventually, installed};
use jiff::Timestamp;
use serde_json::Value;

use self::report::{Report, list, text, time};

const CHROMIUM: &str = ".config/chromium";
const CHROME: &str = ".config/google-chrome";
const FIREFOX: &str = ".mozilla/firefox";
/// Where Firefox puts new profiles since version 147.
const NEW_FIREFOX: &str = ".config/mozilla/firefox";

/// How long browsers may take to write what they know; Chromium does so every ten seconds.
const WRITTEN: Duration = Duration::from_secs(120);

/// The tour in Chromium: a visit a line, by what led to it.
const IN_CHROMIUM: [&str; 15] = [
    "typed start",
    "typed start > link r301",
    "typed start > link r301 > server r302",
    "typed start > link r301 > server r302 > server r307",
    "typed start > link r301 > server r302 > server r307 > server landing",
    "typed meta",
    "typed meta > client href",
    "typed meta > client href > client replace",
    "typed meta > client href > client replace > client push",
    "typed meta > client href > client replace > client push > client pushed",
    "typed lure",
    "typed lure > link hop",
    "typed lure > link hop > server malware.testing.google.test/offer",
    // The hops of a download are no visits here.
    "typed opener",
    // Only the address of the opener says where a new tab came from.
    "typed opener > link tab",
];
const DOWNLOADED_IN_CHROMIUM: [&str; 2] = [
    "typed opener > link ads.localhost/ad1 > server 127.0.0.1/ad2 > \
     server tracker.localhost/ad3 > server evil.localhost/payload.zip",
    "typed opener > download direct.bin",
];
/// The same in Firefox, which calls links what pages do by themselves, and what a driver types.
const IN_FIREFOX: [&str; 20] = [
    "link start",
    "link start > link r301",
    "link start > link r301 > permanent r302",
    "link start > link r301 > permanent r302 > temporary r307",
    "link start > link r301 > permanent r302 > temporary r307 > temporary landing",
    "link meta",
    "link meta > link href",
    "link meta > link href > link replace",
    "link meta > link href > link replace > link push",
    "link meta > link href > link replace > link push > link pushed",
    "link lure",
    "link lure > link hop",
    "link lure > link hop > temporary malware.testing.google.test/offer",
    "link opener",
    "link opener > link ads.localhost/ad1",
    "link opener > link ads.localhost/ad1 > temporary 127.0.0.1/ad2",
    "link opener > link ads.localhost/ad1 > temporary 127.0.0.1/ad2 > \
     temporary tracker.localhost/ad3",
    // Firefox writes that the file came from the page; its redirects are found by their times.
    "link opener > link ads.localhost/ad1 > temporary 127.0.0.1/ad2 > \
     temporary tracker.localhost/ad3 > download evil.localhost/payload.zip",
    "link opener > download direct.bin",
    "link opener > link tab",
];
const DOWNLOADED_IN_FIREFOX: [&str; 2] = [
    "link opener > link ads.localhost/ad1 > server 127.0.0.1/ad2 > \
     server tracker.localhost/ad3 > server evil.localhost/payload.zip",
    "link opener > download direct.bin",
];

#[test]
fn a_tour_is_found_while_the_browsers_run_and_after_they_were_killed() {
    let Some((chromium, firefox)) = installed() else {
        return;
    };
    let (home, server) = (Home::new(), tour::server());
    // Other profiles: of browsers that have ended, one of them at Firefox's new place.
    let mut other = Chromium::start(&chromium, &home, CHROMIUM, "Profile 1", &[]);
    tour::visit(&mut other, &server, "/second");
    other.close();
    let mut other = Firefox::start(&firefox, &home, NEW_FIREFOX, "second");
    tour::visit(&mut other, &server, "/second");
    other.close();

    let begun = Timestamp::now();
    let mut chromium = Chromium::start(&chromium, &home, CHROMIUM, "Default", &[]);
    tour::take(&mut chromium, &server);
    let mut firefox = Firefox::start(&firefox, &home, FIREFOX, "first");
    tour::take(&mut firefox, &server);

    let running = when_written(&home);
    the_whole_tour_is_in(&running);
    its_times_lie_after(&running, begun);
    the_listed_host_is_named_with_its_root(&running);

    for copy in ["one.bin", "two.bin"] {
        fs::write(home.path().join(copy), vec![7; 100_000]).expect("the home is ours");
    }
    let checkup = Report::checkup(&home);
    the_whole_tour_is_in(&checkup);
    the_copies_are_in(&checkup);

    chromium.kill();
    firefox.kill();
    let killed = Report::history(&home);
    the_whole_tour_is_in(&killed);
    for what in ["visits", "downloads"] {
        assert_eq!(killed.history[what], running.history[what], "{what}");
    }
}

#[test]
fn browsers_that_write_all_the_time_are_read_without_an_error() {
    let Some((chromium, firefox)) = installed() else {
        return;
    };
    let reads: u32 = std::env::var("CANDOR_RACE_READS").map_or(50, |reads| {
        reads.parse().expect("CANDOR_RACE_READS is a number")
    });
    let (home, server) = (Home::new(), tour::server());
    let wal = ["HistoryDatabaseWriteAheadLogging"];
    let mut with_journal = Chromium::start(&chromium, &home, CHROMIUM, "Default", &[]);
    let mut with_wal = Chromium::start(&chromium, &home, CHROME, "Default", &wal);
    let mut firefox = Firefox::start(&firefox, &home, FIREFOX, "first");
    tour::race(&mut with_journal, &server, "journal");
    tour::race(&mut with_wal, &server, "wal");
    tour::race(&mut firefox, &server, "firefox");

    let mut racers = [
        Racer::new("Chromium", "Default"),
        Racer::new("Google Chrome", "Default"),
        Racer::new("Firefox", "first"),
    ];
    let (begun, mut count) = (Instant::now(), 0);
    // Each of them has to write at least twice under the reader's eyes.
    while count < reads || racers.iter().any(|racer| racer.grew < 2) {
        let report = Report::history(&home);
        count += 1;
        assert_eq!(report.not_read(), "", "reading {count}");
        for racer in &mut racers {
            racer.see(&report);
        }
        assert!(
            begun.elapsed() < WRITTEN + Duration::from_secs(reads.into()),
            "after {count} readings: {racers:#?}"
        );
    }
    println!("{count} readings in {:?}: {racers:#?}", begun.elapsed());
}

/// What was seen of a browser whose pages lead from 1 on without end.
#[derive(Debug)]
struct Racer {
    browser: &'static str,
    profile: &'static str,
    visits: u64,
    /// How often there were more than the time before.
    grew: u32,
    /// How many readings had to begin again because the browser wrote.
    again: u32,
}

impl Racer {
    fn new(browser: &'static str, profile: &'static str) -> Self {
        Self {
            browser,
            profile,
            visits: 0,
            grew: 0,
            again: 0,
        }
    }

    /// Checks that the visits are all of those from the first to some later one: a page of a torn
    /// database would be missing in between.
    fn see(&mut self, report: &Report) {
        let number = |visit: &Value| -> u64 {
            let (_, number) = text(visit, "url")
                .split_once("/race/")
                .and_then(|(_, race)| race.rsplit_once('/'))
                .expect("no other page was open");
            number.parse().expect("pages have numbers")
        };
        let mut seen: Vec<u64> = report
            .of("visits", self.browser, self.profile)
            .map(number)
            .collect();
        seen.sort_unstable();
        let count = seen.len() as u64;
        assert!(
            seen.iter().copied().eq(1..=count),
            "{self:?} has not all of {seen:?}"
        );
        assert!(count >= self.visits, "{self:?} now has only {count}");
        self.grew += u32::from(count > self.visits);
        self.visits = count;
        let tries = report.profile(self.browser, self.profile);
        self.again += u32::from(tries["cost"]["tries"].as_u64() > Some(1));
    }
}

/// Reads until the browsers have written everything, or long enough.
fn when_written(home: &Home) -> Report {
    let mut last = None;
    eventually(WRITTEN, || {
        let report = last.insert(Report::history(home));
        let count = |browser, profile| {
            report.visits(browser, profile).len() + report.downloads(browser, profile).len()
        };
        let chromium = IN_CHROMIUM.len() + DOWNLOADED_IN_CHROMIUM.len();
        let firefox = IN_FIREFOX.len() + DOWNLOADED_IN_FIREFOX.len();
        let is_all =
            count("Chromium", "Default") >= chromium && count("Firefox", "first") >= firefox;
        is_all.then_some(())
    });
    last.expect("it was read at least once")
}

fn the_whole_tour_is_in(report: &Report) {
    assert_eq!(report.not_read(), "");
    assert_eq!(
        report.profiles(),
        [
            "Chromium: Default",
            "Chromium: Profile 1",
            "Firefox: second",
            "Firefox: first",
        ]
    );
    assert_eq!(report.visits("Chromium", "Default"), IN_CHROMIUM);
    assert_eq!(
        report.downloads("Chromium", "Default"),
        DOWNLOADED_IN_CHROMIUM
    );
    assert_eq!(report.visits("Chromium", "Profile 1"), ["typed second"]);
    assert_eq!(report.visits("Firefox", "first"), IN_FIREFOX);
    assert_eq!(report.downloads("Firefox", "first"), DOWNLOADED_IN_FIREFOX);
    assert_eq!(report.visits("Firefox", "second"), ["link second"]);
    assert_eq!(report.whole["left_the_machine"], "nothing");
}

fn its_times_lie_after(report: &Report, begun: Timestamp) {
    for (browser, profile) in [("Chromium", "Default"), ("Firefox", "first")] {
        for visit in report.of("visits", browser, profile) {
            let times = begun..time(&report.whole, "made");
            assert!(times.contains(&time(visit, "time")), "{visit}");
            assert!(visit["in_future"].is_null(), "{visit}");
        }
    }
}

/// One visit of each browser is on a list, and both findings tell where the way to it began.
fn the_listed_host_is_named_with_its_root(report: &Report) {
    for (browser, profile) in [("Chromium", "Default"), ("Firefox", "first")] {
        let flagged: Vec<&Value> = report
            .of("visits", browser, profile)
            .filter(|visit| visit["verdict"]["level"] != "none")
            .collect();
        let [visit] = flagged[..] else {
            panic!("{browser}: {flagged:#?}");
        };
        let verdict = &visit["verdict"];
        assert_eq!(verdict["entry"], tour::LISTED);
        assert!(text(verdict, "words").starts_with("on list "), "{verdict}");
        assert!(
            text(&visit["chain"][0], "url").ends_with("/lure"),
            "{visit}"
        );
    }
    let findings = list(&report.whole, "findings");
    let told = findings.iter().filter(|finding| {
        let evidence = text(finding, "evidence");
        finding["subject"] == tour::LISTED && evidence.contains("/lure (")
    });
    assert_eq!(told.count(), 2, "{findings:#?}");
    assert_eq!(
        report.code,
        Some(1),
        "something was found, nothing left out"
    );
}

fn the_copies_are_in(checkup: &Report) {
    let groups = list(&checkup.whole["dupes"], "groups");
    let is_ours = |group: &&Value| {
        let paths: Vec<_> = list(group, "paths").iter().map(Value::to_string).collect();
        ["one.bin", "two.bin"].map(|copy| paths.iter().any(|path| path.contains(copy)))
            == [true, true]
    };
    assert_eq!(groups.iter().filter(is_ours).count(), 1, "{groups:#?}");
}
