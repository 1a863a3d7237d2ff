//! Whether a link of an archive leads to something in it, through whatever other links.
//!
//! Decided on what the archive says, before any link is made: a link that was judged by the disk could be led out by the
//! next one.

use std::collections::BTreeMap;

use crate::names::{self, Parts};

/// As many links are followed as Linux follows.
///
/// Source: path_resolution(7).
const MOST: usize = 40;

/// The links of an archive: where each lies, and where it leads, as its parts.
///
/// Where they lie is told as the least of file systems tells it: on some, a link is followed by its name in other letters.
#[derive(Debug, Default)]
pub struct Links(BTreeMap<Vec<String>, Vec<String>>);

/// Why a link is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeadsOut {
    /// It leads to a path from the root.
    #[error("it leads to a path from the root")]
    Root,
    /// It leads out of the folder, by itself or through other links.
    #[error("it leads out of the folder")]
    Outside,
    /// It leads through more links than systems follow.
    #[error("it leads through itself, or through more than {MOST} links")]
    Round,
}

impl Links {
    /// Takes a link in. Where it leads is kept as it was written.
    pub fn add(&mut self, at: &Parts, to: &str) {
        let to = to.split('/').map(str::to_owned).collect();
        self.0.insert(folded(at.names()), to);
    }

    /// Returns whether a link may be made.
    ///
    /// # Errors
    /// [`LeadsOut`] says why not.
    pub fn judge(&self, at: &Parts) -> Result<(), LeadsOut> {
        let mut here = folded(at.names());
        let Some(to) = self.0.get(&here) else {
            return Ok(());
        };
        here.pop();
        // What is still to be walked, the next part last.
        let mut ahead: Vec<&str> = to.iter().rev().map(String::as_str).collect();
        if to.first().is_some_and(String::is_empty) {
            return Err(LeadsOut::Root);
        }
        let mut followed = 1;
        while let Some(part) = ahead.pop() {
            match part {
                "" | "." => continue,
                ".." => {
                    here.pop().ok_or(LeadsOut::Outside)?;
                    continue;
                }
                part => here.push(fold(part)),
            }
            if let Some(to) = self.0.get(&here) {
                followed += 1;
                if followed > MOST {
                    return Err(LeadsOut::Round);
                }
                if to.first().is_some_and(String::is_empty) {
                    return Err(LeadsOut::Root);
                }
                here.pop();
                ahead.extend(to.iter().rev().map(String::as_str));
            }
        }
        Ok(())
    }
}

fn folded(names: &[String]) -> Vec<String> {
    names.iter().map(|it| fold(it)).collect()
}

fn fold(name: &str) -> String {
    let mut folded = String::new();
    names::fold(name, &mut folded);
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Strokes;

    fn judged(links: &[(&str, &str)], at: &str) -> Result<(), LeadsOut> {
        let parts = |name: &str| Parts::of(name, Strokes::Forward).0;
        let mut all = Links::default();
        for (at, to) in links {
            all.add(&parts(at), to);
        }
        all.judge(&parts(at))
    }

    #[test]
    fn a_link_is_made_where_it_stays_inside() {
        for (at, to) in [
            ("a/link", "b"),
            ("a/link", "../b"),
            ("link", "./a/../b"),
            ("link", "a//b/"),
        ] {
            assert_eq!(judged(&[(at, to)], at), Ok(()), "{at} -> {to}");
        }
        for (at, to, why) in [
            ("link", "/etc/passwd", LeadsOut::Root),
            ("link", "..", LeadsOut::Outside),
            ("a/link", "../../x", LeadsOut::Outside),
            ("a/link", "b/../../../x", LeadsOut::Outside),
            ("link", "link", LeadsOut::Round),
        ] {
            assert_eq!(judged(&[(at, to)], at), Err(why), "{at} -> {to}");
        }
    }

    #[test]
    fn a_link_that_leaves_through_another_one_is_seen() {
        // Each alone stays inside; one through the other does not.
        let links = [("a/b/up", "../.."), ("out", "a/b/up/../x")];
        assert_eq!(judged(&links, "a/b/up"), Ok(()));
        assert_eq!(judged(&links, "out"), Err(LeadsOut::Outside));
        let links = [("a/b/Up", "../.."), ("out", "A/B/uP/../x")];
        assert_eq!(judged(&links, "out"), Err(LeadsOut::Outside));
        let links = [("caf\u{e9}", ".."), ("out", "cafe\u{301}/../x")];
        assert_eq!(judged(&links, "out"), Err(LeadsOut::Outside));
        let links = [("x", "y"), ("y", "/etc")];
        assert_eq!(judged(&links, "x"), Err(LeadsOut::Root));
        let round = [("x", "y"), ("y", "x")];
        assert_eq!(judged(&round, "x"), Err(LeadsOut::Round));
    }
}
