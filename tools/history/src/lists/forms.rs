//! Raw lists as their makers publish them: what stands on each line, nothing judged yet.
//!
//! Every reader is pure and reads once, from front to back, in bounded room: a line that is too long or
//! says something else is counted with its number and its kind, and the next line is read. Which entries
//! may be used is for the compiler.

mod adblock;
mod csv;
mod hosts;
mod json;
mod lines;
mod maltrail;
mod tar;

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde::{Deserialize, Serialize};

use super::Subject;

/// The forms of raw lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `0.0.0.0 example.com`, one line for each name or several.
    Hosts,
    /// A host on each line.
    Domains,
    /// A whole address on each line.
    Urls,
    /// Filter rules; only `||example.com^` and `||example.com/path` say something of a page.
    Adblock,
    /// Rows of columns, one of which is a host or an address.
    Csv,
    /// An object with arrays of hosts.
    Json,
    /// Files or a tar of Maltrail: hosts, addresses and pages mixed; the family is the file's name.
    Maltrail,
    /// An IP address on each line.
    Ips,
}

/// Which columns of a CSV or arrays of a JSON mean what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The column of the host or address: its name in the first row, or its number from 1.
    pub column: Option<String>,
    /// The column of the family.
    pub family_column: Option<String>,
    /// The column of the day.
    pub date_column: Option<String>,
    /// What stands between columns, when not a comma.
    pub separator: Option<char>,
    /// The arrays of a JSON that list hosts.
    pub fields: Vec<String>,
    /// The arrays of a JSON that except hosts.
    pub except_fields: Vec<String>,
}

/// What a reader says of a line.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// It lists something; what the list itself says of its kind and day.
    Listed {
        /// What.
        subject: Subject<'a>,
        /// The kind.
        family: Option<&'a str>,
        /// The day, `2026-08-23`.
        since: Option<&'a str>,
    },
    /// It excepts a host.
    Excepted(&'a str),
}

impl<'a> Said<'a> {
    fn listed(subject: Subject<'a>) -> Self {
        Self::Listed {
            subject,
            family: None,
            since: None,
        }
    }
}

/// Why a line is not read as an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Odd {
    /// It is longer than a line may be.
    TooLong,
    /// It is no text in UTF-8.
    NotText,
    /// It is no host, address or rule of this form.
    NotOfThisForm,
    /// It is a pattern, not a name.
    Pattern,
    /// It is a whole network.
    Network,
    /// It is a rule about parts of pages, or with conditions that no visit shows.
    OtherRule,
}

impl Odd {
    /// Returns the reason in words, of several lines.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TooLong => "are too long",
            Self::NotText => "are no text",
            Self::NotOfThisForm => "are no entries of this form",
            Self::Pattern => "are patterns",
            Self::Network => "are whole networks",
            Self::OtherRule => "are rules about parts of pages",
        }
    }
}

/// What came of reading a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Lines, or members of arrays.
    pub lines: u64,
    /// Lines that list or except something.
    pub entries: u64,
    /// Others, by reason: how many, and the numbers of the first.
    pub odd: BTreeMap<Odd, (u64, Vec<u64>)>,
}

/// Maltrail's folders whose entries do harm. Its `suspicious` names whole providers, and is left out.
pub const MALTRAIL_FOLDERS: [&str; 2] = ["malicious", "malware"];

/// How many odd lines are named by their number.
const NAMED: usize = 5;

impl Tally {
    fn odd(&mut self, why: Odd) {
        let (count, lines) = self.odd.entry(why).or_default();
        *count += 1;
        if lines.len() < NAMED {
            lines.push(self.lines);
        }
    }

    /// Adds what came of another file; odd lines keep the numbers they have there.
    pub(super) fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.entries += other.entries;
        for (why, (count, lines)) in other.odd {
            let (all, named) = self.odd.entry(why).or_default();
            *all += count;
            let room = NAMED.saturating_sub(named.len());
            named.extend(lines.into_iter().take(room));
        }
    }
}

/// Reads a raw list and calls `take` for everything it says.
///
/// `name` is the file's name: Maltrail's says the family.
///
/// # Errors
/// When the file cannot be read, or is no CSV or JSON with these columns or arrays at all.
pub fn read(
    form: Form,
    shape: &Shape,
    name: &str,
    from: &mut dyn BufRead,
    take: &mut dyn FnMut(Said<'_>),
) -> io::Result<Tally> {
    match form {
        Form::Hosts => lines::each(from, take, hosts::hosts),
        Form::Domains => lines::each(from, take, hosts::domains),
        Form::Urls => lines::each(from, take, hosts::urls),
        Form::Ips => lines::each(from, take, hosts::ips),
        Form::Adblock => lines::each(from, take, adblock::rule),
        Form::Csv => csv::read(shape, from, take),
        Form::Json => json::read(shape, from, take),
        Form::Maltrail if name.ends_with(".tar") => tar::read(from, take),
        Form::Maltrail => maltrail::read(name, from, take),
    }
}

/// Runs every reader on the same bytes: the fuzz target and the test of mutations call it.
pub fn fuzz(bytes: &[u8]) {
    let shape = Shape {
        column: Some("1".into()),
        family_column: Some("2".into()),
        date_column: Some("date".into()),
        fields: vec!["deny".into()],
        except_fields: vec!["allow".into()],
        ..Shape::default()
    };
    let forms = [
        Form::Hosts,
        Form::Domains,
        Form::Urls,
        Form::Adblock,
        Form::Csv,
        Form::Json,
        Form::Maltrail,
        Form::Ips,
    ];
    for (form, name) in forms
        .into_iter()
        .map(|it| (it, "x.txt"))
        .chain([(Form::Maltrail, "x.tar")])
    {
        let _ = read(form, &shape, name, &mut { bytes }, &mut |_| {});
    }
}

#[cfg(test)]
mod tests;
