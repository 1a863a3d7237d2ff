//! Any bytes into a release of lists.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::release(bytes));
