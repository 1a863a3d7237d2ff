//! From a path as a definition writes it to paths on one machine.
//!
//! First `$$name$$`, a variable of the definition, in every combination of values; then `$NAME` and
//! `${NAME}` of the environment; then `~`. What would be left standing in BleachBit, and then be taken
//! for a name, is refused here: an unknown variable, an empty one, another person's home.
//!
//! Source: BleachBit 4.4.2, `expand_multi_var` in bleachbit/Action.py; CPython 3.11, Lib/posixpath.py.

use std::{
    collections::BTreeMap,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// More combinations of values than this are refused.
const MOST: usize = 10_000;

/// What variables stand for, for one person.
pub(crate) struct Values {
    /// The folder that stands for `/`.
    pub(crate) root: PathBuf,
    pub(crate) home: PathBuf,
    /// `$NAME`.
    pub(crate) environment: BTreeMap<String, Vec<u8>>,
    /// `$$name$$`, in the order of the definition.
    pub(crate) own: Vec<(String, Vec<Vec<u8>>)>,
}

/// Why a path of a definition is not used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// The variable has no value on this machine.
    Empty(String),
    /// There is no such variable.
    Undefined(String),
    /// It does not begin at `/` or in the home folder: it is for another system, or a mistake.
    NotAbsolute,
    /// It climbs with `..`.
    Climbs,
    /// It begins in another person's home folder.
    OtherHome,
    /// It has more combinations of values than are looked at.
    TooMany,
}

impl Values {
    /// Returns every path that `written` stands for, each or why it is not used.
    pub(crate) fn paths(&self, written: &str) -> Vec<Result<Vec<u8>, Refusal>> {
        match self.combinations(written.as_bytes()) {
            Ok(all) => all.iter().map(|text| self.path(text)).collect(),
            Err(refusal) => vec![Err(refusal)],
        }
    }

    /// Puts the values of a definition's own variables in.
    fn combinations(&self, written: &[u8]) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut all = vec![written.to_vec()];
        for (name, values) in &self.own {
            let mark = [b"$$", name.as_bytes(), b"$$"].concat();
            if find(written, &mark).is_none() {
                continue;
            }
            if values.iter().all(Vec::is_empty) {
                return Err(Refusal::Empty(name.clone()));
            }
            if all.len().saturating_mul(values.len()) > MOST {
                return Err(Refusal::TooMany);
            }
            let with = |text: &Vec<u8>| {
                let used = values.iter().filter(|value| !value.is_empty());
                used.map(|value| replaced(text, &mark, value))
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        Ok(all)
    }

    fn path(&self, text: &[u8]) -> Result<Vec<u8>, Refusal> {
        if let Some(at) = find(text, b"$$") {
            let name = &text[at + 2..];
            let name = &name[..find(name, b"$$").unwrap_or(name.len())];
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(Refusal::Undefined(name));
        }
        let text = self.with_environment(text)?;
        let path = match text.as_slice() {
            [b'~'] => self.home.as_os_str().as_bytes().to_vec(),
            [b'~', b'/', rest @ ..] => [self.home.as_os_str().as_bytes(), b"/", rest].concat(),
            [b'~', ..] => return Err(Refusal::OtherHome),
            [b'/', ..] => self.below_root(text),
            _ => return Err(Refusal::NotAbsolute),
        };
        match path.split(|byte| *byte == b'/').any(|part| part == b"..") {
            true => Err(Refusal::Climbs),
            false => Ok(path),
        }
    }

    /// Puts a path of the machine below the folder that stands for its `/`.
    fn below_root(&self, path: Vec<u8>) -> Vec<u8> {
        let is_below = Path::new(std::ffi::OsStr::from_bytes(&path)).starts_with(&self.root);
        match is_below {
            true => path,
            false => [self.root.as_os_str().as_bytes(), &path].concat(),
        }
    }

    fn with_environment(&self, text: &[u8]) -> Result<Vec<u8>, Refusal> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let mut out = Vec::with_capacity(text.len() + 32);
        let mut rest = text;
        while let [byte, after @ ..] = rest {
            let braced = after
                .strip_prefix(b"{")
                .and_then(|it| Some((it, find(it, b"}")?)));
            let (name, next) = match (byte, braced) {
                (b'$', Some((inside, end))) => (&inside[..end], &inside[end + 1..]),
                (b'$', None) => {
                    let end = after.iter().take_while(|it| is_word(it)).count();
                    after.split_at(end)
                }
                _ => (&[][..], after),
            };
            if name.is_empty() {
                out.push(*byte);
            } else {
                let name = String::from_utf8_lossy(name).into_owned();
                match self.environment.get(&name).map(Vec::as_slice) {
                    None => return Err(Refusal::Undefined(name)),
                    Some([]) => return Err(Refusal::Empty(name)),
                    Some(value) => out.extend(value),
                }
            }
            rest = next;
        }
        Ok(out)
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|it| it == what)
}

