//! Any bytes into `formats::ini`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::ini(bytes));
