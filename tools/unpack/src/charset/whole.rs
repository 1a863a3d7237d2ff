//! The letters of a whole archive.

use std::{fs::File, io::Read};

use formats::archive::{Asked, Entry, Next, Visitor, visit_parts};

use super::{Charset, Names};

/// Returns in which letters the names of an archive are, out of all of them.
pub(crate) fn charset_of(files: &mut [File], asked: &Asked<'_>) -> Charset {
    struct All(Names);

    impl Visitor for All {
        fn wants(&mut self, _entry: &Entry) -> bool {
            false
        }

        fn entry(&mut self, entry: &Entry, _bytes: &mut dyn Read) -> Next {
            if !entry.is_utf8 {
                self.0.add(&entry.name);
            }
            Next::Go
        }
    }

    let mut all = All(Names::default());
    // What keeps the rest of it from being read is told when it is read for what is in it.
    let _ = visit_parts(files, asked, &mut all);
    all.0.charset()
}
