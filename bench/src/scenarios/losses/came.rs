//! What came of a case with one program, and how it stands in a table.

use super::quoted;

/// What a table says of one program in one case.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    NotInstalled,
    /// Looking and acting are one step: nothing can change in between that could be shown here.
    OneStep,
    /// It could not be run.
    Failed(String),
    Came(Came),
}

/// What came of an act.
#[derive(Clone, Debug, Default)]
pub(super) struct Came {
    /// Contents that no file has any more; of a folder that is to be kept, names that are gone.
    pub(super) lost: usize,
    /// Changed names that the act spoke of, and of how many.
    pub(super) named: usize,
    pub(super) changed: usize,
    pub(super) code: i32,
    /// The line that tells most.
    pub(super) said: String,
    pub(super) remarks: Vec<String>,
}

impl Cell {
    /// Returns the cell of the overview: what was lost.
    pub(super) fn lost(&self) -> String {
        match self {
            Self::NotInstalled => "not installed".to_owned(),
            Self::OneStep => "–".to_owned(),
            Self::Failed(_) => "failed".to_owned(),
            Self::Came(came) if came.lost == 0 => "0".to_owned(),
            Self::Came(came) => format!("**{}**", came.lost),
        }
    }

    /// Returns the line of a case's own table: lost, named, exit code, words.
    pub(super) fn line(&self) -> [String; 4] {
        let alone = |words: String| [self.lost(), "–".to_owned(), "–".to_owned(), words];
        match self {
            Self::NotInstalled => alone(String::new()),
            Self::OneStep => alone("no separate step: it looks and acts in one run".to_owned()),
            Self::Failed(why) => alone(why.clone()),
            Self::Came(came) => {
                let named = match came.changed {
                    0 => "–".to_owned(),
                    of => format!("{} of {of}", came.named),
                };
                let mut words = came.remarks.clone();
                words.extend(Some(quoted(&came.said)).filter(|it| !it.is_empty()));
                [self.lost(), named, came.code.to_string(), words.join("; ")]
            }
        }
    }

    /// Returns whether nothing was lost and every changed name was spoken of; `None` when it did not run.
    pub(super) fn is_sound(&self) -> Option<bool> {
        match self {
            Self::Came(came) => Some(came.lost == 0 && came.named == came.changed),
            Self::Failed(_) => Some(false),
            Self::NotInstalled | Self::OneStep => None,
        }
    }
}
