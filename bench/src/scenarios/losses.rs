//! What each program loses: files that change between the look and the act, folders that become links,
//! runs that are cut off, calls that fail. On small trees, each made anew for one run of one program.
//!
//! A content is lost when no file has it any more, a trash included. Candor and every peer meet the same
//! trees; the lines they are run with stand in `losses/ways.txt`.

mod came;
mod cases;
mod changes;
mod ground;
mod harmed;
mod junk;
mod runs;
mod ways;

use std::path::PathBuf;

use self::{
    came::Cell,
    cases::{CASES, Case, Device},
    ground::Ground,
    harmed::Harmed,
    junk::CLEANERS,
    ways::{Kind, Way, programs, ways},
};
use crate::{
    cli::Name,
    failure::{Failure, chain},
    judge::Check,
    mount::Mount,
    setting::Setting,
    table::{Part, Scene},
};

/// What one program came to in one case.
type Row = (Way, Cell);

/// Runs every case with every program that is here.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let about = "What is lost, of how many things: contents that no file has any more. Two are at stake \
                 where something changes: of one pair the file that changed could be the one that goes, of \
                 the other the one that stays.";
    let mut scene = Scene::new(Name::Losses, about);
    let places = Places::of(setting);
    let mut all: Vec<(&str, &str, Vec<Row>)> = Vec::new();
    for case in &CASES {
        eprintln!("  {}", case.name);
        let row = |way: Way| (way, cell(case, &way, setting, &places));
        all.push((
            case.name,
            case.words,
            ways(case.kind).into_iter().map(row).collect(),
        ));
    }
    let row = |way: &Way| {
        let ground = Ground::new(&places.plain());
        let came = ground.and_then(|ground| junk::came(way, setting, ground));
        (
            *way,
            came.unwrap_or_else(|failure| Cell::Failed(chain(&failure))),
        )
    };
    let words = "`~/.cache` is a symbolic link to a folder of documents, and the cache is cleaned.";
    all.push((
        "cache folder is a link",
        words,
        CLEANERS.iter().map(row).collect(),
    ));

    scene.parts.push(overview(&all));
    for (name, words, rows) in &all {
        scene.parts.push(table_of(name, words, rows));
    }
    scene.checks.push(candor(&all));
    for (title, harm) in [(KILLED, Harm::Kill), (FAILING, Harm::Fail)] {
        harmed_runs(&mut scene, title, harm, setting, &places);
    }
    scene.notes.extend(places.missing());
    Ok(scene)
}

/// The file systems that cases need, mounted while they run, or why there is none.
struct Places {
    top: PathBuf,
    memory: Result<Mount, String>,
    other: Result<Mount, String>,
    xfs: Result<Mount, String>,
    btrfs: Result<Mount, String>,
}

impl Places {
    fn of(setting: &Setting) -> Self {
        let top = setting.trees().join("losses");
        let mounted = |result: Result<Mount, Failure>| result.map_err(|failure| chain(&failure));
        Self {
            memory: mounted(Mount::memory(top.join("memory"))),
            other: mounted(Mount::memory(top.join("other"))),
            xfs: mounted(Mount::new_disk("mkfs.xfs", top.join("xfs"))),
            btrfs: mounted(Mount::new_disk("mkfs.btrfs", top.join("btrfs"))),
            top,
        }
    }

    /// A folder on the disk the bench works on.
    fn plain(&self) -> PathBuf {
        self.top.join("plain")
    }

    /// A folder in memory, or on the disk where none can be mounted: for hundreds of runs.
    fn quick(&self) -> PathBuf {
        self.memory
            .as_ref()
            .map_or_else(|_| self.plain(), |it| it.at.join("ground"))
    }

    fn ground(&self, device: Device) -> Result<Ground, Failure> {
        let on = |mount: &Result<Mount, String>| match mount {
            Ok(mount) => Ok(mount.at.join("ground")),
            Err(why) => Err(Failure::other(why.clone())),
        };
        match device {
            Device::Any => Ground::new(&self.plain()),
            Device::Two => Ground::on_two(&self.plain(), &on(&self.other)?),
            Device::Xfs => Ground::new(&on(&self.xfs)?),
            Device::Btrfs => Ground::new(&on(&self.btrfs)?),
        }
    }

    fn missing(&self) -> Vec<String> {
        let all = [
            ("memory", &self.memory),
            ("XFS", &self.xfs),
            ("Btrfs", &self.btrfs),
        ];
        let missing = all
            .into_iter()
            .filter_map(|(name, it)| Some((name, it.as_ref().err()?)));
        missing
            .map(|(name, why)| format!("No {name} could be mounted: {why}."))
            .collect()
    }
}

fn cell(case: &Case, way: &Way, setting: &Setting, places: &Places) -> Cell {
    let ground = places.ground(case.stands_on);
    ground
        .and_then(|ground| cases::came(case, way, setting, ground))
        .unwrap_or_else(|failure| Cell::Failed(chain(&failure)))
}

