//! The project's own chores.
//!
//! `cargo xtask gen` makes `tools/*/made/` out of the declarations; [`generate`].
//! `cargo xtask corpora` makes the archives that tests read; [`corpora`].
//! `cargo xtask tidy` checks what the compiler does not: arrows, names, order, promises; [`tidy`].
//!
//! Every check is a function from the texts of a [`Tree`] to [`Problem`]s, so that a test can show
//! with a tree of three lines that it can fail.
#![forbid(unsafe_code)]

pub mod corpora;
pub mod generate;
mod layers;
mod manifest;
mod problem;
mod rust_code;
pub mod tidy;
mod tree;

pub use problem::Problem;
pub use tree::Tree;
