//! Two pages, made on the server: what an operator needs to know, and what anyone may check.
//!
//! They hold no script and nothing from elsewhere, so that looking at them tells nobody.

use std::sync::Arc;

use askama::Template;

use crate::{
    intake::Intake,
    overview::{LeafView, Overview, ProgramView, moment, newest, programs},
    programs::Declared,
    refusal::Refusal,
    serve::public::PublicKeys,
};

/// How both pages look, light and dark.
pub const STYLE: &str = include_str!("../templates/style.css");

/// Returns the operator's page.
///
/// # Errors
/// [`Refusal`] when it could not be made.
pub fn operator(overview: &Overview) -> Result<String, Refusal> {
    let page = OperatorPage { it: overview };
    page.render().map_err(|error| Refusal::internal(&error))
}

/// Returns the page that tells what is taken, what was erased, and how to check it.
///
/// # Errors
/// [`Refusal`] when it could not be made.
pub fn transparency(intake: &Intake) -> Result<String, Refusal> {
    let remembered = intake.meta.remembered();
    let remembered = remembered.map_err(|error| Refusal::internal(&error))?;
    let mut partitions = Vec::new();
    for partition in intake.store.partitions()? {
        let program = remembered.iter().find(|it| it.number == partition.program);
        if let Some(program) = program {
            partitions.push(Erasing {
                program: program.id.clone(),
                epoch: partition.epoch,
                day: crate::overview::date(u64::from(partition.day) * crate::clock::DAY),
                dies: moment(program.calendar.reports_die(partition)),
            });
        }
    }
    let page = TransparencyPage {
        name: &intake.config.log_name,
        at: moment(intake.clock.now()),
        roles: intake.config.role_names(),
        weakens: intake.config.weakens(),
        programs: programs(intake),
        declared: intake.programs.declared(),
        partitions,
        closed: intake.closed().len(),
        least: intake.least_version().to_string(),
        keys: PublicKeys::of(intake),
        checkpoint: intake.log.checkpoint(),
        leaves: intake.log.head().0,
        newest: newest(intake, &remembered),
    };
    page.render().map_err(|error| Refusal::internal(&error))
}

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage<'a> {
    it: &'a Overview,
}

#[derive(Template)]
#[template(path = "transparency.html")]
struct TransparencyPage<'a> {
    name: &'a str,
    at: String,
    roles: Vec<&'static str>,
    weakens: Option<String>,
    programs: Vec<ProgramView>,
    declared: &'a [Arc<Declared>],
    partitions: Vec<Erasing>,
    closed: usize,
    least: String,
    keys: PublicKeys,
    checkpoint: String,
    leaves: u64,
    newest: Vec<LeafView>,
}

/// A partition, by its date alone: how much it holds is said when it is sealed.
struct Erasing {
    program: String,
    epoch: u32,
    day: String,
    dies: String,
}
