//! One file of CleanerML to values: hostile text, read with bounds.
//!
//! ```xml
//! <cleaner id="app" os="linux">
//!   <label>App</label>
//!   <running type="exe">app</running>
//!   <var name="base"><value search="glob">~/.app-*</value></var>
//!   <option id="cache">
//!     <label>Cache</label><description>Delete the cache</description>
//!     <action command="delete" search="walk.all" path="$$base$$/cache"/>
//!   </option>
//! </cleaner>
//! ```
//!
//! The root may be something else that holds a `<cleaner>`. A document type is refused, so that there are
//! no entities.
//!
//! Source: BleachBit 4.4.2 and git of 2026-08-21, doc/cleaner_markup_language.xsd and
//! bleachbit/CleanerML.py.

use std::{collections::HashMap, path::Path};

use knowledge::Platform;
use roxmltree::{Document, Node, ParsingOptions};

use super::{
    definition::{Act, Choice, Cleaner, How, Search, Sign, Unsupported, Variable},
    filter::Filters,
};

/// Files larger than this are refused. The largest that BleachBit brings has 60 KiB.
pub(crate) const LARGEST: u64 = 1 << 20;
/// More nodes than this, elements and texts alike, are refused.
const NODES: u32 = 100_000;
/// Elements nested deeper than this are refused; CleanerML needs five.
const DEEPEST: usize = 32;

/// Reads one definition; `None` when it is for another system, or has nothing to do on this one.
///
/// `is_trusted` is false for a file that somebody else than the owner of the machine can change: its
/// commands to run are left out.
///
/// # Errors
/// In words, when it is no definition.
pub(crate) fn cleaner(
    text: &str,
    file: &Path,
    platform: Platform,
    is_trusted: bool,
) -> Result<Option<Cleaner>, String> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    check_depth(&document)?;
    let root = document.root_element();
    let is_cleaner = |node: &Node<'_, '_>| node.has_tag_name("cleaner");
    let Some(node) = root.descendants().find(is_cleaner) else {
        return Err("it holds no <cleaner>".to_owned());
    };
    if !is_for(&node, platform) {
        return Ok(None);
    }
    let reader = Reader {
        platform,
        is_trusted,
    };
    let cleaner = reader.cleaner(&node, file)?;
    let has_actions = |it: &Choice| !it.searches.is_empty() || !it.unsupported.is_empty();
    let is_usable = cleaner.has_localizations || cleaner.choices.iter().any(has_actions);
    Ok(Some(cleaner).filter(|_| is_usable))
}

fn check_depth(document: &Document<'_>) -> Result<(), String> {
    let mut depths: HashMap<roxmltree::NodeId, usize> = HashMap::new();
    // Parents come before what they hold.
    for node in document.descendants().filter(Node::is_element) {
        let above = node.parent().and_then(|it| depths.get(&it.id())).copied();
        let depth = above.unwrap_or(0) + 1;
        if depth > DEEPEST {
            return Err(format!("its elements are nested deeper than {DEEPEST}"));
        }
        depths.insert(node.id(), depth);
    }
    Ok(())
}

struct Reader {
    platform: Platform,
    is_trusted: bool,
}

impl Reader {
    fn cleaner(&self, node: &Node<'_, '_>, file: &Path) -> Result<Cleaner, String> {
        let id = attribute(node, "id");
        if id.is_empty() {
            return Err("its <cleaner> has no id".to_owned());
        }
        let name = child(node, "label").ok_or("its <cleaner> has no <label>")?;
        Ok(Cleaner {
            id,
            name: text(&name),
            file: file.to_owned(),
            running: self.own(node, "running").map(|it| sign(&it)).collect(),
            variables: self.variables(node),
            choices: self.choices(node)?,
            has_localizations: child(node, "localizations").is_some(),
        })
    }

