//! `candor notice TOOL`: what a tool reads, keeps and sends, out of its declaration.

use declare::{Declaration, Language};

use super::{Ending, Failure, print};
use crate::{
    cli::{Colour, Notice},
    terminal,
};

/// Every tool of this build and its declaration.
const TOOLS: &[(&str, &str)] = &[
    #[cfg(feature = "battery")]
    ("battery", battery::DECLARATION),
    #[cfg(feature = "clean")]
    ("clean", clean::DECLARATION),
    #[cfg(feature = "dupes")]
    ("dupes", dupes::DECLARATION),
    #[cfg(feature = "history")]
    ("history", history::DECLARATION),
    #[cfg(feature = "similar")]
    ("similar", similar::DECLARATION),
    #[cfg(feature = "uninstall")]
    ("uninstall", uninstall::DECLARATION),
];

/// Returns the names of the tools of this build.
pub(crate) fn tools() -> Vec<&'static str> {
    TOOLS.iter().map(|(name, _)| *name).collect()
}

/// Returns the declarations of these tools, as far as they are in this build.
pub(super) fn declarations(names: &[&str]) -> Vec<&'static str> {
    let named = TOOLS.iter().filter(|(name, _)| names.contains(name));
    named.map(|(_, text)| *text).collect()
}

pub(crate) fn run(asked: &Notice) -> Result<Ending, Failure> {
    let Some((name, text)) = TOOLS.iter().find(|(name, _)| *name == asked.tool) else {
        return Err(Failure::new(format!("there is no tool `{}`", asked.tool)));
    };
    let declaration = Declaration::parse(text).map_err(|error| {
        Failure::new(format!("the declaration of `{name}` is not valid")).because(&error)
    })?;
    let text = match asked.json {
        true => {
            let value = serde_json::json!({
                "schema": "candor/notice/1",
                "tool": name,
                "declaration_sha256": declaration.sha256(),
                "material_sha256": declaration.material_hash(),
                "notice": declaration.notice_text(Language::En, 100),
                "sandbox": declaration.sandbox_plan(),
            });
            format!("{value}\n")
        }
        false => declaration.notice_text(Language::En, terminal::style(Colour::Never).width),
    };
    print(text.as_bytes())
}
