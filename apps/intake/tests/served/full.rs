//! A disk that is full: what is said then, and that what has to go still goes.

use std::{io::Write, path::Path, process::Command, time::Duration};

use intake::{
    clock::Clock,
    config::{Config, Role},
    inner::arrival,
    intake::Intake,
    reserve::Reserve,
    store::{Put, put_and_wait},
};
use wire::log::Event;

use crate::{
    device::{Device, Ground, Sent, declaration, get, sighting},
    process::{Place, Running},
};

const DAY: u64 = 86_400;

/// Does something on a disk of 12 MiB, where one can be mounted.
fn on_a_small_disk(act: impl FnOnce(&Path) + std::panic::UnwindSafe) {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs"])
        .arg(&small)
        .output()
        .is_ok_and(|it| it.status.success());
    if !mounted {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "a small disk is needed"
        );
        println!("not run: a small disk cannot be mounted here");
        return;
    }
    let outcome = std::panic::catch_unwind(|| act(&small));
    let unmounted = Command::new("umount")
        .args(["-l"])
        .arg(&small)
        .status()
        .unwrap();
    assert!(unmounted.success());
    outcome.unwrap();
}

fn fill(small: &Path) {
    let mut ballast = std::fs::File::create(small.join("ballast")).unwrap();
    while ballast.write_all(&[0; 4096]).is_ok() {}
}

#[test]
fn what_is_due_is_erased_on_a_full_disk() {
    on_a_small_disk(|small| {
        let ground = Ground::new();
        let mut config = ground.config();
        config.folder = small.join("server");
        config.limits.free_disk_mib = 0;
        let server = ground.serve_as(config.clone());
        server.intake.retire().unwrap();
        let epoch = sighting(&server.intake)
            .calendar
            .epoch_of(ground.clock.now());
        for number in 0..20 {
            let sent = Device::new(number).report_of(&server.intake, epoch, "full.example");
            let arrival = arrival(&sent.report, ground.clock.today());
            assert_eq!(
                put_and_wait(&*server.intake.store, arrival).unwrap(),
                Put::Stored
            );
        }
        let number = sighting(&server.intake).program.number();
        let old_keys = [
            format!("epoch/{number}/{epoch}"),
            format!("partition/{number}/{epoch}/"),
        ];
        let is_old = |name: &String| old_keys.iter().any(|it| name.starts_with(it));
        assert!(server.intake.vault.names().iter().any(is_old));
        let ready = || get(server.address, "/readyz").status;
        assert_eq!(ready(), 200);

        fill(small);
        ground.clock.pass(Duration::from_secs(20 * DAY));
        let not_done = match server.intake.retire() {
            Ok(_) => Vec::new(),
            Err(incomplete) => incomplete.not_done,
        };
        // At most the reserve could not be made again.
        assert!(
            not_done.iter().all(|it| it.what == "keep room for erasure"),
            "{not_done:?}"
        );
        assert!(server.intake.store.partitions().unwrap().is_empty());
        let names = server.intake.vault.names();
        assert!(!names.iter().any(is_old), "{names:?}");
        let newest = server.intake.log.newest(9);
        let erased = |leaf: &Event| matches!(leaf, Event::PartitionErased { rows: 20, .. });
        assert!(
            newest.iter().any(|(_, leaf)| erased(&leaf.event)),
            "{newest:?}"
        );
        assert_eq!(server.intake.meta.findings(9).unwrap().len(), 1);

        // Without the room nothing more could be erased, so nothing more is taken.
        Reserve::of(&config.folder).give();
        fill(small);
        let why = server.intake.retire().unwrap_err();
        assert!(why.not_done.iter().any(|it| it.for_want_of_room), "{why}");
        assert_eq!(ready(), 507);
        drop(server);
        // Started anew it finds the disk as full as it was, and opens all the same.
        let server = ground.serve_as(config.clone());
        drop(server);
        std::fs::remove_file(small.join("ballast")).unwrap();
        let server = ground.serve_as(config);
        server.intake.retire().unwrap();
        assert!(server.intake.reserve.is_kept());
        assert_eq!(get(server.address, "/readyz").status, 200);
    });
}

#[test]
fn a_full_disk_is_said_and_nothing_is_acknowledged_that_is_not_there() {
    on_a_small_disk(|small| full_disk(&Place::new(), small));
}

fn full_disk(place: &Place, small: &Path) {
    let data = small.join("server");
    let settings = place.settings(&data);
    // The watermark is off, so that the disk itself says when it is full.
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(
        &settings,
        text.replace("free_disk_mib = 1", "free_disk_mib = 0"),
    )
    .unwrap();
    let config = || Config {
        folder: data.clone(),
        declarations: vec![declaration()],
        roles: vec![Role::Receive, Role::Randomness],
        log_name: "intake.example.org/log".to_owned(),
        ..Config::default()
    };
    let sent: Vec<Sent> = {
        let intake = Intake::open(config(), Clock::System).unwrap();
        intake.retire().unwrap();
        let epoch = sighting(&intake).calendar.epoch_of(intake.clock.now());
        (0..60)
            .map(|number| Device::new(number).report_of(&intake, epoch, "full.example"))
            .collect()
    };
    let server = Running::start(&settings);
    let keys = server.keys();
    let mut acknowledged = 0;
    let mut refused = None;
    for (number, it) in sent.iter().enumerate() {
        if number == 5 {
            fill(small);
        }
        match server.hand_in(it, &keys) {
            (200, _) => acknowledged += 1,
            other => {
                refused = Some(other);
                break;
            }
        }
    }
    let (status, code) = refused.unwrap();
    assert!(
        [(507, "disk-full"), (503, "stopping")].contains(&(status, code.as_str())),
        "{status} {code}"
    );
    server.kill();
    std::fs::remove_file(small.join("ballast")).unwrap();
    let intake = Intake::open(config(), Clock::System).unwrap();
    let partitions = intake.store.partitions().unwrap();
    let rows: u64 = partitions
        .iter()
        .map(|it| intake.store.tally(*it).unwrap().rows)
        .sum();
    assert_eq!(
        rows, acknowledged,
        "what was acknowledged is there, and nothing else"
    );
    println!("{acknowledged} acknowledged, then {status} {code}");
}
