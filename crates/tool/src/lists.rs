//! Long lists of a tool's JSON output, handed on in pieces while they are made.
//!
//! A report of a large disk holds megabytes of groups or visits. Made whole, they would stand in
//! memory several times on their way to the person; in pieces, one process writes the next while
//! the other takes in the last.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::pass::in_order;

/// A piece is handed on when it is longer than this: what a pipe holds.
const PIECE: usize = 60 * 1024;

/// A long list of a tool's JSON output: a field of its object, beside [`Outcome::data`].
///
/// [`Outcome::data`]: crate::Outcome::data
#[derive(Clone, Debug)]
pub struct List {
    /// The name of the field: `groups`.
    pub name: String,
    /// The rows, in order: JSON arrays that follow each other.
    pub pieces: Vec<Box<RawValue>>,
}

impl List {
    /// Returns the rows as they stand between the brackets of each piece that holds any.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| {
            let rows = piece.get().strip_prefix('[')?.strip_suffix(']')?;
            Some(rows).filter(|rows| !rows.trim_ascii().is_empty())
        })
    }
}

/// Takes a piece: the name of its list, and a JSON array of some rows.
pub type Take<'t> = dyn FnMut(&str, &str) + Send + 't;

/// Where a tool's long lists go, piece by piece.
pub struct Lists<'t> {
    /// The piece that is being made, and then used again.
    room: Vec<u8>,
    take: Option<&'t mut Take<'t>>,
}

impl<'t> Lists<'t> {
    /// Gives each piece to `take`.
    pub fn to(take: &'t mut Take<'t>) -> Self {
        Self {
            room: Vec::with_capacity(PIECE + 4096),
            take: Some(take),
        }
    }

    /// Makes nothing: for a report that shows no list in full.
    #[must_use]
    pub fn unwanted() -> Self {
        Self {
            room: Vec::new(),
            take: None,
        }
    }

    /// Returns whether anybody takes what would be made.
    #[must_use]
    pub fn are_wanted(&self) -> bool {
        self.take.is_some()
    }

    /// Hands on a whole list; an empty one too, so that its field is there.
    ///
    /// # Panics
    /// When a row is of a type that JSON cannot hold; see [`Outcome::new`](crate::Outcome::new).
    pub fn rows<T: Serialize>(&mut self, name: &str, rows: impl IntoIterator<Item = T>) {
        if !self.are_wanted() {
            return;
        }
        self.piece(name, b"[]");
        for row in rows {
            self.room
                .push(if self.room.is_empty() { b'[' } else { b',' });
            serde_json::to_writer(&mut self.room, &row).expect("a tool's own types fit JSON");
            if self.room.len() > PIECE {
                self.hand_on(name);
            }
        }
        if !self.room.is_empty() {
            self.hand_on(name);
        }
    }

    /// Hands on a whole list whose rows several threads write: `write` returns those of one batch.
    ///
    /// `threads` are used; `None` for one per processor.
    ///
    /// # Panics
    /// As [`Lists::rows`].
    pub fn batches<T: Serialize>(
        &mut self,
        name: &str,
        batches: usize,
        threads: Option<usize>,
        write: &(dyn Fn(usize) -> Vec<T> + Sync),
    ) {
        if !self.are_wanted() {
            return;
        }
        let written = |batch: usize| {
            let mut room = Vec::with_capacity(PIECE);
            serde_json::to_writer(&mut room, &write(batch)).expect("a tool's own types fit JSON");
            room
        };
        self.piece(name, b"[]");
        in_order(batches, threads, &written, &mut |rows: Vec<u8>| {
            self.piece(name, &rows);
        });
    }

    fn piece(&mut self, name: &str, rows: &[u8]) {
        if let Some(take) = &mut self.take {
            take(name, std::str::from_utf8(rows).expect("JSON is UTF-8"));
        }
    }

    fn hand_on(&mut self, name: &str) {
        let mut room = std::mem::take(&mut self.room);
        room.push(b']');
        self.piece(name, &room);
        room.clear();
        self.room = room;
    }
}

/// Puts one more piece behind those of its list.
///
/// A list whose name another one has goes on where that one was, so that no field is twice.
pub fn put_together(lists: &mut Vec<List>, name: &str, piece: Box<RawValue>) {
    match lists.iter_mut().find(|list| list.name == name) {
        Some(list) => list.pieces.push(piece),
        None => lists.push(List {
            name: name.to_owned(),
            pieces: vec![piece],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_put_together_are_the_list_and_none_is_long() {
        let rows: Vec<String> = (0..5_000).map(|n| format!("row \"{n}\"")).collect();
        let mut pieces = Vec::new();
        let mut take = |name: &str, piece: &str| {
            assert!(name == "rows" && piece.len() < PIECE + 1_000);
            pieces.extend(serde_json::from_str::<Vec<String>>(piece).unwrap());
        };
        Lists::to(&mut take).rows("rows", &rows);
        assert_eq!(pieces, rows);
    }

    #[test]
    fn batches_written_by_several_threads_keep_their_order() {
        let mut numbers: Vec<usize> = Vec::new();
        let mut take = |_: &str, piece: &str| {
            numbers.extend(serde_json::from_str::<Vec<usize>>(piece).unwrap());
        };
        let write = |batch: usize| (batch * 10..batch * 10 + 10).collect::<Vec<_>>();
        Lists::to(&mut take).batches("rows", 50, Some(3), &write);
        assert!(numbers.into_iter().eq(0..500));
    }

    #[test]
    fn an_empty_list_is_said_and_an_unwanted_one_is_not_made() {
        let mut said = Vec::new();
        let mut take = |name: &str, piece: &str| said.push(format!("{name}{piece}"));
        Lists::to(&mut take).rows("rows", [0; 0]);
        assert_eq!(said, ["rows[]"]);
        let never = std::iter::from_fn(|| -> Option<u8> { panic!("made for nobody") });
        Lists::unwanted().rows("rows", never);
    }
}
