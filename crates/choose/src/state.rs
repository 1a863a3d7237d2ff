//! The list and where a person stands in it: keys go in, and no terminal is known here.

mod rows;
#[cfg(test)]
mod tests;

use tool::Bytes;

use crate::{
    Asked, Group, Rule, Then,
    folders::Folders,
    key::Key,
    picks::{At, Came, Picks, Refused},
};

pub(crate) use rows::{Row, What};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) groups: Vec<Group>,
    pub(crate) asked: Asked,
    pub(crate) picks: Picks,
    /// Made when they are first asked for.
    pub(crate) folders: Option<Folders>,
    pub(crate) view: View,
    pub(crate) sort: Sort,
    pub(crate) filter: String,
    /// Items that the filter leaves; `None` without one.
    hits: Option<Vec<Vec<bool>>>,
    folded_groups: Vec<bool>,
    open_folders: Vec<bool>,
    /// What can be seen, were the window high enough.
    pub(crate) rows: Vec<Row>,
    pub(crate) cursor: usize,
    /// The first row that is seen.
    pub(crate) top: usize,
    pub(crate) mode: Mode,
    /// What the last key brought, in words.
    pub(crate) said: String,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Groups,
    Folders,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Bytes,
    Path,
    Age,
}

/// What keys are for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    List,
    /// Letters go to the filter; the one before comes back with Escape.
    Filter {
        before: String,
    },
    /// A text over the list, seen from this line on.
    Help {
        top: usize,
    },
    Details {
        top: usize,
    },
    Leaving,
    Finishing,
}

/// What is to be done after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Stay,
    Leave,
    Finish(Then),
}

impl Sort {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Bytes => "most bytes first",
            Self::Path => "by path",
            Self::Age => "oldest first",
        }
    }
}

impl State {
    pub(crate) fn new(groups: Vec<Group>, asked: &Asked) -> Self {
        let mut state = Self {
            picks: Picks::of(&groups),
            folders: None,
            view: View::Groups,
            sort: Sort::Bytes,
            filter: String::new(),
            hits: None,
            folded_groups: vec![false; groups.len()],
            open_folders: Vec::new(),
            rows: Vec::new(),
            cursor: 0,
            top: 0,
            mode: Mode::List,
            said: String::new(),
            width: 80,
            height: 24,
            groups,
            asked: asked.clone(),
        };
        state.list();
        state
    }

    pub(crate) fn selected(&self) -> Vec<Vec<bool>> {
        self.picks.selected()
    }

    /// Takes in how large the window is.
    pub(crate) fn resize(&mut self, width: usize, height: usize) {
        (self.width, self.height) = (width, height);
        self.scroll();
    }

    /// Takes a key.
    pub(crate) fn press(&mut self, key: Key) -> Step {
        if key == Key::Stop {
            return Step::Leave;
        }
        self.said.clear();
        let step = match self.mode.clone() {
            Mode::List => self.in_list(key),
            Mode::Filter { before } => self.in_filter(key, before),
            Mode::Help { top } => self.in_text(key, top, |top| Mode::Help { top }),
            Mode::Details { top } => self.in_text(key, top, |top| Mode::Details { top }),
            Mode::Leaving => match key {
                Key::Char('y' | 'Y') => Step::Leave,
                _ => self.back(),
            },
            Mode::Finishing => match key {
                Key::Char('w') => Step::Finish(Then::Write),
                Key::Char('c') => Step::Finish(Then::CarryOut),
                Key::Escape | Key::Char('q') | Key::Left => self.back(),
                _ => Step::Stay,
            },
        };
        self.scroll();
        step
    }

    fn back(&mut self) -> Step {
        self.mode = Mode::List;
        Step::Stay
    }

    fn in_list(&mut self, key: Key) -> Step {
        let page = self.list_height().max(2) - 1;
        match key {
            Key::Up | Key::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') => self.cursor += 1,
            Key::PageUp => self.cursor = self.cursor.saturating_sub(page),
            Key::PageDown => self.cursor += page,
            Key::Home | Key::Char('g') => self.cursor = 0,
            Key::End | Key::Char('G') => self.cursor = self.rows.len(),
            Key::Char(' ') => self.toggle(),
            Key::Char('a') => self.all(true),
            Key::Char('n') => self.all(false),
            Key::Char('u') => {
                let undone = self.picks.undo();
                self.changed(if undone {
                    "taken back"
                } else {
                    "nothing to take back"
                });
            }
            Key::Char('r') => {
                let redone = self.picks.redo();
                self.changed(if redone {
                    "done again"
                } else {
                    "nothing was taken back"
                });
            }
            Key::Char('/') => {
                let before = self.filter.clone();
                self.mode = Mode::Filter { before };
            }
            Key::Escape if !self.filter.is_empty() => self.set_filter(String::new()),
            Key::Char('f') => self.fold(None),
            Key::Char('F') => self.fold_all(),
            Key::Left | Key::Char('h') => self.fold(Some(true)),
            Key::Right | Key::Char('l') => self.fold(Some(false)),
            Key::Tab => self.turn(),
            Key::Char('s') => self.sort_next(),
            Key::Char('?') => self.mode = Mode::Help { top: 0 },
            Key::Char('i') if !self.rows.is_empty() => self.mode = Mode::Details { top: 0 },
            Key::Enter if self.picks.sums().items == 0 => {
                self.said = "nothing is chosen yet: Space chooses, q leaves".to_owned();
            }
            Key::Enter => self.mode = Mode::Finishing,
            Key::Char('q') if self.picks.is_changed() => self.mode = Mode::Leaving,
            Key::Char('q') => return Step::Leave,
            _ => {}
        }
        Step::Stay
    }

