//! Any bytes into `formats::rpm`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::rpm(bytes));
