//! `candor uninstall APP` and `candor clean --orphans`: an application and what it left, and what was left
//! by those that are gone.

use std::path::Path;

use acts::Act;
use sandbox::Rights;
use serde::Deserialize;
use uninstall::Asked;

use super::{Ending, Failure, Session, acting::words};
use crate::{
    cli::{Away, Shared, Uninstall},
    job::Job,
    plans,
};

/// Shows an application, and makes a plan of what is selected if one is wanted.
pub(super) fn run(asked: &Uninstall) -> Result<Ending, Failure> {
    let mut session = Session::begin("uninstall", &asked.shared)?;
    let plan = asked.plan.as_deref().zip(asked.act);
    let what = Asked::Application(asked.application.clone());
    session.leftovers(what, plan)?;
    session.end(&asked.shared)
}

/// Shows what applications left that are gone.
pub(super) fn orphans(shared: &Shared) -> Result<Ending, Failure> {
    let mut session = Session::begin("uninstall", shared)?;
    session.leftovers(Asked::Orphans, None)?;
    session.end(shared)
}

impl Session {
    fn leftovers(&mut self, asked: Asked, plan: Option<(&Path, Away)>) -> Result<(), Failure> {
        if let Some((file, _)) = plan {
            if !self.machine.live {
                return Err(
                    Failure::new("a plan is made for the machine Candor runs on")
                        .help("leave --root out, or run Candor on that machine"),
                );
            }
            plans::is_new(file)?;
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
        let proposals = plans::proposals(&mut self.outcomes, uninstall::PROPOSALS)?;
        if let Asked::Application(name) = &asked {
            self.one_is_meant(name)?;
        }
        if let Some((file, act)) = plan {
            let act = match act {
                Away::Trash => Act::Trash,
                Away::Quarantine => Act::Quarantine,
            };
            let plan = plans::write(file, act, proposals, &self.command)?;
            self.planned = Some(words::written(&plan, file));
        }
        Ok(())
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
