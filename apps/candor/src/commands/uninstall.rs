//! `candor uninstall APP` and `candor clean --orphans`: an application and what it left, and what was left
//! by those that are gone.

use std::path::{Path, PathBuf};

use acts::Act;
use clap::{Args, ValueEnum};
use sandbox::Rights;
use serde::Deserialize;
use uninstall::Asked;

use super::{Ending, Failure, Session};
#[cfg(feature = "clean")]
use crate::cli::Clean;
use crate::{cli::Shared, job::Job};

// `candor uninstall`, as it is asked.
#[derive(Args, Debug)]
pub(crate) struct Uninstall {
    /// The application: its name or its id, never a part of it
    #[arg(value_name = "APP")]
    application: String,
    /// Write a plan of what is selected to this file; `candor apply` carries it out
    #[arg(long, value_name = "FILE", requires = "act")]
    plan: Option<PathBuf>,
    /// What is to be done with it
    #[arg(long, value_enum, value_name = "ACT", requires = "plan")]
    act: Option<Aside>,
    #[command(flatten)]
    shared: Shared,
}

// The acts that can be taken back, for what has no copy.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Aside {
    /// Move it to the trash
    Trash,
    /// Move it to Candor's quarantine
    Quarantine,
}

/// Shows an application, and makes a plan of what is selected if one is wanted.
pub(super) fn run(asked: &Uninstall) -> Result<Ending, Failure> {
    let mut session = Session::begin("uninstall", &asked.shared)?;
    let act = asked.act.map(|act| match act {
        Aside::Trash => Act::Trash,
        Aside::Quarantine => Act::Quarantine,
    });
    let plan = asked.plan.as_deref().zip(act);
    let what = Asked::Application(asked.application.clone());
    session.leftovers(what, plan)?;
    session.end(&asked.shared)
}

/// Shows what applications left that are gone, and makes a plan of what is selected if one is wanted.
#[cfg(feature = "clean")]
pub(super) fn orphans(asked: &Clean) -> Result<Ending, Failure> {
    let mut session = Session::begin("uninstall", &asked.shared)?;
    let plan = &asked.cleaning;
    let act = plan.act.map(super::cleaning::act);
    session.leftovers(Asked::Orphans, plan.plan.as_deref().zip(act))?;
    session.end(&asked.shared)
}

impl Session {
    fn leftovers(&mut self, asked: Asked, plan: Option<(&Path, Act)>) -> Result<(), Failure> {
        if let Some((file, _)) = plan {
            self.may_plan(Some(file))?;
        }
        // Folders were listed here; the worker reads these files, and lists these folders.
        let reads = uninstall::reads(&self.machine);
        let rights = Rights {
            list: reads.list,
            read: reads.read,
            ..Rights::default()
        };
        let job = Job::Uninstall {
            machine: self.machine.clone(),
            asked: asked.clone(),
            plan: plan.is_some(),
        };
        self.work(&["uninstall"], job, rights, &[])?;
        if let Asked::Application(name) = &asked {
            self.one_is_meant(name)?;
        }
        self.plan(plan)
    }

    /// Checks that the name meant one application.
    fn one_is_meant(&self, name: &str) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Said {
            application: Option<serde::de::IgnoredAny>,
            alike: Vec<String>,
        }
        let shown = tool::path_text::shown(name.as_ref());
        let Some(outcome) = self.outcomes.last() else {
            return Ok(());
        };
        let said: Said = serde_json::from_str(outcome.data.get())
            .map_err(|error| Failure::new("a worker said what cannot be read").because(&error))?;
        if said.application.is_some() {
            return Ok(());
        }
        let failure = Failure::new(format!("no installed application is called just `{shown}`"));
        Err(match said.alike.as_slice() {
            [] => failure.help("name it as the menu does, or by its package or identifier"),
            alike => {
                let alike: Vec<String> = alike
                    .iter()
                    .map(|it| tool::path_text::shown(it.as_ref()))
                    .collect();
                failure.help(format!("name one of these: {}", alike.join(", ")))
            }
        })
    }
}
