//! The broker's side of a worker: start it, give it its order, take in what it says.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read, Write},
    path::Path,
};

use sandbox::{InForce, Probe, Worker};
use tool::{List, Outcome, pass::Progress};

#[cfg(feature = "acts")]
use crate::actor::Said;
use crate::{
    failure::Failure,
    frames::{self, Kind, Rows},
    job::Order,
    terminal::Line,
    worker::{GaveUp, WORD},
};

/// What a worker handed over.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) outcomes: Vec<Outcome>,
    /// What confined it; `None` only when it ran unconfined.
    pub(crate) in_force: Option<InForce>,
    pub(crate) memory: Option<Vec<u8>>,
    pub(crate) probes: Vec<Probe>,
    #[cfg(feature = "acts")]
    /// What an actor said, in its order.
    pub(crate) said: Vec<Said>,
}

/// Runs one order to its end.
///
/// # Errors
/// When the worker could not be started, could not be confined, or ended before it was done.
pub(crate) fn run(order: &Order, home: Option<&Path>) -> Result<Delivered, Failure> {
    let mut worker = sandbox::spawn_worker(&[WORD])
        .map_err(|error| Failure::new("cannot start a worker").because(&error))?;
    #[cfg(feature = "unpack")]
    crate::interrupt::worker_is(worker.id());
    let line = Line::new();
    let delivered = talk(&mut worker, order, home, &line);
    line.erase();
    let delivered = delivered.map_err(|failure| {
        // Whatever it is doing, nobody listens any more.
        let _ = worker.kill();
        with_last_words(failure, &mut worker)
    });
    #[cfg(feature = "unpack")]
    crate::interrupt::worker_is(0);
    let _ = worker.wait();
    delivered
}

fn talk(
    worker: &mut Worker,
    order: &Order,
    home: Option<&Path>,
    line: &Line,
) -> Result<Delivered, Failure> {
    let ended = |error: std::io::Error| Failure::new("a worker ended early").because(&error);
    let mut stdin = worker
        .stdin
        .take()
        .expect("the worker was started with a pipe");
    let text = serde_json::to_vec(order).expect("an order fits JSON");
    stdin.write_all(&text).map_err(ended)?;
    // The end of the pipe is the end of the order.
    drop(stdin);
    let stdout = worker
        .stdout
        .take()
        .expect("the worker was started with a pipe");
    listen(
        &mut BufReader::with_capacity(64 * 1024, stdout),
        order.confined,
        home,
        line,
    )
}

fn listen(
    pipe: &mut BufReader<impl Read>,
    confined: bool,
    home: Option<&Path>,
    line: &Line,
) -> Result<Delivered, Failure> {
    let broken = |error: std::io::Error| Failure::new("a worker ended early").because(&error);
    let mut delivered = Delivered::default();
    // Lists come ahead of the outcome they belong to; here they wait for it, by tool.
    let mut waiting: BTreeMap<String, Vec<List>> = BTreeMap::new();
    let mut greeted = false;
    loop {
        let (kind, bytes) = frames::read(pipe).map_err(broken)?;
        match kind {
            Kind::Greeting => {
                let version: u32 = frames::value(&bytes).map_err(broken)?;
                if version != frames::VERSION {
                    return Err(Failure::new("the worker is of another version")
                        .help("Candor was replaced while it ran; run it again"));
                }
                greeted = true;
            }
            _ if !greeted => return Err(Failure::new("a worker did not say its version")),
            Kind::Confined => {
                delivered.in_force = frames::value(&bytes).map_err(broken)?;
                if confined && delivered.in_force.is_none() {
                    return Err(Failure::new(
                        "a worker ran without the sandbox it was ordered to",
                    ));
                }
            }
            Kind::Progress => line.draw(&frames::value::<Progress>(&bytes).map_err(broken)?, home),
            Kind::Rows => {
                let Rows { tool, list, rows } = frames::rows(bytes).map_err(broken)?;
                tool::lists::put_together(waiting.entry(tool).or_default(), &list, rows);
            }
            Kind::Outcome => {
                let mut outcome: Outcome = frames::value(&bytes).map_err(broken)?;
                outcome.lists = waiting.remove(&outcome.tool).unwrap_or_default();
                delivered.outcomes.push(outcome);
            }
            Kind::Memory => delivered.memory = Some(bytes),
            Kind::Probes => delivered.probes = frames::value(&bytes).map_err(broken)?,
            #[cfg(feature = "acts")]
            Kind::Said => {
                delivered.said.push(frames::value(&bytes).map_err(broken)?);
                line.draw_steps(delivered.said.len());
            }
            Kind::GaveUp => {
                let reason: GaveUp = frames::value(&bytes).map_err(broken)?;
                return Err(Failure::new(format!(
                    "a worker could not be confined: {}",
                    reason.what
                ))
                .help(format!(
                    "{}; nothing was looked at. `candor doctor` shows what this system offers; \
                         --unconfined runs without the sandbox, and the report will say so",
                    reason.help
                )));
            }
            #[cfg(not(feature = "acts"))]
            Kind::Said => return Err(Failure::new("a worker spoke as an actor does")),
            Kind::End if waiting.is_empty() => return Ok(delivered),
            Kind::End => {
                return Err(Failure::new(
                    "a worker sent rows of a tool it did not report",
                ));
            }
        }
    }
}

/// Adds what the worker wrote on stderr, if it panicked: a little, with nothing that could write to
/// the terminal.
fn with_last_words(failure: Failure, worker: &mut Worker) -> Failure {
    let Some(stderr) = worker.stderr.take() else {
        return failure;
    };
    let mut bytes = Vec::new();
    let _ = stderr.take(4096).read_to_end(&mut bytes);
    let words = String::from_utf8_lossy(&bytes);
    let words: Vec<String> = words
        .lines()
        .take(12)
        .map(|line| tool::path_text::shown(std::ffi::OsStr::new(line)))
        .collect();
    match words.is_empty() {
        true => failure,
        false => failure.help(format!("the worker's last words: {}", words.join(" | "))),
    }
}
