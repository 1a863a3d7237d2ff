//! The machine that a table was measured on: without it a table means nothing.

use std::{fs, thread};

use serde::Serialize;

use crate::{peers, setting::Setting};

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processors: usize,
    pub(crate) model: String,
    pub(crate) kernel: String,
    pub(crate) memory: u64,
    /// The file system the trees stand on.
    pub(crate) file_system: String,
    /// Processes that wanted to run in the minute before; above a few tenths, times are noise.
    pub(crate) load: f64,
    pub(crate) scale: String,
    pub(crate) runs: u32,
    /// Each program that is here, with what it says of its version.
    pub(crate) programs: Vec<(String, String)>,
    /// Peers that are not here.
    pub(crate) missing: Vec<String>,
    pub(crate) stays_warm: Option<String>,
}

/// Describes this machine.
pub(crate) fn describe(setting: &Setting) -> Machine {
    let mut programs = vec![("candor".to_owned(), peers::version(&setting.candor))];
    let mut missing = Vec::new();
    for peer in &setting.peers {
        match &peer.program {
            Some(program) => programs.push((peer.name.to_owned(), peers::version(program))),
            None => missing.push(peer.name.to_owned()),
        }
    }
    Machine {
        processors: thread::available_parallelism().map_or(0, usize::from),
        model: field("/proc/cpuinfo", "model name"),
        kernel: text("/proc/sys/kernel/osrelease"),
        memory: kibibytes(&field("/proc/meminfo", "MemTotal")),
        file_system: file_system(setting),
        load: text("/proc/loadavg")
            .split(' ')
            .next()
            .and_then(|it| it.parse().ok())
            .unwrap_or(0.0),
        scale: setting.scale.to_string(),
        runs: setting.runs,
        programs,
        missing,
        stays_warm: setting.stays_warm.clone(),
    }
}

/// Returns how many bytes programs could still have without anything being written out.
pub(crate) fn available_memory() -> u64 {
    kibibytes(&field("/proc/meminfo", "MemAvailable"))
}

fn text(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn field(path: &str, name: &str) -> String {
    let text = text(path);
    let of = |line: &str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    };
    text.lines().find_map(of).unwrap_or_default()
}

fn kibibytes(words: &str) -> u64 {
    let number = words
        .split(' ')
        .next()
        .and_then(|it| it.parse::<u64>().ok());
    number.unwrap_or_default().saturating_mul(1024)
}

/// Returns the type of the mount with the longest path above the trees.
fn file_system(setting: &Setting) -> String {
    let mounts = text("/proc/self/mounts");
    let fields = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let above = fields.filter(|it| it.len() > 2 && setting.trees().starts_with(it[1]));
    above
        .max_by_key(|it| it[1].len())
        .map_or(String::new(), |it| it[2].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_read() {
        assert!(available_memory() > 0);
        assert_eq!(kibibytes("12 kB"), 12_288);
        assert_eq!(kibibytes(""), 0);
    }
}
