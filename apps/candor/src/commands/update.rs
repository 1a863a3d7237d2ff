//! `candor update`: threat lists are brought in by the courier, and compiled here.
//!
//! The courier is told the addresses that the person wrote down, and nothing else.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use history::lists::sources::Place;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Session, lists, print, print_by};
use crate::{
    cli::{Shared, Update},
    courier,
    failure::{Ending, Failure},
    lists::Files,
    terminal,
};

/// What left the machine.
const LEFT: &str = "requests for public lists, by the courier, the same for everyone";

/// What the courier says it did. `schemas/candor.courier-update.1.schema.json` has all of it.
#[derive(Deserialize)]
struct Fetched {
    publisher: Option<Publisher>,
    own: Vec<Own>,
    received: u64,
    troubles: Vec<Trouble>,
}

#[derive(Deserialize)]
struct Publisher {
    name: String,
    version: u64,
    made: String,
    is_new: bool,
    files: u64,
    by_delta: u64,
    passed_over: Vec<PassedOver>,
}

#[derive(Deserialize)]
struct PassedOver {
    mirror: String,
    why: String,
}

#[derive(Deserialize)]
struct Own {
    id: String,
    bytes: u64,
    is_new: bool,
}

#[derive(Deserialize)]
struct Trouble {
    what: String,
    why: String,
}

pub(super) fn run(asked: &Update) -> Result<Ending, Failure> {
    let shared = &asked.shared;
    let mut session = Session::begin("lists", shared)?;
    let Some(files) = Files::of(&session.machine) else {
        let failure = Failure::new("lists are brought to this machine only");
        return Err(failure.help("leave --root out"));
    };
    let _alone = files.locked()?;
    let now = session.machine.now;
    let brought = match plan(&files) {
        Ok(Some(plan)) => bring(&mut session, &files, &plan, shared),
        Ok(None) => {
            // Whoever asks nobody fails at nothing.
            files.note_trouble(&[], now)?;
            return Err(nobody());
        }
        Err(failure) => Err(failure),
    };
    // What keeps lists from being new is told until it ends, whatever it was.
    let why = match &brought {
        Ok(_) => troubles(&session),
        Err(failure) => vec![failure.line()],
    };
    session
        .complaints
        .extend(files.note_trouble(&why, now).err());
    let (said, fetched) = match brought {
        Ok(brought) => brought,
        Err(failure) => {
            session.talk();
            return Err(failure);
        }
    };
    session.left = LEFT;
    let (mut report, ending) = session.report(shared)?;
    if shared.json {
        // Of making the lists nothing left; of fetching them it is said beside.
        report.left = report::LEFT_THE_MACHINE;
        let mut lists = Vec::new();
        report::json(&report, &mut lists)
            .map_err(|error| Failure::new("cannot write the report").because(&error))?;
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        let all = format!(
            "{{\"schema\":\"candor/update/1\",\"left_the_machine\":{},\"fetched\":{},\"lists\":{}}}\n",
            json!(LEFT),
            text(&said),
            text(&lists)
        );
        print(all.as_bytes())?;
    } else {
        print_by(|out| {
            out.write_all(words(&fetched).as_bytes())?;
            out.write_all(report::terminal(&report, &terminal::style(shared.color)).as_bytes())
        })?;
    }
    session.talk();
    Ok(ending)
}

/// Fetches lists and compiles them; returns what the courier said, as it was and read.
fn bring(
    session: &mut Session,
    files: &Files,
    plan: &Value,
    shared: &Shared,
) -> Result<(Vec<u8>, Fetched), Failure> {
    let said = fetch(plan, shared)?;
    let fetched: Fetched = serde_json::from_slice(&said)
        .map_err(|error| Failure::new("the courier was not understood").because(&error))?;
    for trouble in &fetched.troubles {
        let what = report::plain(&trouble.what);
        let failure = Failure::new(format!(
            "not brought in: {what}: {}",
            report::plain(&trouble.why)
        ));
        session
            .complaints
            .push(failure.help("lists that are here already still serve; try again later"));
    }
    // Also where nothing was new: the person may have changed a list of their own, or a run was cut off.
    lists::make(session, files)?;
    Ok((said, fetched))
}

