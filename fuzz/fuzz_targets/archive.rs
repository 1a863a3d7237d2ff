//! Any bytes into `formats::archive`. Its seeds are the archives of the tests: `cargo +nightly fuzz run archive crates/formats/tests/archives`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::archive(bytes));
