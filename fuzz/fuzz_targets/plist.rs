//! Any bytes into `formats::plist`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formats::fuzz::plist(bytes));
