//! What the numbers in a Chromium history mean.

use crate::visit::{Danger, How, Redirect, Source, State};

/// Source: ui/base/page_transition_types.h, `PAGE_TRANSITION_CORE_MASK` and the qualifiers.
pub(super) fn how(transition: u32) -> How {
    if transition & 0x0100_0000 != 0 {
        return How::BackForward;
    }
    match transition & 0xff {
        0 => How::Link,
        1 => How::Typed,
        2 => How::Bookmark,
        3 => How::Frame,
        4 => How::FrameLink,
        5 | 9 | 10 => How::Search,
        6 => How::Start,
        7 => How::Form,
        8 => How::Reload,
        _ => How::Unknown,
    }
}

pub(super) fn redirect(transition: u32) -> Option<Redirect> {
    match (transition & 0x8000_0000 != 0, transition & 0x4000_0000 != 0) {
        (true, _) => Some(Redirect::Server),
        (false, true) => Some(Redirect::Client),
        (false, false) => None,
    }
}

/// Source: history_types.h, `VisitSource`; a visit without a row there was made here.
pub(super) fn source(has_origin: bool, source: Option<i64>) -> Source {
    match source {
        Some(0) => Source::OtherDevice,
        _ if has_origin => Source::OtherDevice,
        None | Some(1) => Source::Here,
        Some(2) => Source::Extension,
        Some(3..=5) => Source::Imported,
        Some(_) => Source::Other,
    }
}

/// Source: components/history/core/browser/download_constants.h, `DownloadState`.
pub(super) fn state(state: Option<i64>) -> State {
    match state {
        Some(0) => State::InProgress,
        Some(1) => State::Complete,
        Some(2) => State::Cancelled,
        Some(4) => State::Interrupted,
        _ => State::Unknown,
    }
}

/// Source: components/history/core/browser/download_constants.h, `DownloadDangerType`.
pub(super) fn danger(danger: Option<i64>) -> Danger {
    match danger {
        Some(1) => Danger::DangerousKind,
        Some(2) => Danger::DangerousUrl,
        Some(3) => Danger::DangerousContent,
        Some(4 | 18) => Danger::NotJudged,
        Some(5) => Danger::Uncommon,
        Some(6) => Danger::KeptDespiteWarning,
        Some(7) => Danger::DangerousHost,
        Some(8) => Danger::Unwanted,
        Some(16) => Danger::OpenedDespiteWarning,
        Some(19) => Danger::AccountCompromise,
        _ => Danger::None,
    }
}
