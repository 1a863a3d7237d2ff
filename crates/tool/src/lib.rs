//! What a tool of Candor is: what it looks at ([`Machine`]), what it says ([`Finding`],
//! [`Skipped`], [`Section`], [`Outcome`]), and the one [`pass`] over a disk that all tools share.
//!
//! A tool reads; it changes nothing and talks to nobody. It runs inside a confined worker and
//! hands its [`Outcome`] to whoever started it.
#![deny(unsafe_code)]

mod bin;
mod finding;
pub mod lists;
mod machine;
pub mod pass;
pub mod path_text;
pub mod places;
mod proposal;
mod quantity;
mod section;

pub use bin::is_in_a_bin;
pub use finding::{Finding, Level, Skipped, Why};
pub use lists::{List, Lists};
pub use machine::{Machine, NotAMachine};
pub use path_text::PathText;
pub use proposal::{EntryKind, Identity, NotAStamp, Proposal, Seen, Stamp};
pub use quantity::{Bytes, Days, Moment};
pub use section::{Bar, Block, Cell, Outcome, Section, Table, Tile};
