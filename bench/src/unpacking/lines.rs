//! The command lines that make programs do the same with an archive.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use super::cases::{Act, Recipe};
use crate::{
    archives::Unpacker,
    failure::{Failure, Tried},
    run::Command,
    setting::Setting,
};

/// A program and what it is asked.
pub(super) struct Line {
    pub(super) command: Command,
    pub(super) act: Act,
    /// What it unpacks into.
    pub(super) out: Option<PathBuf>,
    fresh: Option<PathBuf>,
}

impl Line {
    fn asks(act: Act, command: Command) -> Self {
        Self {
            command,
            act,
            out: None,
            fresh: None,
        }
    }

    fn unpacks(command: Command, fresh: &Path, out: PathBuf) -> Self {
        Self {
            command: command.fresh(fresh),
            act: Act::Unpack,
            out: Some(out),
            fresh: Some(fresh.to_owned()),
        }
    }

    /// Removes what it unpacked: memory is what it lies in.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        match &self.fresh {
            Some(folder) if folder.exists() => fs::remove_dir_all(folder).tried("remove", folder),
            _ => Ok(()),
        }
    }
}

/// Returns a line for candor and for every peer that is here, candor first.
pub(super) fn lines(recipe: &Recipe, archive: &Path, setting: &Setting) -> Vec<Line> {
    match recipe.act {
        Act::Unpack => unpack(archive, setting),
        Act::Test => ask(
            archive,
            setting,
            recipe.act,
            &["test"],
            &[("7zz", &["t", "-bso0", "-bsp0"]), ("lsar", &["-t"])],
        ),
        Act::List => ask(
            archive,
            setting,
            recipe.act,
            // For people it shows the first of very many; here all are asked for.
            &["list", "--json"],
            &[
                ("lsar", &["-l"]),
                ("7zz", &["l", "-bsp0"]),
                ("bsdtar", &["-tvf"]),
            ],
        ),
    }
}

fn ask(
    archive: &Path,
    setting: &Setting,
    act: Act,
    candor: &[&str],
    peers: &[(&str, &[&str])],
) -> Vec<Line> {
    let candor = setting
        .candor("candor", [])
        .os_words(candor.iter().map(OsString::from))
        .path(archive);
    let peer = |(name, words): &(&str, &[&str])| {
        let words = words.iter().map(OsString::from);
        let command = Command::new(name, setting.peer(name)?).os_words(words);
        Some(Line::asks(act, command.path(archive)))
    };
    let mut all = vec![Line::asks(act, candor)];
    all.extend(peers.iter().filter_map(peer));
    all
}

fn unpack(archive: &Path, setting: &Setting) -> Vec<Line> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let is_packed_tar = name.contains(".tar.");
    let mut all = Vec::new();
    for unpacker in Unpacker::ALL {
        let Some(program) = unpacker.program(setting) else {
            continue;
        };
        if unpacker == Unpacker::SevenZip && is_packed_tar {
            all.push(twice(archive, setting));
            continue;
        }
        let folder = setting.outputs().join(unpacker.name());
        let command = Command::new(unpacker.name(), &program)
            .os_words(unpacker.words(archive, &folder, None));
        all.push(Line::unpacks(command, &folder, folder.clone()));
    }
    if name.ends_with(".tar.zst") && setting.peer("zstd").is_some() {
        all.push(piped(archive, setting));
    }
    all
}

/// 7-Zip stops at the tar inside: a person runs it a second time, on that.
fn twice(archive: &Path, setting: &Setting) -> Line {
    let folder = setting.outputs().join("7zz");
    let (inner, out) = (folder.join("inner"), folder.join("out"));
    let script = r#"7zz x -y -bso0 -bsp0 -o"$2" "$1" && 7zz x -y -bso0 -bsp0 -o"$3" "$2"/*"#;
    let command = Command::new("7zz", Path::new("sh")).words(["-c", script, "sh"]);
    let command = command.path(archive).path(&inner).path(&out);
    Line::unpacks(command, &folder, out)
}

/// What is quickest by hand, where a person has it.
fn piped(archive: &Path, setting: &Setting) -> Line {
    let folder = setting.outputs().join("piped");
    let script = r#"zstd -dcq "$1" | tar -xf - -C "$2""#;
    let command = Command::new("zstd | tar", Path::new("sh")).words(["-c", script, "sh"]);
    let command = command.path(archive).path(&folder);
    Line::unpacks(command, &folder, folder.clone())
}
