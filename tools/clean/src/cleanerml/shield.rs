//! The compiled-in deny list, as one tree of names: asked for each of many thousand results.
//!
//! Says of every path what [`knowledge::protected::protects`] says; a test holds both together.

use std::{collections::HashMap, rc::Rc};

use knowledge::{
    Base,
    pattern::fits,
    protected::{Depth, Protected, protected},
};

/// The number of a row of the deny list.
type Row = usize;

/// The deny list for these people.
pub(crate) struct Shield {
    nodes: Vec<Node>,
    /// What is known of folders that were asked about.
    folders: HashMap<Vec<u8>, Rc<State>>,
}

#[derive(Default)]
struct Node {
    named: HashMap<Vec<u8>, usize>,
    wild: Vec<(Vec<u8>, usize)>,
    ends: Vec<(Row, Depth)>,
}

/// What is known on the way down to a path.
#[derive(Clone, Debug, Default)]
struct State {
    /// Patterns that fit so far.
    alive: Vec<usize>,
    /// The first row that protects everything from here down.
    everything: Option<Row>,
    /// The first row that protects this path.
    own: Option<Row>,
    /// The first row that protects what is directly in this path.
    children: Option<Row>,
}

impl Shield {
    pub(crate) fn new(bases: &[Base]) -> Self {
        let mut shield = Self {
            nodes: vec![Node::default()],
            folders: HashMap::new(),
        };
        for (row, it) in protected().iter().enumerate() {
            if matches!(it.depth, Depth::Projects | Depth::Nothing) {
                continue;
            }
            for pattern in bases.iter().flat_map(|base| it.paths(base)) {
                shield.add(pattern.as_os_str().as_encoded_bytes(), row, it.depth);
            }
        }
        shield
    }

    fn add(&mut self, pattern: &[u8], row: Row, depth: Depth) {
        let mut at = 0;
        for name in names(pattern) {
            let next = self.nodes.len();
            let node = &mut self.nodes[at];
            at = match name.contains(&b'*') {
                true => match node.wild.iter().find(|it| it.0 == name) {
                    Some((_, known)) => *known,
                    None => {
                        node.wild.push((name.to_vec(), next));
                        next
                    }
                },
                false => *node.named.entry(name.to_vec()).or_insert(next),
            };
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        self.nodes[at].ends.push((row, depth));
    }

    /// Returns the row that protects a path.
    pub(crate) fn protects(&mut self, path: &[u8]) -> Option<&'static Protected> {
        let (above, name) = split(path);
        let found = match above {
            Some(above) => {
                let above = self.folder(above);
                self.step(&above, name)
            }
            None => self.top(),
        };
        found.own.map(|row| &protected()[row])
    }

    /// Returns the row that protects everything below a folder, whatever it is called.
    pub(crate) fn protects_all_below(&mut self, folder: &[u8]) -> Option<&'static Protected> {
        self.folder(folder).everything.map(|row| &protected()[row])
    }

    fn folder(&mut self, path: &[u8]) -> Rc<State> {
        if let Some(known) = self.folders.get(path) {
            return Rc::clone(known);
        }
        let state = Rc::new(match split(path) {
            (Some(above), name) => {
                let above = self.folder(above);
                self.step(&above, name)
            }
            (None, _) => self.top(),
        });
        self.folders.insert(path.to_vec(), Rc::clone(&state));
        state
    }

    fn top(&self) -> State {
        let mut state = State {
            alive: vec![0],
            ..State::default()
        };
        state.arrive(&self.nodes[0].ends);
        state
    }

    fn step(&self, above: &State, name: &[u8]) -> State {
        let mut state = State {
            everything: above.everything,
            own: first(above.everything, above.children),
            ..State::default()
        };
        for node in &above.alive {
            let node = &self.nodes[*node];
            let wild = node.wild.iter().filter(|it| fits(&it.0, name));
            let next = node.named.get(name).into_iter().chain(wild.map(|it| &it.1));
            for at in next {
                state.arrive(&self.nodes[*at].ends);
                state.alive.push(*at);
            }
        }
        state
    }
}

impl State {
    fn arrive(&mut self, ends: &[(Row, Depth)]) {
        for (row, depth) in ends {
            let row = Some(*row);
            self.own = first(self.own, row);
            match depth {
                Depth::Everything => self.everything = first(self.everything, row),
                Depth::Children => self.children = first(self.children, row),
                Depth::Itself | Depth::Projects | Depth::Nothing => {}
            }
        }
    }
}

fn first(one: Option<Row>, other: Option<Row>) -> Option<Row> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|it| !it.is_empty())
}

/// Returns the folder of a path, none for `/`, and its last name.
fn split(path: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) if path.len() == 1 => (None, b""),
        Some(0) => (Some(b"/"), &path[1..]),
        Some(at) => (Some(&path[..at]), &path[at + 1..]),
        None => (None, path),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use knowledge::{Platform, protected::protects};

    use super::*;

    /// Every example of the list, what is around it, and a few paths of nobody.
    #[test]
    fn it_says_what_the_list_says() {
        for (platform, root, home) in [
            (Platform::Linux, "/", "/home/ada"),
            (Platform::Macos, "/", "/Users/ada"),
            (Platform::Linux, "/mnt/disk", "/mnt/disk/home/ada"),
        ] {
            let bases = [Base::of_home(platform, Path::new(root), Path::new(home))];
            let mut shield = Shield::new(&bases);
            let mut paths: Vec<String> = vec!["/".to_owned(), "/srv/film.mkv".to_owned()];
            for example in protected().iter().flat_map(|row| &row.examples) {
                let example = format!("{}{example}", root.trim_end_matches('/'));
                let (above, _) = example.rsplit_once('/').unwrap();
                paths.extend([
                    format!("{above}/other"),
                    format!("{example}/below/it"),
                    format!("{example}x"),
                    above.to_owned(),
                    example,
                ]);
            }
            paths.retain(|path| !path.is_empty());
            assert!(paths.len() > 100);
            for path in paths {
                let expected = protects(Path::new(&path), &bases).map(|row| &row.id);
                let found = shield.protects(path.as_bytes()).map(|row| &row.id);
                assert_eq!(found, expected, "{path}");
            }
        }
    }
}
