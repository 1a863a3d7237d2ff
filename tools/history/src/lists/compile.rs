//! From entries to the bytes of a list file: the same entries always give the same bytes.
//!
//! [`Compiler::add`] decides whether an entry may be one and writes its key into one long run of bytes;
//! [`Compiler::finish`] sorts the keys, gives everything that is said of one key one number, and writes.
//! Memory is bounded: 8 million entries of 512 MiB together, and 32 bytes beside each.

mod accept;
mod entry;
mod filter;
mod guard;
mod sets;
mod sorted;

pub use entry::{Dropped, LeftOut, Subject};

use std::collections::{BTreeMap, HashMap, HashSet};

use self::{
    filter::{content_hash, filter_of},
    guard::flags_no_top_site,
    sets::Sets,
    sorted::Keyed,
};
use super::{
    ListFacts, Manifest, SIGHTING, Suffixes,
    file::{Error as FileError, put_together},
    keys,
};

/// What came out.
#[derive(Debug)]
pub struct Compiled {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was left out, by list and reason.
    pub left_out: Vec<LeftOut>,
}

/// Why no file came out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A site that everybody visits would be flagged. Such a file is never used.
    #[error(
        "the lists would flag `{site}`, which everybody visits, by the entry `{entry}` of {list}"
    )]
    FlagsTopSite {
        /// The site.
        site: String,
        /// The entry that matches it.
        entry: String,
        /// The list it is on.
        list: String,
    },
    /// What was written cannot be read.
    #[error("the compiled file cannot be read back")]
    Unreadable(#[source] FileError),
}

/// How many left-out entries of one list and reason are named.
const EXAMPLES: usize = 5;
/// How many lists and families may say something of one entry.
const MOST_SIGHTINGS: usize = 255;
/// Bounds of what is taken in.
const MOST_ENTRIES: usize = 8 << 20;
const MOST_BYTES: usize = 512 << 20;
const MOST_ROWS: usize = 1 << 22;
/// Bounds of the words that lists say of entries.
const LONGEST_WORD: usize = 120;
const MOST_WORD_BYTES: usize = 64 << 20;

/// Takes entries in, and makes a file of them.
pub struct Compiler<'s> {
    suffixes: &'s Suffixes,
    lists: Vec<ListFacts>,
    words: HashMap<String, u32>,
    /// How long all words are together.
    word_bytes: usize,
    /// What is said: list, and words for category, family and day; each once.
    rows: HashMap<[u32; 4], u32>,
    /// Keys one after the other.
    bytes: Vec<u8>,
    hosts: Vec<Keyed>,
    pages: Vec<Keyed>,
    /// What lists except from themselves.
    excepted: HashSet<(usize, Vec<u8>)>,
    left_out: BTreeMap<(usize, Dropped), (u32, Vec<String>)>,
    signed_by: String,
}

impl<'s> Compiler<'s> {
    /// Returns a compiler of these lists; their `entries` are counted anew.
    #[must_use]
    pub fn new(lists: &[ListFacts], suffixes: &'s Suffixes) -> Self {
        let mut lists = lists.to_vec();
        lists.iter_mut().for_each(|list| list.entries = 0);
        Self {
            suffixes,
            lists,
            words: HashMap::new(),
            word_bytes: 0,
            rows: HashMap::new(),
            bytes: Vec::new(),
            hosts: Vec::new(),
            pages: Vec::new(),
            excepted: HashSet::new(),
            left_out: BTreeMap::new(),
            signed_by: String::new(),
        }
    }

    /// Notes whose update this is, as [`super::List::signed_by`] tells it.
    pub fn signed_by(&mut self, key: &str) {
        key.clone_into(&mut self.signed_by);
    }

    /// Returns the number of what is said of an entry: which list, what it does, what the list calls
    /// its kind, and since when it is listed.
    ///
    /// # Panics
    /// When there is no such list.
    pub fn row(&mut self, list: usize, category: &str, family: &str, since: &str) -> u32 {
        assert!(list < self.lists.len(), "there is no list {list}");
        let [category, family, since] = [category, family, since].map(|text| self.word(text));
        let next = self.rows.len();
        let row = [list as u32, category, family, since];
        match self.rows.get(&row) {
            Some(row) => *row,
            // So many kinds of things are said only to fill memory: they share the last number.
            None if next >= MOST_ROWS => MOST_ROWS as u32 - 1,
            None => {
                self.rows.insert(row, next as u32);
                next as u32
            }
        }
    }

