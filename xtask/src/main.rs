//! `cargo xtask tidy`, `cargo xtask gen [--check]` and `cargo xtask corpora [--anew]`.
#![forbid(unsafe_code)]

use std::{path::Path, process::ExitCode};

use xtask::{Problem, Tree, corpora, generate, tidy};

const USAGE: &str =
    "usage: cargo xtask tidy | cargo xtask gen [--check] | cargo xtask corpora [--anew]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository");
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => return told(&[Problem::of_file("", error.to_string(), "make it readable")]),
    };
    match words.as_slice() {
        ["tidy"] => told(&tidy::problems(&tree, tidy::client_tree(root))),
        ["gen", "--check"] => told(&generate::stale(&tree)),
        ["gen"] => match generate::write(&tree, root) {
            Ok(changed) => {
                for path in changed {
                    println!("{path}");
                }
                ExitCode::SUCCESS
            }
            Err(problems) => told(&problems),
        },
        ["corpora"] | ["corpora", "--anew"] => match corpora::make(root, words.len() > 1) {
            Ok(many) => {
                println!("{many} archives");
                ExitCode::SUCCESS
            }
            Err(problems) => told(&problems),
        },
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Prints every problem; fails if there is one.
fn told(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => ExitCode::SUCCESS,
        n => {
            eprintln!("{n} to mend");
            ExitCode::FAILURE
        }
    }
}
