//! What a worker is confined to, as place ids.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Declaration, covers};

/// The folder that is made for one run, for what a person asked to be made: where an archive is unpacked. Nothing that
/// was there before lies in it.
pub const RESULT: &str = "$RESULT/";

/// What one worker may do. Everything that is not listed is denied.
///
/// Places are ids or prefixes of ids; whoever knows the machine turns them into paths. `write`
/// holds paths from a variable of the machine, such as `$CACHE/candor/`, and [`RESULT`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxPlan {
    /// `candor-sandbox-plan/1`.
    pub schema: String,
    /// The products it is for, each with the SHA-256 of its declaration.
    pub products: Vec<(String, String)>,
    /// Places whose folders may be listed.
    pub list: BTreeSet<String>,
    /// Places whose files may be opened for reading; their folders may be listed too.
    pub read: BTreeSet<String>,
    /// Where the product keeps what it says it keeps.
    pub write: BTreeSet<String>,
    /// `none`.
    pub net: String,
    /// Programs that may be started: none.
    pub exec: Vec<String>,
}

impl SandboxPlan {
    /// Unites the plans of tools that share one worker: it may do what any of them may.
    #[must_use]
    pub fn united(plans: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::empty();
        for plan in plans {
            all.products.extend(plan.products);
            all.list.extend(plan.list);
            all.read.extend(plan.read);
            all.write.extend(plan.write);
        }
        all.products.sort();
        all.products.dedup();
        all
    }

    /// Returns whether folders of this place may be listed.
    #[must_use]
    pub fn may_list(&self, place: &str) -> bool {
        self.may_read(place) || self.list.iter().any(|named| covers(named, place))
    }

    /// Returns whether files of this place may be opened.
    #[must_use]
    pub fn may_read(&self, place: &str) -> bool {
        self.read.iter().any(|named| covers(named, place))
    }

    fn empty() -> Self {
        Self {
            schema: "candor-sandbox-plan/1".to_owned(),
            products: Vec::new(),
            list: BTreeSet::new(),
            read: BTreeSet::new(),
            write: BTreeSet::new(),
            net: "none".to_owned(),
            exec: Vec::new(),
        }
    }
}

impl Declaration {
    /// Returns what a worker of this tool is confined to.
    #[must_use]
    pub fn sandbox_plan(&self) -> SandboxPlan {
        let sandbox = self.sandbox();
        SandboxPlan {
            products: vec![(self.product().id.clone(), self.sha256().to_owned())],
            list: sandbox.list.iter().cloned().collect(),
            read: sandbox.read.iter().cloned().collect(),
            write: sandbox.write.iter().cloned().collect(),
            ..SandboxPlan::empty()
        }
    }
}
