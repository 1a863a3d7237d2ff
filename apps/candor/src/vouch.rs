//! What vouches for a step: the copy that stays, or else its rule, asked again at the moment of the act.
//!
//! A plan is a file that anybody can edit. So a step without a copy that stays is done only if the rule that
//! it names, compiled into this program, says of its path what the plan says. And a copy vouches for nothing
//! when a rule may call it junk: the next cleaning could take the last one.

use std::{collections::BTreeMap, path::Path};

use acts::{Plan, Step};
#[cfg(feature = "uninstall")]
use knowledge::applications::{Places, RULE};
use knowledge::{Base, protected::Protection};
use serde::{Deserialize, Serialize};

/// What the broker knows and an actor needs to judge steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grounds {
    /// Whose places and rules it is about.
    pub(crate) bases: Vec<Base>,
    /// The rules that must not be followed now, each with the reason.
    pub(crate) held: BTreeMap<String, String>,
    /// What a person keeps, line by line.
    pub(crate) keep: Vec<String>,
}

/// Grounds, ready to be asked.
pub(crate) struct Judge<'g> {
    grounds: &'g Grounds,
    protection: Protection,
    /// What steps name as belonging to an application: some rows give way to it.
    #[cfg(feature = "uninstall")]
    of_applications: std::collections::HashSet<&'g Path>,
    #[cfg(feature = "uninstall")]
    places: Vec<Places>,
    #[cfg(feature = "clean")]
    rules: Option<clean::Rules>,
    #[cfg(feature = "clean")]
    keep: Option<clean::Keep>,
}

impl<'g> Judge<'g> {
    pub(crate) fn of(grounds: &'g Grounds, plan: &'g Plan) -> Self {
        #[cfg(not(feature = "uninstall"))]
        let _no_row_gives_way = plan;
        Self {
            grounds,
            protection: Protection::of(&grounds.bases),
            #[cfg(feature = "uninstall")]
            of_applications: plan
                .steps
                .iter()
                .filter(|step| is_of_application(step))
                .map(|step| step.path.0.as_path())
                .collect(),
            #[cfg(feature = "uninstall")]
            places: grounds.bases.iter().map(Places::of).collect(),
            #[cfg(feature = "clean")]
            rules: grounds
                .bases
                .first()
                .and_then(|base| clean::Rules::of(base.platform, &grounds.bases).ok()),
            #[cfg(feature = "clean")]
            keep: {
                let homes: Vec<_> = grounds.bases.iter().map(|it| it.home.clone()).collect();
                clean::Keep::of(grounds.keep.iter().map(String::as_str), &homes).ok()
            },
        }
    }

    /// Says why a path must not be touched, if it must not.
    pub(crate) fn protects(&self, path: &Path) -> Option<String> {
        #[cfg(feature = "clean")]
        match &self.keep {
            None => return Some("what you keep cannot be read".to_owned()),
            Some(keep) if keep.holds(path) => return Some("you keep it".to_owned()),
            Some(_) => {}
        }
        let row = self.protection.of_path(path)?;
        #[cfg(feature = "uninstall")]
        let row = match path.ancestors().any(|it| self.of_applications.contains(it)) {
            true => self.protection.from_uninstall(path, &self.places)?,
            false => row,
        };
        Some(format!("{}: {}", row.words, row.why))
    }

    /// Says why nothing vouches for a step, if nothing does.
    pub(crate) fn refuses(&self, step: &Step) -> Option<String> {
        if let Some(survivor) = &step.survivor {
            let within = step.inside.iter().zip(&step.mirror);
            let within = within.map(|(goes, stays)| (&goes.path.0, &stays.path.0));
            let pairs = std::iter::once((&step.path.0, &survivor.path.0)).chain(within);
            return pairs
                .into_iter()
                .find_map(|(goes, stays)| self.may_go_itself(goes, stays));
        }
        let Some(rule) = &step.rule else {
            return Some(
                "no copy that stays is named, so that it could be the last one".to_owned(),
            );
        };
        if let Some(why) = self.grounds.held.get(rule) {
            return Some(why.clone());
        }
        #[cfg(feature = "uninstall")]
        if is_of_application(step) {
            let fits = self.places.iter().any(|it| it.fits(&step.path.0));
            return (!fits).then(|| "it does not lie in a place of one application".to_owned());
        }
        #[cfg(feature = "clean")]
        return match &self.rules {
            Some(rules) => rules.refuses(rule, &step.path.0, step.is.kind, &step.inside),
            None => Some(TOO_MANY.to_owned()),
        };
        #[cfg(not(feature = "clean"))]
        Some(format!("this build of Candor has no rule `{rule}`"))
    }
}

#[cfg(feature = "clean")]
impl Judge<'_> {
    /// Says why a copy that is to stay may go itself, while the one that goes would not.
    fn may_go_itself(&self, goes: &Path, stays: &Path) -> Option<String> {
        let Some(rules) = &self.rules else {
            return Some(TOO_MANY.to_owned());
        };
        let rule = rules.may_take(stays)?;
        rules.may_take(goes).is_none().then(|| {
            format!("the copy that was to stay is junk by the rule `{rule}` and may go itself")
        })
    }
}

#[cfg(not(feature = "clean"))]
impl Judge<'_> {
    /// A build that cleans nothing has no rule by which the copy that stays could go.
    #[expect(clippy::unused_self, reason = "as the same of a build that cleans")]
    fn may_go_itself(&self, _goes: &Path, _stays: &Path) -> Option<String> {
        None
    }
}

#[cfg(feature = "clean")]
const TOO_MANY: &str = "the rules cannot be held in memory for so many homes";

/// Returns whether a step says that an application is all that vouches for it.
#[cfg(feature = "uninstall")]
fn is_of_application(step: &Step) -> bool {
    step.survivor.is_none() && step.rule.as_deref() == Some(RULE)
}
