//! `candor-intake doctor`: everything that could be wrong, each with its way out.

use std::{
    net::{IpAddr, ToSocketAddrs},
    os::unix::fs::PermissionsExt,
};

use hyper::Method;
use intake::{
    clock::Clock,
    config::{Config, Role, target},
    intake::{Intake, OpenError},
    log,
    overview::moment,
};

use super::{Failure, admin};

/// What is due is told when it is so many seconds late: a server looks once an hour at the latest.
const LATE: u64 = 2 * 3600;

/// Something that is wrong, and what mends it.
struct Finding {
    what: String,
    help: &'static str,
}

pub(super) fn run(config: Config) -> Result<u8, Failure> {
    let mut findings = of_settings(&config);
    match Intake::open(config.clone(), Clock::System) {
        Ok(intake) => findings.extend(of_folder(&intake)?),
        Err(OpenError::InUse { .. }) => {
            let (status, state) = admin::ask(&config, Method::GET, "/admin/state", String::new())?;
            println!("a server has the folder open; it says of itself ({status}):\n{state}");
        }
        Err(error) => return Err(error.into()),
    }
    for finding in &findings {
        println!("{}\n  help: {}", finding.what, finding.help);
    }
    if findings.is_empty() {
        println!("nothing found that is wrong");
    }
    Ok(u8::from(!findings.is_empty()))
}

fn of_settings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |what: String, help| findings.push(Finding { what, help });
    if let Some(weakens) = config.weakens() {
        found(
            format!("WEAKER THAN PROMISED: {weakens}"),
            "give relay and randomness to somebody else (docs/operate-intake.md), or say so in the operator file",
        );
    }
    if config.declarations.is_empty() && config.has(Role::Receive) {
        found(
            "no declaration is named, so no report is taken".to_owned(),
            "name the files in `declarations`",
        );
    }
    if let Some(elsewhere) = &config.randomness
        && let Ok(target) = target(&elsewhere.url)
        && is_this_machine(&target.host)
    {
        found(
            "THE RANDOMNESS SERVER IS ON THIS MACHINE: whoever runs it can try guesses at what was reported"
                .to_owned(),
            "let somebody else run it; until then nobody may be told that it is independent",
        );
    }
    for (name, gateway) in &config.relay {
        if let Ok(target) = target(&gateway.url)
            && is_this_machine(&target.host)
        {
            found(
                format!(
                    "THE RELAY AND ITS GATEWAY `{name}` ARE ONE MACHINE: whoever runs it sees who reports"
                ),
                "let somebody else run the relay; until then nobody may be told that addresses are hidden",
            );
        }
    }
    findings
}

/// Whether a host is an address that this machine can listen at.
fn is_this_machine(host: &str) -> bool {
    let addresses = (host, 0).to_socket_addrs();
    let mut addresses = addresses.into_iter().flatten().map(|it| it.ip());
    addresses.any(|ip: IpAddr| ip.is_loopback() || std::net::UdpSocket::bind((ip, 0)).is_ok())
}

fn of_folder(intake: &Intake) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut found = |what: String, help| findings.push(Finding { what, help });
    let folder = &intake.config.folder;
    let mode = std::fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        found(
            format!("`{}` can be entered by others", folder.display()),
            "run `chmod 700` on it",
        );
    }
    let remembered = intake.meta.remembered()?;
    for partition in intake.store.partitions()? {
        let key = intake.vault.get(&partition.key_name());
        if key.is_none() && intake.store.tally(partition)?.rows > 0 {
            found(
                format!(
                    "the partition {partition} cannot be read: its key is gone, as after a restore from a backup"
                ),
                "it is erased in time; to erase it now, purge the record or remove the file",
            );
        }
        let known = remembered.iter().find(|it| it.number == partition.program);
        if let Some(known) = known
            && known.calendar.reports_die(partition) + LATE < intake.clock.now()
        {
            found(
                format!(
                    "the partition {partition} is still there: it had to be erased {}",
                    moment(known.calendar.reports_die(partition))
                ),
                "run `candor-intake retire`: it erases what is due, or says why it cannot",
            );
        }
        if !remembered.iter().any(|it| it.number == partition.program) {
            found(
                format!("the partition {partition} is of a program that nothing is known of"),
                "it is erased by nobody: remove the file",
            );
        }
    }
    if intake.disk_is_full() {
        found(
            "the disk has too little room: reports are refused".to_owned(),
            "make room, or lower `limits.free_disk_mib`",
        );
    }
    if !intake.reserve.is_kept() {
        found(
            "no room is kept for erasure: on a full disk what has to go would stay".to_owned(),
            "make room on the disk; 4 MiB of it are then kept",
        );
    }
    let leaves = log::verify(&folder.join("log"), &intake.log.verifier())?;
    let newest = leaves.iter().map(|leaf| leaf.at).max().unwrap_or(0);
    if newest > intake.clock.now() + 300 {
        found(
            format!(
                "the log has a leaf of {}, which is not yet: a clock was wrong",
                moment(newest)
            ),
            "set the clock by a time service; dates follow it",
        );
    }
    Ok(findings)
}
