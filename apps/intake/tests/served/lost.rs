//! A folder that lost a part, or got an older one back: what would forget or tell two stories does not start.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::Ordering,
    time::Duration,
};

use intake::{
    clock::Clock,
    inner::arrival,
    intake::{Intake, OpenError},
    log::LogError,
    store::put_and_wait,
    vault::{Secret, Vault},
};
use wire::{log::Event, ohttp::Method};

use crate::device::{Device, Ground, said, sighting};

const DAY: u64 = 86_400;

fn opened(ground: &Ground) -> Result<Intake, OpenError> {
    Intake::open(ground.config(), ground.clock.clone())
}

fn folder(ground: &Ground) -> PathBuf {
    ground.config().folder
}

fn copied(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_lost_log_is_not_begun_again_under_its_key() {
    for lost in ["log", "log/checkpoint"] {
        let ground = Ground::new();
        drop(ground.intake());
        let lost = folder(&ground).join(lost);
        let aside = ground.folder.path().join("aside");
        fs::rename(&lost, &aside).unwrap();
        for _ in 0..2 {
            let error = opened(&ground).map(drop).unwrap_err();
            assert!(
                matches!(error, OpenError::Log(LogError::Missing { .. })),
                "{error}"
            );
        }
        assert!(!lost.exists(), "nothing is written");
        fs::rename(&aside, &lost).unwrap();
        opened(&ground).unwrap();
    }
}

#[test]
fn an_older_log_is_not_gone_on_with() {
    let ground = Ground::new();
    drop(ground.intake());
    let (log, older) = (
        folder(&ground).join("log"),
        ground.folder.path().join("older"),
    );
    let (meta, older_meta) = (
        folder(&ground).join("meta.db"),
        ground.folder.path().join("meta.db"),
    );
    copied(&log, &older);
    copied(&meta, &older_meta);
    ground.clock.pass(Duration::from_secs(20 * DAY));
    drop(ground.intake());
    fs::rename(&log, ground.folder.path().join("newer")).unwrap();
    copied(&older, &log);
    // Also where all that is in a backup is as old.
    fs::copy(&older_meta, &meta).unwrap();
    let error = opened(&ground).map(drop).unwrap_err();
    assert!(
        matches!(error, OpenError::Log(LogError::Older { .. })),
        "{error}"
    );
    fs::remove_dir_all(&log).unwrap();
    fs::rename(ground.folder.path().join("newer"), &log).unwrap();
    opened(&ground).unwrap();
}

#[test]
fn a_lost_vault_is_said_and_no_key_is_made_in_its_place() {
    let ground = Ground::new();
    drop(ground.intake());
    let (vault, log) = (folder(&ground).join("vault"), folder(&ground).join("log"));
    fs::remove_file(&vault).unwrap();
    for _ in 0..2 {
        let error = opened(&ground).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::VaultLost { .. }), "{error}");
        assert!(!vault.exists());
    }
    // As the documentation says: the old log is kept for those who check it, and a new one begun.
    fs::rename(&log, ground.folder.path().join("old")).unwrap();
    let intake = opened(&ground).unwrap();
    intake.retire().unwrap();
}

#[test]
fn a_first_start_that_was_cut_off_is_no_loss() {
    let ground = Ground::new();
    fs::create_dir(folder(&ground)).unwrap();
    fs::set_permissions(folder(&ground), fs::Permissions::from_mode(0o700)).unwrap();
    let vault = Vault::open(&folder(&ground).join("vault")).unwrap();
    vault.put("log", Secret::random().unwrap()).unwrap();
    opened(&ground).unwrap();
}

#[test]
fn a_lost_memory_of_what_is_closed_opens_nothing() {
    let ground = Ground::new();
    let intake = ground.intake();
    let hash = *sighting(&intake).program.hash();
    intake.close(Some(hash), None, "a test", "ada").unwrap();
    drop(intake);
    let meta = folder(&ground).join("meta.db");
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(format!("{}{end}", meta.display())));
    }
    for _ in 0..2 {
        let error = opened(&ground).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::MetaLost { .. }), "{error}");
        assert!(!meta.exists());
    }
    // Who has no backup says so by an empty file, and finds everything closed.
    fs::write(&meta, "").unwrap();
    drop(opened(&ground).unwrap());
    let server = ground.serve();
    let epoch = sighting(&server.intake)
        .calendar
        .epoch_of(ground.clock.now());
    server.intake.retire().unwrap();
    assert!(
        server
            .intake
            .closed()
            .iter()
            .any(|it| it.program.is_none() && it.version.is_none())
    );
    let refused = server.ask(Method::Post, "/v1/report", &report(&server.intake, epoch));
    assert_eq!(said(&refused), (410, "version-closed".to_owned()));
    assert!(server.intake.reopen(None, None, "ada").unwrap());
}

