//! From what led to what, to the way to a page: what came first stands first, the page itself last.
//!
//! The whole way goes back to what a person asked for. Half a day in one tab is one such way, and
//! to tell it for each of its visits grows with the square of the visits. So a report tells the
//! whole way to downloads and to what an alarm was raised for, and of the others [`step`]: every
//! redirect and the page before. Hops have the numbers of their visits, so the steps put together
//! are the way.

use std::collections::HashMap;

use serde::Serialize;
use tool::Moment;

use crate::{
    engines::MOST_HOPS,
    visit::{Download, From, How, Redirect, UrlText, Visit},
};

/// Longest address in a chain; the visit's own is kept whole elsewhere.
const LONGEST_HOP: usize = 2048;

/// One step of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hop<'a> {
    /// The address.
    pub url: UrlText<'a>,
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

impl<'a> Hop<'a> {
    fn named(url: impl Into<UrlText<'a>>, how: How) -> Self {
        let url = url.into();
        Self {
            url: url.cut_to(LONGEST_HOP),
            cut: url.len() > LONGEST_HOP,
            how,
            redirect: None,
            time: None,
            visit: None,
        }
    }

    fn of(visit: &'a Visit) -> Self {
        let named = Self::named(visit.url.written(), visit.how);
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

/// Returns the whole way to a visit. It begins where a person asked for an address themselves, or
/// where the file knows no further.
///
/// Damaged files hold visits that lead to themselves; each visit is taken once.
#[must_use]
pub fn to_visit<'a>(visit: &'a Visit, visits: &ById<'a>) -> Vec<Hop<'a>> {
    climbed(visit, visits, Climb::Whole)
}

/// Returns the last step of the way to a visit: the page it was reached from, each redirect, and
/// the visit itself.
#[must_use]
pub fn step<'a>(visit: &'a Visit, visits: &ById<'a>) -> Vec<Hop<'a>> {
    climbed(visit, visits, Climb::Step)
}

/// Returns the way to a download: to the page it was started on, then each address up to the file.
#[must_use]
pub fn to_download<'a>(download: &'a Download, visits: &ById<'a>) -> Vec<Hop<'a>> {
    let mut hops = match &download.page {
        From::Visit(id) => visits
            .get(id)
            .map(|page| to_visit(page, visits))
            .unwrap_or_default(),
        From::Page(url) => vec![Hop::named(url.as_str(), How::Unknown)],
        From::Nowhere => Vec::new(),
    };
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
            ..Hop::named(url.written(), how)
        });
    }
    hops
}

/// How far back a way is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Climb {
    Whole,
    /// To the page before the last address that was not reached by a redirect.
    Step,
}

fn climbed<'a>(visit: &'a Visit, visits: &ById<'a>, climb: Climb) -> Vec<Hop<'a>> {
    let mut hops = Vec::with_capacity(2);
    let mut visit = visit;
    loop {
        hops.push(Hop::of(visit));
        // A redirect keeps the word of its beginning: "typed" ends the way only where it began.
        if (visit.how.is_intent() && visit.redirect.is_none()) || hops.len() >= MOST_HOPS {
            break;
        }
        if let Some(frame) = &visit.frame {
            hops.push(Hop::named(frame.as_str(), How::Frame));
        }
        match &visit.from {
            From::Nowhere => break,
            From::Page(url) => {
                hops.push(Hop::named(url.as_str(), How::Unknown));
                break;
            }
            From::Visit(id) => match visits.get(id) {
                Some(earlier) if !hops.iter().any(|hop| hop.visit == Some(*id)) => {
                    if climb == Climb::Step && visit.redirect.is_none() {
                        hops.push(Hop::of(earlier));
                        break;
                    }
                    visit = earlier;
                }
                _ => break,
            },
        }
    }
    hops.reverse();
    hops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::{Source, Url};

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

    fn numbers(hops: &[Hop<'_>]) -> Vec<Option<i64>> {
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

    #[test]
    fn a_step_is_the_page_before_and_every_redirect() {
        let redirected = |id, redirect| Visit {
            redirect: Some(redirect),
            ..visit(id, From::Visit(id - 1), How::Link)
        };
        let mut framed = visit(6, From::Visit(5), How::FrameLink);
        framed.frame = Some("http://frame.example/".into());
        let visits = [
            visit(1, From::Nowhere, How::Typed),
            visit(2, From::Visit(1), How::Link),
            visit(3, From::Visit(2), How::Link),
            redirected(4, Redirect::Server),
            redirected(5, Redirect::Client),
            framed,
            visit(7, From::Page("http://site.example/".into()), How::Link),
            redirected(8, Redirect::Temporary),
            visit(9, From::Visit(9), How::Link),
        ];
        let by_id: ById<'_> = visits.iter().map(|visit| (visit.id, visit)).collect();
        for (id, expected) in [
            (1, vec![Some(1)]),
            (3, vec![Some(2), Some(3)]),
            (5, vec![Some(2), Some(3), Some(4), Some(5)]),
            (6, vec![Some(5), None, Some(6)]),
            (8, vec![None, Some(7), Some(8)]),
            (9, vec![Some(9)]),
        ] {
            let whole = to_visit(by_id[&id], &by_id);
            let step = step(by_id[&id], &by_id);
            assert_eq!(numbers(&step), expected, "{id}");
            assert!(whole.ends_with(&step), "{id}");
        }
        assert_eq!(to_visit(by_id[&6], &by_id).len(), 7);
    }

    #[test]
    fn an_address_too_long_for_a_chain_is_cut_and_said_to_be() {
        let mut long = visit(1, From::Nowhere, How::Link);
        long.url = Url::new(format!("http://1.example/{}", "ä".repeat(LONGEST_HOP)));
        let [hop] = to_visit(&long, &ById::new())[..] else {
            panic!("one hop");
        };
        assert!(hop.cut && hop.url.len() <= LONGEST_HOP && long.url.text.starts_with(&*hop.url));
    }
}
