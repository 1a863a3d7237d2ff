//! A file of Maltrail: hosts, IP addresses with and without port, pages, some patterns.
//!
//! Source: <https://github.com/stamparm/maltrail/tree/8adace159e/trails/static> (MIT).

use std::io::{self, BufRead};

use super::{
    Odd, Said, Tally,
    hosts::{self, host, is_v4, without_remark},
    lines,
};
use crate::lists::Subject;

/// Reads one file; the family is its name without the end.
///
/// # Errors
/// What the file fails with.
pub(super) fn read(
    name: &str,
    from: &mut dyn BufRead,
    take: &mut dyn FnMut(Said<'_>),
) -> io::Result<Tally> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let family = name.strip_suffix(".txt").unwrap_or(name);
    let mut with_family = |said: Said<'_>| match said {
        Said::Listed { subject, since, .. } => take(Said::Listed {
            subject,
            family: Some(family),
            since,
        }),
        excepted => take(excepted),
    };
    lines::each(from, &mut with_family, line)
}

fn line(line: &str, take: &mut dyn FnMut(Said<'_>)) -> Result<(), Odd> {
    let text = without_remark(line);
    if text.is_empty() {
        return Ok(());
    }
    if text.starts_with('[') {
        return hosts::ip(text, take);
    }
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let Some((name, path)) = text.split_once('/') else {
        let (name, port) = text.split_once(':').unwrap_or((text, ""));
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Odd::NotOfThisForm);
        }
        take(Said::listed(Subject::Host(host(name)?)));
        return Ok(());
    };
    // A path alone is a pattern for traffic, and `/24` makes a network.
    let is_network = is_v4(name) && path.len() <= 2 && path.bytes().all(|it| it.is_ascii_digit());
    if is_network && !path.is_empty() {
        return Err(Odd::Network);
    }
    host(name.split(':').next().unwrap_or(name)).map_err(|why| match name {
        "" => Odd::Pattern,
        _ => why,
    })?;
    take(Said::listed(Subject::Page(text)));
    Ok(())
}
