//! `--choose`: what was found, in a list to choose from, and what comes of the choice.

#[cfg(feature = "dupes")]
mod copies;
#[cfg(feature = "clean")]
mod junk;

use std::path::{Path, PathBuf};

use acts::{Act, PlanFile};
use choose::{Asked, Group, Then};
use rustix::fs::{Access, access};
use tool::Proposal;

use super::{Session, Wants, acting::words, apply, plan};
use crate::{
    cli::{KEEP_DAYS, Shared, Sure},
    failure::{Ending, Failure},
    terminal,
};

#[cfg(feature = "dupes")]
pub(super) use copies::copies;
#[cfg(feature = "clean")]
pub(super) use junk::junk;

/// What a person is to choose among, and what for.
struct Sheet {
    title: &'static str,
    things: [&'static str; 2],
    act: Act,
    /// Where a plan would be written.
    file: PathBuf,
    groups: Vec<Group>,
}

/// Makes sure, before minutes of looking, that somebody can choose afterwards and the choice be written.
/// Returns where: the file a person named, else a new one in the current folder, or in the home folder
/// if nothing can be written there.
fn ready(shared: &Shared, file: Option<&Path>) -> Result<PathBuf, Failure> {
    if shared.json || shared.html.is_some() {
        return Err(Failure::new("with --choose there is no report")
            .help("leave out --json and --html, or --choose"));
    }
    if !choose::is_there() {
        return Err(
            Failure::new("--choose needs a terminal, and there is none here")
                .help("`--plan FILE --act trash` makes a plan by rules instead; --help has them"),
        );
    }
    if let Some(file) = file {
        return Ok(file.to_owned());
    }
    let name = jiff::Timestamp::now().strftime("candor-plan-%Y%m%d-%H%M%S.json");
    let name = name.to_string();
    let folders = [std::env::current_dir().ok(), std::env::home_dir()];
    let takes_files = |folder: &PathBuf| access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
    let folder = folders.into_iter().flatten().find(takes_files);
    folder.map(|it| it.join(name)).ok_or_else(|| {
        Failure::new("there is no folder here that a plan could be written to")
            .help("name a file for it with --plan FILE")
    })
}

impl Session {
    /// Shows the list and does what a person chose: nothing, a plan in a file, or a plan carried out.
    ///
    /// `proposals` makes proposals of what was chosen of each group.
    fn choose(
        mut self,
        sheet: Sheet,
        shared: &Shared,
        proposals: impl FnOnce(&[Vec<bool>]) -> Vec<Proposal>,
    ) -> Result<Ending, Failure> {
        if sheet.groups.is_empty() {
            // The report says what was looked at, and what could not be.
            return self.end(shared);
        }
        let skipped: usize = self.outcomes.iter().map(|it| it.skipped.len()).sum();
        let asked = Asked {
            title: sheet.title.to_owned(),
            things: sheet.things,
            act: sheet.act.words().to_owned(),
            later: words::later(sheet.act),
            plan: sheet.file,
            missing: (skipped > 0).then(|| not_looked_at(skipped)),
            home: self.home().map(Path::to_owned),
            zone: report::Zone::system(),
            colour: terminal::style(shared.color).colour,
        };
        let chosen = choose::choose(sheet.groups, &asked).map_err(|error| {
            Failure::new("the list could not be shown to its end")
                .because(&error)
                .help("nothing was done; `--plan FILE --act trash` makes a plan by rules")
        })?;
        if skipped > 0 {
            eprintln!(
                "{}; without --choose they are listed.",
                not_looked_at(skipped)
            );
        }
        let ending = self.ending();
        for complaint in self.complaints.drain(..) {
            eprint!("{complaint}");
        }
        let Some(chosen) = chosen else {
            eprintln!("Nothing was done.");
            return Ok(ending);
        };
        let what = format!("{} --choose", self.command);
        let plan = plan::made(sheet.act, proposals(&chosen.selected), &what);
        if chosen.then == Then::CarryOut {
            let sure = Sure {
                yes: false,
                json: false,
                unconfined: shared.unconfined,
            };
            let whole = PlanFile {
                plan: plan.clone(),
                unread: Vec::new(),
            };
            if let Some(ending) = apply::carry_out(whole, what, KEEP_DAYS, &sure)? {
                return Ok(ending);
            }
            // Who does not agree may still want what took an hour to choose.
        }
        plan::write(&asked.plan, &plan)?;
        eprint!("{}", words::written(&plan, &asked.plan));
        Ok(ending)
    }
}

fn not_looked_at(places: usize) -> String {
    match places {
        1 => "1 place could not be looked at".to_owned(),
        places => format!(
            "{} places could not be looked at",
            report::count(places as u64)
        ),
    }
}
