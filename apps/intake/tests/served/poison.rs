//! The attacks of the threat model on what is kept, each by its number there.

use intake::{
    inner::arrival,
    intake::Intake,
    store::{Put, put_and_wait},
};

use crate::{
    attacks::{EPOCH, report},
    device::{Device, Ground, VERSION, every_file, holds, sighting},
};

#[test]
fn attacks_7_and_8_poison_is_counted_and_never_shown() {
    let ground = Ground::new();
    let intake = ground.intake();
    let today = intake.clock.today();
    for number in 0..27 {
        let sent = Device::new(number)
            .report_of(&intake, EPOCH, "one.example")
            .report;
        let mut stored = arrival(&sent, today);
        match number {
            // Shares that lie elsewhere, the first of all among them.
            0..3 => stored.sealed[..32].copy_from_slice(&[number as u8 + 1; 32]),
            // Bodies that do not open.
            3..5 => {
                let last = stored.sealed.len() - 1;
                stored.sealed[last] ^= 1;
            }
            _ => {}
        }
        if number < 3 {
            stored.sealed[31] = 0;
        }
        assert_eq!(put_and_wait(&*intake.store, stored).unwrap(), Put::Stored);
    }
    let tried = intake.reveal().unwrap();
    assert_eq!(
        (tried.revealed, tried.bad_shares, tried.bad_bodies),
        (1, 3, 2)
    );
    let finding = &intake.meta.findings(9).unwrap()[0];
    assert_eq!((finding.text.as_str(), finding.number), ("one.example", 22));
    // Tried again only when there is more.
    assert_eq!(intake.reveal().unwrap().tags, 0);
}

#[test]
fn attack_9_a_flood_of_tags_stays_below_the_threshold() {
    let ground = Ground::new();
    let intake = ground.intake();
    let sent = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report;
    let (send, answers) = std::sync::mpsc::channel();
    let many = 4000_u32;
    for number in 0..many {
        let mut junk = arrival(&sent, intake.clock.today());
        // 19 reports for each tag: all but enough.
        junk.tag[..4].copy_from_slice(&(number / 19).to_be_bytes());
        for mark in [&mut junk.x, &mut junk.nonce, &mut junk.leaf] {
            mark[..4].copy_from_slice(&number.to_be_bytes());
        }
        junk.wc[..4].copy_from_slice(&number.to_be_bytes());
        let send = send.clone();
        let done = Box::new(move |outcome| send.send(outcome).unwrap());
        intake.store.put(junk, done);
    }
    assert!(answers.iter().take(many as usize).all(|it| it.is_ok()));
    assert_eq!(intake.reveal().unwrap().tags, 0);
    let peak = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    println!("{many} reports of {} tags: {peak}", many.div_ceil(19));
}

#[test]
fn attack_20_a_backup_without_the_vault_opens_nothing() {
    let ground = Ground::new();
    let intake = ground.intake();
    for number in 0..20 {
        let sent = Device::new(number).report_of(&intake, EPOCH, "one.example");
        report(&intake, &sent.report);
    }
    drop(intake);
    std::fs::remove_file(ground.folder.path().join("server/vault")).unwrap();
    // The log's key was in the vault too: a new log must be begun by hand.
    let opened = Intake::open(ground.config(), ground.clock.clone());
    assert!(opened.is_err());
    std::fs::remove_dir_all(ground.folder.path().join("server/log")).unwrap();
    let intake = ground.intake();
    let tried = intake.reveal().unwrap();
    assert!(tried.unread[0].contains("key"), "{tried:?}");
    assert!(intake.meta.findings(9).unwrap().is_empty());
}

#[test]
fn attack_21_a_closed_version_is_refused_and_nothing_is_stored() {
    let ground = Ground::new();
    let intake = ground.intake();
    let program = *sighting(&intake).program.hash();
    let sent = Device::new(1)
        .report_of(&intake, EPOCH, "one.example")
        .report;
    for (program, version) in [
        (Some(program), Some(VERSION)),
        (None, Some(VERSION)),
        (Some(program), None),
        (None, None),
    ] {
        intake.close(program, version, "a test", "test").unwrap();
        assert_eq!(report(&intake, &sent), (410, "version-closed".to_owned()));
        assert!(intake.store.partitions().unwrap().is_empty());
        assert!(intake.reopen(program, version, "test").unwrap());
    }
    intake.set_least("0.2".parse().unwrap(), "test").unwrap();
    assert_eq!(report(&intake, &sent), (410, "version-closed".to_owned()));
    intake.set_least("0.1".parse().unwrap(), "test").unwrap();
    assert_eq!(report(&intake, &sent), (200, "stored".to_owned()));
    let acts = intake.log.newest(usize::MAX).into_iter();
    let acts = acts.filter(|(_, leaf)| matches!(leaf.event, wire::log::Event::AdminActed { .. }));
    assert_eq!(acts.count(), 10, "each act is a leaf");
}

#[test]
fn a_purged_program_is_in_no_file() {
    let ground = Ground::new();
    let intake = ground.intake();
    let mut tag = [0; 32];
    for number in 0..20 {
        let sent = Device::new(number).report_of(&intake, EPOCH, "purge-canary.example");
        tag = *sent.report.tag().as_bytes();
        report(&intake, &sent.report);
    }
    assert_eq!(intake.reveal().unwrap().revealed, 1);
    let keys: Vec<_> = intake
        .vault
        .names()
        .iter()
        .filter(|name| name.starts_with("partition/") || name.starts_with("epoch/"))
        .filter_map(|name| Some((name.clone(), intake.vault.get(name)?)))
        .collect();
    let id = sighting(&intake).program.id().to_owned();
    let remembered = intake.meta.remembered().unwrap();
    let program = remembered.iter().find(|it| it.id == id).unwrap();
    let prefix = format!("/{:04x}/", program.number);
    let purged = intake.purge(program, "test").unwrap();
    assert_eq!(
        (purged.erased, purged.counts, purged.keys_destroyed),
        (1, 1, 1)
    );
    let files = every_file(ground.folder.path());
    assert!(files.len() > 5);
    for (path, bytes) in &files {
        assert!(!holds(bytes, b"purge-canary"), "{}", path.display());
        assert!(!holds(bytes, &tag), "{}", path.display());
        for (name, key) in keys.iter().filter(|(name, _)| name.contains(&prefix)) {
            assert!(!holds(bytes, key.bytes()), "{name} in {}", path.display());
        }
    }
    let sent = Device::new(1)
        .report_of(&Ground::new().intake(), EPOCH, "x.example")
        .report;
    assert_eq!(report(&intake, &sent), (410, "version-closed".to_owned()));
    intake.retire().unwrap();
    assert!(
        intake.epoch_key(sighting(&intake), EPOCH).is_none(),
        "no key is made anew"
    );
}
