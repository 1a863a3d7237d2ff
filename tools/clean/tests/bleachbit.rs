//! Beside BleachBit itself: the same paths for every option of every cleaner it brings.
//!
//! Its definitions are read from where it is installed, and so is what a home folder must hold for them
//! to find something. `CANDOR_BLEACHBIT` names another one than Debian's: a checkout of its source.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use candor_clean::cleanerml::{Asked, Input, look};
use fixture::cleaners::{Amount, populate};
use knowledge::{Base, Platform, protected::protects};
use serde_json::Value;
use tool::{Machine, Moment};

type Paths = BTreeSet<PathBuf>;
type ByOption = BTreeMap<String, Paths>;

/// Where BleachBit is, and its definitions.
struct Peer {
    package: PathBuf,
    definitions: PathBuf,
}

/// Returns BleachBit; none when it is not here, which is said.
fn peer() -> Option<Peer> {
    let package =
        std::env::var_os("CANDOR_BLEACHBIT").map_or("/usr/share/bleachbit".into(), PathBuf::from);
    let definitions = package.join("cleaners");
    if package.join("bleachbit/CleanerML.py").is_file() && definitions.is_dir() {
        return Some(Peer {
            package,
            definitions,
        });
    }
    assert!(
        std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
        "bleachbit is not installed"
    );
    eprintln!("bleachbit is not installed: not compared with it");
    None
}

struct Home {
    folder: tempfile::TempDir,
    machine: Machine,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap().join("home");
        fs::create_dir(&home).unwrap();
        let machine = Machine {
            platform: Platform::Linux,
            root: "/".into(),
            people: vec![Base::of_home(Platform::Linux, Path::new("/"), &home)],
            now: Moment(0),
            live: true,
        };
        Self { folder, machine }
    }

    fn path(&self) -> &Path {
        &self.machine.people[0].home
    }

    fn ours(&self, peer: &Peer, deep: bool) -> (ByOption, Value) {
        let input = Input {
            folder: peer.definitions.clone().into(),
            roots: vec![self.path().into()],
            environment: vec![("LOGNAME".to_owned(), PathBuf::from("ada").into())],
            running: Some(Vec::new()),
            asked: Asked {
                deep,
                ..Asked::default()
            },
        };
        let outcome = fixture::whole(|lists| look(&self.machine, &input, lists));
        let skipped: Vec<_> = outcome.skipped.iter().map(ToOwned::to_owned).collect();
        assert_eq!(
            skipped,
            [],
            "every definition is read, and every folder listed"
        );
        let data = fixture::data(&outcome);
        let mut found = ByOption::new();
        for row in data["entries"].as_array().unwrap() {
            let option = row["option"].as_str().unwrap().to_owned();
            found
                .entry(option)
                .or_default()
                .insert(row["path"].as_str().unwrap().into());
        }
        (found, data)
    }

    /// Runs BleachBit with this home folder and nothing else of this machine.
    fn run(&self, mut command: Command) -> String {
        let config = self.folder.path().join("bleachbit");
        fs::create_dir_all(&config).unwrap();
        let output = command
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CACHE_HOME", self.path().join(".cache"))
            .env("XDG_CONFIG_HOME", self.path().join(".config"))
            .env("XDG_DATA_HOME", self.path().join(".local/share"))
            .env("LOGNAME", "ada")
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("BLEACHBIT_TEST_OPTIONS_DIR", config)
            .current_dir(self.folder.path())
            .output()
            .expect("python3 runs");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).expect("all names are UTF-8")
    }

    fn theirs(&self, peer: &Peer, options: &[&str]) -> ByOption {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bleachbit/previews.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(&peer.package).args(options);
        let text = self.run(command);
        let mut found = ByOption::new();
        for part in text.split("== ").skip(1) {
            let (option, lines) = part.split_once('\n').unwrap();
            found.insert(
                option.to_owned(),
                lines.lines().filter_map(path_of).collect(),
            );
        }
        assert_eq!(found.len(), options.len(), "{text}");
        found
    }
}

/// Reads `Delete 4.1kB /home/ada/x`. Other lines are about the inside of files, or sums.
fn path_of(line: &str) -> Option<PathBuf> {
    let mut words = line.splitn(3, ' ');
    let is_ours = ["Delete", "Shred", "Truncate"].contains(&words.next()?);
    let is_size = words.next()?.starts_with(|it: char| it.is_ascii_digit());
    let path = words.next().filter(|_| is_ours && is_size)?;
    // The same path may be written with doubled slashes, or one at its end.
    path.starts_with('/')
        .then(|| Path::new(path).components().collect())
}

/// Returns what is left of BleachBit's paths when the exceptions are taken out: what is protected, the
/// folders that hold such a thing, and what lies at or below a path that was refused by name.
fn but_for_exceptions(theirs: &Paths, option: &Value, bases: &[Base]) -> Paths {
    let is_protected = |path: &&PathBuf| protects(path, bases).is_some();
    let protected: Vec<&PathBuf> = theirs.iter().filter(is_protected).collect();
    let refused = option["refused"].as_array().unwrap().iter();
    let refused: Vec<&str> = refused
        .filter(|it| {
            ["link", "container", "outside", "protected"].contains(&it["why"].as_str().unwrap())
        })
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    let kept = |path: &&PathBuf| {
        !protected.iter().any(|it| it.starts_with(path))
            && !refused.iter().any(|it| path.starts_with(it))
    };
    theirs.iter().filter(kept).cloned().collect()
}

fn ids(data: &Value) -> Vec<&str> {
    let all = data["options"].as_array().unwrap().iter();
    all.map(|it| it["id"].as_str().unwrap()).collect()
}

