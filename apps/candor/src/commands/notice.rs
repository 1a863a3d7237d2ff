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
    #[cfg(feature = "unpack")]
    ("unpack", unpack::DECLARATION),
    #[cfg(feature = "consent")]
    ("candor", crate::consents::SUITE),
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
    let (declaration, said) = with_operator(declaration)?;
    let text = match asked.json {
        true => {
            let value = serde_json::json!({
                "schema": "candor/notice/1",
                "tool": name,
                "declaration_sha256": declaration.sha256(),
                "material_sha256": declaration.material_hash(),
                "notice": declaration.notice_text(Language::En, 100),
                "sandbox": declaration.sandbox_plan(),
                "operator": said.operator,
                "consents": said.consents,
            });
            format!("{value}\n")
        }
        false => {
            let width = terminal::style(Colour::Never).width;
            declaration.notice_text(Language::En, width) + &said.words
        }
    };
    print(text.as_bytes())
}

/// What is said beside a notice: who receives, and what was answered.
#[derive(Default)]
struct Said {
    operator: Option<serde_json::Value>,
    consents: Vec<serde_json::Value>,
    words: String,
}

#[cfg(not(feature = "consent"))]
fn with_operator(declaration: Declaration) -> Result<(Declaration, Said), Failure> {
    Ok((declaration, Said::default()))
}

/// Puts the operator of this machine into a declaration that sends to one, and says what was answered.
#[cfg(feature = "consent")]
fn with_operator(declaration: Declaration) -> Result<(Declaration, Said), Failure> {
    use super::consent::{operator_json, standing_in_words};
    use crate::{consents::Consents, machine};

    if declaration.sends().is_empty() {
        return Ok((declaration, Said::default()));
    }
    let consents = Consents::of(&machine::at(None)?)?;
    consents.complain();
    let declaration = crate::consents::operated(declaration, consents.named.as_ref());
    let mut said = Said {
        operator: consents.named.as_ref().map(operator_json),
        ..Said::default()
    };
    for subject in &consents.subjects {
        if subject.declaration.product().id != declaration.product().id {
            continue;
        }
        let standing = consents.standing(subject);
        said.consents.push(serde_json::json!({
            "name": subject.send,
            "standing": standing.name(),
        }));
        said.words.push_str(&format!(
            "\nYour answer to {}: {}.\n",
            subject.send,
            standing_in_words(&standing)
        ));
    }
    Ok((declaration, said))
}
