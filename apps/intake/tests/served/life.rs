//! Four hundred days by a clock that the test moves.

use std::time::Duration;

use intake::{inner::arrival, store::put_and_wait};
use wire::log::Event;

use crate::device::{Device, Ground, NOW, every_file, holds, sighting};

const DAY: u64 = 86_400;

#[test]
fn day_91_is_gone() {
    let ground = Ground::new();
    let intake = ground.intake();
    let mut first_text = None;
    let calendar = sighting(&intake).calendar;
    for day in 0..400_u64 {
        let now = NOW + day * DAY;
        assert_eq!(intake.clock.now(), now);
        let epoch = calendar.epoch_of(now);
        // One report a day keeps every partition alive; each 40th day a text gets through.
        let enough = if day % 40 == 0 { 20 } else { 1 };
        let host = format!("day{day}.example");
        for number in 0..enough {
            let sent = Device::new(day * 100 + number).report_of(&intake, epoch, &host);
            let arrival = arrival(&sent.report, intake.clock.today());
            put_and_wait(&*intake.store, arrival).unwrap();
        }
        if day % 40 == 0 {
            assert_eq!(intake.reveal().unwrap().revealed, 1, "day {day}");
            first_text.get_or_insert(host);
        }
        intake.retire().unwrap();
        for partition in intake.store.partitions().unwrap() {
            assert!(
                now < calendar.closes(partition.epoch) + 48 * 3600,
                "day {day}: {partition}"
            );
        }
        for finding in intake.meta.findings(usize::MAX).unwrap() {
            let age = now - calendar.opens(finding.epoch);
            assert!(age < 90 * DAY, "day {day}: {} is {age} s old", finding.text);
        }
        let keys = intake.vault.names();
        let epochs = keys.iter().filter(|it| it.starts_with("epoch/")).count();
        assert!(epochs <= 6, "day {day}: {keys:?}");
        if day == 90 {
            let texts = intake.meta.findings(usize::MAX).unwrap();
            assert!(texts.iter().all(|it| Some(&it.text) != first_text.as_ref()));
        }
        intake.clock.pass(Duration::from_secs(DAY));
    }
    nothing_of_it_is_in_the_files(&ground, &first_text.unwrap());
    every_key_that_was_published_was_destroyed_in_time(&intake);
}

fn nothing_of_it_is_in_the_files(ground: &Ground, text: &str) {
    for (path, bytes) in every_file(ground.folder.path()) {
        let found = holds(&bytes, text.as_bytes());
        assert!(!found, "`{text}` is still in {}", path.display());
    }
}

fn every_key_that_was_published_was_destroyed_in_time(intake: &intake::intake::Intake) {
    let taken = sighting(intake);
    let mut destroyed = 0;
    for (_, leaf) in intake.log.newest(usize::MAX) {
        if let Event::EpochKeyDestroyed { program, epoch, .. } = leaf.event
            && program == *taken.program.hash()
        {
            let dies = taken.calendar.key_dies(epoch.0);
            assert!((dies..dies + DAY).contains(&leaf.at), "epoch {epoch}");
            destroyed += 1;
        }
    }
    assert!(destroyed >= 400 / 7 - 1, "{destroyed}");
}
