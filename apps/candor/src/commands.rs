//! One file per command; here is what they share: from a machine to jobs, from outcomes to a report.

#[cfg(feature = "acts")]
mod acting;
#[cfg(feature = "acts")]
mod apply;
mod checkup;
#[cfg(any(feature = "clean", feature = "dupes"))]
mod choose;
#[cfg(feature = "clean")]
pub(crate) mod cleanerml;
#[cfg(feature = "clean")]
mod cleaning;
#[cfg(feature = "consent")]
mod consent;
mod doctor;
#[cfg(feature = "dupes")]
mod fdupes;
#[cfg(feature = "history")]
mod history;
#[cfg(feature = "acts")]
mod journal;
#[cfg(feature = "history")]
mod lists;
mod notice;
#[cfg(feature = "consent")]
mod outbox;
mod page;
mod pass;
#[cfg(feature = "acts")]
mod plan;
#[cfg(feature = "unpack")]
mod preview;
#[cfg(feature = "acts")]
mod purge;
#[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
mod schedule;
#[cfg(feature = "consent")]
mod sending;
#[cfg(feature = "acts")]
mod undo;
#[cfg(feature = "uninstall")]
pub(crate) mod uninstall;
#[cfg(feature = "unpack")]
mod unpack;
#[cfg(feature = "unpack")]
mod unpacking;
#[cfg(feature = "history")]
mod update;

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::Instant,
};

pub(crate) use notice::tools;
use pass::Wants;
#[cfg(any(feature = "clean", feature = "dupes", feature = "similar"))]
use pass::one_pass;

use clap::CommandFactory;
use sandbox::Rights;
use tool::{Machine, Outcome};

use crate::{
    broker::{self, Delivered},
    cli::{Cli, Command, Shared},
    failure::{Ending, Failure},
    held,
    job::{Job, Order},
    machine,
    stdout::Stdout,
    terminal,
};

/// Runs a command line.
pub(crate) fn run(cli: Cli) -> Result<Ending, Failure> {
    match cli.command {
        Command::Checkup(asked) => checkup::run(&asked),
        #[cfg(feature = "clean")]
        Command::Map(asked) => {
            let wants = Wants {
                map: true,
                exclusive: asked.exclusive,
                ..Wants::default()
            };
            one_pass("map", &asked.paths, &wants, &asked.shared)
        }
        #[cfg(all(feature = "clean", feature = "uninstall"))]
        Command::Clean(asked) if asked.orphans => uninstall::orphans(&asked),
        #[cfg(feature = "clean")]
        Command::Clean(asked) if asked.cleaning.choose => choose::junk(&asked),
        #[cfg(feature = "clean")]
        Command::Clean(asked) => {
            if let Some(folder) = &asked.rules.cleanerml {
                return cleanerml::run(folder, &asked);
            }
            let wants = Wants {
                junk: true,
                cleaning: Some(&asked.cleaning),
                ..Wants::default()
            };
            one_pass("clean", &asked.paths, &wants, &asked.shared)
        }
        #[cfg(feature = "dupes")]
        Command::Dupes(asked) if asked.selection.choose => choose::copies(&asked),
        #[cfg(feature = "dupes")]
        Command::Dupes(asked) => {
            let wants = Wants {
                dupes: Some(&asked.disk),
                selection: Some(&asked.selection),
                ..Wants::default()
            };
            match asked.fdupes {
                true => fdupes::fdupes(&asked.paths, &wants, &asked.shared),
                false => one_pass("dupes", &asked.paths, &wants, &asked.shared),
            }
        }
        #[cfg(feature = "similar")]
        Command::Similar(asked) => {
            let wants = Wants {
                similar: Some(match asked.recordings {
                    true => crate::job::Similar::Recordings,
                    false => crate::job::Similar::Pictures(asked.distance),
                }),
                ..Wants::default()
            };
            one_pass("similar", &asked.paths, &wants, &asked.shared)
        }
        #[cfg(feature = "history")]
        Command::History(asked) => {
            let mut session = Session::begin("history", &asked.shared)?;
            session.history(asked.since)?;
            session.end(&asked.shared)
        }
        #[cfg(feature = "history")]
        Command::Lists(asked) => lists::run(&asked),
        #[cfg(feature = "history")]
        Command::Update(asked) => update::run(&asked),
        #[cfg(feature = "unpack")]
        Command::Unpack(asked) => unpacking::run(&asked),
        #[cfg(feature = "unpack")]
        Command::List(asked) => unpack::run(&asked, false),
        #[cfg(feature = "unpack")]
        Command::Test(asked) => unpack::run(&asked, true),
        #[cfg(feature = "unpack")]
        Command::Preview(asked) => preview::run(&asked),
        #[cfg(feature = "battery")]
        Command::Battery(asked) => {
            let mut session = Session::begin("battery", &asked.shared)?;
            session.battery()?;
            session.end(&asked.shared)
        }
        #[cfg(feature = "uninstall")]
        Command::Uninstall(asked) => uninstall::run(&asked),
        #[cfg(any(feature = "clean", feature = "consent", feature = "history"))]
        Command::Schedule(asked) => schedule::schedule(&asked),
        #[cfg(feature = "acts")]
        Command::Apply(asked) => apply::apply(&asked),
        #[cfg(feature = "acts")]
        Command::Undo(asked) => undo::undo(&asked),
        #[cfg(feature = "acts")]
        Command::Purge(asked) => purge::purge(&asked),
        #[cfg(feature = "acts")]
        Command::Journal(asked) => journal::journal(&asked),
        #[cfg(feature = "consent")]
        Command::Consent(asked) => consent::run(&asked),
        #[cfg(feature = "consent")]
        Command::Outbox(asked) => outbox::run(&asked),
        Command::Notice(asked) => notice::run(&asked),
        Command::Doctor(asked) => doctor::run(&asked),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "candor", &mut text);
            print(&text)
        }
        Command::Man { page } => {
            let mut command = Cli::command();
            command.build();
            let of_page = page.and_then(|name| command.find_subcommand(name).cloned());
            let mut text = Vec::new();
            clap_mangen::Man::new(of_page.unwrap_or(command))
                .render(&mut text)
                .map_err(|error| Failure::new("cannot make the man page").because(&error))?;
            print(&text)
        }
    }
}

