//! Any bytes into `formats::properties`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::properties(bytes));
