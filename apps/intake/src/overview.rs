//! What an operator sees: everything at one moment, in words and numbers.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use serde::Serialize;
use wire::log::{Erasure, Event};

use crate::{
    clock::DAY,
    intake::Intake,
    meta::{Finding, Remembered},
    refusal::{Refusal, chain},
    retire::{NotDone, name_of},
    store::Tally,
};

/// Texts that are shown at most.
const FINDINGS: usize = 2000;
/// Leaves of the log that are shown.
const LEAVES: usize = 40;

/// What the operator's page shows.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// The name of the log.
    pub name: String,
    /// The version of the program.
    pub version: &'static str,
    /// When this was looked at.
    pub at: String,
    /// The roles of the process.
    pub roles: Vec<&'static str>,
    /// What several roles in one hand mean.
    pub weakens: Option<String>,
    /// Why nothing can be stored, if so.
    pub broken: Option<String>,
    /// What is due and could not be done when it was last tried.
    pub not_done: Vec<NotDone>,
    /// Whether the disk has too little room.
    pub disk_full: bool,
    /// Reports and withdrawals that wait for the disk.
    pub waiting: usize,
    /// How many may wait.
    pub may_wait: usize,
    /// Numbers since the start, with their names.
    pub numbers: Vec<(&'static str, u64)>,
    /// What was not taken, by reason.
    pub rejects: BTreeMap<&'static str, u64>,
    /// What is taken.
    pub programs: Vec<ProgramView>,
    /// What was revealed, by epoch, the newest first.
    pub epochs: Vec<EpochView>,
    /// What lies on the disk.
    pub partitions: Vec<PartitionView>,
    /// What is closed.
    pub closed: Vec<ClosedView>,
    /// The oldest version that may report.
    pub least: String,
    /// How many leaves the log has.
    pub leaves: u64,
    /// Their root.
    pub root: String,
    /// The newest leaves.
    pub newest: Vec<LeafView>,
}

/// A program that is taken.
#[derive(Debug, Serialize)]
pub struct ProgramView {
    /// Its name.
    pub id: String,
    /// Its number on the wire, in hex.
    pub number: String,
    /// The hash over its parameters.
    pub hash: String,
    /// So many reports open a text.
    pub threshold: u16,
    /// How many days an epoch lasts.
    pub epoch_days: u16,
    /// The epoch it is in.
    pub epoch: u32,
    /// When that closes.
    pub closes: String,
    /// When the key of that epoch is destroyed.
    pub key_dies: String,
    /// When its reports are erased.
    pub reports_die: String,
    /// When what was revealed of it is erased.
    pub counts_die: String,
}

/// What was revealed of one program in one epoch.
#[derive(Debug, Serialize)]
pub struct EpochView {
    /// The program.
    pub program: String,
    /// The number of the epoch.
    pub epoch: u32,
    /// From when to when it was.
    pub span: String,
    /// When this is erased.
    pub dies: String,
    /// What was revealed, what most reported first.
    pub findings: Vec<FindingView>,
}

/// One text that was revealed.
#[derive(Debug, Serialize)]
pub struct FindingView {
    /// The text.
    pub text: String,
    /// How many reports had it.
    pub number: u64,
    /// When the first epoch began in which it was revealed, of those that are kept.
    pub first: String,
    /// The counted fields, in words.
    pub counts: Vec<(String, u64)>,
}

/// One partition on the disk.
#[derive(Debug, Serialize)]
pub struct PartitionView {
    /// The program.
    pub program: String,
    /// The number of the epoch.
    pub epoch: u32,
    /// The day.
    pub day: String,
    /// How many reports it holds.
    pub rows: u64,
    /// How many withdrawals came on that day.
    pub withdrawn: u64,
    /// Why it cannot be read, if it cannot; then both numbers are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// Whether it is sealed in the log.
    pub sealed: bool,
    /// When it is erased.
    pub dies: String,
}

/// What is closed.
#[derive(Debug, Serialize)]
pub struct ClosedView {
    /// The program, or that it is all.
    pub program: String,
    /// The version, or that it is all.
    pub version: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: String,
}

/// One leaf of the log.
#[derive(Debug, Serialize)]
pub struct LeafView {
    /// Its place.
    pub index: u64,
    /// When.
    pub at: String,
    /// What, in words.
    pub what: String,
}

