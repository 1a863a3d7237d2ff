//! Nothing: all of it is in `tests`.
#![forbid(unsafe_code)]
