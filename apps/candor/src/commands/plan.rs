//! `--plan FILE`: the plan that is made of what tools propose, and what a person said about copies.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use acts::{Act, Plan};
#[cfg(feature = "dupes")]
use dupes::{Selection as Selecting, Wishes};
use serde::de::DeserializeOwned;
use tool::Proposal;

use super::{Failure, Session, acting::words};
#[cfg(feature = "dupes")]
use crate::cli;
use crate::plans;

/// The lists that are for plans and not for reports.
const PROPOSALS: &[&str] = &[
    #[cfg(feature = "clean")]
    clean::PROPOSALS,
    #[cfg(feature = "dupes")]
    dupes::PROPOSALS,
    #[cfg(feature = "uninstall")]
    uninstall::PROPOSALS,
];

impl Session {
    /// Returns what a person said about which copies stay; `None` if no plan is wanted.
    #[cfg(feature = "dupes")]
    pub(super) fn wishes(
        &self,
        asked: Option<&cli::Selection>,
        roots: &[std::path::PathBuf],
    ) -> Result<Option<Wishes>, Failure> {
        if asked.is_some_and(|asked| asked.folders && asked.plan.is_none()) {
            return Err(
                Failure::new("--folders says what a plan does, and no plan is wanted").help(
                    "add --plan FILE --act trash; without --folders the report names folders that hold the same",
                ),
            );
        }
        let Some(asked) = asked.filter(|asked| asked.plan.is_some() || asked.choose) else {
            return Ok(None);
        };
        self.may_plan(asked.plan.as_deref())?;
        // Paths are compared with those of the walk, which has no links in them.
        let real = |paths: &[std::path::PathBuf]| -> Vec<tool::PathText> {
            let real =
                |path: &std::path::PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
            paths.iter().map(|path| real(path).into()).collect()
        };
        let joined = matches!(asked.act, Some(cli::Act::Hardlink | cli::Act::Reflink));
        if joined && asked.folders {
            return Err(
                Failure::new("folders cannot be joined, only moved or removed")
                    .help("leave --folders out: their files are then joined one by one"),
            );
        }
        let wishes = Wishes {
            rules: asked.keep.clone(),
            prefer: real(&asked.prefer),
            prefer_matching: asked.prefer_matching.clone(),
            only: asked.only.clone(),
            keep: asked.never.clone(),
            lock: real(&asked.lock),
            at_least: asked.at_least.into(),
            isolate: match asked.isolate {
                true => roots.iter().map(|it| it.clone().into()).collect(),
                false => Vec::new(),
            },
            folders: asked.folders,
            parts: asked.parts,
            joined,
            by_hand: asked.choose,
        };
        Selecting::of(&wishes).map_err(|error| {
            Failure::new("this choice of copies cannot be read")
                .because(&error)
                .help(
                    "nothing was looked at; `*` and `?` stay within a name unless a glob has `**`",
                )
        })?;
        Ok(Some(wishes))
    }

    /// Refuses a plan that could not be carried out or written in the end.
    pub(super) fn may_plan(&self, file: Option<&Path>) -> Result<(), Failure> {
        if !self.machine.live {
            return Err(
                Failure::new("a plan is made for the machine Candor runs on")
                    .help("leave --root out, or run Candor on that machine"),
            );
        }
        // Minutes of comparing should not end in a file that cannot be written.
        if let Some(file) = file.filter(|file| file.symlink_metadata().is_ok()) {
            let shown = tool::path_text::shown(file.as_os_str());
            return Err(Failure::new(format!("there is a file `{shown}` already"))
                .help("name a file that is not there yet; nothing is overwritten"));
        }
        Ok(())
    }

    /// Makes the plan of what was proposed, if one is wanted.
    /// Makes the plan of what was proposed, if one is wanted; without one, keeps that for a person to
    /// choose among.
    pub(super) fn plan(&mut self, asked: Option<(&Path, Act)>) -> Result<(), Failure> {
        let proposals: Vec<Proposal> = self.taken(PROPOSALS)?;
        #[cfg(feature = "dupes")]
        {
            self.choices = self.taken(&[dupes::CHOICES])?;
        }
        // A report in words needs no rows.
        if !self.lists {
            self.outcomes.iter_mut().for_each(|it| it.lists.clear());
        }
        let Some((file, act)) = asked else {
            self.proposals = proposals;
            return Ok(());
        };
        let plan = made(act, proposals, &self.command);
        write(file, &plan)?;
        self.planned = Some(words::written(&plan, file));
        Ok(())
    }

    /// Takes lists out of what the workers found: they are for plans, and the report has the groups.
    fn taken<T: DeserializeOwned>(&mut self, names: &[&str]) -> Result<Vec<T>, Failure> {
        let mut taken = Vec::new();
        for outcome in &mut self.outcomes {
            let ours = |list: &mut tool::List| names.contains(&list.name.as_str());
            for list in outcome.lists.extract_if(.., ours) {
                for piece in &list.pieces {
                    let rows = serde_json::from_str::<Vec<T>>(piece.get());
                    taken.extend(rows.map_err(|error| {
                        Failure::new("a worker proposed what cannot be read").because(&error)
                    })?);
                }
            }
        }
        Ok(taken)
    }
}

/// Makes a plan of proposals.
pub(super) fn made(act: Act, proposals: Vec<Proposal>, command: &str) -> Plan {
    let made = jiff::Timestamp::now().to_string();
    let by = format!("candor {} {command}", env!("CARGO_PKG_VERSION"));
    Plan::of(act, proposals, made, by, plans::machine_name())
}

/// Writes a plan to a file that is not there yet.
///
/// # Errors
/// When there is a file of that name, or it cannot be written.
pub(super) fn write(file: &Path, plan: &Plan) -> Result<(), Failure> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        // A part of a plan is none.
        .and_then(|mut out| {
            out.write_all(&plan.write())
                .inspect_err(|_| drop(fs::remove_file(file)))
        });
    let shown = tool::path_text::shown(file.as_os_str());
    written.map_err(|error| {
        Failure::new(format!("cannot write the plan to `{shown}`"))
            .because(&error)
            .help("name a file that is not there yet, in a folder you can write to")
    })
}

/// Returns the act of that name.
#[cfg(feature = "dupes")]
pub(super) fn act(act: cli::Act) -> Act {
    match act {
        cli::Act::Trash => Act::Trash,
        cli::Act::Quarantine => Act::Quarantine,
        cli::Act::Remove => Act::Remove,
        cli::Act::Hardlink => Act::Hardlink,
        cli::Act::Reflink => Act::Reflink,
    }
}
