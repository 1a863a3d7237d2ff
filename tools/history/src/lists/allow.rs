//! The hosts that a person says are all right, whatever a list says.

use std::collections::HashSet;

use crate::canonical::canonical_host;

/// Hosts that are allowed, each with everything below it.
#[derive(Clone, Debug, Default)]
pub struct Allow {
    hosts: HashSet<String>,
}

/// A line of the allow-list that allows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddLine {
    /// Its number, counted from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

impl Allow {
    /// Reads one host a line; `#` begins a remark. Lines that name no host come back beside it.
    pub fn of_lines<'l>(lines: impl IntoIterator<Item = &'l str>) -> (Self, Vec<OddLine>) {
        let mut allow = Self::default();
        let mut odd = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            let text = line.split('#').next().unwrap_or_default().trim();
            match canonical_host(text) {
                _ if text.is_empty() => {}
                // A name with an escape in it is none that anybody means.
                Some((host, _)) if !host.contains('%') => {
                    allow.hosts.insert(host);
                }
                _ => odd.push(OddLine {
                    line: index + 1,
                    text: text.chars().take(100).collect(),
                }),
            }
        }
        (allow, odd)
    }

    /// Returns the allowed host that `host` is, or lies below.
    #[must_use]
    pub fn by(&self, host: &str) -> Option<&str> {
        if self.hosts.is_empty() {
            return None;
        }
        let mut rest = host;
        loop {
            if let Some(allowed) = self.hosts.get(rest) {
                return Some(allowed);
            }
            (_, rest) = rest.split_once('.')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_allows_itself_and_what_is_below() {
        let text = "Example.COM. # ours\n\n# all of it\n203.0.113.7\nexample.org/path\n";
        let (allow, odd) = Allow::of_lines(text.lines());
        assert_eq!(allow.by("www.example.com"), Some("example.com"));
        assert_eq!(allow.by("203.0.113.7"), Some("203.0.113.7"));
        assert_eq!(allow.by("notexample.com"), None);
        assert_eq!(allow.by("com"), None);
        let expected = OddLine {
            line: 5,
            text: "example.org/path".into(),
        };
        assert_eq!(odd, [expected]);
        assert_eq!(Allow::default().by("example.com"), None);
    }
}
