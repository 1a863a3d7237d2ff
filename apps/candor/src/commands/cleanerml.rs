//! `candor clean --cleanerml DIR`: what BleachBit's own rules would act on. A preview, never a plan.

use std::path::{Path, PathBuf};

use clap::Args;
use clean::cleanerml::{Asked, Input};
use sandbox::Rights;
use tool::PathText;

use super::Session;
use crate::{
    cli::{Clean, Shared},
    failure::{Ending, Failure},
    job::Job,
    machine,
};

/// What the command line says of BleachBit's rules.
#[derive(Args, Debug)]
#[command(next_help_heading = "Rules of BleachBit")]
pub(crate) struct CleanerMl {
    /// Show what the cleaner definitions (CleanerML) in this folder would act on, instead of Candor's
    /// own rules; BleachBit keeps them in /usr/share/bleachbit/cleaners
    #[arg(long, value_name = "DIR")]
    pub(crate) cleanerml: Option<PathBuf>,
    /// Only this option, as `firefox.cache`, or all of a cleaner, as `firefox`
    #[arg(
        long,
        value_name = "CLEANER.OPTION",
        requires = "cleanerml",
        value_delimiter = ','
    )]
    option: Vec<String>,
    /// List the options, and look for nothing
    #[arg(long, requires = "cleanerml")]
    list: bool,
    /// Also search the whole home folder by name, for options that want it
    #[arg(long, requires = "cleanerml", conflicts_with = "list")]
    deep: bool,
}

/// The environment variables that are handed to rules, if they are set. `HOME` and those of XDG come
/// from the machine. Any other may hold what is nobody's business, and counts as unknown.
const ENVIRONMENT: [&str; 4] = ["LOGNAME", "TMPDIR", "USER", "XDG_RUNTIME_DIR"];

/// Shows what the definitions in `folder` would act on.
pub(crate) fn run(folder: &Path, asked: &Clean) -> Result<Ending, Failure> {
    let shared: &Shared = &asked.shared;
    let mut session = Session::begin("cleanerml", shared)?;
    // It is of this machine, whatever disk is looked at.
    let folder = folder.canonicalize().map_err(|error| {
        let shown = tool::path_text::shown(folder.as_os_str());
        Failure::new(format!("cannot read the definitions in `{shown}`"))
            .because(&error)
            .help("name the folder that holds them; Debian's package bleachbit has them in /usr/share/bleachbit/cleaners")
    })?;
    let more = session.existing(&asked.paths)?;
    let machine = &session.machine;
    let people = machine.people.iter();
    let own = people.flat_map(|it| [&it.home, &it.config, &it.cache, &it.data, &it.state]);
    let mut roots: Vec<PathBuf> = own.cloned().collect();
    let shared_by_programs = clean::places_of_programs(machine);
    roots.extend(clean::places_outside_home(machine));
    roots.extend(shared_by_programs);
    roots.extend(more.iter().cloned());
    roots.retain(|root| root.is_dir());
    roots.sort();
    // What lies below another one needs no right of its own.
    roots.dedup_by(|below, above| below.starts_with(above));
    let rights = Rights {
        read: vec![folder.clone()],
        list: roots.clone(),
        ..Rights::default()
    };
    let input = Input {
        folder: folder.clone().into(),
        roots: roots.into_iter().map(PathText).collect(),
        environment: environment(machine.live),
        running: machine.live.then(machine::programs).flatten(),
        asked: Asked {
            options: asked.rules.option.clone(),
            deep: asked.rules.deep,
            only_list: asked.rules.list,
        },
    };
    let job = Job::CleanerMl {
        machine: machine.clone(),
        input: Box::new(input),
    };
    // Folders that the environment names are the person's own.
    let people = session.machine.people.iter();
    let named = people.flat_map(|it| [&it.config, &it.cache, &it.data, &it.state]);
    let named: Vec<PathBuf> = named.cloned().chain([folder]).chain(more).collect();
    session.work(&["clean"], job, rights, &named)?;
    session.end(shared)
}

fn environment(live: bool) -> Vec<(String, PathText)> {
    let set = |name: &str| {
        let value = std::env::var_os(name).filter(|_| live)?;
        Some((name.to_owned(), PathText(value.into())))
    };
    ENVIRONMENT.into_iter().filter_map(set).collect()
}
