//! What is said of plans, runs and steps.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use acts::{
    Act, Plan,
    journal::{CameTo, Damaged, Run},
};
use serde::Serialize;
use serde_json::json;
use tool::{Bytes, PathText, path_text::shown_path};

use super::Came;
use crate::actor::{purged, taken_back};

/// Steps shown of a plan before it is carried out; the file has them all.
const SHOWN: usize = 40;

pub(in super::super) fn steps(count: usize) -> String {
    format!("{count} {}", if count == 1 { "step" } else { "steps" })
}

pub(in super::super) fn things(count: usize) -> String {
    format!("{count} {}", if count == 1 { "thing" } else { "things" })
}

/// A plan as a person sees it before they agree.
pub(in super::super) fn plan(plan: &Plan, home: Option<&Path>) -> String {
    let shown = |text: &str| tool::path_text::shown(text.as_ref());
    let (made, by) = (shown(&plan.made), shown(&plan.by));
    let mut text = format!("Plan of {made}, made by {by}\n\n");
    if plan.steps.is_empty() {
        text.push_str("It has no step: there is nothing to do.\n");
        return text;
    }
    for step in plan.steps.iter().take(SHOWN) {
        let mut path = shown_path(&step.path.0, home);
        if !step.inside.is_empty() {
            let _ = write!(
                path,
                " (a folder, with {} in it)",
                things(step.inside.len())
            );
        }
        let reason = shown(&step.reason);
        let frees = step.frees.to_string();
        let _ = writeln!(
            text,
            "{frees:>11}  {:<10}  {path}\n{:>25}{reason}",
            step.act, ""
        );
    }
    if plan.steps.len() > SHOWN {
        let _ = writeln!(
            text,
            "and {} more, which the file lists",
            plan.steps.len() - SHOWN
        );
    }
    let mut acts: BTreeMap<String, (usize, u64, Act)> = BTreeMap::new();
    for step in &plan.steps {
        let sum = acts.entry(step.act.to_string()).or_insert((0, 0, step.act));
        *sum = (sum.0 + 1, sum.1.saturating_add(step.frees.0), step.act);
    }
    text.push('\n');
    for (count, frees, act) in acts.into_values() {
        let undone = match act.can_be_undone() {
            true => "can be undone",
            false => "CANNOT be undone",
        };
        let _ = writeln!(
            text,
            "{}: {}, {}; {undone}",
            steps(count),
            act.words(),
            gain(act, Bytes(frees))
        );
    }
    text
}

/// What an act brings, and when.
fn gain(act: Act, bytes: Bytes) -> String {
    match later(act) {
        Some(when) => format!("{bytes} free {when}"),
        None => format!("frees {bytes}"),
    }
}

/// When an act brings what it brings, if not at once.
pub(in super::super) fn later(act: Act) -> Option<&'static str> {
    match act {
        Act::Trash => Some("when the trash is emptied"),
        Act::Quarantine => Some("when the quarantine is purged"),
        Act::Remove | Act::Hardlink | Act::Reflink => None,
    }
}

pub(in super::super) fn written(plan: &Plan, file: &Path) -> String {
    let file = tool::path_text::shown(file.as_os_str());
    match plan.steps.len() {
        0 => {
            format!("A plan without a step was written to `{file}`: by these rules nothing goes.\n")
        }
        count => format!(
            "A plan of {} was written to `{file}`. Nothing was changed. `candor apply {file}` shows it and asks.\n",
            steps(count)
        ),
    }
}

/// Says how many steps of a plan will not be carried out.
pub(in super::super) fn left_out(count: usize) -> String {
    match count {
        0 => String::new(),
        count => format!(
            "candor: {} of the plan cannot be carried out as written; each is named at the end\n",
            steps(count)
        ),
    }
}

pub(super) fn refused(step: &Came, why: &str, home: Option<&Path>) -> String {
    let why = tool::path_text::shown(why.as_ref());
    match &step.path {
        Some(path) if why.starts_with(acts::PARTLY) => {
            format!("candor: `{}`: {why}", shown_path(&path.0, home))
        }
        Some(path) => format!(
            "candor: `{}` stays as it is: {why}",
            shown_path(&path.0, home)
        ),
        None => format!("candor: step {} was not done: {why}", step.step),
    }
}

pub(in super::super) fn cut_off(
    path: &PathText,
    refused: Option<&str>,
    home: Option<&Path>,
) -> String {
    let path = shown_path(&path.0, home);
    match refused {
        None => format!("candor: an earlier run was cut off; its step on `{path}` is done"),
        Some(why) => {
            let why = tool::path_text::shown(why.as_ref());
            format!("candor: `{path}`: {why}")
        }
    }
}

