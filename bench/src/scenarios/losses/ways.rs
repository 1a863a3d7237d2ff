//! The ways in which each program acts on duplicates: `ways.txt`, read.

/// What is asked of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Remove,
    Hardlink,
    Softlink,
    Share,
    /// To remove, after two looks of which the second remembers the first.
    Remember,
    /// To remove, but for copies below one folder.
    Isolate,
    /// To remove, but for a folder from which nothing may go.
    Keep,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "remove" => Self::Remove,
            "hardlink" => Self::Hardlink,
            "softlink" => Self::Softlink,
            "share" => Self::Share,
            "remember" => Self::Remember,
            "isolate" => Self::Isolate,
            "keep" => Self::Keep,
            _ => return None,
        })
    }
}

/// One way of one program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) kind: Kind,
    /// The program, with an option if that changes the answer.
    pub(super) name: &'static str,
    /// What must be on PATH.
    pub(super) program: &'static str,
    /// Looks; empty when looking and acting are one step.
    pub(super) look: &'static str,
    /// Acts.
    pub(super) act: &'static str,
    /// Brings a run that was cut off to its end; empty when the program knows no such thing.
    pub(super) mend: &'static str,
}

/// Returns every way of a kind, in the order of the file: Candor first.
pub(super) fn ways(kind: Kind) -> Vec<Way> {
    all().filter(|way| way.kind == kind).collect()
}

/// Returns the programs, each once, in the order in which they first appear.
pub(super) fn programs() -> Vec<&'static str> {
    let mut all: Vec<&str> = all().map(|way| way.name).collect();
    let mut seen = std::collections::HashSet::new();
    all.retain(|name| seen.insert(*name));
    all
}

fn all() -> impl Iterator<Item = Way> {
    let lines = include_str!("ways.txt").lines();
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|line| row(line).expect("a test reads every row"))
}

fn row(line: &'static str) -> Option<Way> {
    let fields: Vec<&str> = line.split('|').map(str::trim).collect();
    let [kind, name, program, look, act, mend] = fields[..] else {
        return None;
    };
    Some(Way {
        kind: Kind::of(kind)?,
        name,
        program,
        look,
        act,
        mend,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_whole() {
        assert!(all().count() > 30);
        for way in all() {
            assert!(!way.act.is_empty(), "{way:?}");
            let needs_look = way.act.contains("{found}") && !way.act.contains("-outputname");
            assert_eq!(
                !way.look.is_empty(),
                needs_look || way.program == "czkawka_cli" && way.kind == Kind::Remember,
                "{way:?}"
            );
            assert!(
                way.act.contains("{roots}") || way.look.contains("{root"),
                "{way:?}"
            );
        }
        for kind in [
            Kind::Remove,
            Kind::Hardlink,
            Kind::Share,
            Kind::Remember,
            Kind::Keep,
        ] {
            assert_eq!(ways(kind)[0].name, "candor");
        }
        assert_eq!(programs()[..2], ["candor", "fclones"]);
    }
}
