//! A report as one HTML file that needs nothing else: no script, no font, no picture, no network.
//!
//! Its content security policy lets the one style sheet in it apply, named by its hash, and nothing
//! besides; so even text that slipped through escaping could not load or run anything. Addresses
//! and paths are text, never links.

mod squarify;
mod table;
mod treemap;

use std::fmt::Write as _;

use tool::{Block, Finding, Outcome};

use crate::{
    Report, Zone, escape, grid,
    words::{self, Words},
};

const STYLE: &str = include_str!("html/style.css");
/// The hash of [`STYLE`] as Content Security Policy Level 3 wants it; a test keeps it true.
const STYLE_HASH: &str = "sha256-df5HZ1/xhg3lpitM3UOosssM7KUzC9tNRbY15RB99Lc=";
/// How each page begins to say who made it: by this a page of ours is known from another file.
pub const PAGE_MARK: &str = "<meta name=\"generator\" content=\"Candor ";
/// After this many bytes no further row, finding or path is added; what is left out is counted.
const ROOM: usize = 3 << 20;
/// How many paths of one skip reason are shown.
const SKIPPED: usize = 50;

/// Returns a report as a self-contained HTML document of at most a few MiB.
#[must_use]
pub fn html(report: &Report, zone: &Zone) -> String {
    let words = Words {
        home: report.machine.home.as_deref(),
        zone,
    };
    let mut page = Page {
        out: String::with_capacity(64 << 10),
        maps: 0,
        words,
    };
    head(&mut page, report);
    page.out.push_str("<main id=\"report\">\n");
    for (n, outcome) in report.outcomes.iter().enumerate() {
        section(&mut page, n, outcome);
    }
    not_looked_at(&mut page, report);
    page.out.push_str("</main>\n");
    foot(&mut page, report);
    page.out
}

/// The document so far.
struct Page<'a> {
    out: String,
    /// How many maps have been drawn.
    maps: usize,
    words: Words<'a>,
}

impl Page<'_> {
    fn has_room(&self) -> bool {
        self.out.len() < ROOM
    }

    /// Writes an element with text in it.
    fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        _ = writeln!(self.out, "<{name}{class}>{}</{name}>", escape::html(text));
    }

    fn sentences(&mut self, class: &str, sentences: &[String]) {
        let mut left_out = 0;
        for sentence in sentences {
            match self.has_room() {
                true => self.element("p", class, sentence),
                false => left_out += 1,
            }
        }
        if left_out > 0 {
            self.element("p", "faint", &words::more(left_out));
        }
    }
}

fn head(page: &mut Page, report: &Report) {
    let headline = words::headline(report);
    let made = page.words.zone.full(report.made);
    _ = write!(
        page.out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         {PAGE_MARK}{}\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{STYLE_HASH}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}, {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#report\">To the report</a>\n<header>\n",
        escape::html(&report.version),
        escape::html(&headline),
        escape::html(&made),
    );
    page.element("h1", "", &headline);
    _ = writeln!(
        page.out,
        "<p class=\"faint\"><bdi>{}</bdi> · <time datetime=\"{}\">{}</time></p>",
        escape::html(&words::machine(report)),
        report.made,
        escape::html(&made),
    );
    page.element("p", "verdict", &words::verdict(report));
    page.out
        .push_str("<nav aria-label=\"Parts of this report\"><ul>\n");
    for (n, outcome) in report.outcomes.iter().enumerate() {
        let counts = words::counts(outcome.findings.iter());
        card(
            page,
            &format!("part{n}"),
            &outcome.section.title,
            outcome.section.summary.first(),
            &counts,
        );
    }
    let skipped = report.skipped().len() as u64;
    let words = match skipped {
        0 => words::NOTHING_SKIPPED.to_owned(),
        1 => "1 place, with the reason.".to_owned(),
        n => format!("{} places, with the reasons.", words::count(n)),
    };
    card(page, "skipped", words::NOT_LOOKED_AT, Some(&words), "");
    page.out.push_str("</ul></nav>\n</header>\n");
}

fn card(page: &mut Page, target: &str, title: &str, sentence: Option<&String>, counts: &str) {
    _ = write!(
        page.out,
        "<li><a href=\"#{target}\"><strong>{}</strong>",
        escape::html(title)
    );
    if let Some(sentence) = sentence {
        _ = write!(page.out, "<span>{}</span>", escape::html(sentence));
    }
    if !counts.is_empty() {
        _ = write!(page.out, "<em>{counts}</em>");
    }
    page.out.push_str("</a></li>\n");
}

