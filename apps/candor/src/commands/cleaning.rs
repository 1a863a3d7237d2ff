//! `candor clean`: what is asked of the search for junk, and what must not be touched now.

use std::{collections::BTreeMap, path::Path};

use clean::{Asked, Keep, Odd, Wishes, is_of};

use super::{Failure, Session};
use crate::{
    cli::{Also, Away, Cleaning},
    keep, running,
};

impl Session {
    /// Returns what is asked of the search for junk, and the rules that must not be followed now.
    pub(super) fn junk(
        &self,
        asked: Option<&Cleaning>,
    ) -> Result<(Asked, BTreeMap<String, String>), Failure> {
        let mut keep = keep::lines(&self.machine)?;
        let mut also = Vec::new();
        let mut wishes = None;
        if let Some(asked) = asked {
            keep.extend(asked.never.iter().cloned());
            also = asked.also.iter().map(|it| odd(*it)).collect();
            if asked.plan.is_some() || asked.choose {
                self.may_plan(asked.plan.as_deref())?;
                let known = known(&self.machine);
                for id in asked.kind.iter().chain(&asked.not_kind) {
                    if !known.iter().any(|row| is_of(row, id)) {
                        return Err(Failure::new(format!("there is no kind of junk `{id}`"))
                            .help("nothing was looked at; `candor clean --json` names the kinds it finds by `id`"));
                    }
                }
                wishes = Some(Wishes {
                    // A person who chooses is shown every kind.
                    kinds: match asked.choose {
                        true => known.into_iter().map(str::to_owned).collect(),
                        false => asked.kind.clone(),
                    },
                    without: asked.not_kind.clone(),
                });
            }
        }
        Keep::of(keep.iter().map(String::as_str), &homes(&self.machine)).map_err(|error| {
            Failure::new("what is to stay cannot be read")
                .because(&error)
                .help(
                    "nothing was looked at; name a path, or a glob such as `~/films/**` or `*.iso`",
                )
        })?;
        let held = match self.machine.live {
            true => clean::held(&self.machine, &running::running(self.machine.platform)),
            // What runs here says nothing about another disk, and no plan is made for it.
            false => BTreeMap::new(),
        };
        Ok((Asked { also, keep, wishes }, held))
    }
}

/// Returns the act of that name.
pub(super) fn act(away: Away) -> acts::Act {
    match away {
        Away::Trash => acts::Act::Trash,
        Away::Quarantine => acts::Act::Quarantine,
        Away::Remove => acts::Act::Remove,
    }
}

fn odd(also: Also) -> Odd {
    match also {
        Also::EmptyFolders => Odd::EmptyFolders,
        Also::BrokenLinks => Odd::BrokenLinks,
    }
}

fn known(machine: &tool::Machine) -> Vec<&'static str> {
    let rows = knowledge::junk::rows(machine.platform);
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn homes(machine: &tool::Machine) -> Vec<std::path::PathBuf> {
    let home = |person: &knowledge::Base| Path::to_owned(&person.home);
    machine.people.iter().map(home).collect()
}
