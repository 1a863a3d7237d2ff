//! The question on a terminal: no comes first, each answer is one key, and nothing is ticked.

use std::io::{self, IsTerminal, Write, stderr, stdin};

use consent::{How, Standing};
use declare::Language;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{Done, Failure, give, may_be_given, refuse};
use crate::{
    cli::Colour,
    consents::{Consents, cannot},
    terminal,
};

/// Asks what was not answered, each record by itself; of a record that is named, asks whatever was answered.
pub(super) fn ask(consents: &mut Consents, name: Option<&str>, json: bool) -> Result<(), Failure> {
    let names: Vec<String> = match name {
        Some(name) => vec![consents.subject(name)?.send.clone()],
        None => {
            let open = |it: &&crate::consents::Subject| consents.standing(it).is_to_ask();
            let open = consents.subjects.iter().filter(open);
            open.map(|it| it.send.clone()).collect()
        }
    };
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Failure::new("nobody is there to be asked").help(
            "nothing was agreed to; `candor consent give NAME` is an answer in words, and so is `candor consent refuse NAME`",
        ));
    }
    for name in names {
        let subject = consents.subject(&name)?;
        may_be_given(consents, subject)?;
        let width = terminal::style(Colour::Never).width;
        let question = subject
            .declaration
            .consent_question_text(&name, Language::En, width)
            .unwrap_or_default();
        let (declaration, send) = (subject.declaration.clone(), subject.send.clone());
        let before = consents.standing(subject);
        let asked = consents
            .ledger
            .asked(&declaration, &send, How::Question, consents.now);
        asked.map_err(|error| cannot(&error))?;
        eprintln!("{question}");
        answer(consents, &name, &before, json)?;
    }
    Ok(())
}

fn answer(
    consents: &mut Consents,
    name: &str,
    before: &Standing,
    json: bool,
) -> Result<(), Failure> {
    let unread = |error: io::Error| Failure::new("cannot read the answer").because(&error);
    let held = Held::take().map_err(unread)?;
    eprint!("  n  No, do not send it\n  y  Yes, send it\n  Any other key: no answer now. ");
    let _ = stderr().flush();
    let key = held.one_key().map_err(unread)?;
    drop(held);
    eprintln!();
    match key {
        Some(b'n' | b'N') => {
            let mut done = Done::default();
            refuse(consents, name, How::Question, &mut done)?;
            for line in done.said {
                eprintln!("{line}");
            }
        }
        Some(b'y' | b'Y') => {
            let receipt = give(consents, name, How::Question)?;
            eprintln!("Agreed to {name}. `candor consent withdraw {name}` takes it back.\n");
            if !json {
                eprint!("{}", receipt.text());
            }
        }
        _ => eprintln!(
            "Not answered. It is {}, as before.",
            super::standing_in_words(before)
        ),
    }
    eprintln!();
    Ok(())
}

/// The terminal while one key is waited for: no Enter is needed, and nothing is shown of it.
struct Held(Termios);

impl Held {
    /// Takes the terminal. What was typed before is thrown away: it is no answer to what was not read yet.
    fn take() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut settings = before.clone();
        // Ctrl-C comes as a key too, so that the terminal is always given back as it was: it is no answer.
        settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        let held = Self(before);
        tcsetattr(stdin(), OptionalActions::Flush, &settings)?;
        Ok(held)
    }

    fn one_key(&self) -> io::Result<Option<u8>> {
        let mut key = [0];
        // Not through the buffer of the standard library: a second key that was typed would wait there, and
        // answer the next question before it was read.
        let read = rustix::io::read(stdin(), &mut key)?;
        Ok((read == 1).then_some(key[0]))
    }
}

impl Drop for Held {
    /// Gives the terminal its settings back.
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.0);
    }
}
