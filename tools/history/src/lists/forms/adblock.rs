//! Filter rules of content blockers. Few of them speak of a page; the others are counted.
//!
//! Source: <https://help.adblockplus.org/hc/en-us/articles/360062733293> (2026-11).

use super::{Odd, Said, hosts::host};
use crate::lists::Subject;

/// Options with which a rule still means the page itself.
const OF_PAGES: [&str; 6] = [
    "all",
    "doc",
    "document",
    "important",
    "popup",
    "~third-party",
];

/// `||a.example^`, `||a.example/path`, `@@||a.example^`.
pub(super) fn rule(line: &str, take: &mut dyn FnMut(Said<'_>)) -> Result<(), Odd> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('!') || (line.starts_with('[') && line.ends_with(']')) {
        return Ok(());
    }
    let (excepts, rule) = match line.strip_prefix("@@") {
        Some(rule) => (true, rule),
        None => (false, line),
    };
    let rule = rule.strip_prefix("||").ok_or(Odd::OtherRule)?;
    let (rule, options) = rule.rsplit_once('$').unwrap_or((rule, ""));
    let mut options = options.split(',').filter(|option| !option.is_empty());
    // `$third-party`, `$script` and the like block what a page loads, not the page.
    if !options.all(|option| OF_PAGES.contains(&option)) {
        return Err(Odd::OtherRule);
    }
    let bare = rule.strip_suffix('^').unwrap_or(rule);
    let subject = match bare.split_once('/') {
        None => Subject::Host(host(bare)?),
        Some((name, path)) => {
            host(name)?;
            if path.contains(['*', '^', '|']) {
                return Err(Odd::Pattern);
            }
            Subject::Page(bare)
        }
    };
    match (excepts, subject) {
        (false, subject) => take(Said::listed(subject)),
        (true, Subject::Host(host)) => take(Said::Excepted(host)),
        (true, Subject::Page(_)) => return Err(Odd::OtherRule),
    }
    Ok(())
}
