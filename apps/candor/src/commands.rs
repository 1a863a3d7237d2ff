//! One file per command; here is what they share: from a machine to jobs, from outcomes to a report.

#[cfg(feature = "acts")]
mod acting;
#[cfg(feature = "acts")]
mod apply;
mod checkup;
pub(crate) mod cleanerml;
#[cfg(feature = "clean")]
mod cleaning;
mod doctor;
#[cfg(feature = "history")]
mod history;
#[cfg(feature = "acts")]
mod journal;
mod notice;
#[cfg(feature = "acts")]
mod plan;
#[cfg(feature = "acts")]
mod purge;
#[cfg(feature = "clean")]
mod schedule;
#[cfg(feature = "acts")]
mod undo;
#[cfg(feature = "uninstall")]
pub(crate) mod uninstall;

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    time::Instant,
};

pub(crate) use notice::tools;

#[cfg(feature = "clean")]
use crate::cli::Cleaning;
#[cfg(feature = "dupes")]
use crate::cli::Selection;
#[cfg(any(feature = "clean", feature = "dupes"))]
use crate::private;
use clap::CommandFactory;
use sandbox::Rights;
use tool::{Machine, Outcome, PathText};

use crate::{
    broker::{self, Delivered},
    cli::{Cli, Command, Disk, Shared},
    failure::{Ending, Failure},
    held,
    job::{Job, Order, Pass},
    machine, state,
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
        Command::Dupes(asked) => {
            let wants = Wants {
                dupes: Some(&asked.disk),
                selection: Some(&asked.selection),
                ..Wants::default()
            };
            one_pass("dupes", &asked.paths, &wants, &asked.shared)
        }
        #[cfg(feature = "history")]
        Command::History(asked) => {
            let mut session = Session::begin("history", &asked.shared)?;
            session.history(asked.since)?;
            session.end(&asked.shared)
        }
        #[cfg(feature = "battery")]
        Command::Battery(asked) => {
            let mut session = Session::begin("battery", &asked.shared)?;
            session.battery()?;
            session.end(&asked.shared)
        }
        #[cfg(feature = "uninstall")]
        Command::Uninstall(asked) => uninstall::run(&asked),
        #[cfg(feature = "clean")]
        Command::Schedule(asked) => schedule::schedule(&asked),
        #[cfg(feature = "acts")]
        Command::Apply(asked) => apply::apply(&asked),
        #[cfg(feature = "acts")]
        Command::Undo(asked) => undo::undo(&asked),
        #[cfg(feature = "acts")]
        Command::Purge(asked) => purge::purge(&asked),
        #[cfg(feature = "acts")]
        Command::Journal(asked) => journal::journal(&asked),
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

/// Which tools take part in the pass.
#[derive(Default)]
struct Wants<'a> {
    map: bool,
    junk: bool,
    #[cfg(feature = "clean")]
    cleaning: Option<&'a Cleaning>,
    dupes: Option<&'a Disk>,
    #[cfg(feature = "dupes")]
    selection: Option<&'a Selection>,
    exclusive: bool,
}

#[cfg(feature = "acts")]
impl Wants<'_> {
    /// Returns the file of the plan that is wanted, and what is to be done by it.
    fn plan(&self) -> Option<(&Path, acts::Act)> {
        #[cfg(feature = "clean")]
        if let Some(Cleaning {
            plan: Some(file),
            act: Some(act),
            ..
        }) = self.cleaning
        {
            return Some((file, cleaning::act(*act)));
        }
        #[cfg(feature = "dupes")]
        if let Some(Selection {
            plan: Some(file),
            act: Some(act),
            ..
        }) = self.selection
        {
            return Some((file, plan::act(*act)));
        }
        None
    }
}

