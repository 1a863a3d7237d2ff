//! Where a name stops being somebody's own: `co.uk`, `github.io`; and the sites everybody knows.
//!
//! ```text
//! co.uk         a registry's suffix            +github.io      a company's: strangers side by side
//! *ck           every name below is a suffix   +*example.net   the same, a company's
//! !www.ck       but not this one
//! =www.bbc.com  a site everybody visits        ~cooking        like a site's label, and somebody's own
//! #             a remark
//! ```
//!
//! Names stand in their canonical spelling, one rule a line. Rules are those of the Public Suffix List
//! (<https://github.com/publicsuffix/list/wiki/Format>).

use std::ops::Range;

use twox_hash::XxHash3_64;

const REGISTRY: u8 = 1;
const SHARED: u8 = 2;
const BELOW: u8 = 4;
const SHARED_BELOW: u8 = 8;
const EXCEPTION: u8 = 16;
const SITE: u8 = 32;
/// The shortest name of the owner of a site.
const POPULAR: u8 = 64;
const APART: u8 = 128;

/// The public suffixes, and the sites that are never an entry.
#[derive(Clone, Default)]
pub struct Suffixes {
    text: String,
    /// Names in an open hash table, at most half full.
    slots: Vec<Slot>,
}

/// One name. Nearly every name that is asked for is not there, which a slot tells without its text.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Where in the text it stands.
    from: u32,
    /// The upper bits of its hash.
    tag: u16,
    length: u8,
    /// What it is; 0 of an empty slot.
    flags: u8,
}

/// Whose a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Where that name begins.
    pub at: usize,
    /// How many labels, from the end, make the shortest name of its owner: 2 for `www.example.com`,
    /// 3 for `www.example.co.uk`; no more labels than the name has.
    pub labels: usize,
    /// Whether the suffix is a company's, so that strangers have names side by side.
    pub shared: bool,
    /// Whether the name itself is a suffix.
    pub is_suffix: bool,
}

impl Suffixes {
    /// Reads rules, one a line. A line that is no rule stands for nothing.
    #[must_use]
    pub fn of_text(text: impl Into<String>) -> Self {
        let text = text.into();
        // A line brings one name, a site one more.
        let names = text.lines().count() + text.lines().filter(|it| it.starts_with('=')).count();
        let mut table = Self {
            slots: vec![Slot::default(); (2 * names + 2).next_power_of_two()],
            text,
        };
        let mut sites: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while from < table.text.len() {
            let end = table.text[from..]
                .find('\n')
                .map_or(table.text.len(), |it| from + it);
            let line = &table.text[from..end];
            let (skip, flag) = match line.as_bytes() {
                [] | [b'#', ..] => (line.len(), 0),
                [b'=', ..] => (1, SITE),
                [b'~', ..] => (1, APART),
                [b'!', ..] => (1, EXCEPTION),
                [b'+', b'*', ..] => (2, SHARED_BELOW),
                [b'*', ..] => (1, BELOW),
                [b'+', ..] => (1, SHARED),
                _ => (0, REGISTRY),
            };
            let name = from + skip..end;
            if flag != 0 && !name.is_empty() && name.len() < 256 {
                table.add(name.clone(), flag);
                sites.extend((flag == SITE).then_some(name));
            }
            from = end + 1;
        }
        for site in sites {
            let owner = table.owner(&table.text[site.clone()]);
            let labels = table.text[site.clone()].split('.').count();
            let skip: usize = table.text[site.clone()]
                .split('.')
                .take(labels - owner.labels)
                .map(|label| label.len() + 1)
                .sum();
            table.add(site.start + skip..site.end, POPULAR);
        }
        table
    }

    /// Returns the rules, one a line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whose `host` is.
    #[must_use]
    pub fn owner(&self, host: &str) -> Owner {
        let labels = 1 + host.bytes().filter(|byte| *byte == b'.').count();
        let name = |at: usize, left: usize, shared: bool, is_suffix: bool| Owner {
            at,
            labels: left,
            shared,
            is_suffix,
        };
        // The name with a label more than the one that is looked at.
        let mut longer = 0;
        let (mut at, mut left) = (0, labels);
        let mut flags = self.flags(host);
        loop {
            let parent = host[at..].find('.').map(|dot| at + dot + 1);
            let above = parent.map_or(0, |parent| self.flags(&host[parent..]));
            // The longest rule counts; an exception is a name of its own, whatever stands above it.
            if flags & EXCEPTION != 0 {
                return name(at, left, false, false);
            }
            let by_rule = flags & (REGISTRY | SHARED) != 0 || above & BELOW != 0;
            if by_rule || above & SHARED_BELOW != 0 {
                let shared = flags & SHARED != 0 || above & SHARED_BELOW != 0;
                // What stands right below a company's `*` is mostly one machine of one customer, and an
                // entry among strangers means that one host.
                let is_suffix = left == labels && by_rule;
                return name(longer, (left + 1).min(labels), shared, is_suffix);
            }
            let Some(parent) = parent.filter(|_| left > 1) else {
                return name(longer, 2.min(labels), false, labels == 1);
            };
            longer = at;
            (at, flags, left) = (parent, above, left - 1);
        }
    }

