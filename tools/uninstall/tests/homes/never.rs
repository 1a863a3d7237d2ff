//! What is never selected.
