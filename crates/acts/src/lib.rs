//! Carries out a confirmed plan: the only code of Candor that changes or removes what a person has.
//!
//! A [`Plan`] names each file by path and [`Identity`](tool::Identity), as it was when the person saw
//! it. [`apply`] opens each through its folder without following any link, looks whether it still is
//! that file, compares copies byte by byte with the one that stays, and only then acts, through the
//! same handles. Whatever moved is looked at again where it came to lie, and put back if it is not
//! what the plan names: a name can change between a look and an act, so the act that counts is always
//! one that can be taken back.
//!
//! Before and after each step a record goes into the [`journal`]. [`undo`] puts things back from it,
//! and [`recover`] brings order into a run that was cut off.
#![deny(unsafe_code)]

mod apply;
mod below;
mod bins;
mod copy;
mod folder;
mod handle;
pub mod journal;
mod kernel;
mod link;
mod plan;
mod plan_file;
mod purge;
mod put;
mod recover;
mod refusal;
mod same;
mod tally;
mod together;
mod undo;
mod unused;

pub use apply::{Around, apply};
pub use bins::{Bin, Bins, Use};
pub use plan::{Act, Plan, Step};
pub use plan_file::{BadPlan, PlanFile, Unread};
pub use purge::purge;
pub use recover::{Recovered, recover};
pub use refusal::{PARTLY, Refusal};
pub use tally::{Done, Ended};
pub use undo::undo;