#[cfg(any(feature = "clean", feature = "dupes"))]
fn one_pass(
    command: &str,
    paths: &[PathBuf],
    wants: &Wants<'_>,
    shared: &Shared,
) -> Result<Ending, Failure> {
    let mut session = Session::begin(command, shared)?;
    session.pass(paths, wants)?;
    session.end(shared)
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
        held::to_declarations(&rights, &notice::declarations(tools), named, &self.machine)?;
        let order = Order {
            rights,
            confined: self.confined,
            lists: self.lists || planned(&job),
            job,
        };
        let mut delivered = broker::run(&order, self.home())?;
        self.outcomes.append(&mut delivered.outcomes);
        self.in_force.extend(delivered.in_force.take());
        Ok(delivered)
    }

    /// Walks the paths, or the home folders, once for all tools that want it.
    fn pass(&mut self, paths: &[PathBuf], wants: &Wants<'_>) -> Result<(), Failure> {
        let mut named = self.existing(paths)?;
        #[cfg(feature = "dupes")]
        let wishes = self.wishes(wants.selection, &named)?;
        #[cfg(feature = "clean")]
        let junk = match wants.junk {
            true => Some(self.junk(wants.cleaning)?),
            false => None,
        };
        let roots: Vec<PathBuf> = match named.is_empty() {
            true => self
                .machine
                .people
                .iter()
                .map(|person| person.home.clone())
                .collect(),
            false => named.clone(),
        };
        // A person who names folders means those folders.
        #[cfg(feature = "clean")]
        let also = match wants.junk && paths.is_empty() {
            true => clean::places_outside_home(&self.machine),
            false => Vec::new(),
        };
        #[cfg(not(feature = "clean"))]
        let also = Vec::new();
        let memory = wants
            .dupes
            .and_then(|asked| state::memory_file(&self.machine, asked));
        if wants.dupes.is_some_and(|asked| asked.memory.is_some()) {
            named.extend(memory.clone());
        }
        let mut tools = Vec::new();
        tools.extend((wants.map || wants.junk).then_some("clean"));
        tools.extend(wants.dupes.is_some().then_some("dupes"));
        // Folders with something private in them are opened entry by entry: it is the folders that a
        // declaration names.
        let whole = Rights {
            read: also.clone(),
            ..Rights::default()
        };
        let declarations = notice::declarations(&tools);
        held::to_declarations(&whole, &declarations, &named, &self.machine)?;
        let meant: Vec<PathBuf> = named.iter().chain(&also).cloned().collect();
        let mut rights = Rights::default();
        #[cfg(any(feature = "clean", feature = "dupes"))]
        let private = {
            let looked_at: Vec<PathBuf> = roots.iter().chain(&also).cloned().collect();
            let private = private::places(&self.machine, &looked_at, &named);
            for root in &looked_at {
                private::grant(root, &private, &mut rights);
            }
            private
        };
        #[cfg(not(any(feature = "clean", feature = "dupes")))]
        let private = Vec::new();
        rights.read.extend(memory.clone());
        let texts = |paths: Vec<PathBuf>| paths.into_iter().map(PathText).collect();
        let job = Pass {
            machine: self.machine.clone(),
            roots: texts(roots),
            also: texts(also),
            private: texts(private),
            map: wants.map,
            #[cfg(feature = "clean")]
            junk,
            dupes: wants.dupes.map(|asked| asked.min_size),
            #[cfg(feature = "dupes")]
            wishes,
            threads: self.threads,
            exclusive: wants.exclusive,
            memory: memory.clone(),
        };
        let delivered = self.work(&tools, Job::Pass(Box::new(job)), rights, &meant)?;
        if let (Some(file), Some(bytes)) = (memory, delivered.memory) {
            self.complaints.extend(state::keep(&file, &bytes).err());
        }
        #[cfg(feature = "acts")]
        self.plan(wants.plan())?;
        Ok(())
    }

    /// Returns the paths as they really are, so that the sandbox opens what the walk will ask for.
    fn existing(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
        let resolve = |path: &PathBuf| {
            let shown = tool::path_text::shown(path.as_os_str());
            let real = path.canonicalize().map_err(|error| {
                Failure::new(format!("cannot look at `{shown}`"))
                    .because(&error)
                    .help("check the spelling, and that this user may read it")
            })?;
            match real.starts_with(&self.machine.root) {
                true => Ok(real),
                false => Err(Failure::new(format!(
                    "`{shown}` is not on the disk named with --root"
                ))
                .help("name a PATH below that folder, or leave --root out")),
            }
        };
        paths.iter().map(resolve).collect()
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

    /// Writes the report and says how the command ends.
    fn end(self, shared: &Shared) -> Result<Ending, Failure> {
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
            confinement: confinement(self.confined, &self.in_force),
            outcomes: self.outcomes,
        };
        if let Some(file) = &shared.html {
            let page = report::html(&report, &report::Zone::system());
            write_new(file, page.as_bytes())?;
        }
        match shared.json {
            true => print_by(|out| report::json(&report, out))?,
            false => print(report::terminal(&report, &terminal::style(shared.color)).as_bytes())?,
        };
        if let Some(planned) = &self.planned {
            eprint!("{planned}");
        }
        for complaint in &self.complaints {
            eprint!("{complaint}");
        }
        Ok(
            if !report.skipped().is_empty() || !self.complaints.is_empty() {
                Ending::Incomplete
            } else if report.findings().is_empty() {
                Ending::NothingFound
            } else {
                Ending::Found
            },
        )
    }
}

fn confinement(confined: bool, in_force: &[sandbox::InForce]) -> report::Confinement {
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
    let words = format!(
        "Landlock (ABI {}) and seccomp ({} system calls allowed); no network, no writing, no other \
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

/// Writes a file the person named; an existing report is replaced whole.
fn write_new(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes).map_err(|error| {
        let shown = tool::path_text::shown(file.as_os_str());
        Failure::new(format!("cannot write the report to `{shown}`"))
            .because(&error)
            .help("name a file in a folder you can write to")
    })
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
