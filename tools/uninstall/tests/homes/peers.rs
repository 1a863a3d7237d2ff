//! Bugs of the peers.
