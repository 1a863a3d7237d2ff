//! Any bytes into the codecs of reports and withdrawals.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::report(bytes));
