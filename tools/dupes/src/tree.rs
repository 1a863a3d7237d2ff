//! Folders of a forest from the top: what lies in each, and how much.

use tool::pass::{FileId, FolderId, Forest, Kind};

/// Folders by the folder that holds them.
#[derive(Debug)]
pub(crate) struct Tree<'f> {
    pub(crate) forest: &'f Forest,
    /// Every folder, each after its parent.
    pub(crate) from_the_top: Vec<FolderId>,
    /// Every folder, those of one parent next to each other, sorted by name.
    children: Vec<FolderId>,
    /// Where the children of each folder begin, by [`Forest::number`].
    begin: Vec<u32>,
}

/// What a folder holds, with everything below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    /// Lengths of regular files.
    pub(crate) bytes: u64,
    /// Regular files that are not empty.
    pub(crate) files: u64,
    /// Everything below.
    pub(crate) entries: u64,
}

impl<'f> Tree<'f> {
    pub(crate) fn of(forest: &'f Forest) -> Self {
        let from_the_top = forest.folders_from_the_top();
        let parent = |id: &FolderId| forest.parent(*id).map(|parent| forest.number(parent));
        let mut children: Vec<(usize, FolderId)> = from_the_top
            .iter()
            .filter_map(|id| Some((parent(id)?, *id)))
            .collect();
        let name = |id| forest.folder_name(id);
        children.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| name(a.1).cmp(name(b.1))));
        let mut begin = vec![0_u32; forest.folder_numbers() + 1];
        for (parent, _) in &children {
            begin[parent + 1] += 1;
        }
        for number in 1..begin.len() {
            begin[number] += begin[number - 1];
        }
        Self {
            forest,
            from_the_top,
            children: children.into_iter().map(|(_, id)| id).collect(),
            begin,
        }
    }

    /// Returns the folders directly in a folder, sorted by name.
    pub(crate) fn children(&self, id: FolderId) -> &[FolderId] {
        let number = self.forest.number(id);
        &self.children[self.begin[number] as usize..self.begin[number + 1] as usize]
    }

    /// Returns a folder and every folder below it, each after its parent, those of one folder by name.
    pub(crate) fn below(&self, id: FolderId) -> impl Iterator<Item = FolderId> + '_ {
        let mut waiting = vec![id];
        std::iter::from_fn(move || {
            let id = waiting.pop()?;
            waiting.extend(self.children(id).iter().rev());
            Some(id)
        })
    }

    /// Returns every file below a folder.
    pub(crate) fn files_below(&self, id: FolderId) -> impl Iterator<Item = FileId> + '_ {
        self.below(id)
            .flat_map(|folder| self.forest.files_in(folder).map(|(id, _)| id))
    }

    /// Returns a folder and those above it, up to its root.
    pub(crate) fn above(&self, id: FolderId) -> impl Iterator<Item = FolderId> + '_ {
        std::iter::successors(Some(id), |id| self.forest.parent(*id))
    }

    /// Returns whether a folder is another one, or lies below it.
    pub(crate) fn is_within(&self, id: FolderId, other: FolderId) -> bool {
        let depth = self.forest.folder(other).depth;
        let mut above = self
            .above(id)
            .take_while(|it| self.forest.folder(*it).depth >= depth);
        above.any(|it| it == other)
    }

    /// Returns what each folder holds, by [`Forest::number`].
    pub(crate) fn holdings(&self) -> Vec<Holds> {
        let mut all = vec![Holds::default(); self.forest.folder_numbers()];
        for id in self.from_the_top.iter().rev() {
            let number = self.forest.number(*id);
            for (_, row) in self.forest.files_in(*id) {
                all[number].entries += 1;
                if row.kind == Kind::File && row.size > 0 {
                    all[number].bytes = all[number].bytes.saturating_add(row.size);
                    all[number].files += 1;
                }
            }
            if let Some(parent) = self.forest.parent(*id) {
                let own = all[number];
                let above = &mut all[self.forest.number(parent)];
                above.bytes = above.bytes.saturating_add(own.bytes);
                above.files += own.files;
                above.entries += own.entries + 1;
            }
        }
        all
    }
}
