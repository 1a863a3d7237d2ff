//! Compares medians with targets. Pure: rows in, words out.

use serde::Serialize;

use crate::{run::Row, said::Said, trees::Facts};

/// A target and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Check {
    pub(crate) target: String,
    pub(crate) measured: String,
    pub(crate) met: Option<bool>,
    /// Whether a miss means that somebody is wrong, not only slow.
    pub(crate) is_about_truth: bool,
}

impl Check {
    pub(crate) fn of(target: impl Into<String>, measured: impl Into<String>, met: bool) -> Self {
        let (target, measured) = (target.into(), measured.into());
        Self {
            target,
            measured,
            met: Some(met),
            is_about_truth: false,
        }
    }

    pub(crate) fn unknown(target: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            measured: why.into(),
            met: None,
            is_about_truth: false,
        }
    }

    pub(crate) fn of_truth(
        target: impl Into<String>,
        measured: impl Into<String>,
        met: bool,
    ) -> Self {
        Self {
            is_about_truth: true,
            ..Self::of(target, measured, met)
        }
    }
}

/// Returns the middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        0 => Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0),
        _ => Some(upper),
    }
}

/// Returns `of / by`; `None` when that is no number.
pub(crate) fn ratio(of: Option<f64>, by: Option<f64>) -> Option<f64> {
    Some(of? / by?).filter(|ratio| ratio.is_finite())
}

impl Row {
    pub(crate) fn median(&self) -> Option<f64> {
        median(&self.wall)
    }
}

/// Returns the row of that name.
pub(crate) fn row<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

/// Candor is at least `times` as quick as the quickest row whose name begins with `peer`.
pub(crate) fn faster(rows: &[Row], peer: &str, times: f64) -> Check {
    let target = format!("≥ {times}× {peer}");
    let of_peer = rows.iter().filter(|row| row.name.starts_with(peer));
    let timed = of_peer.filter_map(|row| Some((row, row.median()?)));
    let Some((best, wall)) = timed.min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Check::unknown(target, format!("{peer} was not measured"));
    };
    match ratio(Some(wall), row(rows, "candor").and_then(Row::median)) {
        Some(ratio) => Check::of(target, format!("{ratio:.2}× {}", best.name), ratio >= times),
        None => Check::unknown(target, "candor was not measured"),
    }
}

/// Candor is at least `times` as quick as the quickest of all others.
pub(crate) fn quickest(rows: &[Row], times: f64) -> Check {
    let others: Vec<Row> = rows
        .iter()
        .filter(|row| row.name != "candor")
        .cloned()
        .collect();
    let timed = others.iter().filter_map(|row| Some((row, row.median()?)));
    let Some((best, _)) = timed.min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Check::unknown(format!("≥ {times}× the quickest"), "none was measured");
    };
    let check = faster(rows, &best.name, times);
    Check {
        target: format!("≥ {times}× the quickest"),
        ..check
    }
}

/// The row `name` takes at most `times` as long as `floor`.
pub(crate) fn within(rows: &[Row], name: &str, floor: &str, times: f64) -> Check {
    let target = format!("{name} ≤ {times}× {floor}");
    let wall = |name| row(rows, name).and_then(Row::median);
    match ratio(wall(name), wall(floor)) {
        Some(ratio) => Check::of(target, format!("{ratio:.2}×"), ratio <= times),
        None => Check::unknown(target, "one of both was not measured"),
    }
}

/// Everyone who was asked found the duplicates that the tree was made with.
///
/// Names in `apart` count something else on this tree, such as hard links, and are not asked.
pub(crate) fn agree(rows: &[Row], facts: &Facts, apart: &[&str]) -> Check {
    let truth = Said::Duplicates {
        groups: facts.groups,
        redundant: facts.redundant,
    };
    let target = format!(
        "all find {} groups, {} redundant files",
        facts.groups, facts.redundant
    );
    let asked = |row: &&Row| row.said.is_some() && !apart.contains(&row.name.as_str());
    let others: Vec<String> = rows
        .iter()
        .filter(asked)
        .filter(|row| row.said != Some(truth))
        .map(|row| format!("{}: {}", row.name, found(row.said)))
        .collect();
    match others.is_empty() {
        true => Check::of_truth(target, "they do", true),
        false => Check::of_truth(target, others.join("; "), false),
    }
}

/// Both found the same number of bytes.
pub(crate) fn same_total(rows: &[Row], one: &str, other: &str) -> Check {
    let target = format!("{one} finds the bytes that {other} finds");
    let said = |name| row(rows, name).and_then(|row| row.said);
    match (said(one), said(other)) {
        (Some(a), Some(b)) if a == b => Check::of_truth(target, found(Some(a)), true),
        (Some(a), Some(b)) => {
            let measured = format!("{} against {}", found(Some(a)), found(Some(b)));
            Check::of_truth(target, measured, false)
        }
        _ => Check::unknown(target, "one of both was not measured"),
    }
}

/// Returns what was found, in a few words.
pub(crate) fn found(said: Option<Said>) -> String {
    match said {
        None => String::new(),
        Some(Said::Duplicates { groups, redundant }) => format!("{redundant} in {groups} groups"),
        Some(Said::Total(bytes)) => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(name: &str, wall: &[f64]) -> Row {
        Row {
            name: name.to_owned(),
            wall: wall.to_vec(),
            ..Row::default()
        }
    }

    #[test]
    fn the_median_is_the_middle_of_what_was_measured() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 9.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn a_ratio_by_nothing_is_none() {
        assert_eq!(ratio(Some(3.0), Some(2.0)), Some(1.5));
        assert_eq!(ratio(Some(3.0), Some(0.0)), None);
        assert_eq!(ratio(None, Some(2.0)), None);
    }

    #[test]
    fn the_best_of_a_peer_counts() {
        let rows = [
            timed("candor", &[1.0]),
            timed("fclones", &[9.0]),
            timed("fclones -t 2,2", &[3.0, 5.0, 4.0]),
            timed("jdupes", &[1.1]),
        ];
        let check = faster(&rows, "fclones", 4.0);
        assert_eq!(
            (check.measured.as_str(), check.met),
            ("4.00× fclones -t 2,2", Some(true))
        );
        assert_eq!(faster(&rows, "jdupes", 2.0).met, Some(false));
        assert_eq!(faster(&rows, "rmlint", 2.0).met, None);
        assert_eq!(within(&rows, "candor", "jdupes", 1.0).met, Some(true));
        assert_eq!(within(&rows, "jdupes", "candor", 1.05).met, Some(false));
        assert_eq!(within(&rows, "candor", "floor", 1.5).met, None);
    }

    #[test]
    fn one_who_finds_less_is_named() {
        let facts = Facts {
            groups: 2,
            redundant: 3,
            ..Facts::default()
        };
        let said = |name, redundant| Row {
            said: Some(Said::Duplicates {
                groups: 2,
                redundant,
            }),
            ..timed(name, &[])
        };
        let rows = [said("candor", 3), said("fclones", 2), said("rmlint", 9)];
        assert_eq!(agree(&rows[..1], &facts, &[]).met, Some(true));
        let check = agree(&rows, &facts, &["rmlint"]);
        assert_eq!(
            (check.measured.as_str(), check.met),
            ("fclones: 2 in 2 groups", Some(false))
        );
    }
}
