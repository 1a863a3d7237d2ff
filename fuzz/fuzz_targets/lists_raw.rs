//! Any bytes into the readers of raw lists.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| history::lists::forms::fuzz(bytes));