/// One run of a command: the machine, and what has been found on it so far.
struct Session {
    command: String,
    machine: Machine,
    confined: bool,
    /// Whether the report is JSON, which has the long lists in full.
    lists: bool,
    threads: Option<usize>,
    began: Instant,
    outcomes: Vec<Outcome>,
    in_force: Vec<sandbox::InForce>,
    /// Words about a plan that was written, after the report.
    planned: Option<String>,
    /// What a person is to choose among, where no plan was made of it.
    #[cfg(feature = "acts")]
    proposals: Vec<tool::Proposal>,
    #[cfg(feature = "dupes")]
    choices: Vec<dupes::Choice>,
    /// What was put into the outbox by this run.
    #[cfg(feature = "consent")]
    put: Vec<::consent::Row>,
    /// Whether a worker wrote: into one folder that was made for it.
    writes: bool,
    /// What left the machine: nothing, unless the courier was started.
    left: &'static str,
    /// What went wrong beside the looking, such as a memory that could not be written.
    complaints: Vec<Failure>,
}

impl Session {
    fn begin(command: &str, shared: &Shared) -> Result<Self, Failure> {
        Ok(Self {
            command: command.to_owned(),
            machine: machine::machine(shared)?,
            confined: !shared.unconfined,
            lists: shared.json,
            threads: shared.threads.map(usize::from),
            began: Instant::now(),
            outcomes: Vec::new(),
            in_force: Vec::new(),
            planned: None,
            #[cfg(feature = "acts")]
            proposals: Vec::new(),
            #[cfg(feature = "dupes")]
            choices: Vec::new(),
            #[cfg(feature = "consent")]
            put: Vec::new(),
            writes: false,
            left: report::LEFT_THE_MACHINE,
            complaints: Vec::new(),
        })
    }

    /// The folder that is written as `~`: there is one only when one person's things are looked at.
    fn home(&self) -> Option<&Path> {
        match self.machine.people.as_slice() {
            [person] => Some(&person.home),
            _ => None,
        }
    }

    /// Runs one worker for these tools, and takes in what it found. Beyond what the tools declare, it
    /// may open what the person `named`.
    fn work(
        &mut self,
        tools: &[&str],
        job: Job,
        rights: Rights,
        named: &[PathBuf],
    ) -> Result<Delivered, Failure> {
        let mut delivered = self.deliver(tools, job, rights, named, None)?;
        self.outcomes.append(&mut delivered.outcomes);
        Ok(delivered)
    }

    /// Runs one worker as [`Session::work`] does, and returns what it found. It may also write into `result`, a folder
    /// that was made for it.
    fn deliver(
        &mut self,
        tools: &[&str],
        job: Job,
        rights: Rights,
        named: &[PathBuf],
        result: Option<&Path>,
    ) -> Result<Delivered, Failure> {
        let declarations = notice::declarations(tools);
        held::to_declarations(&rights, &declarations, named, result, &self.machine)?;
        let order = Order {
            rights,
            confined: self.confined,
            lists: self.lists || planned(&job),
            job,
        };
        let mut delivered = broker::run(&order, self.home())?;
        self.in_force.extend(delivered.in_force.take());
        Ok(delivered)
    }

