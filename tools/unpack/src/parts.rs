//! Archives that lie in several files, told by their names.

use std::collections::BTreeMap;

/// The parts of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The names of those that are there, in their order.
    pub names: Vec<String>,
    /// The names of those that are missing among them.
    pub missing: Vec<String>,
}

/// How the parts of an archive are named, with what stands before the number.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// `x.7z.001`.
    Numbered(String),
    /// `x.part1.rar`, with so many digits.
    Part(String, usize),
    /// `x.rar`, `x.r00`, `x.r01`, up to `x.r99`, `x.s00`.
    Old(String),
    /// `x.z01`, `x.z02`, and `x.zip`, which is the last.
    Spanned(String),
}

/// The number of a part that comes after all others.
const LAST: u32 = u32::MAX;

impl Way {
    /// Returns how a name is one of several, and which of them it is.
    fn of(name: &str) -> Option<(Self, u32)> {
        let (stem, ending) = name.rsplit_once('.')?;
        let digits = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
            is_number.then(|| text.parse().ok()).flatten()
        };
        let lower = ending.to_ascii_lowercase();
        // Three digits: more are a date.
        if ending.len() == 3
            && let Some(number) = digits(ending)
        {
            return Some((Self::Numbered(stem.to_owned()), number));
        }
        if lower == "rar" {
            let part = stem.rsplit_once('.').and_then(|(stem, part)| {
                let number = part
                    .get(4..)
                    .filter(|_| part[..4].eq_ignore_ascii_case("part"))?;
                Some((Self::Part(stem.to_owned(), number.len()), digits(number)?))
            });
            return Some(part.unwrap_or_else(|| (Self::Old(stem.to_owned()), 0)));
        }
        if lower == "zip" {
            return Some((Self::Spanned(stem.to_owned()), LAST));
        }
        // `r00` is the second one; behind `r99` comes `s00`.
        let (letter, number) = (lower.bytes().next()?, digits(lower.get(1..)?)?);
        if letter == b'z' && lower.len() >= 3 {
            return Some((Self::Spanned(stem.to_owned()), number));
        }
        let hundreds = letter
            .checked_sub(b'r')
            .filter(|_| letter < b'z' && lower.len() == 3)?;
        Some((
            Self::Old(stem.to_owned()),
            u32::from(hundreds) * 100 + number + 1,
        ))
    }

    fn name(&self, number: u32) -> String {
        match self {
            Self::Numbered(stem) => format!("{stem}.{number:03}"),
            Self::Spanned(stem) if number == LAST => format!("{stem}.zip"),
            Self::Spanned(stem) => format!("{stem}.z{number:02}"),
            Self::Part(stem, digits) => format!("{stem}.part{number:0digits$}.rar"),
            Self::Old(stem) if number == 0 => format!("{stem}.rar"),
            Self::Old(stem) => {
                let letter = char::from(b'r' + ((number - 1) / 100).min(7) as u8);
                format!("{stem}.{letter}{:02}", (number - 1) % 100)
            }
        }
    }
}

impl Parts {
    /// Returns the parts of the archive that `name` is one of, out of the names beside it. A file whose name only looks so,
    /// and that has no others beside it, is alone.
    #[must_use]
    pub fn of(name: &str, beside: impl IntoIterator<Item = String>) -> Self {
        let alone = || Self {
            names: vec![name.to_owned()],
            missing: Vec::new(),
        };
        let Some((way, number)) = Way::of(name) else {
            return alone();
        };
        let mut there: BTreeMap<u32, String> = beside
            .into_iter()
            .filter_map(|it| {
                let (other, number) = Way::of(&it)?;
                (other == way).then_some((number, it))
            })
            .collect();
        there.insert(number, name.to_owned());
        // `x.rar` is number zero, and `x.000` the first of some programs.
        let has_zero = there.contains_key(&0) || matches!(way, Way::Old(_));
        let first = u32::from(!has_zero);
        // One file, the first or of an ending that logs and pictures have as well.
        let is_other = match &way {
            Way::Numbered(stem) => !stem.contains('.'),
            Way::Spanned(_) => number == LAST,
            _ => false,
        };
        if there.len() == 1 && (number == first && !matches!(way, Way::Spanned(_)) || is_other) {
            return alone();
        }
        let mut numbers = there.keys().rev().filter(|it| **it != LAST);
        let last = numbers.next().copied().unwrap_or(0);
        let behind = matches!(way, Way::Spanned(_)).then_some(LAST);
        let gaps = (first..=last)
            .chain(behind)
            .filter(|it| !there.contains_key(it));
        // Nobody reads the names of more.
        let missing = gaps.take(100).map(|it| way.name(it)).collect();
        Self {
            names: there.into_values().collect(),
            missing,
        }
    }
}

