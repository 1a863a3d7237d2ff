//! What a person decided on, as a file: every step with the identity of what it is about.

use std::{collections::HashSet, fmt, path::Path};

use serde::{Deserialize, Serialize};
use tool::{Bytes, EntryKind, Identity, PathText, Proposal, Seen};

use crate::folder;

/// The schema of plans this version writes and reads: `schemas/candor.plan.1.schema.json`.
pub(crate) const SCHEMA: &str = "candor/plan/1";

/// A list of steps that [`apply`](crate::apply) carries out one by one. A file is read by
/// [`PlanFile::of`](crate::PlanFile::of).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Always `candor/plan/1`.
    pub schema: String,
    /// When its files were looked at, RFC 3339.
    pub made: String,
    /// The program and the command: `candor 0.1.0 dupes`.
    pub by: String,
    /// Names the machine its files are on, without saying which machine that is.
    pub machine: String,
    /// What is to be done, in this order.
    pub steps: Vec<Step>,
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its number, from 1 on.
    pub number: u64,
    /// What is to be done.
    pub act: Act,
    /// What it is done to.
    pub path: PathText,
    /// What stood there when it was looked at.
    pub is: Identity,
    /// Why, in words.
    pub reason: String,
    /// The rule that says so, of a step without a copy that stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// What the disk gains.
    pub frees: Bytes,
    /// The file or folder of the same content that stays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub survivor: Option<Seen>,
    /// Of a folder: everything below it, each folder before what it holds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inside: Vec<Seen>,
    /// Of a folder with a copy that stays: for each entry of `inside` its like in that copy, in the same
    /// order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mirror: Vec<Seen>,
}

/// What can be done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Move it to the trash of its file system. Room is gained when the trash is emptied.
    Trash,
    /// Move it to Candor's quarantine on its file system, to be removed after some days.
    Quarantine,
    /// Remove it for good. It cannot be undone.
    Remove,
    /// Make its name one more name of the survivor.
    Hardlink,
    /// Let it share the survivor's bytes on the disk; both stay files of their own.
    Reflink,
}

impl Act {
    /// Returns whether it makes no sense without a file of the same content that stays.
    #[must_use]
    pub fn needs_survivor(self) -> bool {
        matches!(self, Self::Hardlink | Self::Reflink)
    }

    /// Returns whether `candor undo` can take it back.
    #[must_use]
    pub fn can_be_undone(self) -> bool {
        self != Self::Remove
    }

    /// Returns what is done, for a sentence: `move to the trash`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Trash => "move to the trash",
            Self::Quarantine => "move to the quarantine",
            Self::Remove => "remove for good",
            Self::Hardlink => "replace by a hard link",
            Self::Reflink => "share its bytes with the copy",
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Trash => "trash",
            Self::Quarantine => "quarantine",
            Self::Remove => "remove",
            Self::Hardlink => "hardlink",
            Self::Reflink => "reflink",
        })
    }
}

impl Plan {
    /// Returns a plan that does one thing to everything proposed. Bytes are shared by files, not by names:
    /// of several names of one file, the last one then has the step.
    #[must_use]
    pub fn of(
        act: Act,
        mut proposals: Vec<Proposal>,
        made: String,
        by: String,
        machine: String,
    ) -> Self {
        if act == Act::Reflink {
            let mut seen = HashSet::new();
            proposals.reverse();
            proposals.retain(|it| seen.insert((it.is.device, it.is.inode)));
            proposals.reverse();
        }
        let step = |(number, it): (u64, Proposal)| Step {
            number,
            act,
            path: it.path,
            is: it.is,
            reason: it.reason,
            rule: it.rule,
            frees: it.frees,
            survivor: it.survivor,
            inside: it.inside,
            mirror: it.mirror,
        };
        Self {
            schema: SCHEMA.to_owned(),
            made,
            by,
            machine,
            steps: (1..).zip(proposals).map(step).collect(),
        }
    }

    /// Returns the bytes of the file, one step a line.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let text = |value: &dyn erased::Json| value.json();
        let mut out = format!(
            "{{\n \"schema\": {},\n \"made\": {},\n \"by\": {},\n \"machine\": {},\n \"steps\": [",
            text(&self.schema),
            text(&self.made),
            text(&self.by),
            text(&self.machine)
        );
        for (number, step) in self.steps.iter().enumerate() {
            out.push_str(if number == 0 { "\n  " } else { ",\n  " });
            out.push_str(&text(step));
        }
        out.push_str("\n ]\n}\n");
        out.into_bytes()
    }
}

