//! Carries out, undoes or recovers without a broker and a sandbox, so that a test can end it or make
//! its calls fail at any moment: `act apply PLAN ROOT`, `act undo ROOT`, `act recover ROOT`.

use std::{collections::HashSet, error::Error, path::Path};

use candor_acts::{
    Around, Bins, PlanFile, apply,
    journal::{Journal, Record, SCHEMA, journals},
    recover, undo,
};
use tool::{Machine, Moment};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["apply", plan, root] => {
            let plan = PlanFile::of(&std::fs::read(plan)?)?.plan;
            let linux = serde_json::from_str("\"linux\"")?;
            let machine = Machine::at_root(linux, Path::new(root), Moment(0))?;
            let around = Around {
                run: "1",
                at: "2026-11-25T17:00:00",
                bins: &Bins::make(&plan, &machine),
                vouched: &|_| None,
                protected: &|_| None,
            };
            let mut journal = Journal::begin(&journal(root), &begin("1", None))?;
            apply(&plan, &around, &mut journal, &mut |done| {
                if let Some(refused) = &done.refused {
                    eprintln!("{}: {refused}", done.step);
                }
            })?;
        }
        ["undo", root] => {
            let known = journals(&journal(root))?.runs;
            let mut journal = Journal::begin(&journal(root), &begin("2", Some("1")))?;
            undo(&known[0], &HashSet::new(), "2", &mut journal, &mut |done| {
                if let Some(refused) = &done.refused {
                    eprintln!("{}: {refused}", done.step);
                }
            })?;
        }
        ["recover", root] => {
            let known = journals(&journal(root))?.runs;
            for run in known.iter().filter(|it| !it.ended) {
                let mut journal = Journal::resume(&journal(root), &run.name)?;
                for step in recover(run, &mut journal)? {
                    println!("{}: {:?}", step.step, step.refused);
                }
            }
        }
        _ => return Err("act apply PLAN ROOT | undo ROOT | recover ROOT".into()),
    }
    Ok(())
}

fn journal(root: &str) -> std::path::PathBuf {
    Path::new(root).join("home/ada/.local/state/candor/journal")
}

fn begin(run: &str, undoes: Option<&str>) -> Record {
    Record::Begin {
        schema: SCHEMA.to_owned(),
        run: run.to_owned(),
        at: "then".to_owned(),
        what: "test".to_owned(),
        undoes: undoes.map(str::to_owned),
        purges: None,
        until: None,
    }
}
