//! System calls, counted by strace: the same on every machine, however busy.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    cli::Name,
    failure::{Failure, Tried},
    judge::{Check, agree},
    run::{Cache, Command, Row, side_by_side},
    setting::Setting,
    table::{Part, Scene},
    trees::probe,
};

/// Calls per file of every duplicate finder, and how often a checkup opens a file.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let strace = setting
        .peer("strace")
        .ok_or_else(|| Failure::other("strace is not on PATH"))?;
    let tree = probe::tree(setting)?;
    let mut scene = Scene::new(Name::Syscalls, tree.facts.words());
    let two_threads = setting.candor_dupes(&tree.root).words(["--threads", "2"]);
    let mut programs = vec![two_threads, setting.floor(&tree.root)];
    programs.extend(setting.fclones(&tree.root).into_iter().take(1));
    programs.extend(setting.jdupes(&tree.root));
    programs.extend(setting.rmlint(&tree.root));

    let counts = setting.outputs().join("calls.txt");
    let mut lines = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    for program in programs {
        let row = traced(setting, strace, &["-c"], &counts, program)?;
        let calls = Calls::read(&counts)?;
        let per_file = calls.total as f64 / tree.facts.files as f64;
        if row.name == "candor" {
            let measured = format!("{per_file:.2} ({} calls)", calls.total);
            scene.checks.push(Check::of(
                "candor ≤ 3.6 calls a file",
                measured,
                per_file <= 3.6,
            ));
        }
        let total = calls.total.to_string();
        lines.push(vec![
            row.name.clone(),
            total,
            format!("{per_file:.2}"),
            calls.most(9),
        ]);
        rows.push(row);
    }
    let heads = ["program", "calls", "per file", "most of them"]
        .map(str::to_owned)
        .to_vec();
    scene.parts.push(Part::Grid {
        title: String::new(),
        heads,
        lines,
    });
    failures(&mut scene, &rows);
    // rmlint counts hard links as duplicates.
    scene.checks.push(agree(&rows, &tree.facts, &["rmlint"]));
    scene.checks.push(opened_once(setting, strace, &tree.root)?);
    Ok(scene)
}

fn failures(scene: &mut Scene, rows: &[Row]) {
    for row in rows {
        if let Some(why) = &row.failed {
            scene.checks.push(Check::of_truth(
                format!("{} does its work", row.name),
                why,
                false,
            ));
        }
    }
}

/// Runs a command once below strace, with everything it starts.
fn traced(
    setting: &Setting,
    strace: &Path,
    words: &[&str],
    to: &Path,
    command: Command,
) -> Result<Row, Failure> {
    let mut all: Vec<OsString> = vec!["-f".into()];
    all.extend(words.iter().map(OsString::from));
    all.extend(["-o".into(), to.as_os_str().to_owned(), "--".into()]);
    let rows = side_by_side(setting, &[command.under(strace, all)], Cache::Warm, 1)?;
    rows.into_iter()
        .next()
        .ok_or_else(|| Failure::other("strace ran nothing"))
}

/// The table of `strace -c`.
struct Calls {
    total: u64,
    by_name: Vec<(String, u64)>,
}

impl Calls {
    fn read(file: &Path) -> Result<Self, Failure> {
        Ok(Self::of(&fs::read_to_string(file).tried("read", file)?))
    }

    /// Columns: share, seconds, microseconds a call, calls, errors if any, name.
    fn of(text: &str) -> Self {
        let (mut total, mut by_name) = (0, Vec::new());
        for line in text.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (Some(calls), Some(name)) = (fields.get(3), fields.last()) else {
                continue;
            };
            match calls.parse() {
                Ok(calls) if *name == "total" => total = calls,
                Ok(calls) => by_name.push(((*name).to_owned(), calls)),
                Err(_) => {}
            }
        }
        by_name.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Self { total, by_name }
    }

    fn most(&self, count: usize) -> String {
        let most = self.by_name.iter().take(count);
        most.map(|(name, calls)| format!("{name} {calls}"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Counts how often a checkup of this tree opens each of its files.
fn opened_once(setting: &Setting, strace: &Path, tree: &Path) -> Result<Check, Failure> {
    let target = "a checkup opens each file at most once";
    let trace = setting.outputs().join("opens.txt");
    let checkup = setting
        .candor("checkup", ["checkup", "--json", "--no-memory"])
        .home(tree);
    let words = ["-y", "-e", "trace=open,openat,openat2"];
    let row = traced(setting, strace, &words, &trace, checkup)?;
    if let Some(why) = row.failed {
        return Ok(Check::unknown(target, why));
    }
    let text = fs::read(&trace).tried("read", &trace)?;
    let opens = opens(&String::from_utf8_lossy(&text));
    let files: BTreeMap<&PathBuf, u64> = opens
        .iter()
        .filter(|(path, _)| path.starts_with(tree) && path.is_file())
        .map(|(path, count)| (path, *count))
        .collect();
    let most = files.values().copied().max().unwrap_or(0);
    let more = files.values().filter(|count| **count > 1).count();
    let measured = format!(
        "{} files opened, {more} more than once, at most {most} times",
        files.len()
    );
    Ok(Check::of(target, measured, !files.is_empty() && most <= 1))
}

/// Returns every path that was opened, and how often. A line ends with the descriptor and its path:
/// `openat(…) = 5</path>`.
fn opens(trace: &str) -> HashMap<PathBuf, u64> {
    let mut all = HashMap::new();
    for line in trace.lines() {
        let Some((_, result)) = line.rsplit_once(" = ") else {
            continue;
        };
        let path = result
            .split_once('<')
            .and_then(|(_, rest)| rest.strip_suffix('>'));
        if let Some(path) = path {
            *all.entry(PathBuf::from(path)).or_default() += 1;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_strace_is_read() {
        let text = "strace: Process 7 attached\n\
            % time     seconds  usecs/call     calls    errors syscall\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            60.00    0.001000           1       622           statx\n\
            40.00    0.000500           1       412        12 openat\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            100.00    0.001500           1      1034        12 total\n";
        let calls = Calls::of(text);
        assert_eq!(calls.total, 1034);
        assert_eq!(calls.most(9), "statx 622, openat 412");
        assert_eq!(calls.most(1), "statx 622");
    }

    #[test]
    fn opens_are_counted_by_path() {
        let text = "7 openat(3</tree>, \"a\", O_RDONLY) = 5</tree/a>\n\
            7 openat(3</tree>, \"b\", O_RDONLY <unfinished ...>\n\
            8 openat(3</tree>, \"none\", O_RDONLY) = -1 ENOENT (No such file or directory)\n\
            7 <... openat resumed>) = 6</tree/b>\n\
            7 openat(3</tree>, \"a\", O_RDONLY) = 5</tree/a>\n";
        let opens = opens(text);
        assert_eq!(opens.get(Path::new("/tree/a")), Some(&2));
        assert_eq!(opens.get(Path::new("/tree/b")), Some(&1));
        assert_eq!(opens.len(), 2);
    }
}
