//! `candor list` and `candor test`: the broker's side. Archives are read by a confined worker only.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use sandbox::Rights;
use tool::{PathText, Why};
use unpack::{Asked, Parts, Password, Wish};

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
    let (named, failures) = archives(&asked.archives);
    session.complaints.extend(failures);
    let handed_over = password::handed_over(asked.reading.password_fd)?;
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

/// Finds the parts of each archive, once though several of them are named. Returns why the others cannot be read.
pub(super) fn archives(paths: &[PathBuf]) -> (Vec<Vec<PathBuf>>, Vec<Failure>) {
    let mut archives = Vec::new();
    let mut failures = Vec::new();
    for path in paths {
        match parts(path) {
            Ok(parts) if archives.contains(&parts) => {}
            Ok(parts) => archives.push(parts),
            Err(failure) => failures.push(failure),
        }
    }
    (archives, failures)
}

/// Finds the parts of an archive, whichever of them is named.
fn parts(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let shown = |path: &Path| tool::path_text::shown(path.as_os_str());
    // Where a link leads: the worker opens that very file and no other.
    let path = path.canonicalize().map_err(|error| {
        Failure::new(format!("cannot find the archive `{}`", shown(path)))
            .because(&error)
            .help("name a file that is there and that you may read")
    })?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str))
    else {
        return Ok(vec![path]);
    };
    // Where nobody may look around, a file is taken as it is.
    let beside = fs::read_dir(folder).into_iter().flatten().flatten();
    let beside = beside.filter_map(|it| it.file_name().into_string().ok());
    let parts = Parts::of(name, beside);
    if !parts.missing.is_empty() {
        let missing = parts.missing.iter().map(|it| shown(&folder.join(it)));
        let missing: Vec<String> = missing.collect();
        let what = format!(
            "parts of `{}` are missing: {}",
            shown(&path),
            missing.join(", ")
        );
        return Err(Failure::new(what).help("put them beside the others, and try again"));
    }
    let each = parts.names.iter().map(|it| folder.join(it).canonicalize());
    let each = each.collect::<Result<_, _>>();
    each.map_err(|error| {
        Failure::new(format!("cannot find the other parts of `{}`", shown(&path))).because(&error)
    })
}

pub(super) fn texts(paths: &[PathBuf]) -> Vec<PathText> {
    paths.iter().cloned().map(PathText).collect()
}

impl Session {
    fn archives(
        &mut self,
        named: &[Vec<PathBuf>],
        asked: &Archives,
        test: bool,
        password: Option<Password>,
    ) -> Result<(), Failure> {
        let each = named.concat();
        let rights = Rights {
            read: each.clone(),
            ..Rights::default()
        };
        let job = Job::Archives(Asked {
            archives: named.iter().map(|parts| texts(parts)).collect(),
            test,
            password,
            charset: asked.reading.encoding.clone(),
            wish: Wish {
                only: asked.only.clone(),
                strip: 0,
            },
        });
        self.work(&["unpack"], job, rights, &each).map(drop)
    }

    /// Whether something could not be read for want of a password.
    fn is_locked(&self) -> bool {
        let mut skipped = self.outcomes.iter().flat_map(|it| &it.skipped);
        skipped.any(|it| matches!(it.why, Why::Locked { .. }))
    }
}
