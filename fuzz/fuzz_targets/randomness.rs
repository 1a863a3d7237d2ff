//! Any bytes into both sides of an exchange with the randomness server.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::randomness(bytes));