fn replaced(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + with.len());
    let mut rest = text;
    while let Some(at) = find(rest, what) {
        out.extend(&rest[..at]);
        out.extend(with);
        rest = &rest[at + what.len()..];
    }
    out.extend(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let texts = |all: &[&str]| all.iter().map(|it| it.as_bytes().to_vec()).collect();
        Values {
            root: "/".into(),
            home: "/home/ada".into(),
            environment: [("XDG_CACHE_HOME", "/home/ada/.cache"), ("EMPTY", "")]
                .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
                .into(),
            own: vec![
                ("base".to_owned(), texts(&["~/.a", "$XDG_CACHE_HOME/a"])),
                ("file".to_owned(), texts(&["x", "y"])),
                ("none".to_owned(), texts(&[])),
                ("blank".to_owned(), texts(&["", "~/z"])),
            ],
        }
    }

    fn paths(values: &Values, written: &str) -> Result<Vec<String>, Refusal> {
        let text = |path: Vec<u8>| String::from_utf8(path).unwrap();
        let all = values.paths(written).into_iter();
        all.map(|it| it.map(text)).collect()
    }

    #[test]
    fn variables_make_every_combination() {
        let values = values();
        for (written, expected) in [
            ("~/.x", &["/home/ada/.x"][..]),
            ("~", &["/home/ada"]),
            ("/var/log", &["/var/log"]),
            ("${XDG_CACHE_HOME}/x", &["/home/ada/.cache/x"]),
            (
                "$$base$$/$$file$$",
                &[
                    "/home/ada/.a/x",
                    "/home/ada/.a/y",
                    "/home/ada/.cache/a/x",
                    "/home/ada/.cache/a/y",
                ],
            ),
            ("$$blank$$/q", &["/home/ada/z/q"]),
            ("~/price$", &["/home/ada/price$"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(paths(&values, written), Ok(expected), "{written}");
        }
    }

    /// Mole#150: an empty bundle id made a rule name the folder above.
    #[test]
    fn mole_150_an_empty_or_unknown_variable_kills_the_rule() {
        let values = values();
        for (written, refusal) in [
            ("$EMPTY/x", Refusal::Empty("EMPTY".to_owned())),
            ("$$none$$/x", Refusal::Empty("none".to_owned())),
            ("$APPDATA/x", Refusal::Undefined("APPDATA".to_owned())),
            ("~/$$base/x", Refusal::Undefined("base/x".to_owned())),
            ("$$other$$/x", Refusal::Undefined("other".to_owned())),
            (r"%AppData%\x", Refusal::NotAbsolute),
            ("", Refusal::NotAbsolute),
            ("x/y", Refusal::NotAbsolute),
            ("~bob/x", Refusal::OtherHome),
            ("~/a/../../bob", Refusal::Climbs),
        ] {
            assert_eq!(paths(&values, written), Err(refusal), "{written}");
        }
    }

    #[test]
    fn no_definition_makes_a_million_paths() {
        let mut values = values();
        values.own = (0..20)
            .map(|n| (format!("v{n}"), vec![b"a".to_vec(), b"b".to_vec()]))
            .collect();
        let written: String = (0..20).map(|n| format!("/$$v{n}$$")).collect();
        assert_eq!(paths(&values, &written), Err(Refusal::TooMany));
    }

    #[test]
    fn paths_of_another_disk_stand_below_its_root() {
        let values = Values {
            root: "/mnt".into(),
            home: "/mnt/home/ada".into(),
            ..values()
        };
        assert_eq!(paths(&values, "/var/log").unwrap(), ["/mnt/var/log"]);
        assert_eq!(paths(&values, "~/x").unwrap(), ["/mnt/home/ada/x"]);
    }
}
