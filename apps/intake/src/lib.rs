//! x
#![forbid(unsafe_code)]
pub mod clock;
pub mod config;
pub mod meters;
pub mod place;
pub mod serve { pub mod listener; }
pub mod store;
pub mod vault;