    fn in_filter(&mut self, key: Key, before: String) -> Step {
        match key {
            Key::Enter => self.mode = Mode::List,
            Key::Escape => {
                self.mode = Mode::List;
                self.set_filter(before);
            }
            Key::Backspace => {
                let mut filter = self.filter.clone();
                filter.pop();
                self.set_filter(filter);
            }
            Key::Char(c) => self.set_filter(format!("{}{c}", self.filter)),
            Key::Up => self.cursor = self.cursor.saturating_sub(1),
            Key::Down => self.cursor += 1,
            _ => {}
        }
        Step::Stay
    }

    fn in_text(&mut self, key: Key, top: usize, mode: fn(usize) -> Mode) -> Step {
        let page = self.list_height().max(2) - 1;
        // How far down it goes is known when it is drawn; it ends here at what the longest text has.
        let last = crate::draw::text_of(self)
            .len()
            .saturating_sub(self.list_height());
        let top = match key {
            Key::Up | Key::Char('k') => top.saturating_sub(1),
            Key::Down | Key::Char('j') => top + 1,
            Key::PageUp => top.saturating_sub(page),
            Key::PageDown | Key::Char(' ') => top + page,
            Key::Home => 0,
            Key::End => last,
            _ => return self.back(),
        };
        self.mode = mode(top.min(last));
        Step::Stay
    }

    /// Returns what the cursor stands on.
    pub(crate) fn here(&self) -> Option<What> {
        self.rows.get(self.cursor).map(|row| row.what)
    }

    fn toggle(&mut self) {
        match self.here() {
            Some(What::Item(at)) => {
                let toggled = self.picks.toggle(at);
                let words = toggled.err().map(|why| self.why_not(at, why));
                self.changed(&words.unwrap_or_default());
                // On to the next, as in other lists, unless a person has to see what was said.
                if toggled.is_ok() {
                    self.cursor += 1;
                }
            }
            Some(What::Group(group)) => {
                let is_left =
                    |at: &At| !self.picks.is_selected(*at) && self.picks.refuses(*at).is_none();
                let more = self.seen_of(group).iter().any(is_left);
                self.all(more);
            }
            Some(What::Folder(folder)) => self.prefer(folder),
            None => {}
        }
    }

    /// Chooses everything of the group under the cursor that may go, or nothing of it.
    fn all(&mut self, on: bool) {
        let items = match self.here() {
            Some(What::Group(group)) => self.seen_of(group),
            Some(What::Item(at)) if self.view == View::Groups => self.seen_of(at.group),
            Some(What::Item(at)) => self.below(self.folders().of_item(at)),
            Some(What::Folder(folder)) => self.below(folder),
            None => return,
        };
        let came = match on {
            true => self.picks.select(&items),
            false => self.picks.clear(&items),
        };
        let words = self.words_of(came);
        self.changed(&words);
    }

    /// Lets what lies below a folder go rather than copies elsewhere.
    fn prefer(&mut self, folder: usize) {
        let items = self.below(folder);
        let came = self.picks.prefer(&items);
        let words = self.words_of(came);
        self.changed(&words);
    }

    fn below(&self, folder: usize) -> Vec<At> {
        let mut items = self.folders().items_below(folder);
        items.retain(|at| self.is_hit(*at));
        items
    }

    fn changed(&mut self, words: &str) {
        self.said = words.to_owned();
        if let Some(folders) = &mut self.folders {
            folders.sum(&self.picks);
        }
    }

    /// Returns the folders, which a view that shows them has made.
    pub(crate) fn folders(&self) -> &Folders {
        self.folders
            .as_ref()
            .expect("made before the view was turned")
    }

    fn why_not(&self, at: At, why: Refused) -> String {
        let group = &self.groups[at.group];
        let locked = group.items[at.item].locked.as_deref().unwrap_or_default();
        match (why, group.rule) {
            (Refused::Locked, _) => format!("it stays: {locked}"),
            (Refused::Last, Rule::Stay(files)) if files > 1 => {
                format!("it stays: {files} files of each group have to")
            }
            (Refused::Last, _) => {
                let [one, _] = self.asked.things;
                format!("it stays: it is the last {one} that is left of this group")
            }
        }
    }

    fn words_of(&self, came: Came) -> String {
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{} {many}", report::count(count as u64))),
        };
        let parts = [
            count(came.on, "more chosen", "more chosen"),
            count(came.off, "let go", "let go"),
            count(
                came.last,
                "stays, as the last of its group",
                "stay, as the last of their groups",
            ),
            count(came.locked, "has to stay", "have to stay"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "nothing changed".to_owned(),
            false => parts.join(", "),
        }
    }

    /// Returns bytes for a person, however many they are.
    pub(crate) fn bytes(bytes: u128) -> String {
        Bytes(u64::try_from(bytes).unwrap_or(u64::MAX)).to_string()
    }
}