    /// Returns the children of that name that are for this system.
    fn own<'a, 'i>(
        &self,
        node: &Node<'a, 'i>,
        name: &'static str,
    ) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
        let platform = self.platform;
        node.children()
            .filter(move |it| it.has_tag_name(name) && is_for(it, platform))
    }

    fn variables(&self, cleaner: &Node<'_, '_>) -> Vec<Variable> {
        let mut all = Vec::new();
        for node in cleaner.children().filter(|it| it.has_tag_name("var")) {
            let name = attribute(&node, "name");
            for value in self.own(&node, "value") {
                let search = attribute(&value, "search");
                // The registry of another system has no value here.
                if search != "winreg" {
                    all.push(Variable {
                        name: name.clone(),
                        value: text(&value),
                        is_glob: search == "glob",
                    });
                }
            }
        }
        all
    }

    fn choices(&self, cleaner: &Node<'_, '_>) -> Result<Vec<Choice>, String> {
        let mut all: Vec<Choice> = Vec::new();
        for node in self.own(cleaner, "option") {
            let id = attribute(&node, "id");
            let label = child(&node, "label");
            let label = label.ok_or_else(|| format!("its option `{id}` has no <label>"))?;
            let mut choice = Choice {
                id,
                name: text(&label),
                description: child(&node, "description").map_or_else(String::new, |it| text(&it)),
                warning: child(&node, "warning").map(|it| text(&it)),
                searches: Vec::new(),
                unsupported: Vec::new(),
            };
            for action in self.own(&node, "action") {
                match self.action(&action) {
                    Ok(search) => choice.searches.push(search),
                    Err(unsupported) => choice.unsupported.push(unsupported),
                }
            }
            match all.iter_mut().find(|it| it.id == choice.id) {
                // The same id twice: one option with the actions of both.
                Some(first) => {
                    first.searches.append(&mut choice.searches);
                    first.unsupported.append(&mut choice.unsupported);
                }
                None => all.push(choice),
            }
        }
        Ok(all)
    }

    fn action(&self, node: &Node<'_, '_>) -> Result<Search, Unsupported> {
        let command = attribute(node, "command");
        let path = attribute(node, "path");
        let unsupported = |why: String| Unsupported {
            command: command.clone(),
            // What a command would run stands where others have a path.
            path: match path.is_empty() {
                true => attribute(node, "cmd"),
                false => path.clone(),
            },
            why,
        };
        if command == "process" && !self.is_trusted {
            let why = "it would run a program, and the definition is not the system's: ignored";
            return Err(unsupported(why.to_owned()));
        }
        let Some(act) = Act::of(&command) else {
            return Err(unsupported(why_not(&command).to_owned()));
        };
        let search = attribute(node, "search");
        let how = How::of(&search)
            .ok_or_else(|| unsupported(format!("its search `{search}` is not known")))?;
        if how == How::Deep && act == Act::Truncate {
            return Err(unsupported("a deep search can only delete".to_owned()));
        }
        let filters = Filters::read(|name| attribute(node, name)).map_err(unsupported)?;
        Ok(Search {
            act,
            how,
            path,
            filters,
        })
    }
}

/// Says why a command is not carried over.
fn why_not(command: &str) -> &'static str {
    match command.split('.').next().unwrap_or_default() {
        "process" | "apt" | "dnf" | "yum" | "pacman" | "snap" | "journald" => {
            "it would run a program"
        }
        "winreg" | "win" => "it is about the registry of another system",
        "sqlite"
        | "ini"
        | "json"
        | "xml"
        | "chrome"
        | "mozilla"
        | "cookie"
        | "office_registrymodifications" => "it changes a file inside",
        _ => "the command is not known",
    }
}

fn sign(node: &Node<'_, '_>) -> Sign {
    match attribute(node, "type").as_str() {
        "exe" => Sign::Program(text(node)),
        "pathname" => Sign::File(text(node)),
        _ => Sign::Unknown,
    }
}

/// Returns whether an element is for this system; one that names none is for all.
fn is_for(node: &Node<'_, '_>, platform: Platform) -> bool {
    let names: &[&str] = match platform {
        Platform::Linux => &["linux", "unix"],
        // `darwin` is what BleachBit up to 4.6 says.
        Platform::Macos => &["macos", "darwin", "bsd", "unix"],
    };
    let asked = attribute(node, "os");
    asked.is_empty() || names.contains(&asked.as_str())
}

fn attribute(node: &Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

fn child<'a, 'i>(node: &Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|it| it.has_tag_name(name))
}