impl Overview {
    /// Looks at everything.
    ///
    /// # Errors
    /// [`Refusal`] when something cannot be read.
    pub fn of(intake: &Intake) -> Result<Self, Refusal> {
        let meters = &intake.meters;
        let count = |meter: &std::sync::atomic::AtomicU64| meter.load(Ordering::Relaxed);
        let remembered = intake.meta.remembered();
        let remembered = remembered.map_err(|error| Refusal::internal(&error))?;
        let findings = intake.meta.findings(FINDINGS);
        let findings = findings.map_err(|error| Refusal::internal(&error))?;
        let (leaves, root) = intake.log.head();
        Ok(Self {
            name: intake.config.log_name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            at: moment(intake.clock.now()),
            roles: intake.config.role_names(),
            weakens: intake.config.weakens(),
            broken: intake.store.broken(),
            not_done: intake.not_done(),
            disk_full: intake.disk_is_full(),
            waiting: intake.store.waiting(),
            may_wait: intake.config.limits.waiting,
            numbers: vec![
                ("reports stored", count(&meters.stored)),
                ("reports that were there already", count(&meters.duplicates)),
                ("withdrawals", count(&meters.withdrawals)),
                ("token batches given out", count(&meters.tokens)),
                ("installations enrolled", count(&meters.enrolments)),
                ("blinded questions answered", count(&meters.evaluations)),
                ("messages passed on", count(&meters.relayed)),
            ],
            rejects: meters.rejects(),
            programs: programs(intake),
            epochs: epochs(&findings, &remembered),
            partitions: partitions(intake, &remembered)?,
            closed: closed(intake, &remembered),
            least: intake.least_version().to_string(),
            leaves,
            root: root.to_string(),
            newest: newest(intake, &remembered),
        })
    }
}

/// Returns what is taken, with its dates.
#[must_use]
pub fn programs(intake: &Intake) -> Vec<ProgramView> {
    let now = intake.clock.now();
    let views = intake.programs.all().map(|taken| {
        let calendar = &taken.calendar;
        let epoch = calendar.epoch_of(now);
        ProgramView {
            id: taken.program.id().to_owned(),
            number: taken.program.number().to_string(),
            hash: taken.program.hash().to_string(),
            threshold: taken.program.threshold(),
            epoch_days: taken.program.epoch_days(),
            epoch,
            closes: moment(calendar.closes(epoch)),
            key_dies: moment(calendar.key_dies(epoch)),
            reports_die: moment(calendar.closes(epoch) + crate::calendar::REPORTS),
            counts_die: moment(calendar.counts_die(epoch)),
        }
    });
    views.collect()
}

fn epochs(findings: &[Finding], remembered: &[Remembered]) -> Vec<EpochView> {
    let mut first: BTreeMap<(u16, &str), u32> = BTreeMap::new();
    for it in findings {
        let epoch = first.entry((it.program, &it.text)).or_insert(it.epoch);
        *epoch = it.epoch.min(*epoch);
    }
    let mut views: Vec<EpochView> = Vec::new();
    let mut last = None;
    for it in findings {
        let Some(program) = remembered.iter().find(|of| of.number == it.program) else {
            continue;
        };
        let calendar = &program.calendar;
        if last != Some((it.program, it.epoch)) {
            last = Some((it.program, it.epoch));
            views.push(EpochView {
                program: program.id.clone(),
                epoch: it.epoch,
                span: format!(
                    "{} to {}",
                    date(calendar.opens(it.epoch)),
                    date(calendar.closes(it.epoch).saturating_sub(1))
                ),
                dies: moment(calendar.counts_die(it.epoch)),
                findings: Vec::new(),
            });
        }
        let first = first.get(&(it.program, it.text.as_str())).copied();
        if let Some(view) = views.last_mut() {
            view.findings.push(FindingView {
                text: it.text.clone(),
                number: it.number,
                first: date(calendar.opens(first.unwrap_or(it.epoch))),
                counts: it
                    .counts
                    .iter()
                    .map(|count| words(count, &it.text))
                    .collect(),
            });
        }
    }
    views
}

/// The counted fields of a count; the text stands beside it already.
fn words(count: &crate::meta::Count, text: &str) -> (String, u64) {
    let fields = count.values.iter().filter_map(|(name, value)| {
        let value = match value {
            wire::Value::Boolean(it) => it.to_string(),
            wire::Value::Integer(it) => it.to_string(),
            wire::Value::Text(it) if it == text => return None,
            wire::Value::Text(it) => it.clone(),
        };
        Some(format!("{name} {value}"))
    });
    (fields.collect::<Vec<_>>().join(", "), count.number)
}

