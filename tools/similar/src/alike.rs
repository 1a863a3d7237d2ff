//! Groups of pictures that look alike.

use serde::Serialize;
use tool::{Bytes, PathText};

use crate::print::Print;

/// Pictures that look like the first of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alike {
    /// The one with most pixels first.
    pub pictures: Vec<Picture>,
}

/// One picture of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// Where it is.
    pub path: PathText,
    /// The length of its file.
    pub size: Bytes,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// In how many of 64 bits it differs from the first.
    pub distance: u8,
}

/// A tree of prints by their distances: what is near to one is found without asking all.
///
/// W. A. Burkhard and R. M. Keller, "Some Approaches to Best-Match File Searching" (1973).
#[derive(Debug, Default)]
struct Near {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    print: Print,
    /// Whose print it is; several may have the same.
    of: Vec<usize>,
    /// The nodes below by their distance to this one.
    below: Vec<(u8, usize)>,
}

impl Near {
    fn add(&mut self, print: Print, of: usize) {
        let mut at = 0;
        while let Some(node) = self.nodes.get_mut(at) {
            let distance = node.print.distance(print);
            if distance == 0 {
                node.of.push(of);
                return;
            }
            if let Some((_, below)) = node.below.iter().find(|it| it.0 == distance) {
                at = *below;
                continue;
            }
            let next = self.nodes.len();
            self.nodes[at].below.push((distance, next));
            break;
        }
        let (of, below) = (vec![of], Vec::new());
        self.nodes.push(Node { print, of, below });
    }

    /// Visits everything within a distance.
    fn within(&self, print: Print, most: u8, visit: &mut dyn FnMut(usize, u8)) {
        let mut waiting = if self.nodes.is_empty() {
            Vec::new()
        } else {
            vec![0]
        };
        while let Some(at) = waiting.pop() {
            let node = &self.nodes[at];
            let distance = node.print.distance(print);
            if distance <= most {
                node.of.iter().for_each(|it| visit(*it, distance));
            }
            let near = |it: &&(u8, usize)| it.0.abs_diff(distance) <= most;
            waiting.extend(node.below.iter().filter(near).map(|it| it.1));
        }
    }
}

/// Puts pictures in groups: the first that is in none takes all that look like it, in any way it is laid.
///
/// Returns for each group the numbers of its pictures with their distances, the first with none.
pub(crate) fn groups(prints: &[[Print; 8]], most: u8) -> Vec<Vec<(usize, u8)>> {
    let mut near = Near::default();
    for (number, prints) in prints.iter().enumerate() {
        near.add(prints[0], number);
    }
    let mut taken = vec![false; prints.len()];
    let mut groups = Vec::new();
    for (number, prints) in prints.iter().enumerate() {
        if taken[number] {
            continue;
        }
        let mut nearest: std::collections::BTreeMap<usize, u8> = std::collections::BTreeMap::new();
        for print in prints {
            near.within(*print, most, &mut |other, distance| {
                if other != number && !taken[other] {
                    let known = nearest.entry(other).or_insert(distance);
                    *known = distance.min(*known);
                }
            });
        }
        if nearest.is_empty() {
            continue;
        }
        let group: Vec<(usize, u8)> = std::iter::once((number, 0)).chain(nearest).collect();
        group.iter().for_each(|(number, _)| taken[*number] = true);
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_tree_finds_what_asking_all_finds(
            prints in proptest::collection::vec(0..4096_u64, 0..60), asked in 0..4096_u64, most in 0..6_u8,
        ) {
            let mut near = Near::default();
            prints.iter().enumerate().for_each(|(of, print)| near.add(Print(*print), of));
            let mut found = Vec::new();
            near.within(Print(asked), most, &mut |of, distance| found.push((of, distance)));
            found.sort_unstable();
            let all = prints.iter().enumerate();
            let all = all.map(|(of, print)| (of, Print(*print).distance(Print(asked))));
            let expected: Vec<_> = all.filter(|it| it.1 <= most).collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
