//! `candor preview`: the first bytes of one file in an archive, read by a confined worker and written to stdout.

use std::{
    io::{IsTerminal as _, stdout},
    path::PathBuf,
    slice,
};

use sandbox::Rights;
use tool::{Outcome, Why, path_text};
use unpack::{Password, Previewed, Previewing};

use super::{Session, print};
use crate::{
    cli::Preview,
    failure::{Ending, Failure},
    job::Job,
    password,
};

/// Shows the first bytes of an entry.
pub(super) fn run(asked: &Preview) -> Result<Ending, Failure> {
    let mut session = Session::begin("preview", &asked.shared)?;
    let (mut archives, mut failures) = super::unpack::archives(slice::from_ref(&asked.archive));
    let Some(parts) = archives.pop() else {
        return Err(failures.remove(0));
    };
    let handed_over = password::handed_over(asked.reading.password_fd)?;
    let may_ask = handed_over.is_none();
    let mut outcome = session.preview(&parts, asked, handed_over)?;
    let is_locked = |outcome: &Outcome| {
        let mut skipped = outcome.skipped.iter();
        skipped.any(|it| matches!(it.why, Why::Locked { .. }))
    };
    if may_ask
        && is_locked(&outcome)
        && let Some(password) = password::asked_for()?
    {
        outcome = session.preview(&parts, asked, Some(password))?;
    }
    if asked.shared.json {
        session.outcomes.push(outcome);
        return session.end(&asked.shared);
    }
    let previewed: Option<Previewed> = serde_json::from_str(outcome.data.get())
        .map_err(|error| Failure::new("a worker was not understood").because(&error))?;
    let entry = path_text::shown(asked.entry.as_ref());
    if let Some(previewed) = &previewed {
        let bytes = previewed
            .bytes()
            .map_err(|error| Failure::new("a worker was not understood").because(&error))?;
        match stdout().is_terminal() {
            false => print(&bytes)?,
            true => print(text(&bytes, &entry)?.as_bytes())?,
        };
        if !previewed.whole && stdout().is_terminal() {
            eprintln!("{entry} has more; --bytes shows it.");
        }
    }
    for skipped in &outcome.skipped {
        let mut failure = Failure::new(format!("cannot show `{entry}`: {}", skipped.why));
        if let Some(hint) = skipped.why.hint() {
            failure = failure.help(hint);
        }
        session.complaints.push(failure);
    }
    session.talk();
    Ok(session.ending())
}

/// Returns what a terminal can show of bytes: their text, without what would write to it in other ways.
fn text(bytes: &[u8], entry: &str) -> Result<String, Failure> {
    // The end may be cut within a letter.
    let is_cut = |error: &std::str::Utf8Error| error.error_len().is_none();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut(&error) => {
            let whole = &bytes[..error.valid_up_to()];
            std::str::from_utf8(whole).expect("what comes before a fault is text")
        }
        Err(_) => return Err(no_text(entry)),
    };
    if text.contains('\0') {
        return Err(no_text(entry));
    }
    let lines = text
        .split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", shown(line)),
            None => format!("{}\n", shown(line)),
        });
    Ok(lines.collect())
}

/// A line whose tabs stay as they are.
fn shown(line: &str) -> String {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let parts: Vec<String> = line
        .split('\t')
        .map(|it| path_text::shown(it.as_ref()))
        .collect();
    parts.join("\t")
}

fn no_text(entry: &str) -> Failure {
    Failure::new(format!(
        "`{entry}` is no text, and a terminal cannot show it"
    ))
    .help("send it on: `candor preview ARCHIVE ENTRY | less`, or `> FILE`")
}

impl Session {
    fn preview(
        &mut self,
        parts: &[PathBuf],
        asked: &Preview,
        password: Option<Password>,
    ) -> Result<Outcome, Failure> {
        let rights = Rights {
            read: parts.to_vec(),
            ..Rights::default()
        };
        let job = Job::Preview(Previewing {
            parts: super::unpack::texts(parts),
            entry: asked.entry.clone(),
            bytes: asked.bytes,
            password,
            charset: asked.reading.encoding.clone(),
        });
        let mut delivered = self.deliver(&["unpack"], job, rights, parts, None)?;
        let outcome = delivered.outcomes.pop();
        outcome.ok_or_else(|| Failure::new("a worker ended without a word"))
    }
}