fn report(intake: &Intake, epoch: u32) -> Vec<u8> {
    Device::new(1)
        .report_of(intake, epoch, "one.example")
        .report
        .to_bytes()
}

#[test]
fn a_clock_that_is_set_back_lets_nothing_of_an_erased_epoch_in() {
    let ground = Ground::new();
    let server = ground.serve();
    let epoch = sighting(&server.intake)
        .calendar
        .epoch_of(ground.clock.now());
    let [first, second] = [1, 2].map(|number| {
        let sent = Device::new(number).report_of(&server.intake, epoch, "one.example");
        sent.report.to_bytes()
    });
    let send = |bytes: &[u8]| said(&server.ask(Method::Post, "/v1/report", bytes));
    assert_eq!(send(&first), (200, "stored".to_owned()));
    ground.clock.pass(Duration::from_secs(20 * DAY));
    server.intake.retire().unwrap();
    assert!(server.intake.store.partitions().unwrap().is_empty());
    if let Clock::Set(seconds) = &ground.clock {
        seconds.fetch_sub(20 * DAY, Ordering::Relaxed);
    }
    for bytes in [&first, &second] {
        assert_eq!(send(bytes), (422, "epoch-closed".to_owned()));
    }
    assert!(server.intake.store.partitions().unwrap().is_empty());
}

#[test]
fn a_folder_that_others_can_enter_or_own_is_not_used() {
    let ground = Ground::new();
    drop(ground.intake());
    let (folder, before) = (folder(&ground), |folder: &Path| {
        fs::read_dir(folder).unwrap().count()
    });
    for path in ["meta.db", "vault", "lock", "reserve"] {
        let mode = fs::metadata(folder.join(path))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    let many = before(&folder);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let error = opened(&ground).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Wide { .. }), "{error}");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    // Only who may give a folder away can see that nothing is made in it.
    if std::os::unix::fs::chown(&folder, Some(65_534), None).is_ok() {
        fs::remove_file(folder.join("lock")).unwrap();
        let error = opened(&ground).map(drop).unwrap_err();
        assert!(
            matches!(error, OpenError::Owner { owner: 65_534, .. }),
            "{error}"
        );
        assert_eq!(before(&folder), many - 1);
    } else {
        let mut config = ground.config();
        config.folder = PathBuf::from("/usr");
        let error = Intake::open(config, ground.clock.clone())
            .map(drop)
            .unwrap_err();
        assert!(
            matches!(error, OpenError::Owner { owner: 0, .. }),
            "{error}"
        );
    }
}

#[test]
fn what_nobody_remembers_dies_by_the_latest_dates() {
    let ground = Ground::new();
    let intake = ground.intake();
    let number = sighting(&intake).program.number();
    let epoch = sighting(&intake).calendar.epoch_of(ground.clock.now());
    let sent = Device::new(1).report_of(&intake, epoch, "one.example");
    put_and_wait(&*intake.store, arrival(&sent.report, ground.clock.today())).unwrap();
    drop(intake);
    let forget = "DELETE FROM programs";
    let meta = rusqlite::Connection::open(folder(&ground).join("meta.db")).unwrap();
    assert!(meta.execute(forget, []).unwrap() > 0);
    drop(meta);
    let mut config = ground.config();
    config.declarations.clear();
    let intake = Intake::open(config, ground.clock.clone()).unwrap();
    let stray = format!("epoch/ffff/{epoch}");
    intake.vault.put(&stray, Secret::random().unwrap()).unwrap();
    let of_it = |intake: &Intake| {
        let names = intake.vault.names().into_iter();
        names
            .filter(|it| it.contains(&format!("/{number}/")))
            .count()
    };
    intake.retire().unwrap();
    assert_eq!(intake.vault.get(&stray), None, "nobody was ever told of it");
    assert_eq!(
        (of_it(&intake), intake.store.partitions().unwrap().len()),
        (2, 1)
    );
    ground.clock.pass(Duration::from_secs(31 * DAY));
    intake.retire().unwrap();
    assert_eq!(
        (of_it(&intake), intake.store.partitions().unwrap().len()),
        (0, 0)
    );
    let hash = intake.log.program_numbered(number.0);
    let newest = intake.log.newest(9);
    let said = |event: &Event| match event {
        Event::PartitionErased {
            partition, rows, ..
        } => (Some(partition.program), *rows) == (hash, 1),
        Event::EpochKeyDestroyed { program, .. } => Some(*program) == hash,
        _ => false,
    };
    assert_eq!(
        newest.iter().filter(|(_, leaf)| said(&leaf.event)).count(),
        2
    );
}

