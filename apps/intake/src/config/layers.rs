//! The file, the environment and the flags, one above the other.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

use super::Config;

/// What a variable of the environment begins with.
const PREFIX: &str = "CANDOR_INTAKE_";
/// Variables with that beginning that are flags, not keys.
const NO_KEYS: [&str; 1] = ["CANDOR_INTAKE_CONFIG"];

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The file and its text, if there is one.
    pub file: Option<(PathBuf, String)>,
    /// Keys that were set above it, with the name of what set them; later ones win.
    pub above: Vec<Setting>,
}

/// One key that was set above the file.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What set it: a variable or a flag.
    pub by: String,
    /// The key: `limits.connections`.
    pub key: String,
    /// Its value, as TOML or as a bare word.
    pub value: String,
}

/// What is wrong with the settings, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct ConfigError {
    problems: Vec<(String, String)>,
}

impl ConfigError {
    fn one(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self {
            problems: vec![(place.to_string(), what.into())],
        }
    }

    fn text(&self) -> String {
        let lines = self
            .problems
            .iter()
            .map(|(place, what)| format!("{place}: {what}"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Layers {
    /// Takes what the environment sets.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let mut found: Vec<_> = variables
            .filter(|(name, _)| !NO_KEYS.contains(&name.as_str()))
            .filter_map(|(name, value)| {
                let key = name.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
                Some(Setting {
                    by: name,
                    key,
                    value,
                })
            })
            .collect();
        found.sort_by(|one, other| one.by.cmp(&other.by));
        self.above.extend(found);
    }

    /// Takes a flag that sets a key.
    pub fn flag(&mut self, by: &str, key: &str, value: &str) {
        self.above.push(Setting {
            by: by.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Lays the layers over each other.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that does not hold: for a key of the file its line, for
    /// another the variable or flag that set it.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut merged = match &self.file {
            Some((path, text)) => parse(path, text)?,
            None => Table::new(),
        };
        for setting in &self.above {
            let value = setting.table()?;
            merge(&mut merged, value);
        }
        let config: Config = merged
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::one("settings", error.message()))?;
        let broken = config.broken_rules();
        if broken.is_empty() {
            return Ok(config);
        }
        Err(ConfigError {
            problems: broken
                .into_iter()
                .map(|(key, why)| (self.place_of(&key), format!("`{key}`: {why}")))
                .collect(),
        })
    }

    /// Returns what set a key last.
    fn place_of(&self, key: &str) -> String {
        let above = self.above.iter().rev();
        for setting in above {
            if key == setting.key || key.starts_with(&format!("{}.", setting.key)) {
                return setting.by.clone();
            }
        }
        match &self.file {
            Some((path, text)) => match line_of(text, key) {
                Some(line) => format!("{}, line {line}", path.display()),
                None => path.display().to_string(),
            },
            None => "default settings".to_owned(),
        }
    }
}

impl Setting {
    /// Returns the key and its value as a table of their own, checked alone so that the name of
    /// what set them stands at whatever is wrong.
    fn table(&self) -> Result<Table, ConfigError> {
        let text = format!("{} = {}", self.key, self.value);
        let quoted = format!("{} = {}", self.key, Value::String(self.value.clone()));
        let fits = |text: &str| -> Result<Table, String> {
            toml::from_str::<Config>(text).map_err(|error| error.message().to_owned())?;
            toml::from_str(text).map_err(|error| error.message().to_owned())
        };
        // A bare word or path is a text; whatever reads as a value is one, and is wrong as what it is.
        let is_value = toml::from_str::<Table>(&text).is_ok();
        fits(&text).or_else(|why| {
            fits(&quoted).map_err(|of_text| {
                let why = if is_value { why } else { of_text };
                ConfigError::one(&self.by, format!("`{}`: {why}", self.key))
            })
        })
    }
}

fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    let at = |error: toml::de::Error| {
        let span = error.span().unwrap_or(0..0);
        let place = format!("{}, line {}", path.display(), line_at(text, &span));
        let key = key_at(text, &span);
        let what = match key {
            Some(key) => format!("`{key}`: {}", error.message()),
            None => error.message().to_owned(),
        };
        ConfigError::one(place, what)
    };
    toml::from_str::<Config>(text).map_err(at)?;
    toml::from_str(text).map_err(at)
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn line_at(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// Returns the word before `=` on the line of a span.
fn key_at<'t>(text: &'t str, span: &Range<usize>) -> Option<&'t str> {
    let line = text.lines().nth(line_at(text, span) - 1)?;
    let (key, _) = line.split_once('=')?;
    Some(key.trim())
}

fn line_of(text: &str, key: &str) -> Option<usize> {
    let tree = DeTable::parse(text).ok()?;
    let mut parts = key.split('.');
    let mut found = tree.get_ref().get(parts.next()?)?;
    for part in parts {
        match found.get_ref() {
            DeValue::Table(table) => match table.get(part) {
                Some(next) => found = next,
                None => break,
            },
            _ => break,
        }
    }
    Some(line_at(text, &found.span()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Role, target};

    fn of_file(text: &str) -> Layers {
        Layers {
            file: Some((PathBuf::from("intake.toml"), text.to_owned())),
            ..Layers::default()
        }
    }

    fn wrong(layers: &Layers) -> String {
        layers.config().unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_is_a_server_on_loopback() {
        let config = of_file("").config().unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.roles, [Role::Receive]);
        assert_eq!(config.weakens(), None);
    }

    #[test]
    fn what_is_printed_reads_back() {
        let text =
            "roles = [\"relay\"]\n[relay.main]\nurl = \"https://intake.example.org/v1/gateway\"\n";
        let config = of_file(text).config().unwrap();
        let printed = toml::to_string(&config).unwrap();
        let again = of_file(&printed).config().unwrap();
        assert_eq!(toml::to_string(&again).unwrap(), printed);
    }

    #[test]
    fn an_error_names_file_line_and_key() {
        let unknown = wrong(&of_file("folder = \"x\"\nlisten_on = 3\n"));
        assert!(
            unknown.starts_with("intake.toml, line 2: `listen_on`: unknown field"),
            "{unknown}"
        );
        let kind = wrong(&of_file("[limits]\nconnections = \"many\"\n"));
        assert!(
            kind.starts_with("intake.toml, line 2: `connections`: "),
            "{kind}"
        );
        let rule = wrong(&of_file("\n[times]\ngrace_hours = 25\n"));
        assert!(
            rule.starts_with("intake.toml, line 3: `times.grace_hours`: "),
            "{rule}"
        );
        let broken = wrong(&of_file("folder = \n"));
        assert!(broken.starts_with("intake.toml, line 1: "), "{broken}");
    }

    #[test]
    fn an_error_above_the_file_names_what_set_it() {
        let mut layers = of_file("[times]\ngrace_hours = 1\n");
        let variable = ("CANDOR_INTAKE_TIMES__GRACE_HOURS", "30");
        layers.environment(std::iter::once((
            variable.0.to_owned(),
            variable.1.to_owned(),
        )));
        let error = wrong(&layers);
        assert!(
            error.starts_with("CANDOR_INTAKE_TIMES__GRACE_HOURS: "),
            "{error}"
        );
        layers.flag("--set", "times.grace_hours", "2");
        assert_eq!(layers.config().unwrap().times.grace_hours, 2);
        layers.flag("--set", "times.hours", "2");
        assert!(wrong(&layers).starts_with("--set: `times.hours`: unknown field"));
    }

    #[test]
    fn what_cannot_hold_is_refused_by_its_key() {
        let hash = "$argon2id$v=19$m=19456,t=2,p=1$YSBzYWx0IGZvciB0ZXN0cw$bCbYKbnLHKnyTl/VOWXDpkkuJ5yG8vC7sVwmSx9aSJo";
        let bearer = |name: &str, hash: &str| {
            format!("[admin.bearers.{name}]\nargon2id = \"{hash}\"\nscopes = [\"read\"]\n")
        };
        of_file(&bearer("ops", hash)).config().unwrap();
        for (text, line, key) in [
            (
                "[limits]\nfree_disk_mib = 17592186044416\n".to_owned(),
                2,
                "limits.free_disk_mib",
            ),
            (
                "[issuer]\nmatures_hours = 9000000000000000000\n".to_owned(),
                2,
                "issuer.matures_hours",
            ),
            ("folder = \"\"\n".to_owned(), 1, "folder"),
            ("[admin]\nsocket = \"\"\n".to_owned(), 2, "admin.socket"),
            ("[tls]\ncertificate = \"a.pem\"\n".to_owned(), 1, "tls.key"),
            ("[tls]\nkey = \"a.key\"\n".to_owned(), 1, "tls.certificate"),
            (bearer("socket", hash), 1, "admin.bearers.socket"),
            (bearer("\"a b\"", hash), 1, "admin.bearers.a b"),
            (
                bearer("ops", "$argon2id$x"),
                2,
                "admin.bearers.ops.argon2id",
            ),
            (
                bearer("ops", "$argon2id$v=19$m=19456,t=2,p=1"),
                2,
                "admin.bearers.ops.argon2id",
            ),
            (
                bearer("ops", &hash.replace("argon2id", "argon2i")),
                2,
                "admin.bearers.ops.argon2id",
            ),
        ] {
            let said = wrong(&of_file(&text));
            let expected = format!("intake.toml, line {line}: `{key}`: ");
            assert!(said.starts_with(&expected), "{expected}{said}");
        }
    }

    #[test]
    fn a_flag_of_the_wrong_kind_is_told_as_what_it_is() {
        for (key, value, told) in [
            (
                "limits.connections",
                "many",
                "invalid type: string \"many\", expected usize",
            ),
            (
                "limits.connections",
                "true",
                "invalid type: boolean `true`, expected usize",
            ),
            (
                "behind_proxy",
                "yes",
                "invalid type: string \"yes\", expected a boolean",
            ),
        ] {
            let mut layers = Layers::default();
            layers.flag("--set", key, value);
            let said = wrong(&layers);
            assert!(said.contains(told), "{said}");
        }
    }

    #[test]
    fn the_socket_of_administrators_lies_in_the_folder_unless_it_says_where() {
        let socket = |text: &str| of_file(text).config().unwrap().admin_socket();
        let at = |text: &str| socket(&format!("folder = \"/srv/intake\"\n{text}"));
        assert_eq!(at(""), Path::new("/srv/intake/admin.sock"));
        assert_eq!(
            at("admin.socket = \"ops.sock\"\n"),
            Path::new("/srv/intake/ops.sock")
        );
        assert_eq!(
            at("admin.socket = \"/run/ops.sock\"\n"),
            Path::new("/run/ops.sock")
        );
    }

    #[test]
    fn a_bare_word_is_a_text() {
        let mut layers = Layers::default();
        layers.flag("--folder", "folder", "/srv/intake");
        layers.flag("--listen", "listen", "127.0.0.1:1");
        layers.flag("--role", "roles", "[\"issuer\", \"relay\"]");
        layers.flag("--set", "relay.main.url", "http://127.0.0.1:9/v1/gateway");
        let config = layers.config().unwrap();
        assert_eq!(config.folder, Path::new("/srv/intake"));
        assert!(
            config
                .weakens()
                .is_some_and(|it| it.contains("issuer, relay"))
        );
    }

    #[test]
    fn plain_http_beyond_this_machine_is_refused() {
        let mut layers = Layers::default();
        layers.flag("--listen", "listen", "0.0.0.0:80");
        assert!(wrong(&layers).contains("not loopback"));
        layers.flag("--set", "behind_proxy", "true");
        assert!(layers.config().is_ok());
        assert!(target("http://intake.example.org/").is_err());
        for wrong in [
            "",
            "ftp://x/",
            "https://",
            "https://a:b/",
            "https://a/?q",
            "https://u@h/",
        ] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
        let read = target("http://[::1]:81/v1/gateway").unwrap();
        assert_eq!(
            (read.host.as_str(), read.port, read.path.as_str()),
            ("::1", 81, "/v1/gateway")
        );
    }
}
