//! One finding for each visit and download that a list or the browser itself raises an alarm for.

use tool::{Finding, PathText};

use crate::{
    canonical::canonical,
    chain::Hop,
    data::{Data, Download, Visit},
    verdict,
    visit::Source,
};

/// Hops of a chain that are written out in one line of evidence.
const SHOWN_HOPS: usize = 8;
/// Longest part of an address in such a line.
const SHOWN_URL: usize = 120;

/// Returns the findings, gravest first, then newest first.
pub(crate) fn of(data: &Data<'_>) -> Vec<Finding> {
    let visits = data
        .visits
        .iter()
        .filter(|visit| visit.verdict.level > verdict::Level::None);
    let downloads = data
        .downloads
        .iter()
        .filter(|download| download.verdict.level > verdict::Level::None);
    let mut findings: Vec<Finding> = downloads.map(of_download).collect();
    findings.extend(visits.map(of_visit));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}

fn of_visit(visit: &Visit<'_>) -> Finding {
    let elsewhere = match visit.source {
        Source::OtherDevice => ", on another device",
        _ => "",
    };
    let advice = match visit.verdict.level {
        verdict::Level::Red => {
            "If you typed a password or installed something there, change the password and have \
             the file checked. To be listed does not prove that harm was done."
        }
        verdict::Level::Blue => {
            "Look at the name once more. If you meant another site, leave this one; if you typed a \
             password there, change it. It is a guess: Candor knows nothing of this site."
        }
        _ => "Nothing needs doing if you know this site. To be listed is not proof.",
    };
    Finding {
        rule: match visit.verdict.level {
            verdict::Level::Blue => "history.lookalike-visit".into(),
            _ => "history.listed-visit".into(),
        },
        level: visit.verdict.level.of_finding(),
        subject: host_of(&visit.url),
        place: None,
        bytes: None,
        evidence: format!(
            "{}. Visited {} in {} ({}){elsewhere}. {}",
            visit.verdict.words,
            visit.time,
            visit.browser,
            visit.profile,
            way(&visit.chain)
        ),
        advice: advice.into(),
    }
}

fn of_download(download: &Download<'_>) -> Finding {
    Finding {
        rule: match (download.verdict.level, download.verdict.listed.is_empty()) {
            (verdict::Level::Blue, _) => "history.lookalike-download".into(),
            (_, true) => "history.browser-warning".into(),
            (_, false) => "history.listed-download".into(),
        },
        level: download.verdict.level.of_finding(),
        subject: host_of(&download.url),
        place: download.path.clone(),
        bytes: download.bytes,
        evidence: format!(
            "{}. Downloaded {} in {} ({}). {}",
            download.verdict.words,
            download.time,
            download.browser,
            download.profile,
            way(&download.chain)
        ),
        advice: match &download.path {
            Some(PathText(_)) => "Do not open the file before it is checked. Whether it is still \
                                  there was not looked at."
                .into(),
            None => "If you still have the file, do not open it before it is checked.".into(),
        },
    }
}

/// Returns the host an address is about, or the beginning of the address.
pub(crate) fn host_of(url: &str) -> String {
    canonical(url.as_bytes()).map_or_else(|| shortened(url), |address| address.host)
}

/// Writes a way in one line: root first, with how each step came about.
fn way(chain: &[Hop<'_>]) -> String {
    if chain.len() < 2 {
        return "Nothing is known of what led there.".into();
    }
    let left_out = chain.len().saturating_sub(SHOWN_HOPS);
    let mut words = String::from("The way there: ");
    for (index, hop) in chain.iter().enumerate() {
        // The root and the last hops tell the story; the middle of a long way is counted.
        if index > 0 && index <= left_out {
            if index == 1 {
                words.push_str(&format!(" → … {left_out} more"));
            }
            continue;
        }
        if index > 0 {
            words.push_str(" → ");
        }
        words.push_str(&shortened(&hop.url));
        words.push_str(&format!(" ({})", came_by(hop)));
    }
    words.push('.');
    words
}

/// Returns how a step came about, in a word or two.
pub(crate) fn came_by(hop: &Hop<'_>) -> &'static str {
    match hop.redirect {
        Some(crate::visit::Redirect::Client) => "redirected by the page",
        Some(_) if hop.how == crate::visit::How::Download => "redirected to the file",
        Some(_) => "redirected",
        None => hop.how.words(),
    }
}

/// Returns an address short enough for one line.
pub(crate) fn shortened(url: &str) -> String {
    if url.len() <= SHOWN_URL {
        return url.to_owned();
    }
    format!("{}…", &url[..url.floor_char_boundary(SHOWN_URL)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::How;

    #[test]
    fn a_long_way_keeps_its_root_and_its_end() {
        let urls: Vec<String> = (0..20).map(|n| format!("http://{n}.example/")).collect();
        let hop = |url| Hop {
            url,
            cut: false,
            how: How::Link,
            redirect: None,
            time: None,
            visit: None,
        };
        let chain: Vec<Hop<'_>> = urls.iter().map(|url| hop(url.as_str().into())).collect();
        let words = way(&chain);
        assert!(
            words.starts_with(
                "The way there: http://0.example/ (link) → … 12 more → http://13.example/"
            ),
            "{words}"
        );
        assert!(words.ends_with("http://19.example/ (link)."), "{words}");
        assert_eq!(way(&chain[..1]), "Nothing is known of what led there.");
    }
}
