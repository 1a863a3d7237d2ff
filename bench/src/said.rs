//! What a program said it found, as far as it can be compared.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::failure::{Failure, Tried};

/// What a program found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// Groups of equal files, and how many files are one too many in them together.
    Duplicates { groups: u64, redundant: u64 },
    /// Bytes in use.
    Total(u64),
}

/// How to read a program's output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    Nothing,
    CandorDupes,
    CandorMap,
    /// A heading per group, its files indented below.
    Fclones,
    /// A line per file, an empty line between groups.
    Paragraphs,
    /// A sentence with both counts.
    Czkawka,
    /// The first number of the last line.
    FirstNumber,
}

impl Reading {
    /// Reads an output; `None` when it says nothing that can be compared.
    ///
    /// # Errors
    /// When it cannot be read, or is not what such a program writes.
    pub(crate) fn read(self, output: &Path) -> Result<Option<Said>, Failure> {
        let file = || -> io::Result<_> { Ok(BufReader::new(File::open(output)?)) };
        let said = match self {
            Self::Nothing => return Ok(None),
            Self::CandorDupes => file().and_then(candor_dupes),
            Self::CandorMap => file().and_then(candor_map),
            Self::Fclones => file().and_then(fclones),
            Self::Paragraphs => file().and_then(paragraphs),
            Self::Czkawka => file().and_then(czkawka),
            Self::FirstNumber => file().and_then(first_number),
        };
        said.map(Some).tried("understand", output)
    }
}

fn duplicates(groups: u64, files: u64) -> Said {
    Said::Duplicates {
        groups,
        redundant: files.saturating_sub(groups),
    }
}

fn candor_dupes(input: impl BufRead) -> io::Result<Said> {
    #[derive(Deserialize)]
    struct Report {
        groups: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        paths: Vec<IgnoredAny>,
    }
    let report: Report = serde_json::from_reader(input)?;
    let files = report
        .groups
        .iter()
        .map(|group| group.paths.len() as u64)
        .sum();
    Ok(duplicates(report.groups.len() as u64, files))
}

fn candor_map(input: impl BufRead) -> io::Result<Said> {
    #[derive(Deserialize)]
    struct Report {
        roots: Vec<Root>,
    }
    #[derive(Deserialize)]
    struct Root {
        allocated: u64,
    }
    let report: Report = serde_json::from_reader(input)?;
    Ok(Said::Total(
        report.roots.iter().map(|root| root.allocated).sum(),
    ))
}

fn fclones(input: impl BufRead) -> io::Result<Said> {
    let (mut groups, mut files) = (0, 0);
    for line in input.split(b'\n') {
        match line?.first() {
            None | Some(b'#') => {}
            Some(b' ') => files += 1,
            Some(_) => groups += 1,
        }
    }
    Ok(duplicates(groups, files))
}

fn paragraphs(input: impl BufRead) -> io::Result<Said> {
    let (mut groups, mut files, mut inside) = (0, 0, false);
    for line in input.split(b'\n') {
        let has_text = !line?.is_empty();
        files += u64::from(has_text);
        groups += u64::from(has_text && !inside);
        inside = has_text;
    }
    Ok(duplicates(groups, files))
}

fn czkawka(input: impl BufRead) -> io::Result<Said> {
    for line in input.lines() {
        let line = line?;
        if line.starts_with("Not found any duplicates") {
            return Ok(duplicates(0, 0));
        }
        let Some(rest) = line.strip_prefix("Found ") else {
            continue;
        };
        let numbers = rest.split(' ').filter_map(|word| word.parse().ok());
        if let [redundant, groups, ..] = numbers.collect::<Vec<u64>>()[..] {
            return Ok(Said::Duplicates { groups, redundant });
        }
    }
    Err(io::Error::other("it names no counts"))
}

fn first_number(input: impl BufRead) -> io::Result<Said> {
    let mut last = None;
    for line in input.lines() {
        let line = line?;
        last = line
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .or(last);
    }
    last.map(Said::Total)
        .ok_or_else(|| io::Error::other("it names no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_IN_TWO: Said = Said::Duplicates {
        groups: 2,
        redundant: 3,
    };

    #[test]
    fn every_format_is_counted_alike() {
        let json =
            br#"{"groups":[{"size":5,"paths":["a",{"base64":"/w=="}]},{"paths":["c","d","e"]}]}"#;
        assert_eq!(candor_dupes(&json[..]).unwrap(), THREE_IN_TWO);
        let text =
            b"# Report\nabc, 5 B * 2:\n    /a\n    /b\ndef, 6 B * 3:\n    /c\n    /d\n    /e\n";
        assert_eq!(fclones(&text[..]).unwrap(), THREE_IN_TWO);
        let text = b"\n\na\nb\n\n\nc\nd\ne\n";
        assert_eq!(paragraphs(&text[..]).unwrap(), THREE_IN_TWO);
        let text = b"Results\nFound 3 duplicated files which in 2 groups which takes 4.00 KiB.\n";
        assert_eq!(czkawka(&text[..]).unwrap(), THREE_IN_TWO);
        assert_eq!(
            czkawka(&b"Not found any duplicates.\n"[..]).unwrap(),
            duplicates(0, 0)
        );
        assert!(czkawka(&b"nothing"[..]).is_err());
    }

    #[test]
    fn totals_are_read() {
        let json = br#"{"roots":[{"allocated":4096},{"allocated":8192}]}"#;
        assert_eq!(candor_map(&json[..]).unwrap(), Said::Total(12_288));
        assert_eq!(
            first_number(&b"12288\t/tree/7\n"[..]).unwrap(),
            Said::Total(12_288)
        );
        assert!(first_number(&b"none\n"[..]).is_err());
    }
}
