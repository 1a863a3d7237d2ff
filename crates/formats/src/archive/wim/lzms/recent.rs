//! The last places that matches led to.

/// Three that can be named, and one that moves up when one of them is taken out.
///
/// What a match led to becomes nameable one item later: whoever repeats a match at once could have written it longer.
pub(super) struct Recent<T> {
    queue: [T; 4],
    /// What was put last, and where its match ended.
    waiting: Option<(T, usize)>,
}

impl<T: Copy> Recent<T> {
    pub(super) fn new(queue: [T; 4]) -> Self {
        Self {
            queue,
            waiting: None,
        }
    }

    /// Makes nameable what waited, where something was written since.
    pub(super) fn settle(&mut self, at: usize) {
        if self.waiting.is_some_and(|(_, end)| end != at) {
            self.enter();
        }
    }

    /// Takes one of the three out.
    pub(super) fn take(&mut self, which: usize) -> T {
        let taken = self.queue[which];
        self.queue.copy_within(which + 1.., which);
        taken
    }

    /// Lets one wait whose match ended here.
    pub(super) fn put(&mut self, one: T, end: usize) {
        self.enter();
        self.waiting = Some((one, end));
    }

    fn enter(&mut self) {
        if let Some((one, _)) = self.waiting.take() {
            self.queue.copy_within(..3, 1);
            self.queue[0] = one;
        }
    }
}