#[test]
fn the_key_of_a_file_that_somebody_removed_goes_with_its_date() {
    let ground = Ground::new();
    let intake = ground.intake();
    let epoch = sighting(&intake).calendar.epoch_of(ground.clock.now());
    let sent = Device::new(1).report_of(&intake, epoch, "one.example");
    put_and_wait(&*intake.store, arrival(&sent.report, ground.clock.today())).unwrap();
    drop(intake);
    fs::remove_dir_all(folder(&ground).join("p")).unwrap();
    let intake = ground.intake();
    let keys = || {
        intake
            .vault
            .names()
            .iter()
            .filter(|it| it.starts_with("partition/"))
            .count()
    };
    assert_eq!(keys(), 1);
    ground.clock.pass(Duration::from_secs(20 * DAY));
    intake.retire().unwrap();
    assert_eq!(keys(), 0);
}

#[test]
fn a_lost_key_of_an_epoch_is_said_with_its_end() {
    let ground = Ground::new();
    let intake = ground.intake();
    let taken = sighting(&intake);
    assert_eq!(intake.takes_nothing_until(taken), None);
    let epoch = taken.calendar.epoch_of(ground.clock.now());
    intake
        .vault
        .destroy(|name| name.starts_with("epoch/"))
        .unwrap();
    let next = taken.calendar.opens(epoch + 1);
    assert_eq!(intake.takes_nothing_until(taken), Some(next));
    intake.retire().unwrap();
    assert_eq!(intake.takes_nothing_until(taken), Some(next));
    ground
        .clock
        .pass(Duration::from_secs(next - ground.clock.now()));
    intake.retire().unwrap();
    assert_eq!(intake.takes_nothing_until(taken), None);
}

/// What `docs/operate-intake.md` says of backup and restore, carried out.
#[test]
fn a_restored_backup_is_erased_in_time_and_cannot_be_read() {
    let ground = Ground::new();
    let intake = ground.intake();
    let epoch = sighting(&intake).calendar.epoch_of(ground.clock.now());
    let sent = Device::new(1).report_of(&intake, epoch, "one.example");
    put_and_wait(&*intake.store, arrival(&sent.report, ground.clock.today())).unwrap();
    intake
        .close(None, Some(crate::device::VERSION), "a test", "ada")
        .unwrap();
    drop(intake);
    let (data, backup) = (folder(&ground), ground.folder.path().join("backup.tar"));
    let tar = |arguments: &[&str]| {
        let status = Command::new("tar")
            .arg("-C")
            .arg(&data)
            .args(arguments)
            .status();
        assert!(status.unwrap().success());
    };
    let without = ["vault", "vault.*", "admin.sock", "lock", "reserve*"];
    let without = without.map(|it| format!("--exclude={it}"));
    let mut arguments: Vec<&str> = without.iter().map(String::as_str).collect();
    arguments.extend(["-cf", backup.to_str().unwrap(), "."]);
    tar(&arguments);
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    tar(&["-xf", backup.to_str().unwrap()]);

    let error = opened(&ground).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::VaultLost { .. }), "{error}");
    fs::rename(data.join("log"), ground.folder.path().join("log-of-before")).unwrap();
    let mut config = ground.config();
    config.log_name = "intake.example.org/log-2".to_owned();
    let intake = Intake::open(config, ground.clock.clone()).unwrap();
    intake.retire().unwrap();
    assert_eq!(intake.takes_nothing_until(sighting(&intake)), None);
    assert_eq!(intake.closed().len(), 1, "what was closed stays closed");
    let partition = intake.store.partitions().unwrap()[0];
    assert_eq!(intake.vault.get(&partition.key_name()), None);
    ground.clock.pass(Duration::from_secs(20 * DAY));
    intake.retire().unwrap();
    assert!(intake.store.partitions().unwrap().is_empty());
}