/// Returns a name without what makes it one of several parts: `x.7z` of `x.7z.001`, `x.rar` of `x.part1.rar`.
#[must_use]
pub(crate) fn whole(name: &str) -> String {
    match Way::of(name) {
        Some((Way::Numbered(stem), _)) if stem.contains('.') => stem,
        Some((Way::Spanned(stem), _)) => format!("{stem}.zip"),
        Some((Way::Part(stem, _), _)) => format!("{stem}.rar"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, beside: &[&str]) -> (Vec<String>, Vec<String>) {
        let parts = Parts::of(name, beside.iter().map(|it| (*it).to_owned()));
        (parts.names, parts.missing)
    }

    #[test]
    fn any_part_finds_the_others() {
        for (name, beside) in [
            ("x.7z.002", &["x.7z.001", "x.7z.002", "x.7z.003"][..]),
            (
                "x.part2.rar",
                &["x.part1.rar", "x.part2.rar", "x.part3.rar"],
            ),
            ("x.part02.rar", &["x.part01.rar", "x.part02.rar"]),
            ("x.rar", &["x.rar", "x.r00", "x.r01"]),
            ("x.r01", &["x.rar", "x.r00", "x.r01"]),
            ("x.000", &["x.000", "x.001"]),
            ("x.zip", &["x.z01", "x.z02", "x.zip"]),
            ("x.z02", &["x.z01", "x.z02", "x.zip"]),
        ] {
            let others = ["y.7z.001", "y.zip", "x.part1.zip", "readme"];
            let all: Vec<&str> = others.iter().chain(beside).copied().collect();
            assert_eq!(
                of(name, &all),
                (beside.iter().map(|it| (*it).to_owned()).collect(), vec![])
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            of("x.zip.003", &["x.zip.001", "x.zip.003"]).1,
            ["x.zip.002"]
        );
        assert_eq!(of("x.zip.002", &["x.zip.002"]).1, ["x.zip.001"]);
        assert_eq!(
            of("x.part10.rar", &["x.part10.rar", "x.part09.rar"])
                .1
                .len(),
            8
        );
        assert_eq!(of("x.r01", &["x.r01"]).1, ["x.rar", "x.r00"]);
        assert_eq!(of("x.z03", &["x.z01", "x.z03"]).1, ["x.z02", "x.zip"]);
        assert_eq!(of("x.zip", &["x.zip", "x.z02"]).1, ["x.z01"]);
        assert_eq!(of("x.z01", &["x.z01"]).1, ["x.zip"]);
        assert_eq!(of("x.r99", &["x.rar", "x.s00", "x.r99"]).1.len(), 99);
    }

    #[test]
    fn a_name_that_only_looks_so_is_alone() {
        for name in [
            "x.rar",
            "x.zip",
            "photo.001",
            "x.part1.rar",
            "none",
            "x.rs",
            "x.r0",
            "syslog.123",
            "dump.gz.20241127",
            "x.tar.2024",
        ] {
            assert_eq!(
                of(name, &[name, "y.002", "x.txt"]),
                (vec![name.to_owned()], vec![])
            );
        }
    }

    #[test]
    fn what_came_out_is_named_after_the_whole() {
        assert_eq!(whole("x.7z.001"), "x.7z");
        assert_eq!(whole("x.part02.rar"), "x.rar");
        assert_eq!(whole("x.z01"), "x.zip");
        assert_eq!(whole("notes.2024"), "notes.2024");
        assert_eq!(whole("x.tar.gz"), "x.tar.gz");
    }
}
