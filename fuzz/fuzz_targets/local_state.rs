//! Any bytes into `formats::local_state`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::local_state(bytes));