/// Returns what went wrong, and which lists were left out.
fn troubles(session: &Session) -> Vec<String> {
    let complaints = session.complaints.iter().map(Failure::line);
    let skipped = session.outcomes.iter().flat_map(|it| &it.skipped);
    let left_out = skipped.map(|it| {
        let path = tool::path_text::shown(it.path.0.as_os_str());
        format!("`{path}` is left out: {}", it.why)
    });
    complaints.chain(left_out).collect()
}

/// Returns the addresses that the person wrote down; `None` where there is nobody to ask and nothing to clear away.
fn plan(files: &Files) -> Result<Option<Value>, Failure> {
    let publisher = files.publisher()?;
    let own = files.own_lists()?;
    let own = own.lists.iter().filter_map(|it| match &it.place {
        Place::Url(url) => Some(json!({"id": it.facts.id, "url": url})),
        Place::File(_) => None,
    });
    let own: Vec<_> = own.collect();
    // What a publisher brought who is not named any more is still to be cleared away.
    let is_idle = publisher.is_none() && own.is_empty() && !files.is_orphaned()?;
    let plan = || json!({"raw": files.raw, "publisher": publisher, "own": own});
    Ok((!is_idle).then(plan))
}

fn nobody() -> Failure {
    Failure::new("there is nobody to bring lists in from").help(
        "name a publisher in `candor/update.toml`, or a list with a `url` in `candor/lists.toml`, both in the config \
         folder; docs/lists.md shows how. `candor lists compile` makes the list file anew without asking anyone",
    )
}

/// Starts the courier with these addresses; returns what it says.
fn fetch(plan: &Value, shared: &Shared) -> Result<Vec<u8>, Failure> {
    let mut command = courier::command()?;
    command.arg("update");
    if shared.unconfined {
        command.arg("--unconfined");
    }
    if let Some(now) = shared.now {
        command.args(["--now", &now.as_second().to_string()]);
    }
    answer(&mut command, plan.to_string().as_bytes())
}

fn answer(command: &mut Command, plan: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed =
        |error: std::io::Error| Failure::new("the courier cannot be asked").because(&error);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take();
    // It may have ended already, with words on stderr; what it says on stdout is what counts.
    let told = stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(plan));
    drop(stdin);
    let output = child.wait_with_output().map_err(failed)?;
    match output.stdout.is_empty() {
        false => Ok(output.stdout),
        true => {
            let failure = Failure::new("the courier brought nothing in");
            Err(match told {
                Ok(()) => failure.help("it says above why"),
                Err(error) => failure.because(&error),
            })
        }
    }
}

fn words(fetched: &Fetched) -> String {
    let state = |is_new| if is_new { "new" } else { "as it was" };
    let mut lines = vec!["Brought in".to_owned(), "──────────".to_owned()];
    if let Some(it) = &fetched.publisher {
        let by_delta = match it.by_delta {
            0 => String::new(),
            number => format!(", {number} of them by what is new in them"),
        };
        lines.push(format!(
            "  {}: version {} of {}, {}{by_delta}, {}",
            it.name,
            it.version,
            it.made,
            match it.files {
                1 => "1 list".to_owned(),
                number => format!("{number} lists"),
            },
            state(it.is_new)
        ));
        for it in &it.passed_over {
            lines.push(format!("  Passed over: {}: {}", it.mirror, it.why));
        }
    }
    for it in &fetched.own {
        let size = tool::Bytes(it.bytes);
        lines.push(format!("  {}: {size}, {}", it.id, state(it.is_new)));
    }
    lines.push(format!("  Received: {}", tool::Bytes(fetched.received)));
    let lines = lines
        .iter()
        .map(|line| format!("{}\n", report::plain(line)));
    lines.chain(["\n".to_owned()]).collect()
}
