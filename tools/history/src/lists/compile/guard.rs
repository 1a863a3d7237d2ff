//! The last question before a file is used: would it flag a site that everybody visits?

use super::Error;
use crate::{
    canonical::canonical,
    lists::{List, Suffixes},
};

/// Asks the finished file for every site that everybody visits, whatever rule should have kept it out.
pub(super) fn flags_no_top_site(bytes: &[u8], suffixes: &Suffixes) -> Result<(), Error> {
    let list = List::open(bytes).map_err(Error::Unreadable)?;
    for site in suffixes.sites() {
        for host in [
            site.to_owned(),
            format!("www.{site}"),
            suffixes.owned(site).to_owned(),
        ] {
            let Some(address) = canonical(host.as_bytes()) else {
                continue;
            };
            let hits = list.look_up(&address).map_err(Error::Unreadable)?;
            if let Some(hit) = hits.first() {
                let list = hit.sightings.first().map_or("", |it| it.list.name.as_str());
                return Err(Error::FlagsTopSite {
                    site: host,
                    entry: hit.entry.clone(),
                    list: list.to_owned(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists::{Compiler, Subject, starter};

    /// The rules keep such entries out; this is what stands behind the rules.
    #[test]
    fn a_file_that_flags_a_site_everybody_visits_is_refused() {
        let facts = [starter().lists()[0].clone()];
        let none = Suffixes::default();
        let mut compiler = Compiler::new(&facts, &none);
        let row = compiler.row(0, "scam", "x", "2026-11-01");
        compiler.add(0, Subject::Host("www.example.org"), row);
        let made = compiler.finish(1).unwrap();
        let suffixes = Suffixes::of_text("=example.org");
        let error = flags_no_top_site(&made.bytes, &suffixes).unwrap_err();
        assert!(error.to_string().contains("`www.example.org`"), "{error}");
        flags_no_top_site(&made.bytes, &Suffixes::of_text("=example.net")).unwrap();
    }
}
