//! Junk: what programs left behind and can do without, by the rows of `knowledge`.

use std::cmp::Reverse;

use knowledge::junk::{self, RuleIndex};
use serde::Serialize;
use tool::{Bytes, Days, PathText};

use crate::{
    Scope,
    keep::Keep,
    propose,
    search::{Found, Match},
};

/// How many places of one kind are named; the rest is counted.
pub(crate) const NAMED_PLACES: usize = 100;

/// What `candor clean --json` says, as `schemas/candor.clean.1.schema.json` has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Junk {
    /// Each kind that was found, the one that frees most first.
    pub kinds: Vec<JunkKind>,
    /// What would be free at the least if all of it went.
    pub frees: Bytes,
    /// The part of it that a plan takes unless told otherwise.
    pub ticked: Bytes,
    /// How many kinds were looked for.
    pub kinds_looked_for: u64,
}

/// One kind of junk that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JunkKind {
    /// The row: `linux.thumbnails`.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// What sort of thing it is: `cache`, `log`.
    pub kind: junk::Kind,
    /// Why it is junk.
    pub why: String,
    /// What is lost if it is removed.
    pub lost: String,
    /// What to do before it is removed; empty if nothing.
    pub before: String,
    /// Whether a plan takes it unless told otherwise.
    pub preselected: bool,
    /// Why none of it goes into a plan now: its program is running, or may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// What the disk sets aside for it.
    pub allocated: Bytes,
    /// What would be free at the least if it went.
    pub frees: Bytes,
    /// Files and links in it.
    pub files: u64,
    /// Days since anything in it changed.
    pub untouched: Days,
    /// Where it is, largest first.
    pub places: Vec<JunkPlace>,
    /// How many places were found beyond those.
    pub more_places: u64,
    /// Where the facts about it come from.
    pub source: String,
}

/// One file or folder that is junk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JunkPlace {
    /// The file or folder.
    pub path: PathText,
    /// What would be free at the least if it went.
    pub frees: Bytes,
    /// Days since anything in it changed.
    pub untouched: Days,
    /// Why it goes into no plan, whatever its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl Junk {
    /// Tells what was found, kind by kind, the one that frees most first.
    pub(crate) fn of(scope: &Scope<'_>, found: &Found<'_>, keep: &Keep) -> Self {
        let kinds = found.matches.iter();
        let mut kinds: Vec<JunkKind> = kinds
            .map(|(rule, matches)| kind(scope, found, *rule, matches, keep))
            .collect();
        kinds.sort_by(|a, b| (b.frees, &a.id).cmp(&(a.frees, &b.id)));
        let ticked = kinds
            .iter()
            .filter(|it| it.preselected && it.held.is_none());
        Self {
            frees: kinds.iter().map(|kind| kind.frees).sum(),
            ticked: ticked.map(|kind| kind.frees).sum(),
            kinds_looked_for: found.rows.len() as u64,
            kinds,
        }
    }
}

fn kind(
    scope: &Scope<'_>,
    found: &Found<'_>,
    rule: RuleIndex,
    matches: &[Match],
    keep: &Keep,
) -> JunkKind {
    let row = rule.of(found.rows);
    let now = scope.machine.now;
    let mut sorted: Vec<&Match> = matches.iter().collect();
    sorted.sort_by_cached_key(|it| (Reverse(it.frees), it.path(scope.forest)));
    let place = |it: &&Match| JunkPlace {
        path: it.path(scope.forest).into(),
        frees: Bytes(it.frees),
        untouched: it.age(now),
        kept: propose::kept(scope, found.children, keep, it.place),
    };
    JunkKind {
        id: row.id.clone(),
        name: row.name.clone(),
        kind: row.kind,
        why: row.why.clone(),
        lost: row.lost.clone(),
        before: row.guard.words.clone(),
        preselected: row.default && row.kind != junk::Kind::Report,
        held: scope.held.get(&row.id).cloned(),
        allocated: matches.iter().map(|it| Bytes(it.allocated)).sum(),
        frees: matches.iter().map(|it| Bytes(it.frees)).sum(),
        files: matches.iter().map(|it| it.files).sum(),
        untouched: matches
            .iter()
            .map(|it| it.age(now))
            .min()
            .unwrap_or_default(),
        places: sorted.iter().take(NAMED_PLACES).map(place).collect(),
        more_places: matches.len().saturating_sub(NAMED_PLACES) as u64,
        source: row.source.clone(),
    }
}
