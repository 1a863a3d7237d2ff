//! A full-screen list in the terminal, in which a person chooses what goes.
//!
//! Whoever asks hands over groups of items, each with a path, what it frees and why it may go, and
//! gets back which of them were chosen and what is to be done next. Nothing is done here: no file is
//! looked at and none is changed.
//!
//! `state` takes keys and knows no terminal, `draw` makes lines of it and prints none, and `terminal` alone
//! talks to the terminal and gives it back as it was, however the program ends.
#![forbid(unsafe_code)]

mod draw;
mod folders;
mod key;
mod picks;
#[cfg(test)]
mod sample;
mod state;
mod terminal;

use std::path::PathBuf;

use tool::{Bytes, Identity, Moment, Stamp};

pub use terminal::{Error, is_there};

/// Items that belong together, such as the copies of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called: `film.mkv`.
    pub title: String,
    /// More about it: `3 files of 429.2 MiB`.
    pub detail: String,
    /// What may be chosen of it.
    pub rule: Rule,
    /// What it holds, what stays first.
    pub items: Vec<Item>,
}

/// What may be chosen of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anything, all of it too.
    Any,
    /// At least so many files stay, each with all names it has in the group.
    Stay(usize),
}

/// A path that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub path: PathBuf,
    /// Which file of its group it is a name of: items of one number are names of one file.
    pub file: usize,
    /// What is freed when the last name of its file goes.
    pub frees: Bytes,
    /// What was seen there.
    pub is: Identity,
    /// Why it may go, or why it is proposed to stay.
    pub reason: String,
    /// Whether it is chosen at the beginning, if its group's rule allows it.
    pub selected: bool,
    /// Why it cannot be chosen, if it cannot.
    pub locked: Option<String>,
}

impl Item {
    /// Returns when its content last changed.
    pub(crate) fn modified(&self) -> Moment {
        moment(self.is.mtime)
    }

    /// Returns when its content, name or properties last changed.
    pub(crate) fn changed(&self) -> Moment {
        moment(self.is.ctime)
    }
}

fn moment(stamp: Stamp) -> Moment {
    Moment(stamp.0.div_euclid(1000))
}

/// What stands around the list.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the list is of: `Duplicates`.
    pub title: String,
    /// What one item is called, and several: `copy`, `copies`.
    pub things: [&'static str; 2],
    /// What is to be done with what is chosen, for a sentence: `move to the trash`.
    pub act: String,
    /// When the bytes are gained, if not at once: `when the trash is emptied`.
    pub later: Option<&'static str>,
    /// Where a plan would be written.
    pub plan: PathBuf,
    /// What the list does not show, in words, if anything.
    pub missing: Option<String>,
    /// The folder that is written as `~`.
    pub home: Option<PathBuf>,
    /// The zone that times are in.
    pub zone: report::Zone,
    /// Whether colours are wanted. Nothing is told by colour alone.
    pub colour: bool,
}

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// For each group, and each of its items, whether it is to go.
    pub selected: Vec<Vec<bool>>,
    /// What is to be done with it.
    pub then: Then,
}

/// What is to be done with what was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// To write a plan.
    Write,
    /// To carry it out, once it was shown and agreed to.
    CarryOut,
}

/// Shows the list until the person is done; `None` if they left it without wanting anything.
///
/// When it comes back the terminal is as it was. A signal that ends the program ends it from here, with
/// the terminal given back before.
///
/// # Errors
/// When stdin or stdout is no terminal, or it cannot be talked to.
pub fn choose(groups: Vec<Group>, asked: &Asked) -> Result<Option<Chosen>, Error> {
    let mut screen = terminal::Screen::open(asked.colour)?;
    let mut state = state::State::new(groups, asked);
    loop {
        let (width, height) = screen.size();
        state.resize(width, height);
        screen.show(&draw::screen(&state))?;
        let step = match screen.next()? {
            terminal::Event::Key(key) => state.press(key),
            terminal::Event::Changed => state::Step::Stay,
            terminal::Event::Gone => state::Step::Leave,
        };
        match step {
            state::Step::Stay => {}
            state::Step::Leave => return Ok(None),
            state::Step::Finish(then) => {
                let selected = state.selected();
                return Ok(Some(Chosen { selected, then }));
            }
        }
    }
}
