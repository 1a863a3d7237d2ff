//! Homes with many applications, each thing in them labelled: what is selected, what is missed, and what the
//! peers lost.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

mod home;
mod linux;
mod macos;
mod measure;
mod never;
mod peers;
mod sources;
