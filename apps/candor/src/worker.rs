//! The worker: this program started again, confined before anything else, for one job.
//!
//! It reads its order from stdin, gives up everything the order does not name, and only then looks
//! at what belongs to the person. What it finds goes to stdout as frames.

use std::{
    io::{self, BufWriter, Read, Write},
    process::ExitCode,
    sync::Mutex,
};

use serde::{Deserialize, Serialize};
#[cfg(feature = "dupes")]
use tool::pass::remember::Memory;
use tool::{
    Lists, Outcome, Skipped,
    pass::{self, Watch},
};

#[cfg(feature = "acts")]
use crate::actor;
#[cfg(feature = "history")]
use crate::job::AboutLists;
use crate::{
    frames::{self, Kind},
    job::{Job, Order, Pass},
    stdout::Stdout,
};

/// The hidden first argument that makes a process a worker.
pub(crate) const WORD: &str = "worker";

/// Why a worker did not do its job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GaveUp {
    pub(crate) what: String,
    pub(crate) help: String,
}

/// Runs one order from stdin.
pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // The broker sees that the pipe ended early and says so.
        Err(_) => ExitCode::from(2),
    }
}

fn run() -> io::Result<()> {
    let mut order = Vec::new();
    io::stdin().lock().read_to_end(&mut order)?;
    let order: Order = frames::value(&order)?;
    let mut out = Stdout::buffered();
    frames::write(&mut out, Kind::Greeting, &frames::VERSION)?;
    if order.confined {
        match sandbox::confine(&order.rights) {
            Ok(in_force) => frames::write(&mut out, Kind::Confined, &Some(in_force))?,
            Err(refused) => {
                let because =
                    std::iter::successors(std::error::Error::source(&refused), |e| e.source())
                        .map(|error| format!(": {error}"));
                let what = std::iter::once(refused.to_string())
                    .chain(because)
                    .collect();
                let help = refused.hint().to_owned();
                frames::write(&mut out, Kind::GaveUp, &GaveUp { what, help })?;
                return out.flush();
            }
        }
    } else {
        frames::write(&mut out, Kind::Confined, &None::<sandbox::InForce>)?;
    }
    match order.job {
        Job::Pass(job) => pass(&job, order.lists, &mut out)?,
        #[cfg(feature = "history")]
        Job::History {
            machine,
            discovered,
            window_hours,
            shelf,
        } => {
            let shelf = history::Shelf::open(&shelf);
            let options = history::Options {
                hours: window_hours,
                ..history::Options::default()
            };
            let look = |lists: &mut Lists<'_>| {
                history::look(&machine, &discovered, &shelf, &options, lists)
            };
            with_lists("history", order.lists, &mut out, look)?;
        }
        #[cfg(feature = "history")]
        Job::Lists { now, shelf, asked } => about_lists(now, &shelf, &asked, &mut out)?,
        #[cfg(feature = "clean")]
        Job::CleanerMl { machine, input } => {
            let look = |lists: &mut Lists<'_>| clean::cleanerml::look(&machine, &input, lists);
            with_lists("cleanerml", order.lists, &mut out, look)?;
        }
        #[cfg(feature = "battery")]
        Job::Battery {
            machine,
            reads,
            ioreg,
            system_profiler,
        } => {
            let input = battery::Input {
                reads,
                ioreg,
                system_profiler,
            };
            frames::write(&mut out, Kind::Outcome, &battery::look(&machine, &input))?;
        }
        #[cfg(feature = "uninstall")]
        Job::Uninstall { machine, asked, .. } => {
            let mut written = Ok(());
            let mut take = |list: &str, rows: &str| {
                written = std::mem::replace(&mut written, Ok(()))
                    .and_then(|()| frames::write_rows(&mut out, "uninstall", list, rows));
            };
            let mut lists = match order.lists {
                true => Lists::to(&mut take),
                false => Lists::unwanted(),
            };
            let outcome = uninstall::look(&machine, &asked, &mut lists);
            // A plan that lacks a step must not look whole.
            written?;
            frames::write(&mut out, Kind::Outcome, &outcome)?;
        }
        #[cfg(feature = "unpack")]
        Job::Archives(asked) => archives(order.lists, &mut out, |watch, lists| {
            unpack::look(&asked, watch, lists)
        })?,
        #[cfg(feature = "unpack")]
        Job::Preview(asked) => frames::write(&mut out, Kind::Outcome, &unpack::preview(&asked))?,
        #[cfg(feature = "unpack")]
        Job::Unpack(asked) => archives(order.lists, &mut out, |watch, lists| {
            unpack::unpack(&asked, watch, lists)
        })?,
        #[cfg(feature = "acts")]
        Job::Act(acting) => actor::act(&acting, &mut out)?,
        Job::Prove(ground) => frames::write(&mut out, Kind::Probes, &sandbox::probe(&ground))?,
    }
    frames::write(&mut out, Kind::End, &())?;
    out.flush()
}