/// Compares every option. Returns how many paths both found, and what only BleachBit did.
fn compare(home: &Home, peer: &Peer, deep: bool, options: &[&str]) -> (usize, Paths) {
    let (ours, data) = home.ours(peer, deep);
    let theirs = home.theirs(peer, options);
    let (mut common, mut excepted) = (0, Paths::new());
    for option in data["options"].as_array().unwrap() {
        let id = option["id"].as_str().unwrap();
        let Some(theirs) = theirs.get(id) else {
            continue;
        };
        let expected = but_for_exceptions(theirs, option, &home.machine.people);
        let nothing = Paths::new();
        let found = ours.get(id).unwrap_or(&nothing);
        // Later versions have `cookie`, which previews as a deletion when no cookie is to be kept.
        let of_cookies = |it: &Value| it["command"] == "cookie";
        let has_cookies = option["unsupported"]
            .as_array()
            .unwrap()
            .iter()
            .any(of_cookies);
        let missing = expected.difference(found).filter(|_| !has_cookies);
        let missing: Vec<_> = missing.take(5).collect();
        let beyond: Vec<_> = found.difference(&expected).take(5).collect();
        assert!(
            missing.is_empty() && beyond.is_empty(),
            "{id}: missing {missing:?}, beyond {beyond:?}"
        );
        common += found.len();
        excepted.extend(theirs.difference(&expected).cloned());
    }
    (common, excepted)
}

#[test]
fn every_option_finds_what_bleachbit_previews() {
    let Some(peer) = peer() else { return };
    let home = Home::new();
    let amount = Amount {
        files: 2,
        odd_ones: true,
    };
    let made = populate(home.path(), &peer.definitions, amount).unwrap();
    assert!(made > 300, "{made}");
    let (_, data) = home.ours(&peer, false);
    let with_deep = |it: &&Value| it["deep_left_out"] != 0;
    let deep: BTreeSet<&str> = data["options"]
        .as_array()
        .unwrap()
        .iter()
        .filter(with_deep)
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let options: Vec<&str> = ids(&data)
        .into_iter()
        .filter(|id| !deep.contains(id))
        .collect();
    assert!(options.len() > 200, "{}", options.len());
    let (common, excepted) = compare(&home, &peer, false, &options);
    assert!(common > 4_000, "{common} paths prove little");
    let (ours, _) = home.ours(&peer, false);
    assert!(
        ours.len() > 120,
        "only {} options find something",
        ours.len()
    );
    eprintln!(
        "{common} paths of {} options; {} only by BleachBit",
        ours.len(),
        excepted.len()
    );
    assert!(excepted.len() < common / 20, "{excepted:?}");
}

#[test]
fn deep_searches_find_what_bleachbit_previews() {
    let Some(peer) = peer() else { return };
    let home = Home::new();
    let amount = Amount {
        files: 0,
        odd_ones: true,
    };
    populate(home.path(), &peer.definitions, amount).unwrap();
    let (ours, data) = home.ours(&peer, true);
    // A search of the whole disk is an exception of its own.
    let outside = |it: &Value| {
        it["refused"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["why"] == "outside")
    };
    let deep = |id: &&str| id.starts_with("deepscan.");
    let options: Vec<&str> = data["options"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| !outside(it))
        .map(|it| it["id"].as_str().unwrap())
        .filter(deep)
        .collect();
    assert!(options.len() >= 4, "{options:?}");
    let (common, _) = compare(&home, &peer, true, &options);
    assert!(common > 100 && ours.len() > 4, "{common}");
}

/// One run of the command itself, over all options at once: the script above leaves nothing out.
#[test]
fn the_command_of_bleachbit_finds_what_its_options_find() {
    let Some(peer) = peer() else { return };
    if std::env::var_os("CANDOR_BLEACHBIT").is_some() {
        return;
    }
    let home = Home::new();
    let amount = Amount {
        files: 1,
        odd_ones: false,
    };
    populate(home.path(), &peer.definitions, amount).unwrap();
    let (_, data) = home.ours(&peer, false);
    let with_deep = |it: &&Value| it["deep_left_out"] == 0;
    let options: Vec<&str> = data["options"]
        .as_array()
        .unwrap()
        .iter()
        .filter(with_deep)
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let one_by_one: Paths = home
        .theirs(&peer, &options)
        .into_values()
        .flatten()
        .collect();
    let mut command = Command::new("bleachbit");
    command.arg("--preview").args(&options);
    let together: Paths = home.run(command).lines().filter_map(path_of).collect();
    assert_eq!(together, one_by_one);
}

/// BleachBit 4.4.2 lists what lies behind a link at the top of a walk as if it lay in the home folder
/// (bleachbit#385, #1389, #1889 are of the same class).
#[test]
fn bleachbit_385_a_link_at_the_top_of_a_walk_is_not_followed() {
    let Some(peer) = peer() else { return };
    let home = Home::new();
    let elsewhere = home.folder.path().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("letter"), "x").unwrap();
    fs::create_dir_all(home.path().join(".cache")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, home.path().join(".cache/thumbnails")).unwrap();
    let (ours, data) = home.ours(&peer, false);
    assert!(!ours.contains_key("thumbnails.cache"), "{ours:?}");
    let option = data["options"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == "thumbnails.cache")
        .unwrap();
    assert_eq!(option["refused"][0]["why"], "link", "{option}");
    if std::env::var_os("CANDOR_BLEACHBIT").is_none() {
        let theirs = home.theirs(&peer, &["thumbnails.cache"]);
        assert!(theirs["thumbnails.cache"].contains(&home.path().join(".cache/thumbnails/letter")));
    }
}
