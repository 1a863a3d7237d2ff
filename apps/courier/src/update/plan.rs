//! What `candor update` asks for. The courier reads no file of a person's to find out.

use std::{
    collections::BTreeSet,
    io::Read,
    path::{Component, PathBuf},
};

use serde::Deserialize;
use wire::note::Verifier;

use crate::{address, failure::Failure};

/// More is no plan.
const LONGEST: u64 = 4 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// The folder of raw lists.
    pub(crate) raw: PathBuf,
    /// Whose releases are taken.
    pub(crate) publisher: Option<Publisher>,
    /// The lists that the person adds.
    #[serde(default)]
    pub(crate) own: Vec<Own>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Publisher {
    /// The key that signs releases.
    pub(crate) key: Verifier,
    /// Where they lie; each has everything.
    pub(crate) mirrors: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Own {
    /// The id of the list: the name of its file.
    pub(crate) id: String,
    /// Its address.
    pub(crate) url: String,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn read(from: &mut impl Read) -> Result<Self, Failure> {
        let wrong = |why: String| {
            Failure::with_help(
                format!("what is to be brought in was not understood: {why}"),
                "start it by `candor update`",
            )
        };
        let mut text = String::new();
        from.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|error| wrong(error.to_string()))?;
        let plan: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if !plan.raw.is_absolute() {
            return Err(wrong("the folder is no whole path".to_owned()));
        }
        for own in &plan.own {
            let mut parts = std::path::Path::new(&own.id).components();
            let is_name = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            );
            if !is_name || own.id.contains('/') {
                return Err(wrong(format!("`{}` is no id of a list", own.id)));
            }
        }
        Ok(plan)
    }

    /// Returns the ports that are connected to. A list that has moved is followed to 443.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let mirrors = self.publisher.iter().flat_map(|it| &it.mirrors);
        let own = self.own.iter().map(|it| &it.url);
        let may_move = own.clone().any(|it| it.starts_with("https://"));
        let named = mirrors.chain(own).filter_map(|it| address::port(it));
        let named: BTreeSet<u16> = named.chain(may_move.then_some(443)).collect();
        named.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_files_and_no_ways_out() {
        let read = |text: &str| Plan::read(&mut text.as_bytes());
        let plan = read(
            r#"{"raw": "/home/ada/raw", "publisher": null, "own": [
                {"id": "mine", "url": "https://a.example/x"},
                {"id": "here", "url": "http://127.0.0.1:81/x"}]}"#,
        );
        assert_eq!(plan.unwrap().ports(), [81, 443]);
        let plan =
            read(r#"{"raw": "/raw", "own": [{"id": "a", "url": "https://a.example:8443/"}]}"#);
        assert_eq!(plan.unwrap().ports(), [443, 8443], "a list that has moved");
        for wrong in [
            "",
            "{}",
            r#"{"raw": "raw"}"#,
            r#"{"raw": "/raw", "more": 1}"#,
            r#"{"raw": "/raw", "own": [{"id": "../vault", "url": "https://a.example/"}]}"#,
            r#"{"raw": "/raw", "own": [{"id": "a/b", "url": "https://a.example/"}]}"#,
            r#"{"raw": "/raw", "own": [{"id": "", "url": "https://a.example/"}]}"#,
            r#"{"raw": "/raw", "publisher": {"key": "no key", "mirrors": []}}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
