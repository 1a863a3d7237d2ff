//! What a person is asked before anything leaves the machine.

use crate::{
    Declaration, Language,
    declaration::{OPERATOR, Send},
    notice::{Block, Page, about_send, markdown, text},
    phrases::{filled, phrases},
};

impl Declaration {
    /// Returns the consent question as Markdown: one question for each record, by itself.
    ///
    /// No comes first, nothing is ticked, and both answers take one step. Where nothing is sent
    /// the page says that no consent is asked, because nothing leaves.
    #[must_use]
    pub fn consent_question(&self, language: Language) -> String {
        let say = phrases(language);
        let mut blocks = Vec::new();
        if self.sends().is_empty() {
            blocks.push(Block::Paragraph(say.no_question.to_owned()));
        }
        for send in self.sends() {
            blocks.extend(question(self, send, language));
        }
        markdown(&page(self, blocks, language))
    }

    /// Returns the question for one record, for a terminal, wrapped at `width` characters (at least 20);
    /// `None` where the declaration has no such record.
    #[must_use]
    pub fn consent_question_text(
        &self,
        send: &str,
        language: Language,
        width: usize,
    ) -> Option<String> {
        let send = self.sends().iter().find(|it| it.id == send)?;
        let blocks = question(self, send, language);
        Some(text(&page(self, blocks, language), width))
    }
}

fn question(of: &Declaration, send: &Send, language: Language) -> Vec<Block> {
    let say = phrases(language);
    let mut blocks = about_send(of, send, language, say);
    if send.to == [OPERATOR] {
        // Nobody can agree to be heard by nobody.
        blocks.push(Block::Paragraph(say.no_operator.to_owned()));
        return blocks;
    }
    blocks.push(Block::Paragraph(format!(
        "{} {}",
        say.may_it, say.off_by_default
    )));
    blocks.push(Block::List(vec![
        say.answer_no.to_owned(),
        say.answer_yes.to_owned(),
    ]));
    blocks
}

fn page(of: &Declaration, blocks: Vec<Block>, language: Language) -> Page {
    Page {
        language,
        title: filled(
            phrases(language).question_title,
            of.product().name.in_language(language),
        ),
        blocks,
        declaration_sha256: of.sha256().to_owned(),
    }
}