    /// Returns the shortest name of the owner of `host`: `example.co.uk` of `www.example.co.uk`.
    #[must_use]
    pub fn owned<'h>(&self, host: &'h str) -> &'h str {
        &host[self.owner(host).at..]
    }

    /// Returns whether a name that is its owner's shortest is that of a site's owner.
    #[must_use]
    pub fn is_popular(&self, owned: &str) -> bool {
        self.flags(owned) & POPULAR != 0
    }

    /// Returns whether `host` is a site so many people visit that listing it is a mistake: a site of
    /// the table, with or without `www`, or the shortest name of its owner.
    #[must_use]
    pub fn is_top_site(&self, host: &str) -> bool {
        let bare = host.strip_prefix("www.").unwrap_or(host);
        (self.flags(host) | self.flags(bare)) & (SITE | POPULAR) != 0
    }

    /// Returns whether `host` lies below the name of such a site's owner, and is the owner's: a suffix
    /// of its own ends what the site answers for.
    #[must_use]
    pub fn is_of_top_site(&self, host: &str) -> bool {
        self.is_popular(self.owned(host))
    }

    /// Returns whether a label is like that of a site and somebody's own.
    #[must_use]
    pub fn is_apart(&self, label: &str) -> bool {
        self.flags(label) & APART != 0
    }

    /// Returns every site of the table.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(|line| line.strip_prefix('='))
    }

    fn add(&mut self, name: Range<usize>, flag: u8) {
        let (Ok(from), Ok(length)) = (u32::try_from(name.start), u8::try_from(name.len())) else {
            return;
        };
        let (at, tag) = self.place(&self.text[name]);
        let slot = &mut self.slots[at];
        slot.flags |= flag;
        (slot.from, slot.tag, slot.length) = (from, tag, length);
    }

    fn flags(&self, name: &str) -> u8 {
        match self.slots.is_empty() {
            true => 0,
            false => self.slots[self.place(name).0].flags,
        }
    }

    /// Returns the slot of a name, or the empty one where it would be, and its tag.
    fn place(&self, name: &str) -> (usize, u16) {
        let hash = XxHash3_64::oneshot(name.as_bytes());
        let tag = (hash >> 48) as u16;
        let mut at = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = self.slots[at];
            let may_be = slot.tag == tag && usize::from(slot.length) == name.len();
            let from = slot.from as usize;
            if slot.flags == 0 || may_be && self.text.get(from..from + name.len()) == Some(name) {
                return (at, tag);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

impl std::fmt::Debug for Suffixes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Suffixes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "com\nco.uk\n*ck\n!www.ck\n+github.io\n+*example.net\n=www.bbc.co.uk\n=example.org\n~cooking\n";

    #[test]
    fn the_owner_of_a_name_begins_above_the_suffix() {
        let table = Suffixes::of_text(RULES);
        let owner = |labels, shared, is_suffix| (labels, shared, is_suffix);
        for (host, expected) in [
            ("a.b.c.d.e.example.co.uk", owner(3, false, false)),
            ("www.example.com", owner(2, false, false)),
            ("evil.github.io", owner(3, true, false)),
            ("github.io", owner(2, true, true)),
            ("co.uk", owner(2, false, true)),
            ("a.b.shop.ck", owner(3, false, false)),
            ("shop.ck", owner(2, false, true)),
            ("x.www.ck", owner(2, false, false)),
            ("a.b.example.net", owner(4, true, false)),
            ("b.example.net", owner(3, true, false)),
            ("unknown.example", owner(2, false, false)),
            ("localhost", owner(1, false, true)),
        ] {
            let found = table.owner(host);
            let told = (found.labels, found.shared, found.is_suffix);
            assert_eq!(told, expected, "{host}");
            assert_eq!(table.owned(host).split('.').count(), found.labels, "{host}");
        }
        assert_eq!(table.owned("a.b.example.co.uk"), "example.co.uk");
        assert_eq!(table.owned("example.com"), "example.com");
    }

    #[test]
    fn a_site_answers_for_its_own_names_only() {
        let table = Suffixes::of_text(RULES);
        for site in [
            "www.bbc.co.uk",
            "bbc.co.uk",
            "example.org",
            "www.example.org",
        ] {
            assert!(table.is_top_site(site), "{site}");
        }
        assert!(!table.is_top_site("news.bbc.co.uk") && table.is_of_top_site("news.bbc.co.uk"));
        assert!(!table.is_of_top_site("bbc.com"));
        assert!(table.is_apart("cooking") && !table.is_apart("bbc.com"));
        // It is no suffix for that.
        assert_eq!(table.owner("a.cooking").labels, 2);
        assert_eq!(table.sites().count(), 2);
        assert_eq!(Suffixes::default().owner("a.b.c").labels, 2);
    }
}