fn partitions(intake: &Intake, remembered: &[Remembered]) -> Result<Vec<PartitionView>, Refusal> {
    let mut views = Vec::new();
    for partition in intake.store.partitions()? {
        // One day that cannot be read hides none of the others.
        let (tally, unread) = match intake.store.tally(partition) {
            Ok(tally) => (tally, None),
            Err(error) => (Tally::default(), Some(chain(&error))),
        };
        let program = remembered.iter().find(|it| it.number == partition.program);
        views.push(PartitionView {
            program: program.map_or_else(
                || format!("{:04x}, of which nothing is known", partition.program),
                |it| it.id.clone(),
            ),
            epoch: partition.epoch,
            day: date(u64::from(partition.day) * DAY),
            rows: tally.rows,
            withdrawn: tally.withdrawn,
            unread,
            sealed: program.is_some_and(|it| intake.log.sealed(name_of(it, partition)).is_some()),
            dies: program.map_or_else(
                || "by hand".to_owned(),
                |it| moment(it.calendar.reports_die(partition)),
            ),
        });
    }
    Ok(views)
}

fn closed(intake: &Intake, remembered: &[Remembered]) -> Vec<ClosedView> {
    let views = intake.closed().into_iter().map(|it| ClosedView {
        program: it.program.map_or_else(
            || "all".to_owned(),
            |hash| {
                let known = remembered.iter().find(|of| of.hash == hash);
                known.map_or_else(|| hash.to_string(), |of| of.id.clone())
            },
        ),
        version: it
            .version
            .map_or_else(|| "all".to_owned(), |it| it.to_string()),
        reason: it.reason,
        since: moment(it.since),
    });
    views.collect()
}

/// Returns the newest leaves of the log, in words.
#[must_use]
pub fn newest(intake: &Intake, remembered: &[Remembered]) -> Vec<LeafView> {
    let leaves = intake.log.newest(LEAVES).into_iter();
    let views = leaves.map(|(index, leaf)| LeafView {
        index,
        at: moment(leaf.at),
        what: said(&leaf.event, remembered),
    });
    views.collect()
}

/// Returns an event of the log as a sentence.
#[must_use]
pub fn said(event: &Event, remembered: &[Remembered]) -> String {
    let name = |hash: &wire::ProgramHash| {
        let known = remembered.iter().find(|it| it.hash == *hash);
        known.map_or_else(|| format!("program {hash}"), |it| it.id.clone())
    };
    let day = |day: wire::Day| date(day.begins());
    match event {
        Event::EpochKeyPublished { program, epoch, .. } => {
            format!("Key of epoch {epoch} of {} published", name(program))
        }
        Event::EpochKeyDestroyed { program, epoch, .. } => {
            format!("Key of epoch {epoch} of {} destroyed", name(program))
        }
        Event::GatewayKeyPublished { keys } => format!("Key {keys} of the gateway published"),
        Event::GatewayKeyDestroyed { keys } => format!("Key {keys} of the gateway destroyed"),
        Event::PartitionSealed {
            partition, rows, ..
        } => format!(
            "{} of {} sealed with {rows} reports",
            day(partition.day),
            name(&partition.program)
        ),
        Event::PartitionErased {
            partition,
            rows,
            reason,
            ..
        } => {
            let why = match reason {
                Erasure::Retention => "its time was over",
                Erasure::Purge => "the program was purged",
            };
            format!(
                "{} of {} erased with {rows} reports: {why}",
                day(partition.day),
                name(&partition.program)
            )
        }
        Event::WithdrawnBatch { program, rows, .. } => {
            format!("{rows} reports of {} withdrawn", name(program))
        }
        Event::VersionDisabled {
            program, version, ..
        } => {
            let of = program
                .as_ref()
                .map_or_else(|| "everything".to_owned(), name);
            format!("Version {version} closed for {of}")
        }
        Event::ConfigChanged { what, .. } => format!("Settings changed: {what}"),
        Event::AdminActed { scope, act } => format!("Administrator ({scope}): {act}"),
    }
}

/// Returns a time as `2026-11-26 14:05 UTC`.
#[must_use]
pub fn moment(seconds: u64) -> String {
    written(seconds, "%Y-%m-%d %H:%M UTC")
}

/// Returns a time as `2026-11-26`.
#[must_use]
pub fn date(seconds: u64) -> String {
    written(seconds, "%Y-%m-%d")
}

fn written(seconds: u64, form: &str) -> String {
    let moment = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    match moment {
        Some(moment) => moment.strftime(form).to_string(),
        None => "beyond all time".to_owned(),
    }
}
