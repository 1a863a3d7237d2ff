//! `candor-intake doctor`: everything that could be wrong, each with its way out.

use std::net::{IpAddr, ToSocketAddrs};

use hyper::Method;
use intake::{
    calendar::reports_die_at_latest,
    clock::Clock,
    config::{Config, Role, target},
    intake::{Intake, OpenError},
    log,
    overview::moment,
    refusal::chain,
    serve::descriptors,
};

use super::{Failure, admin, say};

/// What is due is told when it is so many seconds late: a server looks once an hour at the latest.
const LATE: u64 = 2 * 3600;

/// Something that is wrong, and what mends it.
struct Finding {
    what: String,
    help: &'static str,
}

pub(super) fn run(config: Config) -> Result<u8, Failure> {
    let mut findings = of_settings(&config);
    // Looked at, not made: in a folder that was mistyped there is nothing.
    let is_there = ["vault", "meta.db"].map(|it| config.folder.join(it).exists());
    if is_there == [false, false] {
        findings.push(Finding {
            what: format!("`{}` holds no server", config.folder.display()),
            help: "name its settings with `--config`, as `serve` was given them; `serve` makes the folder",
        });
        return told(&findings);
    }
    match Intake::open(config.clone(), Clock::System) {
        Ok(intake) => findings.extend(of_folder(&intake)),
        Err(OpenError::InUse { .. }) => {
            let (status, state) = admin::ask(&config, Method::GET, "/admin/state", String::new())?;
            say(format_args!(
                "a server has the folder open; it says of itself ({status}):\n{state}\n"
            ))?;
        }
        Err(error) => findings.push(Finding {
            what: format!("`serve` would not start: {}", chain(&error)),
            help: "docs/operate-intake.md has each file of the folder, and what a backup brings back",
        }),
    }
    told(&findings)
}

fn told(findings: &[Finding]) -> Result<u8, Failure> {
    for finding in findings {
        say(format_args!("{}\n  help: {}\n", finding.what, finding.help))?;
    }
    if findings.is_empty() {
        say("nothing found that is wrong\n")?;
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

/// What cannot be looked at is told among the rest, and the rest is looked at all the same.
fn of_folder(intake: &Intake) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |what: String, help| findings.push(Finding { what, help });
    let folder = &intake.config.folder;
    let remembered = intake.meta.remembered();
    let partitions = intake.store.partitions();
    let unread = [
        remembered.as_ref().err().map(|it| chain(it)),
        partitions.as_ref().err().map(|it| chain(it)),
    ];
    for why in unread.into_iter().flatten() {
        found(
            format!("what is due is not known: {why}"),
            "mend the disk; until then nothing is erased",
        );
    }
    let remembered = remembered.unwrap_or_default();
    for partition in partitions.unwrap_or_default() {
        let key = intake.vault.get(&partition.key_name());
        // All of it is read: a page in the middle may be damaged.
        let read = intake.store.leaves(partition);
        let rows = intake.store.tally(partition).map(|it| it.rows);
        if let Some(error) = read.as_ref().err().or(rows.as_ref().err()) {
            found(
                format!("the partition {partition} is damaged: {}", chain(error)),
                "reports of its epoch wait; it is erased when its time is over, all the same",
            );
        }
        if key.is_none() && rows.is_ok_and(|it| it > 0) {
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
                format!(
                    "the partition {partition} is of a program that nothing is known of: it is erased {}",
                    moment(reports_die_at_latest(partition))
                ),
                "nothing is to be done: file and key go together, by the latest date that a declaration can give",
            );
        }
    }
    for taken in intake.programs.all() {
        if let Some(until) = intake.takes_nothing_until(taken) {
            found(
                format!(
                    "a key of {} was lost or destroyed before its time: nothing of it is taken until {}",
                    taken.program.id(),
                    moment(until)
                ),
                "nothing is to be done: no second key is made for an epoch, the next one has its own",
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
    let leaves = match log::verify(&folder.join("log"), &intake.log.verifier()) {
        Ok(leaves) => leaves,
        Err(error) => {
            found(
                format!("the log is not what was signed: {}", chain(&error)),
                "take the log out of a backup; it is public, so anybody may have a copy",
            );
            Vec::new()
        }
    };
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
    let (wished, fit) = (
        intake.config.limits.connections,
        descriptors::connections_at_most(intake.config.limits.connections),
    );
    if fit < wished {
        found(
            format!("{fit} connections fit, and `limits.connections` wishes for {wished}"),
            "raise the limit of open files: `LimitNOFILE=` of the unit, `ulimit -Hn`",
        );
    }
    findings
}
