//! Sets of rows: keys about which the same is said share one number, and the most common are smallest.

use std::collections::HashMap;

const NONE: u32 = u32::MAX;

/// The sets that came up, each once.
#[derive(Default)]
pub(super) struct Sets {
    /// The numbers of sets of one row, nearly all, by that row; [`NONE`] where there is none yet.
    single: Vec<u32>,
    several: HashMap<Vec<u32>, u32>,
    sets: Vec<Vec<u32>>,
    uses: Vec<u64>,
}

impl Sets {
    /// Returns the number of a set, as they came.
    pub(super) fn number(&mut self, rows: &[u32]) -> u32 {
        let known = match rows {
            [row] => self.single.get(*row as usize).filter(|it| **it != NONE),
            rows => self.several.get(rows),
        };
        let number = known.copied().unwrap_or_else(|| {
            let next = u32::try_from(self.sets.len()).expect("there are fewer sets than entries");
            if let [row] = rows {
                let row = *row as usize;
                self.single.resize(self.single.len().max(row + 1), NONE);
                self.single[row] = next;
            } else {
                self.several.insert(rows.to_vec(), next);
            }
            self.sets.push(rows.to_vec());
            self.uses.push(0);
            next
        });
        self.uses[number as usize] += 1;
        number
    }

    /// Returns for each number the one it is written by: smaller the more often it is used.
    pub(super) fn by_use(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.sets.len()).collect();
        order.sort_unstable_by(|a, b| {
            let uses = self.uses[*b].cmp(&self.uses[*a]);
            uses.then_with(|| self.sets[*a].cmp(&self.sets[*b]))
        });
        let mut numbers = vec![0; order.len()];
        for (place, set) in order.into_iter().enumerate() {
            numbers[set] = u32::try_from(place).expect("there are fewer sets than entries");
        }
        numbers
    }

    /// Returns where each set ends among the rows, as it is written, and these rows.
    pub(super) fn written(&self, numbers: &[u32]) -> (Vec<u8>, Vec<u32>) {
        let mut order = vec![0; numbers.len()];
        for (set, number) in numbers.iter().enumerate() {
            order[*number as usize] = set;
        }
        let (mut ends, mut rows) = (Vec::new(), Vec::new());
        for set in order {
            rows.extend_from_slice(&self.sets[set]);
            let end = u32::try_from(rows.len()).expect("there are fewer rows than entries");
            ends.extend(end.to_le_bytes());
        }
        (ends, rows)
    }
}
