//! A home folder in which BleachBit's rules find something, made out of its own definitions.

use std::path::Path;

use super::Tree;
use crate::{
    failure::{Failure, Tried},
    setting::Setting,
};

/// Returns a home folder with that many files in each folder that a rule walks.
///
/// # Errors
/// When it cannot be made, or the definitions not be read.
pub(crate) fn tree(setting: &Setting, definitions: &Path, files: usize) -> Result<Tree, Failure> {
    let recipe = format!("cleaners 1: {files} files a folder");
    let room = files as u64 * 400 * 4096 + (64 << 20);
    setting.tree("cleaners", &recipe, room, |maker| {
        let amount = fixture::cleaners::Amount {
            files,
            odd_ones: false,
        };
        fixture::cleaners::populate(&maker.root, definitions, amount)
            .tried("fill by the definitions in", definitions)?;
        Ok(())
    })
}
