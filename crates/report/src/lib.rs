//! Outcomes of tools to terminal, JSON and static HTML.
//!
//! One [`Report`] goes in, one text comes out: [`terminal`] for a person at a prompt, [`json`] for
//! programs (its fields are described in `schemas/`), [`html`] for a file that can be kept, printed
//! or opened in any browser. All three take their words and figures from the same place
//! (`words.rs`, `grid.rs`), so they cannot disagree. [`progress`] makes the line that is drawn while
//! a tool is still at work.
//!
//! Everything inside an outcome may hold names that somebody else chose: of files, of pages, of
//! hosts. Such text is escaped for the medium it is written to, without exception; see `escape.rs`.
//! Nothing here reads a clock, a file or the environment: width, colour and time zone come in.
#![forbid(unsafe_code)]

mod escape;
mod grid;
#[cfg(test)]
mod hostile;
mod html;
mod json;
mod model;
mod progress;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schemas;
mod terminal;
pub mod width;
mod words;
mod zone;

pub use escape::plain;
pub use html::{PAGE_MARK, html};
pub use json::json;
pub use model::{Confinement, LEFT_THE_MACHINE, Machine, Report};
pub use progress::{Progress, progress};
pub use terminal::{Style, terminal};
pub use words::count;
pub use zone::Zone;