    #[cfg(feature = "battery")]
    fn battery(&mut self) -> Result<(), Failure> {
        let reads = battery::reads(&self.machine);
        let rights = Rights {
            read: reads.paths().map(Path::to_owned).collect(),
            ..Rights::default()
        };
        let live = self.machine.live;
        let ask = |command: &[&str]| live.then(|| machine::ask(command)).flatten();
        let job = Job::Battery {
            machine: self.machine.clone(),
            reads,
            ioreg: ask(&battery::IOREG),
            system_profiler: ask(&battery::SYSTEM_PROFILER),
        };
        self.work(&["battery"], job, rights, &[]).map(drop)
    }

    /// Says what is not part of the report.
    fn talk(&self) {
        if let Some(planned) = &self.planned {
            eprint!("{planned}");
        }
        for complaint in &self.complaints {
            eprint!("{complaint}");
        }
        #[cfg(feature = "consent")]
        self.tell();
    }

    /// Writes the report and says how the command ends.
    fn end(mut self, shared: &Shared) -> Result<Ending, Failure> {
        let (report, ending) = self.report(shared)?;
        match shared.json {
            true => print_by(|out| report::json(&report, out))?,
            false => print(report::terminal(&report, &terminal::style(shared.color)).as_bytes())?,
        };
        self.talk();
        Ok(ending)
    }

    /// Returns the report, also as a page where that was asked for, and how the command ends.
    fn report(&mut self, shared: &Shared) -> Result<(report::Report, Ending), Failure> {
        #[cfg(feature = "consent")]
        self.put();
        let ending = self.ending();
        let report = report::Report {
            command: self.command.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            machine: report::Machine {
                platform: self.machine.platform.name().to_owned(),
                root: self.machine.root.clone(),
                home: self.home().map(Path::to_owned),
                live: self.machine.live,
            },
            made: self.machine.now,
            took: self.began.elapsed(),
            confinement: confinement(self.confined, &self.in_force, self.writes),
            left: self.left,
            outcomes: std::mem::take(&mut self.outcomes),
        };
        if let Some(file) = &shared.html {
            let page = report::html(&report, &report::Zone::system());
            page::replace(file, page.as_bytes())?;
        }
        Ok((report, ending))
    }

    /// Says how the command ends, by what was found and what could not be looked at.
    fn ending(&self) -> Ending {
        let outcomes = || self.outcomes.iter();
        if outcomes().any(|it| !it.skipped.is_empty()) || !self.complaints.is_empty() {
            Ending::Incomplete
        } else if outcomes().all(|it| it.findings.is_empty()) {
            Ending::NothingFound
        } else {
            Ending::Found
        }
    }
}

fn confinement(confined: bool, in_force: &[sandbox::InForce], writes: bool) -> report::Confinement {
    if confined && in_force.is_empty() {
        let words = "nothing was read".to_owned();
        return report::Confinement {
            in_force: true,
            words,
        };
    }
    let Some(weakest) = in_force
        .iter()
        .min_by_key(|it| it.landlock_abi)
        .filter(|_| confined)
    else {
        let words = "unconfined: asked for with --unconfined".to_owned();
        return report::Confinement {
            in_force: false,
            words,
        };
    };
    let writing = match writes {
        false => "no writing",
        true => "no writing but into a folder made for what is unpacked",
    };
    let words = format!(
        "Landlock (ABI {}) and seccomp ({} system calls allowed); no network, {writing}, no other \
         program",
        weakest.landlock_abi, weakest.system_calls
    );
    report::Confinement {
        in_force: true,
        words,
    }
}

/// Returns whether a plan is to be made of what a job finds.
fn planned(job: &Job) -> bool {
    match job {
        #[cfg(feature = "dupes")]
        Job::Pass(pass) if pass.wishes.is_some() => true,
        #[cfg(feature = "clean")]
        Job::Pass(pass) => matches!(&pass.junk, Some((asked, _)) if asked.wishes.is_some()),
        #[cfg(feature = "uninstall")]
        Job::Uninstall { plan, .. } => *plan,
        _ => false,
    }
}

fn print(bytes: &[u8]) -> Result<Ending, Failure> {
    print_by(|out| out.write_all(bytes))
}

/// Writes to stdout; a reader that has gone away (`| head`) is no fault.
fn print_by(
    write: impl FnOnce(&mut BufWriter<Stdout>) -> io::Result<()>,
) -> Result<Ending, Failure> {
    let mut out = Stdout::buffered();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new("cannot write to stdout").because(&error))
        }
        _ => Ok(Ending::NothingFound),
    }
}
