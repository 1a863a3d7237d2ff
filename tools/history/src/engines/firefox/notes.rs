//! What Firefox notes about a download: where the file went, how it ended, what it thought of it.

use std::path::PathBuf;

use formats::sqlite::rusqlite::{Result, Statement, params};

use super::text;
use crate::visit::{Danger, LONGEST_URL, State};

/// The question for the notes about a page.
pub(super) const NOTES: &str = "SELECT n.name, a.content FROM moz_annos a \
                     JOIN moz_anno_attributes n ON n.id = a.anno_attribute_id \
                     WHERE a.place_id = ?1 LIMIT 64";

/// What Firefox noted about a download.
#[derive(Default)]
pub(super) struct Said {
    pub(super) path: Option<PathBuf>,
    pub(super) state: Option<State>,
    pub(super) danger: Option<Danger>,
    pub(super) size: Option<u64>,
}

impl Said {
    pub(super) fn of(notes: &mut Statement<'_>, place: i64) -> Result<Self> {
        let mut rows = notes.query(params![place])?;
        let mut said = Self::default();
        while let Some(row) = rows.next()? {
            let (Some(name), Some(content)) = (text(row, 0), text(row, 1)) else {
                continue;
            };
            match name.as_str() {
                "downloads/destinationFileURI" => said.path = path_of(&content),
                "downloads/metaData" => said.add(&content),
                _ => {}
            }
        }
        Ok(said)
    }

    /// Source: DownloadHistory.sys.mjs, `METADATA_STATE_*` and `reputationCheckVerdict`.
    pub(super) fn add(&mut self, metadata: &str) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(metadata) else {
            return;
        };
        self.size = value["fileSize"].as_u64();
        self.state = Some(match value["state"].as_i64() {
            Some(1) => State::Complete,
            Some(2) => State::Interrupted,
            Some(3) => State::Cancelled,
            Some(4) => State::InProgress,
            Some(6 | 8 | 9) => State::Blocked,
            _ => State::Unknown,
        });
        self.danger = match value["reputationCheckVerdict"].as_str() {
            Some("Malware") => Some(Danger::DangerousContent),
            Some("PotentiallyUnwanted") => Some(Danger::Unwanted),
            Some("Uncommon") => Some(Danger::Uncommon),
            _ => None,
        };
    }
}

/// Returns the path of a `file:///…` address.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let text = uri
        .strip_prefix("file://")
        .filter(|text| text.len() <= LONGEST_URL)?;
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let digit = |at: usize| {
            tail.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
        };
        let escaped = digit(0).zip(digit(1)).filter(|_| *byte == b'%');
        let escaped = escaped.and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        path.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    Some(std::ffi::OsString::from_vec(path).into())
}