fn section(page: &mut Page, n: usize, outcome: &Outcome) {
    let section = &outcome.section;
    _ = write!(
        page.out,
        "<section id=\"part{n}\" aria-labelledby=\"part{n}-h\">\n<h2 id=\"part{n}-h\">{}</h2>\n",
        escape::html(&section.title)
    );
    page.sentences("", &section.summary);
    if words::shows_nothing(section, &outcome.findings) {
        page.element("p", "", words::NOTHING_FOUND);
    }
    findings(page, &outcome.findings);
    let mut left_out = 0;
    for block in section.blocks.iter().filter(|block| !grid::is_empty(block)) {
        if !page.has_room() {
            left_out += 1;
            continue;
        }
        match block {
            Block::Table(rows) => table::draw(page, rows),
            Block::Bars { title, bars } => table::bars(page, title, bars),
            Block::Treemap { title, root } => {
                page.maps += 1;
                let number = page.maps;
                treemap::draw(page, number, title, root);
            }
        }
    }
    if left_out > 0 {
        page.element(
            "p",
            "faint",
            &format!("{} tables or charts", words::more(left_out)),
        );
    }
    page.sentences("note-line", &section.notes);
    page.out.push_str("</section>\n");
}

fn findings(page: &mut Page, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    page.out.push_str("<ul class=\"findings\">\n");
    let mut left_out = 0;
    for finding in sorted {
        match page.has_room() {
            true => one_finding(page, finding),
            false => left_out += 1,
        }
    }
    page.out.push_str("</ul>\n");
    if left_out > 0 {
        page.element("p", "faint", &words::more(left_out));
    }
}

fn one_finding(page: &mut Page, finding: &Finding) {
    let level = words::level(finding.level);
    let subject = escape::html(&finding.subject);
    _ = write!(
        page.out,
        "<li class=\"{level}\"><h3><span class=\"tag\">{level}</span> <bdi>{subject}</bdi>"
    );
    if let Some(bytes) = finding.bytes {
        _ = write!(page.out, " <span class=\"faint\">{bytes}</span>");
    }
    page.out.push_str("</h3>\n");
    if let Some(place) = &finding.place {
        let place = page.words.path(&place.0);
        _ = writeln!(page.out, "<p><code>{}</code></p>", escape::html(&place));
    }
    for sentence in [&finding.evidence, &finding.advice] {
        if !sentence.is_empty() {
            page.element("p", "", sentence);
        }
    }
    page.out.push_str("</li>\n");
}

fn not_looked_at(page: &mut Page, report: &Report) {
    _ = writeln!(
        page.out,
        "<section id=\"skipped\" aria-labelledby=\"skipped-h\">\n<h2 id=\"skipped-h\">{}</h2>",
        words::NOT_LOOKED_AT
    );
    let skipped = report.skipped();
    if skipped.is_empty() {
        page.element("p", "", words::NOTHING_SKIPPED);
    }
    for group in words::by_reason(&skipped) {
        let total = group.places.len();
        page.element("h3", "", &group.heading());
        if let Some(hint) = group.hint {
            page.element("p", "", &format!("What helps: {hint}."));
        }
        page.out.push_str("<ul class=\"lines\">\n");
        let mut shown = 0;
        for (path, detail) in group.places.into_iter().take(SKIPPED) {
            if !page.has_room() {
                break;
            }
            shown += 1;
            let path = page.words.path(path);
            _ = write!(page.out, "<li><code>{}</code>", escape::html(&path));
            if !detail.is_empty() {
                _ = write!(
                    page.out,
                    " <span class=\"faint\">{}</span>",
                    escape::html(&detail)
                );
            }
            page.out.push_str("</li>\n");
        }
        page.out.push_str("</ul>\n");
        if total > shown {
            page.element("p", "faint", &words::more((total - shown) as u64));
        }
    }
    page.out.push_str("</section>\n");
}

fn foot(page: &mut Page, report: &Report) {
    page.out.push_str("<footer>\n");
    page.element("h2", "", words::HOW_IT_WAS_MADE);
    let took = format!(
        "It took {}, with Candor {}.",
        words::span(report.took),
        report.version
    );
    page.element("p", "", &took);
    let class = if report.confinement.in_force {
        ""
    } else {
        "act"
    };
    page.element("p", class, &words::confinement(report));
    page.element("p", "", &words::left(report));
    page.out.push_str("</footer>\n</body>\n</html>\n");
}

#[cfg(test)]
mod tests;