    /// Returns the number of a word; of one that is too long, that of its beginning.
    fn word(&mut self, text: &str) -> u32 {
        let text = &text[..text.floor_char_boundary(LONGEST_WORD)];
        // So many words are said only to fill memory: what comes after is told apart no more.
        let text = match self.word_bytes < MOST_WORD_BYTES {
            true => text,
            false if self.words.contains_key(text) => text,
            false => "",
        };
        if let Some(word) = self.words.get(text) {
            return *word;
        }
        let next = self.words.len() as u32;
        self.word_bytes += text.len();
        self.words.insert(text.to_owned(), next);
        next
    }

    /// Takes an entry of a list in, or counts it among those that are left out.
    pub fn add(&mut self, list: usize, subject: Subject<'_>, row: u32) {
        let from = self.bytes.len();
        let many = self.hosts.len() + self.pages.len();
        let room = many < MOST_ENTRIES && from < MOST_BYTES;
        let accepted = match room {
            true => accept::key(subject, self.suffixes, &mut self.bytes),
            false => Err(Dropped::TooMany),
        };
        match accepted {
            Ok(()) => {
                let keyed = Keyed::new(&self.bytes, from, row);
                match subject {
                    Subject::Host(_) => self.hosts.push(keyed),
                    Subject::Page(_) => self.pages.push(keyed),
                }
            }
            Err(why) => {
                self.bytes.truncate(from);
                self.leave_out(list, why, subject.text());
            }
        }
    }

    /// Takes note that a list excepts a host from itself.
    pub fn except(&mut self, list: usize, host: &str) {
        let mut key = Vec::new();
        if accept::key(Subject::Host(host), self.suffixes, &mut key).is_ok()
            && self.excepted.len() < MOST_ROWS
        {
            self.excepted.insert((list, key));
        }
    }

    fn leave_out(&mut self, list: usize, why: Dropped, text: &str) {
        let (count, examples) = self.left_out.entry((list, why)).or_default();
        *count = count.saturating_add(1);
        if examples.len() < EXAMPLES {
            examples.push(text.chars().take(100).collect());
        }
    }

    /// Sorts everything and writes the file; `version` is that of what it is made of.
    ///
    /// # Errors
    /// [`Error::FlagsTopSite`] when the file would flag a site that everybody visits.
    pub fn finish(mut self, version: u64) -> Result<Compiled, Error> {
        let (words, rows) = self.ranked();
        for keyed in self.hosts.iter_mut().chain(&mut self.pages) {
            keyed.row = rows.rank[keyed.row as usize];
        }
        let mut sets = Sets::default();
        let hosts = self.gathered(false, &rows.rows, &mut sets);
        let pages = self.gathered(true, &rows.rows, &mut sets);
        let numbers = sets.by_use();
        let [hosts, pages] = [hosts, pages].map(|mut entries| {
            entries
                .iter_mut()
                .for_each(|it| it.row = numbers[it.row as usize]);
            sorted::Entries {
                bytes: &self.bytes,
                entries,
            }
        });

        let hash_key = content_hash(&[&hosts, &pages]);
        let (filter, in_filter) = filter_of(&hosts, &pages, hash_key);
        let (set_ends, set_rows) = sets.written(&numbers);
        let counts = [
            hosts.entries.len(),
            pages.entries.len(),
            set_rows.len(),
            in_filter,
        ];
        let counts = counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let row_bytes = set_rows.iter().flat_map(|row| rows.rows[*row as usize]);
        let row_bytes: Vec<u8> = row_bytes.flat_map(u32::to_le_bytes).collect();
        debug_assert_eq!(row_bytes.len(), set_rows.len() * SIGHTING);
        let left_out: Vec<LeftOut> = std::mem::take(&mut self.left_out)
            .into_iter()
            .map(|((list, why), (count, examples))| LeftOut {
                list,
                why,
                count,
                examples,
            })
            .collect();
        let manifest = self.manifest(&left_out);
        let [host_codes, host_index, host_pages] = keys::write(&hosts);
        let [page_codes, page_index, page_pages] = keys::write(&pages);
        let bytes = put_together(
            hash_key,
            version,
            counts,
            [
                manifest,
                self.suffixes.text().as_bytes().to_vec(),
                words,
                row_bytes,
                set_ends,
                host_codes,
                host_index,
                page_codes,
                page_index,
                filter,
                host_pages,
                page_pages,
            ],
        );
        flags_no_top_site(&bytes, self.suffixes)?;
        Ok(Compiled { bytes, left_out })
    }

