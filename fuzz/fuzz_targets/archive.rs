//! Any bytes into `formats::archive`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::archive(bytes));
