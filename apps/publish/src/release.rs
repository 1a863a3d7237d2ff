//! `candor-publish release`

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use history::lists::{self, DESCRIPTION, Input, List};
use wire::{
    Digest,
    note::Verifier,
    release::{Delta, LARGEST, LARGEST_OF_DELTA, LONGEST_DESCRIPTION, ListFile, Release},
};

use crate::{
    Failure, describe, key,
    pack::{pack, unpack},
    web::{Web, blob_of, failed},
};

/// What lists were in past releases, by their id: hash and bytes.
type Older = BTreeMap<String, Vec<(Digest, Vec<u8>)>>;

#[derive(Debug, clap::Args)]
pub(crate) struct Make {
    /// The folder of raw lists, with their `lists.toml`
    raw: PathBuf,
    /// The folder that the web server gives out
    web: PathBuf,
    /// The file of the publisher's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Days after which the release may not be the newest any more: devices then say that a mirror stands still
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=366))]
    days: u64,
    /// Releases out of which deltas are made, so that whoever has one of them fetches what is new alone
    #[arg(long, value_name = "RELEASES", default_value_t = 7)]
    past: usize,
    /// How hard is packed, from 1 to 22
    #[arg(long, value_name = "LEVEL", default_value_t = 19, value_parser = clap::value_parser!(i32).range(1..=22))]
    level: i32,
    /// Take this moment for now, in seconds since 1970 (for tests)
    #[arg(long, value_name = "SECONDS", hide = true)]
    now: Option<u64>,
}

impl Make {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let signer = key::read(&self.key)?;
        let publisher = signer.verifier();
        let path = self.raw.join(DESCRIPTION);
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let sources = describe::read(&text, &path)?;
        let web = Web::at(&self.web)?;
        let before = web.newest(&publisher)?.map_or(0, |it| it.version);
        if sources.version <= before {
            let what = format!(
                "version {before} is published, and `lists.toml` says {}",
                sources.version
            );
            return Err(Failure::new(what, "raise `version` in lists.toml"));
        }
        self.compiles()?;
        let mut past = web.past(&publisher)?;
        past.truncate(self.past);
        let older = self.older(&web, &past, &publisher)?;

        let (mut files, mut deltas) = (BTreeMap::new(), BTreeMap::new());
        let mut by_file = BTreeMap::new();
        for listed in &sources.lists {
            let file = describe::file(listed);
            let path = self.raw.join(file);
            let bytes = fs::read(&path).map_err(|error| failed("read", &path, error))?;
            let plain = blob_of(&bytes);
            by_file.insert(file.display().to_string(), plain.sha256);
            if files.contains_key(&plain.sha256) {
                continue;
            }
            if plain.bytes > LARGEST {
                let what = format!("`{}` is larger than 512 MiB", path.display());
                return Err(Failure::new(what, "take the list out of lists.toml"));
            }
            let packed = web.put(&self.packed(&bytes, None)?)?;
            files.insert(plain.sha256, ListFile { plain, packed });
            for (from, old) in older.get(&listed.facts.id).into_iter().flatten() {
                let is_small = |it: &[u8]| it.len() as u64 <= LARGEST_OF_DELTA;
                if *from == plain.sha256 || !is_small(&bytes) || !is_small(old) {
                    continue;
                }
                let delta = self.packed(&bytes, Some(old))?;
                // One that saves nothing is left out.
                if (delta.len() as u64) < packed.bytes {
                    let (from, to) = (*from, plain.sha256);
                    let packed = web.put(&delta)?;
                    deltas.insert((to, from), Delta { from, to, packed });
                }
            }
        }
        let described = describe::with_hashes(&text, &by_file)?;
        if described.len() as u64 > LONGEST_DESCRIPTION {
            return Err(Failure::new(
                "the description is longer than 1 MiB",
                "name fewer lists",
            ));
        }
        let now = self.now.unwrap_or_else(now);
        let release = Release {
            version: sources.version,
            made: now,
            until: now + self.days * 86_400,
            description: web.put(described.as_bytes())?,
            files: files.into_values().collect(),
            deltas: deltas.into_values().collect(),
        };
        let note = release.sign(&signer).map_err(|error| {
            Failure::new("this is no release that a device takes", "name fewer lists")
                .because(error)
        })?;
        web.take(&release, &note)?;
        let kept: Vec<&Release> = past.iter().chain([&release]).collect();
        let gone = web.sweep(&kept)?;
        let bytes = |all: &mut dyn Iterator<Item = u64>| all.sum::<u64>();
        println!(
            "version {}: {}, {} bytes packed; {} deltas, {} bytes; {gone} old files removed",
            release.version,
            lists(&release),
            bytes(&mut release.files.iter().map(|it| it.packed.bytes)),
            release.deltas.len(),
            bytes(&mut release.deltas.iter().map(|it| it.packed.bytes)),
        );
        Ok(())
    }

    fn packed(&self, bytes: &[u8], older: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        pack(bytes, older, self.level).map_err(|error| {
            Failure::new("a list cannot be packed", "free some memory").because(error)
        })
    }

    /// Compiles everything as a device does. What no device would take, or only in part, is not published.
    fn compiles(&self) -> Result<(), Failure> {
        let refused = |what: String| {
            Failure::new(
                what,
                "nothing was published; mend the list, or take it out of lists.toml",
            )
        };
        let input = Input {
            raw: Some(self.raw.clone()),
            ..Input::default()
        };
        let made = lists::make(&input).map_err(|error| {
            refused("a device would not compile these lists".to_owned()).because(error)
        })?;
        if let Some(skipped) = made.skipped.first() {
            let path = tool::path_text::shown_path(&skipped.path.0, None);
            return Err(refused(format!(
                "a device would leave out `{path}`: {:?}",
                skipped.why
            )));
        }
        let list = List::open(&made.bytes)
            .map_err(|error| refused("the compiled lists do not open".to_owned()).because(error))?;
        match list.lists().iter().find(|it| it.entries == 0) {
            None => Ok(()),
            Some(empty) => Err(refused(format!("the list `{}` lists nothing", empty.id))),
        }
    }

    /// Returns, by the id of a list, what it was in past releases.
    fn older(&self, web: &Web, past: &[Release], publisher: &Verifier) -> Result<Older, Failure> {
        let mut older = Older::new();
        for release in past {
            let text = web.blob(&release.description)?;
            let name = format!("{} version {}", publisher.name(), release.version);
            let sources = describe::read(&String::from_utf8_lossy(&text), Path::new(&name))?;
            for listed in &sources.lists {
                let Some(sha256) = describe::published(listed) else {
                    continue;
                };
                let is_it = |it: &&ListFile| it.plain.sha256 == sha256;
                let Some(file) = release.files.iter().find(is_it) else {
                    continue;
                };
                let known = older.entry(listed.facts.id.clone()).or_default();
                if known.iter().any(|(it, _)| *it == sha256) {
                    continue;
                }
                let plain = unpack(&web.blob(&file.packed)?).map_err(|error| {
                    let what = format!("`{}` does not unpack", file.packed.path());
                    Failure::new(what, "remove `past`: the next release then has no deltas")
                        .because(error)
                })?;
                known.push((sha256, plain));
            }
        }
        Ok(older)
    }
}

/// Returns how many lists a release has, in words.
pub(crate) fn lists(release: &Release) -> String {
    match release.files.len() {
        1 => "1 list".to_owned(),
        number => format!("{number} lists"),
    }
}

fn now() -> u64 {
    // A clock before 1970 gives a release that every device calls stale: it is noticed at once.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |it| it.as_secs())
}
