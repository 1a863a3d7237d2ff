//! The one line that is drawn while a tool is still at work.

use std::{path::Path, time::Duration};

use tool::Bytes;

use crate::{
    Zone,
    width::{columns, cut_middle},
    words::{self, Words},
};

/// How long work must have gone on before a rate or the time left is told.
const SETTLED: Duration = Duration::from_secs(2);
/// The least room that the current folder is worth showing in.
const FOLDER: usize = 12;

/// How far the work has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress<'a> {
    /// Files seen.
    pub files: u64,
    /// Bytes gone through.
    pub bytes: Bytes,
    /// Bytes there are to go through, once that is known.
    pub total: Option<Bytes>,
    /// Time since the beginning.
    pub elapsed: Duration,
    /// The folder that is being looked at.
    pub folder: Option<&'a Path>,
    /// The folder written as `~`.
    pub home: Option<&'a Path>,
}

/// Returns one line of at most `width` columns, without colour or control characters.
///
/// What matters most comes first; what does not fit is left out from the end.
#[must_use]
pub fn progress(state: &Progress, width: usize) -> String {
    let mut line = String::new();
    for part in parts(state) {
        let gap = if line.is_empty() { "" } else { " · " };
        if columns(&line) + columns(gap) + columns(&part) > width {
            return line;
        }
        line.push_str(gap);
        line.push_str(&part);
    }
    let room = width.saturating_sub(columns(&line) + 3);
    if let Some(folder) = state.folder.filter(|_| room >= FOLDER) {
        let zone = Zone::utc();
        let words = Words {
            home: state.home,
            zone: &zone,
        };
        line.push_str(" · ");
        line.push_str(&cut_middle(&words.path(folder), room));
    }
    line
}

fn parts(state: &Progress) -> Vec<String> {
    let total = state.total.filter(|total| total.0 > 0);
    let mut parts = Vec::new();
    match total {
        // More can turn up than was expected: files grow while they are read.
        Some(total) => {
            parts.push(words::percent(state.bytes.0.min(total.0), total.0));
            parts.push(format!("{} of {}", state.bytes, total.max(state.bytes)));
        }
        None => parts.push(state.bytes.to_string()),
    }
    parts.push(match state.files {
        1 => "1 file".to_owned(),
        n => format!("{} files", words::count(n)),
    });
    if state.elapsed < SETTLED || state.bytes.0 == 0 {
        return parts;
    }
    let milliseconds = state.elapsed.as_millis().max(1);
    let rate = u128::from(state.bytes.0) * 1000 / milliseconds;
    if let Some(total) = total {
        let left = u128::from(total.0.saturating_sub(state.bytes.0)) * milliseconds
            / u128::from(state.bytes.0);
        // A guess of many days says only that it cannot be told yet.
        if let Some(left) = u64::try_from(left).ok().filter(|left| *left < 360_000_000) {
            let seconds = Duration::from_secs(left.div_ceil(1000));
            parts.push(format!("{} left", whole_span(seconds)));
        }
    }
    parts.push(format!(
        "{}/s",
        Bytes(u64::try_from(rate).unwrap_or(u64::MAX))
    ));
    parts
}

/// Returns a span without tenths: an estimate has none.
fn whole_span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        _ => words::span(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Progress<'static> {
        Progress {
            files: 120_433,
            bytes: Bytes(3 << 30),
            total: Some(Bytes(12 << 30)),
            elapsed: Duration::from_secs(10),
            folder: Some(Path::new(
                "/home/ada/Videos/2019 summer on the island/raw/day 3",
            )),
            home: Some(Path::new("/home/ada")),
        }
    }

    #[test]
    fn it_tells_how_far_how_long_and_where() {
        let line = progress(&state(), 100);
        insta::assert_snapshot!(line, @"25 % · 3.0 GiB of 12.0 GiB · 120,433 files · 30 s left · 307.2 MiB/s · ~/Videos/2019 …land/raw/day 3");
        let unknown = Progress {
            total: None,
            ..state()
        };
        insta::assert_snapshot!(progress(&unknown, 60), @"3.0 GiB · 120,433 files · 307.2 MiB/s · ~/Videos/2…raw/day 3");
    }

    #[test]
    fn it_tells_no_rate_before_there_is_one() {
        let early = Progress {
            elapsed: Duration::from_millis(300),
            folder: None,
            ..state()
        };
        insta::assert_snapshot!(progress(&early, 100), @"25 % · 3.0 GiB of 12.0 GiB · 120,433 files");
        insta::assert_snapshot!(progress(&Progress::default(), 100), @"0 B · 0 files");
    }

    #[test]
    fn it_never_breaks_the_line() {
        let hostile = Path::new("/x/\u{1b}[2J\n漢字漢字漢字漢字漢字/\u{202e}y");
        let states = [
            state(),
            Progress {
                folder: Some(hostile),
                ..state()
            },
        ];
        for state in states {
            for width in 0..140 {
                let line = progress(&state, width);
                assert!(columns(&line) <= width, "{width}: {line}");
                assert!(!line.contains(char::is_control));
            }
        }
    }

    #[test]
    fn more_than_expected_is_still_told_rightly() {
        let over = Progress {
            bytes: Bytes(u64::MAX),
            total: Some(Bytes(1)),
            folder: None,
            ..state()
        };
        assert!(progress(&over, 100).starts_with("100 % · 16.0 EiB of 16.0 EiB"));
    }
}
