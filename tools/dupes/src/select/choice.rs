//! What a person can choose among: the copies of one group.

use serde::{Deserialize, Serialize};
use tool::{Bytes, Proposal, Seen};

/// Equal files of which some may go. Sent from the worker that found them to whoever asks the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The length of each file.
    pub size: Bytes,
    /// How many files stay at the least.
    pub stay: usize,
    /// The files, the one that would stay by the rules first.
    pub copies: Vec<Offer>,
}

/// One file of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Every name it was seen under.
    pub names: Vec<Seen>,
    /// What is freed when the last of these names goes.
    pub frees: Bytes,
    /// Whether it goes by the rules.
    pub goes: bool,
    /// What makes it stay; if it goes, what makes the first copy stay.
    pub why: String,
    /// Why it cannot go, if it cannot.
    pub locked: Option<String>,
}

impl Choice {
    /// Returns what goes by the rules.
    #[must_use]
    pub fn by_rules(&self) -> Vec<Proposal> {
        let goes = |copy: &Offer| vec![copy.goes; copy.names.len()];
        let goes: Vec<Vec<bool>> = self.copies.iter().map(goes).collect();
        self.proposals(&goes)
    }

    /// Returns what is proposed when these names of these copies go.
    ///
    /// The first copy of which every name stays vouches for all others. Without one nothing goes.
    #[must_use]
    pub fn proposals(&self, goes: &[Vec<bool>]) -> Vec<Proposal> {
        let copies = || self.copies.iter().zip(goes);
        let Some(vouches) = copies().position(|(_, goes)| !goes.contains(&true)) else {
            return Vec::new();
        };
        let survivor = &self.copies[vouches].names[0];
        let shown = tool::path_text::shown(survivor.path.0.as_os_str());
        let mut proposals = Vec::new();
        for (copy, goes) in copies().filter(|(copy, _)| copy.locked.is_none()) {
            let why = match copy.goes && vouches == 0 {
                true => copy.why.as_str(),
                false => "you chose it",
            };
            let reason = format!("same content as `{shown}`, which stays: {why}");
            let names = copy.names.iter().zip(goes);
            let going: Vec<&Seen> = names.filter(|it| *it.1).map(|it| it.0).collect();
            // Joining one name joins the file: its other names lead to the old one, and free nothing.
            for (number, seen) in going.iter().enumerate() {
                let is_last = number + 1 == copy.names.len();
                proposals.push(Proposal {
                    path: seen.path.clone(),
                    is: seen.is,
                    reason: reason.clone(),
                    rule: None,
                    frees: if is_last { copy.frees } else { Bytes(0) },
                    survivor: Some(survivor.clone()),
                    inside: Vec::new(),
                    mirror: Vec::new(),
                });
            }
        }
        proposals
    }
}
