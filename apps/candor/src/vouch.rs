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
use tool::PathText;

/// What the broker knows and an actor needs to judge steps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grounds {
    /// Whose places and rules it is about.
    pub(crate) bases: Vec<Base>,
    /// The rules that must not be followed now, each with the reason.
    pub(crate) held: BTreeMap<String, String>,
    /// What a person keeps, line by line.
    pub(crate) keep: Vec<String>,
    /// Candor's own folders, as they are named and as they really are.
    pub(crate) own: Vec<PathText>,
    /// The names of this user's programs that run, in small letters, each with its process.
    #[cfg(feature = "uninstall")]
    pub(crate) running: BTreeMap<String, (String, u32)>,
    /// Why it is not known which programs run, if it is not.
    #[cfg(feature = "uninstall")]
    pub(crate) hidden: Option<String>,
}

impl Grounds {
    /// Returns the folders that Candor keeps its own things in, for these people.
    pub(crate) fn own_folders(bases: &[Base]) -> Vec<PathText> {
        let folders = bases
            .iter()
            .flat_map(|it| [&it.config, &it.state, &it.cache]);
        let named = folders.map(|it| it.join("candor"));
        let real = |path: std::path::PathBuf| {
            // Made later, it will lie where its folder really is.
            let up = path.parent().and_then(|it| it.canonicalize().ok());
            let real = path.canonicalize().ok();
            let ways = [up.map(|it| it.join("candor")), real, Some(path)];
            ways.into_iter().flatten().map(PathText)
        };
        named.flat_map(real).collect()
    }

    /// Says which program a step belongs to that runs, if one does or may.
    #[cfg(feature = "uninstall")]
    fn runs(&self, path: &Path) -> Option<String> {
        if let Some(why) = &self.hidden {
            return Some(format!("whether the application runs is not known: {why}"));
        }
        let found = names_of(path).into_iter();
        let found = found.filter_map(|it| self.running.get(&it)).next();
        found
            .map(|(name, process)| format!("{name} is running (process {process}); close it first"))
    }
}

/// Returns the names, in small letters, that the program may have which a path belongs to: the path's last
/// name, that without its ending, and the last part of what looks like the id of a bundle.
#[cfg(feature = "uninstall")]
fn names_of(path: &Path) -> Vec<String> {
    let name = |it: Option<&std::ffi::OsStr>| it.map(|it| it.to_string_lossy().to_lowercase());
    let whole = [name(path.file_name()), name(path.file_stem())];
    let mut names: Vec<String> = Vec::new();
    for whole in whole.into_iter().flatten() {
        let whole = whole.trim_start_matches('.');
        names.push(whole.to_owned());
        if whole.split('.').count() > 2 {
            names.extend(whole.rsplit('.').next().map(str::to_owned));
        }
    }
    names
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
        let mut own = self.grounds.own.iter().map(|it| it.0.as_path());
        if own.any(|it| path.starts_with(it) || it.starts_with(path)) {
            return Some("Candor keeps its own things there".to_owned());
        }
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
            return match fits {
                true => self.grounds.runs(&step.path.0),
                false => Some("it does not lie in a place of one application".to_owned()),
            };
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
