//! Which steps can be looked at before any of them is done, so that they wait for the disk together.

use std::collections::HashSet;

use tool::Identity;

use crate::plan::Step;

/// Steps that share two calls to the disk that wait until the journal is safe there.
pub(crate) const TOGETHER: usize = 32;

/// Returns how many steps from the first on can be looked at before any of them is done: none of them
/// needs a file that one before it changes, or that goes with a folder.
pub(crate) fn independent(steps: &[Step]) -> usize {
    let file = |is: &Identity| (is.device, is.inode);
    let mut changed = HashSet::new();
    for (number, step) in steps.iter().take(TOGETHER).enumerate() {
        let survivor = step.survivor.as_ref().map(|it| file(&it.is));
        let needs = [Some(file(&step.is)), survivor];
        let mut mirror = step.mirror.iter().map(|it| file(&it.is));
        if needs.iter().flatten().any(|it| changed.contains(it))
            || mirror.any(|it| changed.contains(&it))
        {
            return number;
        }
        changed.insert(file(&step.is));
        changed.extend(step.inside.iter().map(|it| file(&it.is)));
        if step.act.needs_survivor() {
            changed.extend(survivor);
        }
    }
    steps.len().min(TOGETHER)
}
