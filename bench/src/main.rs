//! Candor beside its peers, in one run. Linux only: it counts what Linux counts.
//!
//! It makes its own trees, runs every program on them with the same filters, and prints medians,
//! ratios and whether each target was met. It asserts no time: a table says what was measured on
//! one machine, and the reader judges. What each scenario means: README.md.
#![forbid(unsafe_code)]

mod archives;
mod cli;
mod failure;
mod floor;
mod judge;
mod machine;
mod mount;
mod parity;
mod peers;
mod run;
mod said;
mod scenarios;
mod setting;
mod table;
mod trees;
mod unpacking;
mod usage;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Part},
    failure::{Failure, chain},
    setting::Setting,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match &cli.part {
        Some(part) => alone(part),
        None => together(&cli),
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("candor-bench: {}", chain(&failure));
        ExitCode::from(2)
    })
}

/// One of the small programs that a scenario runs beside the others.
fn alone(part: &Part) -> Result<ExitCode, Failure> {
    match part {
        Part::Walk(asked) => floor::walk_only(&asked.folder, asked.threads)?,
        Part::Floor(asked) => floor::walk_and_read(&asked.folder, asked.threads)?,
        Part::Unpack(asked) => return unpacking::together(asked),
        Part::Parity(asked) => return parity::tried(asked),
        Part::Timed(asked) => return run::timed(asked),
    }
    Ok(ExitCode::SUCCESS)
}

/// The scenarios, one after the other. Ends with 1 when a command failed or found something else
/// than the others did; a missed target is told in the table and is no failure.
fn together(cli: &Cli) -> Result<ExitCode, Failure> {
    let mut setting = Setting::of(&cli.options, &peers::NAMES)?;
    setting.stays_warm = setting::empty_page_cache().err();
    let machine = machine::describe(&setting);
    println!("{}", table::machine(&machine));
    let mut scenes = Vec::new();
    for name in cli.wanted() {
        eprintln!("{name}: begins");
        let scene = scenarios::run(name, &setting)
            .unwrap_or_else(|failure| table::Scene::not_measured(name, &chain(&failure)));
        println!("{}", table::scene(&scene));
        scenes.push(scene);
    }
    let sound = scenes.iter().all(table::Scene::is_sound);
    if let Some(file) = &cli.options.json {
        table::write_json(file, &machine, &scenes)?;
    }
    if !cli.options.keep {
        setting.remove_trees()?;
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
