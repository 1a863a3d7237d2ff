use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use tool::{Cell, Section, Table};

use super::*;
use crate::sample;

fn sample_page() -> String {
    html(&sample::checkup(), &Zone::utc())
}

#[test]
fn the_policy_names_the_style_sheet() {
    assert_eq!(
        STYLE_HASH,
        format!("sha256-{}", STANDARD.encode(Sha256::digest(STYLE)))
    );
    assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn nothing_in_it_can_run_or_load() {
    let page = sample_page();
    for word in [
        "<script",
        "javascript:",
        " style=",
        " src=",
        "onerror",
        "onload",
        "<iframe",
        "<img",
        "<link",
        "@import",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let outward: Vec<_> = page
        .split("href=\"")
        .skip(1)
        .filter(|rest| !rest.starts_with('#'))
        .collect();
    assert!(outward.is_empty(), "{outward:?}");
    assert!(page.contains(
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\u{1b}[31m\\u{202e}&quot;&amp;"
    ));
    assert_eq!(
        page.chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}'),
        None
    );
}

#[test]
fn elements_are_closed_in_order_and_links_lead_somewhere() {
    crate::hostile::assert_well_formed(&sample_page());
    crate::hostile::assert_well_formed(&html(&sample::empty(), &Zone::utc()));
}

#[test]
fn every_chart_has_its_figures_as_text() {
    let page = sample_page();
    assert_eq!(
        page.matches("<caption>").count(),
        page.matches("<table").count()
    );
    assert!(page.contains("<th scope=\"row\">Videos</th><td class=\"figure\">6.2 GiB</td>"));
    assert!(page.contains("105 % of 47.5 Wh as designed"));
    assert!(page.contains("aria-label=\"Videos 6.2 GiB, 38 %\""));
}

#[test]
fn a_report_of_hostile_size_stays_small() {
    let row = vec![Cell::Lines(vec![Cell::Text("&".repeat(2_000)); 80]); 12];
    let rows = vec![row; 8];
    let table = Table {
        title: "t".into(),
        columns: vec![],
        rows,
        more: 0,
    };
    let blocks = vec![Block::Table(table)];
    let section = Section {
        title: "x".repeat(5_000),
        blocks,
        ..Section::default()
    };
    let outcome = Outcome::new("dupes", &serde_json::json!({}), section);
    let page = html(&sample::single("dupes", outcome), &Zone::utc());
    assert!(page.len() < ROOM + (4 << 20), "{}", page.len());
    assert!(page.contains("and 6 more"), "what is left out is counted");
}

#[test]
fn an_empty_report_says_what_it_did() {
    let page = html(&sample::empty(), &Zone::utc());
    assert!(page.contains(words::NOTHING_FOUND) && page.contains(words::NOTHING_SKIPPED));
    assert!(page.contains("What left this machine: nothing."));
}

/// Writes the sample page where a person can look at it: `CANDOR_SAMPLE=/folder cargo test -p candor-report`.
#[test]
fn a_sample_can_be_looked_at() {
    let page = sample_page();
    if let Some(folder) = std::env::var_os("CANDOR_SAMPLE") {
        std::fs::write(std::path::Path::new(&folder).join("sample.html"), &page).unwrap();
    }
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
}
