//! `candor dupes --plan FILE`: what a person said about which copies go, and the plan made of it.

use std::path::{Path, PathBuf};

use acts::Act;
use dupes::{PROPOSALS, Selection as Selecting, Wishes};
use tool::PathText;

use super::{Failure, Session, acting::words};
use crate::{cli, plans};

impl Session {
    /// Returns what a person said about which copies stay; `None` if no plan is wanted.
    pub(super) fn wishes(
        &self,
        asked: Option<&cli::Selection>,
        roots: &[PathBuf],
    ) -> Result<Option<Wishes>, Failure> {
        let Some(asked) = asked.filter(|asked| asked.plan.is_some()) else {
            return Ok(None);
        };
        if !self.machine.live {
            return Err(
                Failure::new("a plan is made for the machine Candor runs on")
                    .help("leave --root out, or run Candor on that machine"),
            );
        }
        // Minutes of comparing should not end in a file that cannot be written.
        asked.plan.as_deref().map_or(Ok(()), plans::is_new)?;
        // Paths are compared with those of the walk, which has no links in them.
        let real = |paths: &[PathBuf]| -> Vec<PathText> {
            let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
            paths.iter().map(|path| real(path).into()).collect()
        };
        let joined = matches!(asked.act, Some(cli::Act::Hardlink | cli::Act::Reflink));
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
            joined,
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

    /// Makes the plan of what was proposed, if one is wanted.
    pub(super) fn plan(&mut self, asked: Option<&cli::Selection>) -> Result<(), Failure> {
        let proposals = plans::proposals(&mut self.outcomes, PROPOSALS)?;
        // A report in words needs no rows.
        if !self.lists {
            self.outcomes.iter_mut().for_each(|it| it.lists.clear());
        }
        let Some((file, act)) = asked.and_then(|it| Some((it.plan.as_deref()?, it.act?))) else {
            return Ok(());
        };
        let plan = plans::write(file, of(act), proposals, &self.command)?;
        self.planned = Some(words::written(&plan, Path::new(file)));
        Ok(())
    }
}

fn of(act: cli::Act) -> Act {
    match act {
        cli::Act::Trash => Act::Trash,
        cli::Act::Quarantine => Act::Quarantine,
        cli::Act::Remove => Act::Remove,
        cli::Act::Hardlink => Act::Hardlink,
        cli::Act::Reflink => Act::Reflink,
    }
}
