//! Where a name stops being somebody's own: `co.uk`, `github.io`.

use std::collections::HashSet;

/// The public suffixes, and the sites that are never an entry.
#[derive(Clone, Debug, Default)]
pub struct Suffixes {
    suffixes: HashSet<String>,
    sites: HashSet<String>,
}

impl Suffixes {
    /// Returns a table of these suffixes and sites, all in canonical spelling.
    pub fn new<S: Into<String>>(
        suffixes: impl IntoIterator<Item = S>,
        sites: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            suffixes: suffixes.into_iter().map(Into::into).collect(),
            sites: sites.into_iter().map(Into::into).collect(),
        }
    }

    /// Returns how many labels of `host`, from its end, make the shortest name of its owner.
    ///
    /// 2 for `www.example.com`, 3 for `www.example.co.uk`; no more labels than `host` has.
    #[must_use]
    pub fn owned_labels(&self, host: &str) -> usize {
        let labels = host.split('.').count();
        let mut rest = host;
        let mut left = labels;
        while left > 1 {
            if self.suffixes.contains(rest) {
                return (left + 1).min(labels);
            }
            let Some((_, parent)) = rest.split_once('.') else {
                break;
            };
            rest = parent;
            left -= 1;
        }
        2.min(labels)
    }

    /// Returns whether many strangers register names directly below `host`.
    #[must_use]
    pub fn is_suffix(&self, host: &str) -> bool {
        !host.contains('.') || self.suffixes.contains(host)
    }

    /// Returns whether `host` is a site so many people visit that listing it is a mistake.
    #[must_use]
    pub fn is_top_site(&self, host: &str) -> bool {
        self.sites
            .contains(host.strip_prefix("www.").unwrap_or(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_name_begins_above_the_suffix() {
        let table = Suffixes::new(["co.uk", "github.io"], ["example.org"]);
        for (host, labels) in [
            ("a.b.c.d.e.example.co.uk", 3),
            ("www.example.com", 2),
            ("evil.github.io", 3),
            ("github.io", 2),
            ("co.uk", 2),
            ("localhost", 1),
        ] {
            assert_eq!(table.owned_labels(host), labels, "{host}");
        }
        assert!(table.is_suffix("github.io") && table.is_suffix("com"));
        assert!(!table.is_suffix("evil.github.io"));
        assert!(table.is_top_site("www.example.org") && !table.is_top_site("a.example.org"));
    }
}