/// One line a case, one column a program.
fn overview(all: &[(&str, &str, Vec<Row>)]) -> Part {
    let mut heads = vec!["lost when".to_owned()];
    let columns: Vec<&str> = programs().into_iter().chain(["bleachbit"]).collect();
    heads.extend(columns.iter().map(|it| (*it).to_owned()));
    let line = |(name, _, rows): &(&str, &str, Vec<Row>)| {
        let cell = |column: &&str| {
            let row = rows.iter().find(|(way, _)| way.name == *column);
            row.map_or_else(String::new, |(_, cell)| cell.lost())
        };
        let cells = columns.iter().map(cell);
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    Part::Grid {
        title: String::new(),
        heads,
        lines: all.iter().map(line).collect(),
    }
}

/// The table of one case.
fn table_of(name: &str, words: &str, rows: &[Row]) -> Part {
    let line = |(way, cell): &Row| {
        let mut line = vec![way.name.to_owned()];
        line.extend(cell.line());
        line
    };
    let heads = [
        "program",
        "lost",
        "changed files named",
        "exit code",
        "what it said",
    ];
    Part::Grid {
        title: format!("### {name}\n\n{words}"),
        heads: heads.map(str::to_owned).to_vec(),
        lines: rows.iter().map(line).collect(),
    }
}

/// Candor loses nothing, and names every file that changed.
fn candor(all: &[(&str, &str, Vec<Row>)]) -> Check {
    let target = "candor loses nothing and names what changed";
    let ours = all.iter().flat_map(|(name, _, rows)| {
        rows.iter()
            .filter(|(way, _)| way.name == "candor")
            .map(move |(_, cell)| (*name, cell.is_sound()))
    });
    let bad: Vec<&str> = ours
        .clone()
        .filter(|it| it.1 == Some(false))
        .map(|it| it.0)
        .collect();
    let count = ours.filter(|it| it.1.is_some()).count();
    match bad.is_empty() {
        true => Check::of_truth(target, format!("in all {count} cases"), true),
        false => Check::of_truth(target, format!("not when {}", bad.join(", ")), false),
    }
}

#[derive(Clone, Copy)]
enum Harm {
    Kill,
    Fail,
}

const KILLED: &str = "### cut off\n\nA pair of equal files is to become one. The process that makes a call is ended before it \
    makes it, once for every call that touches the tree or the program's own files; then what the program has for such a case is run (`candor journal`). \
    Broken: a name leads to nothing or to something else. Stray: a name is left that was not there before and that the program did not speak of.";
const FAILING: &str = "### failing calls\n\nThe same, but every call of one sort (link, rename, unlink, share) fails with EPERM, \
    EXDEV, EMLINK, ENOSPC, EROFS or EIO. Silent: the exit code is 0 although the names are not linked.";

/// Harms every way that makes one file of two, and adds the table.
fn harmed_runs(scene: &mut Scene, title: &str, harm: Harm, setting: &Setting, places: &Places) {
    let stride = setting.scale.pick(9, 1, 1);
    let mut lines = Vec::new();
    let (mut ours, mut bad) = (0, 0);
    for kind in [Kind::Hardlink, Kind::Softlink, Kind::Share] {
        for way in ways(kind) {
            let top = match (kind, &places.xfs) {
                (Kind::Share, Ok(mount)) => mount.at.join("ground"),
                (Kind::Share, Err(_)) => continue,
                _ => places.quick(),
            };
            if !way.is_here(setting) {
                lines.push(harmed_line(&way, Err("not installed")));
                continue;
            }
            eprintln!("  {} {}", way.name, way.act);
            let came = match harm {
                Harm::Kill => harmed::killed(&way, setting, &top, stride),
                Harm::Fail => harmed::failing(&way, setting, &top),
            };
            match came {
                Ok(came) => {
                    if way.name == "candor" {
                        ours += came.runs;
                        bad += came.broken + came.stray + came.silent;
                    }
                    lines.push(harmed_line(&way, Ok(&came)));
                }
                Err(failure) => lines.push(harmed_line(&way, Err(&chain(&failure)))),
            }
        }
    }
    let heads = [
        "program",
        "act",
        "runs",
        "broken",
        "stray",
        "where",
        "silent",
        "what it said",
    ];
    // A run that was cut off has no exit code of its own, and says nothing about it.
    let columns = match harm {
        Harm::Kill => 6,
        Harm::Fail => heads.len(),
    };
    lines.iter_mut().for_each(|line| line.truncate(columns));
    scene.parts.push(Part::Grid {
        title: title.to_owned(),
        heads: heads[..columns].iter().map(|it| (*it).to_owned()).collect(),
        lines,
    });
    let target = match harm {
        Harm::Kill => "candor cut off leaves nothing broken or stray",
        Harm::Fail => "candor loses nothing when calls fail, and says so",
    };
    scene.checks.push(match ours {
        0 => Check::unknown(target, "it was not run"),
        _ => Check::of_truth(target, format!("{bad} of {ours} runs"), bad == 0),
    });
}

fn harmed_line(way: &Way, came: Result<&Harmed, &str>) -> Vec<String> {
    let act = format!("{:?}", way.kind).to_lowercase();
    let mut line = vec![way.name.to_owned(), act];
    let many = |count: usize| match count {
        0 => "0".to_owned(),
        count => format!("**{count}**"),
    };
    match came {
        Err(why) => {
            line.push(why.to_owned());
            line.resize(8, String::new());
        }
        Ok(came) => line.extend([
            came.runs.to_string(),
            many(came.broken),
            many(came.stray),
            came.places(),
            many(came.silent),
            quoted(&came.said),
        ]),
    }
    line
}

/// Returns words as a table shows them: as they were written, whatever they hold.
fn quoted(words: &str) -> String {
    match words.is_empty() {
        true => String::new(),
        false => format!("`{}`", words.replace('`', "'")),
    }
}
