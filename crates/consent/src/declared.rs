//! The declarations that were agreed to, kept beside the ledger.
//!
//! What the courier may do follows from them, and it links no tool that has one: each lies here as it was
//! shown, with its operator, under its material hash, and is held against that hash whenever it is read.

use std::path::PathBuf;

use declare::{Declaration, Operator};
use serde::{Deserialize, Serialize};

use crate::{Folder, FolderError, folder::read_private};

const SCHEMA: &str = "candor-declared/1";

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: String,
    declaration: String,
    operator: Option<String>,
}

/// Keeps an operated declaration. One that is there already is the same in all that is material; the words
/// of the newer one take its place.
pub(crate) fn keep(folder: &Folder, declaration: &Declaration) -> Result<(), FolderError> {
    let kept = Kept {
        schema: SCHEMA.to_owned(),
        declaration: declaration.text().to_owned(),
        operator: declaration.operator().map(|it| it.text().to_owned()),
    };
    let text = serde_json::to_vec(&kept).expect("text is always JSON");
    folder.replace(&path(folder, &declaration.material_hash()), &text)
}

/// Returns the operated declaration of a material hash; `None` where it is not kept, or is no longer what
/// its name says.
pub(crate) fn read(folder: &Folder, material: &str) -> Result<Option<Declaration>, FolderError> {
    // The name comes from a file: only what can be a hash becomes a path.
    if !material.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let Some(bytes) = read_private(&path(folder, material))? else {
        return Ok(None);
    };
    Ok(parsed(&bytes).filter(|declaration| declaration.material_hash() == material))
}

fn parsed(bytes: &[u8]) -> Option<Declaration> {
    let kept: Kept = serde_json::from_slice(bytes).ok()?;
    let declaration = Declaration::parse(&kept.declaration).ok()?;
    match kept.operator {
        _ if kept.schema != SCHEMA => None,
        None => Some(declaration),
        Some(operator) => Some(declaration.operated_by(&Operator::parse(&operator).ok()?)),
    }
}

fn path(folder: &Folder, material: &str) -> PathBuf {
    folder.path().join(format!("declared-{material}.json"))
}
