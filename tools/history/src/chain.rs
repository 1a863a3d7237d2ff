//! From what led to what, to the whole way to a page: root first, the page itself last.

use std::collections::HashMap;

use serde::Serialize;
use tool::Moment;

use crate::{
    engines::MOST_HOPS,
    visit::{Download, From, How, Redirect, Url, Visit},
};

/// Longest address in a chain; the visit's own is kept whole elsewhere.
const LONGEST_HOP: usize = 2048;

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// The address.
    pub url: String,
    /// Whether it was too long for a chain.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// How the person or the page before came to it.
    pub how: How,
    /// The redirect that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// When; none for an address that is no visit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Moment>,
    /// Its number in the browser's file, if it is a visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit: Option<i64>,
}

impl Hop {
    fn named(url: &str, how: How) -> Self {
        let Url { text, cut } = Url::cut_to(url.to_owned(), LONGEST_HOP);
        Self {
            url: text,
            cut,
            how,
            redirect: None,
            time: None,
            visit: None,
        }
    }

    fn of(visit: &Visit) -> Self {
        let named = Self::named(&visit.url.text, visit.how);
        Self {
            cut: named.cut || visit.url.cut,
            redirect: visit.redirect,
            time: Some(visit.time),
            visit: Some(visit.id),
            ..named
        }
    }
}

/// The visits of one profile by their number.
pub type ById<'a> = HashMap<i64, &'a Visit>;

/// Returns the way to a visit. It begins where a person asked for an address themselves, or where
/// the file knows no further.
///
/// Damaged files hold visits that lead to themselves; each visit is taken once.
#[must_use]
pub fn to_visit(visit: &Visit, visits: &ById<'_>) -> Vec<Hop> {
    let mut hops = Vec::new();
    climb(visit, visits, &mut hops);
    hops.reverse();
    hops
}

/// Returns the way to a download: to the page it was started on, then each address up to the file.
#[must_use]
pub fn to_download(download: &Download, visits: &ById<'_>) -> Vec<Hop> {
    let mut hops = Vec::new();
    match &download.page {
        From::Visit(id) => {
            if let Some(page) = visits.get(id) {
                climb(page, visits, &mut hops);
            }
        }
        From::Page(url) => hops.push(Hop::named(url, How::Unknown)),
        From::Nowhere => {}
    }
    hops.reverse();
    let last = download.hops.len().saturating_sub(1);
    for (index, url) in download.hops.iter().enumerate() {
        let how = if index == last {
            How::Download
        } else {
            How::Link
        };
        let redirect = (index > 0).then_some(Redirect::Server);
        hops.push(Hop {
            redirect,
            ..Hop::named(&url.text, how)
        });
    }
    hops
}

fn climb(visit: &Visit, visits: &ById<'_>, hops: &mut Vec<Hop>) {
    let mut visit = visit;
    loop {
        hops.push(Hop::of(visit));
        // A redirect keeps the word of its beginning: "typed" ends the way only where it began.
        if (visit.how.is_intent() && visit.redirect.is_none()) || hops.len() >= MOST_HOPS {
            return;
        }
        if let Some(frame) = &visit.frame {
            hops.push(Hop::named(frame, How::Frame));
        }
        match &visit.from {
            From::Nowhere => return,
            From::Page(url) => return hops.push(Hop::named(url, How::Unknown)),
            From::Visit(id) => match visits.get(id) {
                Some(earlier) if !hops.iter().any(|hop| hop.visit == Some(*id)) => visit = earlier,
                _ => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::Source;

    fn visit(id: i64, from: From, how: How) -> Visit {
        Visit {
            id,
            time: Moment(id),
            url: Url::new(format!("http://{id}.example/")),
            how,
            redirect: None,
            source: Source::Here,
            hidden: false,
            response: None,
            from,
            frame: None,
            in_window: true,
        }
    }

    fn numbers(hops: &[Hop]) -> Vec<Option<i64>> {
        hops.iter().map(|hop| hop.visit).collect()
    }

    #[test]
    fn visits_that_lead_to_themselves_end() {
        let visits = [
            visit(1, From::Visit(2), How::Link),
            visit(2, From::Visit(1), How::Link),
            visit(3, From::Visit(3), How::Link),
        ];
        let by_id: ById<'_> = visits.iter().map(|visit| (visit.id, visit)).collect();
        assert_eq!(numbers(&to_visit(&visits[0], &by_id)), [Some(2), Some(1)]);
        assert_eq!(numbers(&to_visit(&visits[2], &by_id)), [Some(3)]);
    }

    #[test]
    fn a_way_is_at_most_as_long_as_the_limit() {
        let visits: Vec<_> = (1..=1000)
            .map(|id| visit(id, From::Visit(id - 1), How::Link))
            .collect();
        let by_id: ById<'_> = visits.iter().map(|visit| (visit.id, visit)).collect();
        let hops = to_visit(&visits[999], &by_id);
        assert_eq!(
            (hops.len(), hops.last().unwrap().visit),
            (MOST_HOPS, Some(1000))
        );
    }

    #[test]
    fn what_a_person_typed_has_no_page_before_it_but_a_redirect_of_it_has() {
        let mut redirected = visit(3, From::Visit(2), How::Typed);
        redirected.redirect = Some(Redirect::Server);
        let visits = [
            visit(1, From::Nowhere, How::Link),
            visit(2, From::Visit(1), How::Typed),
            redirected,
        ];
        let by_id: ById<'_> = visits.iter().map(|visit| (visit.id, visit)).collect();
        assert_eq!(numbers(&to_visit(&visits[2], &by_id)), [Some(2), Some(3)]);
    }

    #[test]
    fn pages_that_are_no_visits_stand_in_the_way_without_a_time() {
        let mut framed = visit(2, From::Visit(1), How::FrameLink);
        framed.frame = Some("http://frame.example/".into());
        let visits = [
            visit(1, From::Page("http://site.example/".into()), How::Link),
            framed,
        ];
        let by_id: ById<'_> = visits.iter().map(|visit| (visit.id, visit)).collect();
        assert_eq!(
            numbers(&to_visit(&visits[1], &by_id)),
            [None, Some(1), None, Some(2)]
        );
    }
}
