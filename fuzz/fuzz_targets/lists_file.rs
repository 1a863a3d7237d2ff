//! Any bytes into the opener of list files, with the checksums they should have.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| history::lists::fuzz(bytes));