/// Returns the text directly in an element.
fn text(node: &Node<'_, '_>) -> String {
    let texts = node.children().filter(Node::is_text);
    texts.filter_map(|it| it.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<wrap><!-- anything around it -->
<cleaner id="app">
  <label translate="false">App</label>
  <running type="exe" os="linux">app</running>
  <running type="exe" os="windows">app.exe</running>
  <running type="pathname">~/.app/*.lock</running>
  <var name="base">
    <value os="windows">$APPDATA\app</value>
    <value search="glob">~/.app-*</value>
    <value>~/.app</value>
  </var>
  <option id="cache">
    <label>Cache</label><description>Delete the <b>cache</b>!</description>
    <warning>Slow.</warning>
    <action command="delete" search="walk.all" path="$$base$$/cache"/>
    <action command="delete" os="macos" search="file" path="~/Library/x"/>
    <action command="sqlite.vacuum" search="file" path="$$base$$/x.db"/>
    <action command="process" cmd="app --clean"/>
    <action command="delete" search="file" path="~/y" regex="(?=z)"/>
    <action command="delete" search="sideways" path="~/y"/>
    <action command="sing" path="~/y"/>
  </option>
  <option id="windows" os="windows"><label>x</label><action command="delete" search="file" path="x"/></option>
</cleaner></wrap>"#;

    fn read(text: &str, platform: Platform) -> Result<Option<Cleaner>, String> {
        cleaner(text, Path::new("/d/app.xml"), platform, false)
    }

    #[test]
    fn a_definition_is_read_for_one_system() {
        let app = read(APP, Platform::Linux).unwrap().unwrap();
        assert_eq!((app.id.as_str(), app.name.as_str()), ("app", "App"));
        let signs = [
            Sign::Program("app".to_owned()),
            Sign::File("~/.app/*.lock".to_owned()),
        ];
        assert_eq!(app.running, signs);
        let values: Vec<_> = app
            .variables
            .iter()
            .map(|it| (&*it.value, it.is_glob))
            .collect();
        assert_eq!(values, [("~/.app-*", true), ("~/.app", false)]);
        let [cache] = &app.choices[..] else {
            panic!("an option of another system is left out");
        };
        assert_eq!(cache.description, "Delete the !");
        assert_eq!(cache.warning.as_deref(), Some("Slow."));
        assert_eq!(cache.searches.len(), 1);
        let unsupported: Vec<_> = cache
            .unsupported
            .iter()
            .map(|it| (&*it.command, &*it.path, &*it.why))
            .collect();
        let (inside, foreign) = (
            "it changes a file inside",
            "it would run a program, and the definition is not the system's: ignored",
        );
        assert_eq!(
            unsupported,
            [
                ("sqlite.vacuum", "$$base$$/x.db", inside),
                ("process", "app --clean", foreign),
                ("delete", "~/y", "its pattern `(?=z)` cannot be read here"),
                ("delete", "~/y", "its search `sideways` is not known"),
                ("sing", "~/y", "the command is not known"),
            ]
        );
        let mac = read(APP, Platform::Macos).unwrap().unwrap();
        assert_eq!(mac.choices[0].searches.len(), 2);
    }

    #[test]
    fn what_is_for_another_system_or_has_nothing_to_do_is_none() {
        for text in [
            r#"<cleaner id="a" os="windows"><label>A</label></cleaner>"#,
            r#"<cleaner id="a"><label>A</label><option id="o"><label>O</label></option></cleaner>"#,
        ] {
            assert!(read(text, Platform::Linux).unwrap().is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_no_definition_says_what_is_wrong() {
        let deep = format!("{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000));
        let many = format!("<cleaner>{}</cleaner>", "<a/>".repeat(100_001));
        let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><cleaner id="&b;"/>"#;
        for (text, expected) in [
            ("", "root"),
            ("<cleaner id='a'>", ""),
            ("<other/>", "no <cleaner>"),
            ("<cleaner/>", "no id"),
            ("<cleaner id='a'/>", "no <label>"),
            (laughs, "DTD"),
            (
                "<!DOCTYPE cleaner SYSTEM 'file:///etc/passwd'><cleaner/>",
                "DTD",
            ),
            (&deep, "deeper"),
            (&many, "limit"),
        ] {
            let error = read(text, Platform::Linux).unwrap_err();
            let start: String = text.chars().take(60).collect();
            assert!(error.contains(expected), "{start}: {error}");
        }
    }

    /// Each byte left out, doubled or replaced: an error or a value, never a panic.
    #[test]
    fn no_damage_makes_it_panic() {
        for at in 0..APP.len() {
            for with in ["", "<", ">", "&", "\"", "\0", "]]>", "<!--"] {
                let Some((before, after)) = APP.split_at_checked(at) else {
                    continue;
                };
                let after: String = after.chars().skip(1).collect();
                let _ = read(&format!("{before}{with}{after}"), Platform::Linux);
            }
        }
    }
}
