//! One file per kind of scenario; here is what they share.

mod browser;
mod calls;
mod checkup;
mod cleaners;
mod duplicates;
mod losses;
mod map;
mod rerun;

use crate::{
    cli::Name,
    failure::Failure,
    run::{Cache, Command, Row, side_by_side},
    setting::Setting,
    table::{Part, Scene},
};

/// Runs a scenario.
///
/// # Errors
/// When it could not be measured at all here.
pub(crate) fn run(name: Name, setting: &Setting) -> Result<Scene, Failure> {
    match name {
        Name::Syscalls => calls::scene(setting),
        Name::SmallWarm => duplicates::small_warm(setting),
        Name::Rerun => rerun::scene(setting),
        Name::LargePairs => duplicates::large_pairs(setting),
        Name::SameSizeDifferMiddle => duplicates::differ_in_the_middle(setting),
        Name::SameSizeDifferElsewhere => duplicates::differ_elsewhere(setting),
        Name::ColdMixed => duplicates::cold_mixed(setting),
        Name::Reflinked => duplicates::reflinked(setting),
        Name::Sparse => duplicates::sparse(setting),
        Name::Map => map::scene(setting),
        Name::Checkup => checkup::scene(setting),
        Name::Clean => cleaners::scene(setting),
        Name::History => browser::scene(setting),
        Name::Losses => losses::scene(setting),
    }
}

/// The rounds of scenarios in which a slow peer takes minutes.
const FEW: u32 = 3;

impl Scene {
    /// Runs commands with a warm cache and adds their table.
    fn warm(&mut self, setting: &Setting, commands: &[Command]) -> Result<Vec<Row>, Failure> {
        self.times(setting, "", commands, Cache::Warm, setting.runs)
    }

    /// Runs commands with a cold cache and adds their table, or a note when this user cannot.
    fn cold(
        &mut self,
        setting: &Setting,
        commands: &[Command],
    ) -> Result<Option<Vec<Row>>, Failure> {
        if let Some(why) = &setting.stays_warm {
            self.notes.push(format!("Cold was not measured: {why}."));
            return Ok(None);
        }
        self.times(setting, "Cold", commands, Cache::Cold, setting.runs)
            .map(Some)
    }

    fn times(
        &mut self,
        setting: &Setting,
        title: &str,
        commands: &[Command],
        cache: Cache,
        runs: u32,
    ) -> Result<Vec<Row>, Failure> {
        let rows = side_by_side(setting, commands, cache, runs)?;
        self.parts.push(Part::Times {
            title: title.to_owned(),
            rows: rows.clone(),
        });
        Ok(rows)
    }
}
