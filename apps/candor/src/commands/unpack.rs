//! `candor list` and `candor test`: the broker's side. Archives are read by a confined worker only.

use std::path::PathBuf;

use sandbox::Rights;
use tool::{PathText, Why};
use unpack::{Asked, Password};

use super::Session;
use crate::{
    cli::Archives,
    failure::{Ending, Failure},
    job::Job,
    password,
};

/// Lists archives, or tests them.
pub(super) fn run(asked: &Archives, test: bool) -> Result<Ending, Failure> {
    let mut session = Session::begin("archives", &asked.shared)?;
    let mut named = Vec::new();
    for path in &asked.archives {
        // Where a link leads: the worker opens that very file and no other.
        match path.canonicalize() {
            Ok(path) => named.push(path),
            Err(error) => {
                let shown = tool::path_text::shown(path.as_os_str());
                let failure = Failure::new(format!("cannot find the archive `{shown}`"));
                let failure = failure.because(&error);
                session
                    .complaints
                    .push(failure.help("name a file that is there and that you may read"));
            }
        }
    }
    let handed_over = password::handed_over(asked.password_fd)?;
    let may_ask = handed_over.is_none();
    session.archives(&named, asked, test, handed_over)?;
    if may_ask && session.is_locked() {
        // Once: a wrong one is told of by what it does not open.
        if let Some(password) = password::asked_for()? {
            session.outcomes.clear();
            session.archives(&named, asked, test, Some(password))?;
        }
    }
    session.end(&asked.shared)
}

impl Session {
    fn archives(
        &mut self,
        named: &[PathBuf],
        asked: &Archives,
        test: bool,
        password: Option<Password>,
    ) -> Result<(), Failure> {
        let rights = Rights {
            read: named.to_vec(),
            ..Rights::default()
        };
        let job = Job::Archives(Asked {
            archives: named.iter().cloned().map(PathText).collect(),
            test,
            password,
            charset: asked.encoding.clone(),
        });
        self.work(&["unpack"], job, rights, named).map(drop)
    }

    /// Whether something could not be read for want of a password.
    fn is_locked(&self) -> bool {
        let mut skipped = self.outcomes.iter().flat_map(|it| &it.skipped);
        skipped.any(|it| matches!(it.why, Why::Locked { .. }))
    }
}