/// Values that are certain to fit JSON.
mod erased {
    pub(super) trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).expect("a plan is made of text and numbers")
        }
    }
}

impl Step {
    /// Returns whether each thing inside is listed once, and after the folder that holds it.
    fn is_in_order(&self) -> bool {
        let mut listed = HashSet::from([self.path.0.as_path()]);
        self.inside.iter().all(|it| {
            let path = it.path.0.as_path();
            path.parent().is_some_and(|above| listed.contains(above)) && listed.insert(path)
        })
    }

    /// Returns the most that the disk can gain by it: the lengths of everything it names, with room for what
    /// a file system sets aside around each. A plan that was edited cannot promise more.
    #[must_use]
    pub fn most(&self) -> Bytes {
        const AROUND: u64 = 1 << 20;
        let all = std::iter::once(&self.is).chain(self.inside.iter().map(|it| &it.is));
        let sizes = all.map(|is| is.size.saturating_add(AROUND));
        Bytes(sizes.fold(0, u64::saturating_add))
    }

    /// Says what is wrong with a step whatever is on the disk, if anything is.
    #[must_use]
    pub fn senseless(&self) -> Option<&'static str> {
        let is_file = self.is.kind == EntryKind::File;
        let survivor = self.survivor.as_ref();
        if let (EntryKind::Folder, Some(survivor)) = (self.is.kind, survivor) {
            return folder::senseless(self, survivor);
        }
        if self.act.needs_survivor() && survivor.is_none() {
            Some("a file can be joined only with a copy that stays")
        } else if survivor.is_some() && !is_file {
            Some("only a regular file or a folder has a copy that stays")
        } else if survivor.is_some_and(|it| it.is.kind != EntryKind::File) {
            Some("what is to stay is no regular file")
        } else if survivor.is_some_and(|it| it.path == self.path) {
            Some("the copy that is to stay is the file itself")
        } else if survivor.is_some_and(|it| it.is.size != self.is.size) {
            Some("the copy that is to stay has another size")
        } else if !self.inside.is_empty() && self.is.kind != EntryKind::Folder {
            Some("only a folder has anything inside")
        } else if !self.mirror.is_empty() {
            Some("only a folder with a copy that stays has a mirror")
        } else if !self
            .inside
            .iter()
            .all(|it| is_below(&it.path.0, &self.path.0))
        {
            Some("what is said to be inside the folder is not below it")
        } else if !self.is_in_order() {
            Some(
                "what is said to be inside the folder is not listed folder by folder, each thing once",
            )
        } else {
            None
        }
    }
}

pub(crate) fn is_below(path: &Path, folder: &Path) -> bool {
    path != folder && path.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tool::Stamp;

    #[test]
    fn a_file_with_two_names_shares_its_bytes_once() {
        let is = |inode| Identity {
            kind: EntryKind::File,
            device: 1,
            inode,
            size: 9,
            mtime: Stamp(0),
            ctime: Stamp(0),
        };
        let proposal = |path: &str, inode, frees| Proposal {
            path: Path::new(path).to_owned().into(),
            is: is(inode),
            reason: String::new(),
            rule: None,
            frees: Bytes(frees),
            survivor: Some(Seen {
                path: Path::new("/kept").to_owned().into(),
                is: is(1),
            }),
            inside: Vec::new(),
            mirror: Vec::new(),
        };
        let all = [
            proposal("/a", 2, 0),
            proposal("/b", 2, 9),
            proposal("/c", 3, 9),
        ];
        let plan = |act| {
            let text = str::to_owned;
            let plan = Plan::of(act, all.to_vec(), text("then"), text("test"), text("here"));
            let step = |it: &Step| (it.number, it.path.0.display().to_string());
            plan.steps.iter().map(step).collect::<Vec<_>>()
        };
        let step = |number, path: &str| (number, path.to_owned());
        assert_eq!(plan(Act::Reflink), [step(1, "/b"), step(2, "/c")]);
        assert_eq!(plan(Act::Hardlink).len(), 3);
    }
}
