//! What a person is asked before anything leaves the machine.

use crate::{
    Declaration, Language,
    declaration::OPERATOR,
    notice::{Block, Page, about_send, markdown},
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
            blocks.extend(about_send(self, send, language, say));
            if send.to == [OPERATOR] {
                // Nobody can agree to be heard by nobody.
                blocks.push(Block::Paragraph(say.no_operator.to_owned()));
                continue;
            }
            blocks.push(Block::Paragraph(format!(
                "{} {}",
                say.may_it, say.off_by_default
            )));
            blocks.push(Block::List(vec![
                say.answer_no.to_owned(),
                say.answer_yes.to_owned(),
            ]));
        }
        markdown(&Page {
            language,
            title: filled(
                say.question_title,
                self.product().name.in_language(language),
            ),
            blocks,
            declaration_sha256: self.sha256().to_owned(),
        })
    }
}
