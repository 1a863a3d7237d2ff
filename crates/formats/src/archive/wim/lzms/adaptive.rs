//! Prefix codes that are made anew of what they read.

use std::io;

use super::super::{super::error::damaged, bits::Bits, code::Code};

/// No encoder makes longer ones: the counts do not grow far enough apart.
const LONGEST: u8 = 15;

/// A code that becomes another one each time it read so many symbols.
pub(super) struct Adaptive {
    code: Code,
    counts: Vec<u32>,
    every: u32,
    left: u32,
    lengths: Vec<u8>,
    tree: Tree,
}

impl Adaptive {
    pub(super) fn of(symbols: usize, every: u32) -> io::Result<Self> {
        let mut adaptive = Self {
            code: Code::new(),
            counts: vec![1; symbols],
            every,
            left: every,
            lengths: vec![0; symbols],
            tree: Tree::default(),
        };
        adaptive.build()?;
        Ok(adaptive)
    }

    /// Reads a symbol, and counts it.
    #[inline]
    pub(super) fn symbol(&mut self, bits: &mut Bits<'_>) -> io::Result<usize> {
        let symbol = self.code.symbol(bits)?;
        self.counts[symbol] += 1;
        self.left -= 1;
        if self.left == 0 {
            self.left = self.every;
            self.build()?;
            // What was read long ago counts less and less.
            for count in &mut self.counts {
                *count = *count / 2 + 1;
            }
        }
        Ok(symbol)
    }

    fn build(&mut self) -> io::Result<()> {
        self.tree.lengths(&self.counts, &mut self.lengths)?;
        self.code.build(&self.lengths)
    }
}

/// Room for making a tree.
#[derive(Default)]
struct Tree {
    /// Counts and symbols, rarest first.
    leaves: Vec<(u32, u16)>,
    /// Each leaf's inner node.
    parents: Vec<u16>,
    /// Inner nodes as they were made, each before its parent: its count, then its parent.
    inner: Vec<(u32, u16)>,
    depths: Vec<u8>,
}

impl Tree {
    /// Makes Huffman's tree of symbols that all have a count; of equal ones, leaves are taken first.
    fn lengths(&mut self, counts: &[u32], lengths: &mut [u8]) -> io::Result<()> {
        let [_, _, ..] = counts else {
            // A code of one symbol has one bit all the same.
            lengths.fill(1);
            return Ok(());
        };
        let symbols = counts.iter().zip(0..);
        self.leaves.clear();
        self.leaves
            .extend(symbols.map(|(count, symbol)| (*count, symbol)));
        self.leaves.sort_unstable();
        self.parents.clear();
        self.inner.clear();
        let mut childless = 0;
        for made in 0..counts.len() - 1 {
            let mut sum = 0;
            for _ in 0..2 {
                let leaf = self.leaves.get(self.parents.len()).map(|it| it.0);
                let node = self.inner.get_mut(childless);
                match (leaf, node) {
                    (Some(leaf), node) if node.as_ref().is_none_or(|it| leaf <= it.0) => {
                        sum += leaf;
                        self.parents.push(made as u16);
                    }
                    (_, Some(node)) => {
                        sum += node.0;
                        node.1 = made as u16;
                        childless += 1;
                    }
                    _ => return Err(damaged("a code has no tree")),
                }
            }
            self.inner.push((sum, 0));
        }
        self.depths.clear();
        self.depths.resize(self.inner.len(), 0);
        for (index, (_, parent)) in self.inner.iter().enumerate().rev().skip(1) {
            self.depths[index] = self.depths[usize::from(*parent)].saturating_add(1);
        }
        for ((_, symbol), parent) in self.leaves.iter().zip(&self.parents) {
            let length = self.depths[usize::from(*parent)].saturating_add(1);
            if length > LONGEST {
                return Err(damaged("a code is too long"));
            }
            lengths[usize::from(*symbol)] = length;
        }
        Ok(())
    }
}
