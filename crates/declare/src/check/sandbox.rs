//! The sandbox grants what the readings and the keepings name: no less, and nothing more.

use super::{Broken, at, is_location, no_location, no_place};
use crate::{
    RESULT,
    declaration::{Access, Document},
    place::{covers, is_place},
};

pub(super) fn check(document: &Document, broken: &mut Broken) {
    let sandbox = &document.sandbox;
    broken.unless(sandbox.net == "none", at!["sandbox", "net"], || {
        "`net` must be \"none\": a tool that reads a person's files opens no network connection"
            .to_owned()
    });
    broken.unless(sandbox.exec.is_empty(), at!["sandbox", "exec"], || {
        "`exec` must be empty: a program that is started could do what this declaration does not say".to_owned()
    });
    granted_is_named(document, Access::List, "list", &sandbox.list, broken);
    granted_is_named(document, Access::Read, "read", &sandbox.read, broken);
    named_is_granted(document, broken);
    writes(document, broken);
}

/// Every place the sandbox opens is one that a reading with the same access names.
fn granted_is_named(
    document: &Document,
    access: Access,
    key: &'static str,
    granted: &[String],
    broken: &mut Broken,
) {
    for (n, place) in granted.iter().enumerate() {
        broken.unless(is_place(place), at!["sandbox", key, n], || no_place(place));
        let named = document
            .reads
            .iter()
            .filter(|read| read.access == access)
            .any(|read| read.places.iter().any(|named| covers(named, place)));
        broken.unless(named, at!["sandbox", key, n], || {
            format!(
                "the sandbox opens `{place}`, but no [[reads]] with access = \"{key}\" names it"
            )
        });
    }
}

/// Every place a reading names is one the sandbox opens; else the tool could not do what it says.
fn named_is_granted(document: &Document, broken: &mut Broken) {
    for (i, read) in document.reads.iter().enumerate() {
        let (key, granted) = match read.access {
            Access::List => ("list", &document.sandbox.list),
            Access::Read => ("read", &document.sandbox.read),
        };
        for (n, place) in read.places.iter().enumerate() {
            let opened = granted.iter().any(|granted| covers(granted, place));
            broken.unless(opened, at!["reads", i, "places", n], || {
                format!(
                    "`{}` reads `{place}`, but [sandbox] does not have it in `{key}`",
                    read.id
                )
            });
        }
    }
}

fn writes(document: &Document, broken: &mut Broken) {
    let sandbox = &document.sandbox;
    for (n, folder) in sandbox.write.iter().enumerate() {
        let may = folder == RESULT || is_location(folder);
        broken.unless(may, at!["sandbox", "write", n], || no_location(folder));
        // What a person asked to be made is theirs, and nothing that the product keeps.
        let named = folder == RESULT
            || document
                .keeps
                .iter()
                .any(|keep| lies_in(&keep.location, folder));
        broken.unless(named, at!["sandbox", "write", n], || {
            format!(
                "the sandbox lets `{folder}` be written, but no [[keeps]] says what is kept there"
            )
        });
    }
    for (i, keep) in document.keeps.iter().enumerate() {
        let opened = sandbox
            .write
            .iter()
            .any(|folder| lies_in(&keep.location, folder));
        broken.unless(opened, at!["keeps", i, "where"], || {
            format!(
                "`{}` is kept in `{}`, but [sandbox] does not have it in `write`",
                keep.id, keep.location
            )
        });
    }
}

/// Returns whether a path is this folder or lies in it, by whole names.
fn lies_in(path: &str, folder: &str) -> bool {
    let (path, folder) = (path.trim_end_matches('/'), folder.trim_end_matches('/'));
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
