//! A made-up machine, line by line, and what the tool says of it.

use std::{collections::BTreeSet, path::PathBuf};

use candor_uninstall::{Asked, Survey};
use fixture::Pretend;
use serde_json::Value;
use tool::{Machine, Outcome};

/// The lines of a tree.
#[derive(Default)]
pub(crate) struct Tree {
    lines: Vec<String>,
    made: BTreeSet<String>,
}

impl Tree {
    /// Adds a file, and the folders it lies in, all of one age.
    pub(crate) fn file(&mut self, path: &str, text: &str, days: u32) {
        let path = path.trim_start_matches('/');
        if !self.made.insert(path.to_owned()) {
            return;
        }
        self.above(path, days);
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        let text = text.replace('\n', "\\n");
        self.lines
            .push(format!("\"{path}\" \"text={text}\" age={days}d"));
    }

    /// Adds a folder with a file in it; of a path with an ending of files, that file alone.
    pub(crate) fn thing(&mut self, path: &str, days: u32) {
        let ends = [
            ".plist",
            ".ini",
            ".json",
            ".conf",
            ".config",
            ".desktop",
            ".AppImage",
            ".txt",
        ];
        match ends.iter().any(|end| path.ends_with(end)) {
            true => self.file(path, "x", days),
            false => self.file(&format!("{path}/kept/file"), "some bytes", days),
        }
    }

    pub(crate) fn link(&mut self, path: &str, to: &str) {
        let path = path.trim_start_matches('/');
        self.lines.push(format!("\"{path}\" -> \"{to}\""));
    }

    fn above(&mut self, path: &str, days: u32) {
        let mut above = path;
        while let Some((folder, _)) = above.rsplit_once('/') {
            if self.made.insert(format!("{folder}/")) {
                self.lines.push(format!("\"{folder}/\" age={days}d"));
            }
            above = folder;
        }
    }

    pub(crate) fn pretend(&self, platform: &str) -> Pretend {
        Pretend::new(&format!(
            "platform {platform}\nnow 2026-11-23T12:00:00Z\n-- tree\n{}\n",
            self.lines.join("\n")
        ))
    }
}

/// What came out, as far as these tests ask.
pub(crate) struct Said {
    pub(crate) outcome: Outcome,
    data: Value,
}

pub(crate) fn application(machine: &Machine, name: &str) -> Said {
    said(&Survey::of(machine), &Asked::Application(name.to_owned()))
}

pub(crate) fn orphans(machine: &Machine) -> Said {
    said(&Survey::of(machine), &Asked::Orphans)
}

pub(crate) fn said(survey: &Survey<'_>, asked: &Asked) -> Said {
    let outcome = fixture::whole(|lists| survey.look(asked, lists));
    let data = fixture::data(&outcome);
    let said = Said { outcome, data };
    said.proposals_are_what_is_selected();
    said
}

impl Said {
    pub(crate) fn data(&self) -> &Value {
        &self.data
    }

    /// Paths of items, below the pretend root.
    fn items(&self, machine: &Machine, wanted: impl Fn(&Value) -> bool) -> BTreeSet<String> {
        let items = self.data["items"].as_array().unwrap();
        let path = |it: &Value| {
            let path = PathBuf::from(it["path"].as_str().unwrap());
            let path = path.strip_prefix(&machine.root).unwrap();
            format!("/{}", path.display())
        };
        items.iter().filter(|it| wanted(it)).map(path).collect()
    }

    pub(crate) fn selected(&self, machine: &Machine) -> BTreeSet<String> {
        self.items(machine, |it| it["selected"] == true)
    }

    pub(crate) fn listed(&self, machine: &Machine) -> BTreeSet<String> {
        self.items(machine, |_| true)
    }

    /// Why something is listed and not selected.
    pub(crate) fn kept(&self, path: &str) -> String {
        let items = self.data["items"].as_array().unwrap();
        let item = items
            .iter()
            .find(|it| it["path"].as_str().is_some_and(|it| it.ends_with(path)));
        item.unwrap_or_else(|| panic!("{path} is not listed: {items:#?}"))["kept"]
            .as_str()
            .unwrap_or_else(|| panic!("{path} is selected"))
            .to_owned()
    }

    pub(crate) fn alike(&self) -> Vec<&str> {
        let alike = self.data["alike"].as_array().unwrap();
        alike.iter().map(|it| it.as_str().unwrap()).collect()
    }

    /// What is executed must be what is shown.
    fn proposals_are_what_is_selected(&self) {
        let paths = |list: &str, wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
            let rows = self.data[list].as_array().unwrap().iter();
            rows.filter(|it| wanted(it))
                .map(|it| it["path"].to_string())
                .collect()
        };
        let selected = paths("items", &|it| it["selected"] == true);
        assert_eq!(selected, paths("proposals", &|_| true));
        for item in self.data["items"].as_array().unwrap() {
            assert_ne!(
                item["selected"] == true,
                item["kept"].is_string(),
                "what stays has a reason: {item}"
            );
            let medium = item["grade"] == "medium" && item["selected"] == true;
            assert!(!medium, "a name alone selects nothing: {item}");
        }
    }
}
