//! Opening files by their rows, folder by folder, without putting paths together.

use std::ffi::CString;

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{CWD, OFlags},
    io::{self, Errno},
};

use crate::pass::{
    FileId, FolderId, Forest,
    system::{WAY, open_at},
};

/// Folders kept open on the way down to the one in use. Deeper ones take their ancestors' place.
const KEPT: usize = 48;

/// Opens one file after the other, keeping the folders on the way open between them.
pub(super) struct Opener<'f> {
    forest: &'f Forest,
    /// Open folders, each inside the one before, the last being the one in use.
    way: Vec<(FolderId, OwnedFd)>,
    name: Vec<u8>,
}

impl<'f> Opener<'f> {
    pub(super) fn new(forest: &'f Forest) -> Self {
        Self {
            forest,
            way: Vec::new(),
            name: Vec::new(),
        }
    }

    /// Opens a file for reading.
    ///
    /// What was a file when it was seen and is a link or a FIFO now is not followed and not
    /// waited for. Whether it still is the same file is for the caller to ask.
    pub(super) fn open(&mut self, id: FileId) -> io::Result<OwnedFd> {
        let row = self.forest.file(id);
        self.enter(row.folder)?;
        let (_, folder) = &self.way[self.way.len() - 1];
        self.name.clear();
        self.name.extend_from_slice(self.forest.name(id));
        self.name.push(0);
        let name = std::ffi::CStr::from_bytes_with_nul(&self.name).map_err(|_| Errno::INVAL)?;
        open_at(folder.as_fd(), name, OFlags::empty(), row.ours)
    }

    /// Makes `folder` the last one on the way.
    fn enter(&mut self, folder: FolderId) -> io::Result<()> {
        let mut missing = Vec::new();
        let mut at = Some(folder);
        while let Some(id) = at {
            // Folders on the way that do not hold the one we go to are left.
            if let Some(open) = self.way.iter().rposition(|(known, _)| *known == id) {
                self.way.truncate(open + 1);
                break;
            }
            missing.push(id);
            at = self.forest.parent(id);
        }
        if at.is_none() {
            self.way.clear();
        }
        for id in missing.into_iter().rev() {
            let name = CString::new(self.forest.folder_name(id)).map_err(|_| Errno::INVAL)?;
            let above = self.way.last().map_or(CWD, |(_, open)| open.as_fd());
            let open = open_at(above, &name, WAY, false)?;
            if self.way.len() == KEPT {
                self.way.remove(0);
            }
            self.way.push((id, open));
        }
        Ok(())
    }
}