    fn manifest(&self, left_out: &[LeftOut]) -> Vec<u8> {
        let mut by_list = vec![BTreeMap::new(); self.lists.len()];
        for it in left_out {
            by_list[it.list].insert(it.why, it.count);
        }
        let manifest = Manifest {
            lists: self.lists.clone(),
            left_out: by_list,
            signed_by: self.signed_by.clone(),
        };
        serde_json::to_vec(&manifest).expect("strings and numbers fit JSON")
    }

    /// Returns the words as they are written, and the rows in an order that does not depend on the
    /// order in which they came.
    fn ranked(&mut self) -> (Vec<u8>, Ranked) {
        let mut words: Vec<(&str, u32)> =
            self.words.iter().map(|(a, b)| (a.as_str(), *b)).collect();
        words.sort_unstable();
        let mut rank = vec![0; words.len()];
        let mut bytes = (words.len() as u32).to_le_bytes().to_vec();
        let mut end = 0_u32;
        for (place, (word, number)) in words.iter().enumerate() {
            rank[*number as usize] = place as u32;
            end += word.len() as u32;
            bytes.extend(end.to_le_bytes());
        }
        words
            .iter()
            .for_each(|(word, _)| bytes.extend(word.as_bytes()));
        let word = |number: u32| rank[number as usize];
        let ranked = self
            .rows
            .iter()
            .map(|([list, category, family, since], number)| {
                (
                    [*list, word(*category), word(*family), word(*since)],
                    *number,
                )
            });
        let mut ranked: Vec<([u32; 4], u32)> = ranked.collect();
        ranked.sort_unstable();
        let mut rows = Ranked {
            rank: vec![0; ranked.len()],
            rows: Vec::with_capacity(ranked.len()),
        };
        for (place, (row, number)) in ranked.into_iter().enumerate() {
            rows.rank[number as usize] = place as u32;
            rows.rows.push(row);
        }
        (bytes, rows)
    }

    /// Returns each key once, in order, with the set of what is said of it.
    fn gathered(&mut self, pages: bool, rows: &[[u32; 4]], sets: &mut Sets) -> Vec<Keyed> {
        let mut keyed = std::mem::take(if pages {
            &mut self.pages
        } else {
            &mut self.hosts
        });
        sorted::sort(&mut keyed, &self.bytes);
        let mut said: Vec<u32> = Vec::new();
        let mut from = 0;
        let mut kept = 0;
        while let Some(first) = keyed.get(from).copied() {
            let key = first.key(&self.bytes);
            let same = keyed[from..]
                .iter()
                .take_while(|it| it.key(&self.bytes) == key);
            let end = from + same.count();
            said.clear();
            said.extend(keyed[from..end].iter().map(|it| it.row));
            said.dedup();
            if !self.excepted.is_empty() {
                let list = |row: &u32| rows[*row as usize][0] as usize;
                said.retain(|row| {
                    let goes = self.excepted.contains(&(list(row), key.to_vec()));
                    if goes {
                        let left = self.left_out.entry((list(row), Dropped::Excepted));
                        left.or_default().0 += 1;
                    }
                    !goes
                });
            }
            said.truncate(MOST_SIGHTINGS);
            let mut before = None;
            for row in &said {
                let list = rows[*row as usize][0];
                // Rows are sorted by list.
                if before.replace(list) != Some(list) {
                    self.lists[list as usize].entries += 1;
                }
            }
            if !said.is_empty() {
                keyed[kept] = first.with(sets.number(&said));
                kept += 1;
            }
            from = end;
        }
        keyed.truncate(kept);
        keyed
    }
}

/// What is said, sorted; and the place of each number that was given out.
struct Ranked {
    rank: Vec<u32>,
    rows: Vec<[u32; 4]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_cut_and_after_many_words_no_more_are_told_apart() {
        let suffixes = Suffixes::of_text("");
        let mut compiler = Compiler::new(&[], &suffixes);
        let long = "ä".repeat(LONGEST_WORD);
        assert_eq!(compiler.word(&long), compiler.word(&long[..LONGEST_WORD]));
        assert!(compiler.words.keys().all(|it| it.len() <= LONGEST_WORD));
        let known = compiler.word("scam");
        compiler.word_bytes = MOST_WORD_BYTES;
        assert_eq!(compiler.word("one"), compiler.word("other"));
        assert_eq!(compiler.word("scam"), known);
    }
}
