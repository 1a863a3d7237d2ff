//! Any bytes into the log's codecs and proofs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::log(bytes));