/// Answers what is asked about threat lists; a list file that was made goes ahead of the outcome.
#[cfg(feature = "history")]
fn about_lists(
    now: tool::Moment,
    sources: &history::Sources,
    asked: &AboutLists,
    out: &mut BufWriter<Stdout>,
) -> io::Result<()> {
    use history::shown;

    let outcome = match asked {
        AboutLists::Show => shown::show(&history::Shelf::open(sources), &sources.allow),
        AboutLists::Explain(asked) => shown::explain(&history::Shelf::open(sources), asked, now),
        AboutLists::Compile(input) => match history::lists::make(input) {
            Ok(made) => {
                frames::write_bytes(out, Kind::Memory, &made.bytes)?;
                shown::compiled(&made, &sources.allow)
            }
            Err(error) => shown::not_compiled(input, &error),
        },
    };
    frames::write(out, Kind::Outcome, &outcome)
}

/// Lets a tool look, and sends its long lists ahead of its outcome.
#[cfg(any(feature = "clean", feature = "history"))]
fn with_lists(
    tool: &str,
    wanted: bool,
    out: &mut BufWriter<Stdout>,
    look: impl FnOnce(&mut Lists<'_>) -> Outcome,
) -> io::Result<()> {
    let mut written = Ok(());
    let mut take = |list: &str, rows: &str| {
        written = std::mem::replace(&mut written, Ok(()))
            .and_then(|()| frames::write_rows(&mut *out, tool, list, rows));
    };
    let mut lists = match wanted {
        true => Lists::to(&mut take),
        false => Lists::unwanted(),
    };
    let outcome = look(&mut lists);
    // Rows that did not go out must not be missing from a report that looks whole.
    written?;
    frames::write(out, Kind::Outcome, &outcome)
}

/// Looks while somebody is told how far it is, and long lists go out in pieces; `tool_of` names the tool of a list.
fn watched<T>(
    lists: bool,
    tool_of: &(dyn Fn(&str) -> &'static str + Sync),
    out: &mut BufWriter<Stdout>,
    look: impl FnOnce(&Watch<'_>, &mut Lists<'_>) -> T,
) -> io::Result<T> {
    let mut written = Ok(());
    let pipe = Mutex::new(&mut *out);
    let locked = || {
        pipe.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    let tell = |progress: &pass::Progress| {
        let mut pipe = locked();
        // A broker that is gone ends this worker by signal; until then nobody hears us.
        let _ = frames::write(&mut **pipe, Kind::Progress, progress).and_then(|()| pipe.flush());
    };
    let mut take = |list: &str, rows: &str| {
        let mut pipe = locked();
        written = std::mem::replace(&mut written, Ok(()))
            .and_then(|()| frames::write_rows(&mut **pipe, tool_of(list), list, rows));
    };
    let mut lists = match lists {
        true => Lists::to(&mut take),
        false => Lists::unwanted(),
    };
    let looked = look(&Watch::new(&tell), &mut lists);
    // Rows that did not go out must not be missing from a report that looks whole.
    written.map(|()| looked)
}

/// What is in archives, or came out of one.
#[cfg(feature = "unpack")]
fn archives(
    lists: bool,
    out: &mut BufWriter<Stdout>,
    look: impl FnOnce(&Watch<'_>, &mut Lists<'_>) -> Outcome,
) -> io::Result<()> {
    let outcome = watched(lists, &|_| "unpack", out, look)?;
    frames::write(out, Kind::Outcome, &outcome)
}

/// The one pass, for all tools that take part in it.
fn pass(job: &Pass, lists: bool, out: &mut BufWriter<Stdout>) -> io::Result<()> {
    let tool_of = |list: &str| tool_of(job, list);
    let looked = watched(lists, &tool_of, out, |watch, lists| look(job, watch, lists));
    let (outcomes, memory) = looked?;
    for outcome in outcomes {
        frames::write(out, Kind::Outcome, &outcome)?;
    }
    if let Some(memory) = memory {
        frames::write_bytes(out, Kind::Memory, &memory)?;
    }
    Ok(())
}

fn look(job: &Pass, watch: &Watch<'_>, lists: &mut Lists<'_>) -> (Vec<Outcome>, Option<Vec<u8>>) {
    let scope = pass::Scope {
        roots: paths(&job.roots),
        also: paths(&job.also),
        threads: job.threads,
    };
    let forest = pass::walk(&scope, watch);
    // What the walk could not see is missing from every tool's part; it is reported once.
    let mut skipped: Vec<Skipped> = forest.skipped.clone();
    let mut outcomes: Vec<Outcome> = Vec::new();
    #[cfg(feature = "clean")]
    look_at_rows(job, &forest, lists, &mut outcomes);
    #[cfg(feature = "similar")]
    compare_decoded(job, &forest, watch, lists, &mut outcomes);
    #[cfg(feature = "dupes")]
    let memory = compare(job, &forest, watch, lists, &mut outcomes, &mut skipped);
    #[cfg(not(feature = "dupes"))]
    let memory = {
        let _no_list_is_made = lists;
        None
    };
    let others = take_others_folders(job, &mut skipped);
    if let Some(junk) = outcomes
        .iter_mut()
        .find(|it| it.tool == "clean")
        .filter(|_| others > 0)
    {
        let folders = if others == 1 { "folder" } else { "folders" };
        junk.section.notes.push(format!(
            "{others} {folders} of other users or of the system, in places such as /tmp, could not be \
             looked at. Only your own files there could be junk of yours."
        ));
    }
    if let Some(first) = outcomes.first_mut() {
        first.skipped.append(&mut skipped);
        first.skipped.sort();
    }
    (outcomes, memory)
}

fn paths(texts: &[tool::PathText]) -> Vec<std::path::PathBuf> {
    texts.iter().map(|text| text.0.clone()).collect()
}

/// Takes out what was denied in places that nobody named: on a machine of several people that is
/// the rule, and no reason to call a checkup incomplete. Returns how many.
fn take_others_folders(job: &Pass, skipped: &mut Vec<Skipped>) -> usize {
    let before = skipped.len();
    let unnamed = |path: &std::path::Path| job.also.iter().any(|place| path.starts_with(&place.0));
    skipped.retain(|it| it.why != tool::Why::Denied || !unnamed(&it.path.0));
    before - skipped.len()
}

/// Returns the tool that a long list of the pass is of.
fn tool_of(job: &Pass, list: &str) -> &'static str {
    match list {
        // No command lets pictures or recordings and anything else be looked at.
        _ if job.similar.is_some() => "similar",
        #[cfg(feature = "clean")]
        clean::PROPOSALS => "clean",
        _ => "dupes",
    }
}

/// Lets the tools that only need rows look at them.
#[cfg(feature = "clean")]
fn look_at_rows(
    job: &Pass,
    forest: &pass::Forest,
    lists: &mut Lists<'_>,
    outcomes: &mut Vec<Outcome>,
) {
    if !job.map && job.junk.is_none() {
        return;
    }
    let holdings = clean::holdings(forest, job.exclusive);
    if job.map {
        outcomes.push(clean::map(forest, &holdings, &job.machine));
    }
    if let Some((asked, held)) = &job.junk {
        let scope = clean::Scope {
            forest,
            holdings: &holdings,
            machine: &job.machine,
            held,
        };
        outcomes.push(clean::junk(&scope, asked, lists));
    }
}

/// Lets pictures or recordings be decoded and compared.
#[cfg(feature = "similar")]
fn compare_decoded(
    job: &Pass,
    forest: &pass::Forest,
    watch: &Watch<'_>,
    lists: &mut Lists<'_>,
    outcomes: &mut Vec<Outcome>,
) {
    use crate::job::Similar;

    let Some(what) = job.similar else { return };
    // A decoder that panics is caught, and what it says is about a stranger's bytes.
    std::panic::set_hook(Box::new(|_| {}));
    let options = similar::Options {
        distance: match what {
            Similar::Pictures(distance) => distance,
            Similar::Recordings => 0,
        },
        threads: job.threads,
        private: pass::Below::of(forest, &paths(&job.private)),
    };
    outcomes.push(match what {
        Similar::Pictures(_) => similar::look(forest, &options, watch, lists),
        Similar::Recordings => similar::listen(forest, &options, watch, lists),
    });
    drop(std::panic::take_hook());
}

/// Compares files of equal size; returns what is to be remembered, if there is news.
#[cfg(feature = "dupes")]
fn compare(
    job: &Pass,
    forest: &pass::Forest,
    watch: &Watch<'_>,
    lists: &mut Lists<'_>,
    outcomes: &mut Vec<Outcome>,
    skipped: &mut Vec<Skipped>,
) -> Option<Vec<u8>> {
    let options = dupes::Options {
        min_size: job.dupes?,
        threads: job.threads,
        private: pass::Below::of(forest, &paths(&job.private)),
        wishes: job.wishes.clone(),
        roots: paths(&job.roots),
        bases: job.machine.people.clone(),
    };
    let mut memory = remembered(job, skipped);
    let main = |id| forest.is_main(id);
    outcomes.push(dupes::look(
        forest,
        main,
        &options,
        memory.as_mut(),
        watch,
        lists,
    ));
    memory.filter(Memory::has_news).map(Memory::into_bytes)
}

/// Returns the memory of earlier comparisons, if one is wanted. A file that is damaged is as good as
/// an empty one, and said.
#[cfg(feature = "dupes")]
fn remembered(job: &Pass, skipped: &mut Vec<Skipped>) -> Option<Memory> {
    let file = job.memory.as_ref()?;
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        // Never written, or not granted because it was not there.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) =>
        {
            return Some(Memory::empty());
        }
        Err(error) => {
            skipped.push(Skipped::failed(file.as_path(), &error));
            return Some(Memory::empty());
        }
    };
    Some(Memory::from_bytes(bytes).unwrap_or_else(|| {
        let detail = "Candor's memory of comparisons; it is made anew".to_owned();
        skipped.push(Skipped::new(file.as_path(), tool::Why::Damaged { detail }));
        Memory::empty()
    }))
}
