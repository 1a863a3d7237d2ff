//! Unpacking beside the programs that do it: hot cache, in memory, one after the other in rounds.
//!
//! First every program unpacks once, and what came out is compared with what was packed: a program that
//! left something out is told as failed and is not timed.

mod cases;
mod inputs;
mod lines;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command as Process, ExitCode},
};

pub(crate) use self::cases::Case;
use self::{
    cases::{Act, Recipe},
    lines::{Line, lines},
};
use crate::{
    archives::contents::{Contents, contents, difference},
    cli::{Scale, Unpack},
    failure::{Failure, Tried, chain},
    judge::{Check, faster, median, quickest, row},
    machine,
    mount::ran,
    run::{Cache, Row, side_by_side},
    setting::Setting,
    table::{self, Part, Scene},
};

/// The peers, as PATH has them. The others of `zstd` and `tar` are what a person pipes together.
const PEERS: [&str; 7] = ["unar", "lsar", "7zz", "bsdtar", "ouch", "tar", "zstd"];
/// A file system in memory, on every Linux that people use.
const IN_MEMORY: &str = "/dev/shm";
/// What a program may take beside one and a half dictionaries.
const ROOM: u64 = 64 << 20;

/// Measures the cases that are asked for.
///
/// Ends with 1 when candor failed, or brought out something else than was packed. What a peer cannot do
/// is told in the table.
pub(crate) fn together(asked: &Unpack) -> Result<ExitCode, Failure> {
    let mut options = asked.options.clone();
    if options.work.is_none() && Path::new(IN_MEMORY).is_dir() {
        options.work = Some(PathBuf::from(IN_MEMORY));
    }
    let setting = Setting::of(&options, &PEERS)?;
    let machine = machine::describe(&setting);
    println!("{}", table::machine(&machine));
    let mut scenes = Vec::new();
    for case in cases::wanted(&asked.cases) {
        eprintln!("{case}: begins");
        let scene = scene(case, &setting)
            .unwrap_or_else(|failure| Scene::not_measured(case, &chain(&failure)));
        println!("{}", table::scene(&scene));
        scenes.push(scene);
    }
    if let Some(file) = &options.json {
        table::write_json(file, &machine, &scenes)?;
    }
    if !options.keep {
        setting.remove_trees()?;
    }
    let checks = scenes.iter().flat_map(|scene| &scene.checks);
    let is_wrong = |check: &Check| check.is_about_truth && check.met != Some(true);
    Ok(match checks.clone().any(is_wrong) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn scene(case: Case, setting: &Setting) -> Result<Scene, Failure> {
    let recipe = case.recipe();
    let tree = recipe.input.tree(setting)?;
    let archive = archive(&recipe, &tree.root, setting)?;
    let size = fs::metadata(&archive).tried("ask for", &archive)?.len();
    let about = format!(
        "{} {} files, {}, packed {}: `{}`.",
        recipe.about,
        tree.facts.files,
        table::bytes(tree.facts.bytes as f64),
        table::bytes(size as f64),
        recipe.command,
    );
    let mut scene = Scene::new(case, about);
    let (lines, failed) = proved(lines(&recipe, &archive, setting), &tree.root, setting)?;
    let commands: Vec<_> = lines.iter().map(|line| line.command.clone()).collect();
    let mut rows = side_by_side(setting, &commands, Cache::Warm, setting.runs)?;
    for line in &lines {
        line.clear()?;
    }
    scene.checks.push(candor_is_right(&failed));
    scene.checks.extend(targets(&recipe, &rows, setting.scale));
    rows.extend(failed);
    // Candor stays first, also when it is told as failed.
    rows.sort_by_key(|row| row.name != "candor");
    scene.parts.push(Part::Times {
        title: String::new(),
        rows,
    });
    Ok(scene)
}

/// Packs an input, unless that was done already. The recipe stands beside the archive.
fn archive(recipe: &Recipe, input: &Path, setting: &Setting) -> Result<PathBuf, Failure> {
    let archive = setting.archives().join(recipe.file);
    let note = setting.archives().join(format!("{}.recipe", recipe.file));
    let words = format!("{} of {}", recipe.command, recipe.input.recipe(setting));
    if archive.is_file() && fs::read_to_string(&note).is_ok_and(|it| it == words) {
        return Ok(archive);
    }
    for old in [&archive, &note] {
        let _ = fs::remove_file(old);
    }
    eprintln!("  packs {}", recipe.file);
    let mut shell = Process::new("sh");
    shell
        .args(["-euc", recipe.command])
        .env("OUT", &archive)
        .env("LC_ALL", "C")
        .current_dir(input);
    ran(&mut shell)?;
    fs::write(&note, words).tried("write", &note)?;
    Ok(archive)
}

/// Runs every line once. Returns those that did what was asked, and a row for each that did not.
fn proved(
    lines: Vec<Line>,
    input: &Path,
    setting: &Setting,
) -> Result<(Vec<Line>, Vec<Row>), Failure> {
    let packed = contents(input)?;
    let (mut fine, mut failed) = (Vec::new(), Vec::new());
    for line in lines {
        let rows = side_by_side(setting, std::slice::from_ref(&line.command), Cache::Warm, 0)?;
        let mut row = rows.into_iter().next().expect("one command has one row");
        if row.failed.is_none() {
            row.failed = wrong(&line, &packed, setting)?;
        }
        line.clear()?;
        match row.failed {
            None => fine.push(line),
            Some(_) => failed.push(row),
        }
    }
    Ok((fine, failed))
}

/// Says what is wrong with what a line brought out; `None` when nothing is.
fn wrong(line: &Line, packed: &Contents, setting: &Setting) -> Result<Option<String>, Failure> {
    let output = line.command.output(setting);
    match (&line.act, &line.out) {
        (Act::Unpack, Some(out)) => Ok(difference(packed, &contents(out)?)),
        (Act::List, _) => {
            let text = fs::read(&output).tried("read", &output)?;
            let named = cases::entries_in(&text);
            let differs = named != packed.len();
            Ok(differs.then(|| format!("names {named} of {} entries", packed.len())))
        }
        // It ended well, which is all that a test says.
        _ => Ok(None),
    }
}

fn candor_is_right(failed: &[Row]) -> Check {
    let target = "candor does what was asked, as it was packed";
    match row(failed, "candor").and_then(|row| row.failed.as_deref()) {
        Some(why) => Check::of_truth(target, why, false),
        None => Check::of_truth(target, "it does", true),
    }
}

fn targets(recipe: &Recipe, rows: &[Row], scale: Scale) -> Vec<Check> {
    let mut checks: Vec<Check> = recipe
        .targets
        .iter()
        .map(|(peer, times)| match *peer {
            cases::QUICKEST => quickest(rows, *times),
            peer => faster(rows, peer, *times),
        })
        .collect();
    let candor = row(rows, "candor");
    if let (Some(most), Scale::Full) = (recipe.seconds, scale) {
        let target = format!("≤ {}", table::seconds(most));
        checks.push(match candor.and_then(Row::median) {
            Some(wall) => Check::of(target, table::seconds(wall), wall <= most),
            None => Check::unknown(target, "candor was not measured"),
        });
    }
    let most = ROOM + recipe.dictionary * 3 / 2;
    let target = format!("memory ≤ {}", table::bytes(most as f64));
    checks.push(match candor.and_then(|row| median(&row.peak)) {
        Some(peak) => Check::of(target, table::bytes(peak), peak <= most as f64),
        None => Check::unknown(target, "candor was not measured"),
    });
    checks
}
