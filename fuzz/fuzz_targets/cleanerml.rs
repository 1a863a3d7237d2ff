//! Any bytes into the reader of BleachBit's definitions.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| clean::cleanerml::fuzz(bytes));
