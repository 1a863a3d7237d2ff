//! Receives what people agreed to send, and cannot read it before enough sent the same.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod clock;
pub mod closing;
pub mod config;
pub mod inner;
pub mod intake;
pub mod issuer;
pub mod log;
pub mod meta;
pub mod meters;
pub mod openapi;
pub mod overview;
pub mod pace;
pub mod pages;
pub mod place;
pub mod programs;
pub mod refusal;
pub mod retire;
pub mod reveal;
pub mod serve;
pub mod status;
pub mod store;
pub mod vault;