/// How a run ended; `run` is its name, if it can be taken back.
pub(super) fn ended(came: &[Came], freed: Bytes, run: Option<&str>) -> String {
    let done = came.iter().filter(|it| it.done).count();
    let mut text = format!("{} done", steps(done));
    if came.len() > done {
        let _ = write!(text, ", {} refused", came.len() - done);
    }
    if freed.0 > 0 {
        let later = came
            .iter()
            .filter(|it| it.done)
            .all(|it| matches!(it.act, Some(Act::Trash | Act::Quarantine)));
        let when = if later {
            "to be free when trash or quarantine are emptied"
        } else {
            "freed"
        };
        let _ = write!(text, "; {freed} {when}");
    }
    let _ = writeln!(text, ".");
    let can_be_undone = came
        .iter()
        .any(|it| it.done && it.act.is_some_and(Act::can_be_undone));
    if let Some(run) = run.filter(|_| can_be_undone) {
        let _ = writeln!(text, "Take it back with `candor undo {run}`.");
    }
    text
}

/// Every run in a line, or the steps of one.
pub(in super::super) fn journal(
    shown: &[&Run],
    known: &[Run],
    whole: bool,
    acting: bool,
    home: Option<&Path>,
) -> String {
    if shown.is_empty() {
        return "Candor has changed nothing so far.\n".to_owned();
    }
    let mut text = String::new();
    for run in shown {
        let (done, refused) = counts(run);
        let undone = taken_back(&run.name, known).len();
        let purged = purged(&run.name, known).len();
        let _ = write!(
            text,
            "{}  {}  {}: {} done",
            run.name,
            run.at,
            tool::path_text::shown(run.what.as_ref()),
            done
        );
        for (count, what) in [
            (refused, "refused"),
            (undone, "taken back"),
            (purged, "purged"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
        text.push('\n');
        if !whole {
            continue;
        }
        for step in &run.steps {
            let path = shown_path(&step.before.path.0, home);
            let came = match &step.came_to {
                None if acting && !run.ended => "not ended".to_owned(),
                None => "cut off".to_owned(),
                Some(CameTo::Done) => "done".to_owned(),
                Some(CameTo::Refused(why)) => {
                    format!("refused: {}", tool::path_text::shown(why.as_ref()))
                }
            };
            let _ = writeln!(
                text,
                "{:>6}  {:<10}  {path}: {came}",
                step.before.step, step.before.act
            );
            let to = step
                .before
                .to
                .as_ref()
                .filter(|_| step.came_to == Some(CameTo::Done));
            if let Some(to) = to.filter(|_| matches!(step.before.act, Act::Trash | Act::Quarantine))
            {
                let _ = writeln!(text, "{:>20}now at {}", "", shown_path(&to.0, home));
            }
        }
    }
    text
}

/// The fields in their order: the schema is what a program reads first.
#[derive(Serialize)]
struct InJson<'d> {
    schema: &'static str,
    runs: Vec<serde_json::Value>,
    damaged: &'d [Damaged],
}

/// The same for programs, as `schemas/candor.journal.1.schema.json` has it.
pub(in super::super) fn journal_json(shown: &[&Run], known: &[Run], damaged: &[Damaged]) -> String {
    let run = |run: &&Run| {
        let undone = taken_back(&run.name, known);
        let purged = purged(&run.name, known);
        let steps: Vec<_> = run
            .steps
            .iter()
            .map(|step| {
                let (came_to, why) = match &step.came_to {
                    None => ("cut-off", None),
                    Some(CameTo::Done) => ("done", None),
                    Some(CameTo::Refused(why)) => ("refused", Some(why)),
                };
                json!({
                    "step": step.before.step, "act": step.before.act, "path": step.before.path,
                    "to": step.before.to, "frees": step.before.frees, "came_to": came_to,
                    "why": why, "taken_back": undone.contains(&step.before.step),
                    "purged": purged.contains(&step.before.step),
                })
            })
            .collect();
        json!({
            "run": run.name, "at": run.at, "what": run.what, "undoes": run.undoes,
            "purges": run.purges, "until": run.until,
            "ended": run.ended, "steps": steps,
        })
    };
    let runs: Vec<_> = shown.iter().map(run).collect();
    let journal = InJson {
        schema: "candor/journal/1",
        runs,
        damaged,
    };
    serde_json::to_string(&journal).expect("runs fit JSON") + "\n"
}

fn counts(run: &Run) -> (usize, usize) {
    let done = run
        .steps
        .iter()
        .filter(|it| it.came_to == Some(CameTo::Done))
        .count();
    let refused = run
        .steps
        .iter()
        .filter(|it| matches!(it.came_to, Some(CameTo::Refused(_))))
        .count();
    (done, refused)
}
