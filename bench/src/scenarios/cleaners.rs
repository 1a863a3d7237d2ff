//! What BleachBit's rules would act on: BleachBit's own preview, and candor's of the same rules.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command as Process,
};

use serde::Deserialize;

use crate::{
    cli::Name,
    failure::{Failure, Tried},
    judge::{Check, faster},
    run::Command,
    setting::Setting,
    table::Scene,
    trees::cleaners,
};

/// Where Debian's package has its definitions.
const DEFINITIONS: &str = "/usr/share/bleachbit/cleaners";

/// What of candor's JSON is compared.
#[derive(Deserialize)]
struct Report {
    options: Vec<OptionPreview>,
    entries: Vec<Row>,
    kept_out: Vec<Row>,
}

#[derive(Deserialize)]
struct OptionPreview {
    id: String,
    deep_left_out: u64,
    unsupported: Vec<serde::de::IgnoredAny>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Row {
    path: PathBuf,
}

#[derive(Deserialize)]
struct Refused {
    path: PathBuf,
    why: String,
}

/// Both preview every option that is about whole files, and nothing else.
pub(super) fn scene(setting: &Setting) -> Result<Scene, Failure> {
    let bleachbit = setting
        .peer("bleachbit")
        .ok_or_else(|| Failure::other("bleachbit is not on PATH"))?;
    let definitions = Path::new(DEFINITIONS);
    let tree = cleaners::tree(setting, definitions, setting.scale.pick(1, 20, 250))?;
    let options = options(setting, definitions, &tree.root)?;
    let candor = setting
        .candor("candor", ["clean", "--json", "--cleanerml", DEFINITIONS])
        .words(["--option", &options.join(",")])
        .home(&tree.root);
    let theirs = Command::new("bleachbit", bleachbit)
        .words(["--preview"])
        .os_words(options.iter().map(Into::into))
        .home(&tree.root);
    let commands = [candor, theirs];
    let mut scene = Scene::new(Name::Clean, String::new());
    let rows = scene.warm(setting, &commands)?;
    let [candor, theirs] = &commands;
    let (same, found) = compare(&candor.output(setting), &theirs.output(setting))?;
    scene.about = format!(
        "{} options of {DEFINITIONS}, those that are about whole files only; {found} paths found.",
        options.len()
    );
    scene
        .checks
        .extend([same, faster(&rows, "bleachbit", 10.0)]);
    scene.notes.push(
        "Equal means: BleachBit's paths without what candor names as protected (`kept_out`) or as refused \
         (links, folders of many programs)."
            .to_owned(),
    );
    Ok(scene)
}

/// Returns the options whose actions are all carried over.
fn options(setting: &Setting, definitions: &Path, home: &Path) -> Result<Vec<String>, Failure> {
    let output = Process::new(&setting.candor)
        .args(["clean", "--list", "--json", "--cleanerml"])
        .arg(definitions)
        .env("HOME", home)
        .output()
        .tried("run", &setting.candor)?;
    let report: Report = serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::other(format!("candor lists no options: {error}")))?;
    let whole = |it: &OptionPreview| it.deep_left_out == 0 && it.unsupported.is_empty();
    let options = report.options.into_iter().filter(whole);
    Ok(options.map(|it| it.id).collect())
}

/// Compares what both found. Returns how many paths candor did.
fn compare(ours: &Path, theirs: &Path) -> Result<(Check, usize), Failure> {
    let text = fs::read(ours).tried("read", ours)?;
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| Failure::other(format!("candor's report cannot be read: {error}")))?;
    let text = fs::read_to_string(theirs).tried("read", theirs)?;
    let (check, found) = judged(&report, text.lines().filter_map(path_of).collect());
    Ok((check, found))
}

fn judged(report: &Report, theirs: BTreeSet<PathBuf>) -> (Check, usize) {
    let paths =
        |rows: &[Row]| -> BTreeSet<PathBuf> { rows.iter().map(|it| it.path.clone()).collect() };
    let (ours, kept_out) = (paths(&report.entries), paths(&report.kept_out));
    let refused = report.options.iter().flat_map(|it| &it.refused);
    let refused: Vec<&PathBuf> = refused
        .filter(|it| ["link", "container", "outside", "protected"].contains(&it.why.as_str()))
        .map(|it| &it.path)
        .collect();
    let is_ours = |path: &&PathBuf| {
        !kept_out.contains(*path) && !refused.iter().any(|it| path.starts_with(it))
    };
    let expected: BTreeSet<PathBuf> = theirs.iter().filter(is_ours).cloned().collect();
    let differ = expected.symmetric_difference(&ours).count();
    let target = "candor finds the paths that bleachbit finds, but for those it names";
    let measured = format!(
        "{} and {} paths, {} named, {differ} differ",
        ours.len(),
        theirs.len(),
        theirs.len() - expected.len()
    );
    (Check::of_truth(target, measured, differ == 0), ours.len())
}

/// Reads `Delete 4.1kB /home/ada/x`.
fn path_of(line: &str) -> Option<PathBuf> {
    let mut words = line.splitn(3, ' ');
    let is_act = ["Delete", "Shred", "Truncate"].contains(&words.next()?);
    let is_size = words.next()?.starts_with(|it: char| it.is_ascii_digit());
    let path = words
        .next()
        .filter(|it| is_act && is_size && it.starts_with('/'))?;
    Some(Path::new(path).components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_candor_names_may_be_missing() {
        let report = r#"{
            "options": [{"id": "a.b", "deep_left_out": 0, "unsupported": [],
                "refused": [{"path": "/h/link", "why": "link"}, {"path": "/h", "why": "empty-variable"}]}],
            "entries": [{"path": "/h/one"}],
            "kept_out": [{"path": "/h/key"}]
        }"#;
        let report: Report = serde_json::from_str(report).unwrap();
        let theirs = |lines: &[&str]| lines.iter().filter_map(|it| path_of(it)).collect();
        let lines = [
            "Delete 4.1kB /h//one",
            "Delete 0 /h/key/",
            "Delete 1B /h/link/x",
            "Files: 3",
        ];
        assert_eq!(judged(&report, theirs(&lines)).0.met, Some(true));
        assert_eq!(judged(&report, theirs(&lines[1..])).0.met, Some(false));
        let more = ["Delete 4.1kB /h/one", "Delete 4.1kB /h/two"];
        assert_eq!(judged(&report, theirs(&more)).0.met, Some(false));
    }
}
