//! Any bytes into the status and signed notes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::fuzz::status(bytes));
