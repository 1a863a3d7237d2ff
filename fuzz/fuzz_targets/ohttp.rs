//! Any bytes into both ends of Oblivious HTTP.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::ohttp(bytes));
