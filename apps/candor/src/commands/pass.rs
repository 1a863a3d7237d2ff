//! The one pass over a disk, for every command that wants one.

#[cfg(feature = "acts")]
use std::path::Path;
use std::path::PathBuf;

use sandbox::Rights;
use tool::PathText;

use super::{Session, notice};
#[cfg(feature = "clean")]
use crate::cli::Cleaning;
#[cfg(feature = "dupes")]
use crate::cli::Selection;
#[cfg(any(feature = "clean", feature = "dupes", feature = "similar"))]
use crate::private;
use crate::{
    cli::Disk,
    failure::Failure,
    held,
    job::{Job, Pass, Similar},
    state,
};

/// Which tools take part in the pass.
#[derive(Default)]
pub(super) struct Wants<'a> {
    pub(super) map: bool,
    pub(super) junk: bool,
    #[cfg(feature = "clean")]
    pub(super) cleaning: Option<&'a Cleaning>,
    pub(super) dupes: Option<&'a Disk>,
    #[cfg(feature = "dupes")]
    pub(super) selection: Option<&'a Selection>,
    pub(super) exclusive: bool,
    /// What is compared by how it looks or sounds.
    pub(super) similar: Option<Similar>,
}

#[cfg(feature = "acts")]
impl Wants<'_> {
    /// Returns the file of the plan that is wanted, and what is to be done by it.
    fn plan(&self) -> Option<(&Path, acts::Act)> {
        #[cfg(feature = "clean")]
        if let Some(Cleaning {
            plan: Some(file),
            act: Some(act),
            choose: false,
            ..
        }) = self.cleaning
        {
            return Some((file, super::cleaning::act(*act)));
        }
        #[cfg(feature = "dupes")]
        if let Some(Selection {
            plan: Some(file),
            act: Some(act),
            choose: false,
            ..
        }) = self.selection
        {
            return Some((file, super::plan::act(*act)));
        }
        None
    }
}

#[cfg(any(feature = "clean", feature = "dupes", feature = "similar"))]
pub(super) fn one_pass(
    command: &str,
    paths: &[PathBuf],
    wants: &Wants<'_>,
    shared: &crate::cli::Shared,
) -> Result<super::Ending, Failure> {
    let mut session = Session::begin(command, shared)?;
    session.pass(paths, wants)?;
    session.end(shared)
}

impl Session {
    /// Walks the paths, or the home folders, once for all tools that want it.
    pub(super) fn pass(&mut self, paths: &[PathBuf], wants: &Wants<'_>) -> Result<(), Failure> {
        let mut named = self.existing(paths)?;
        #[cfg(feature = "dupes")]
        let wishes = self.wishes(wants.selection, &named)?;
        #[cfg(feature = "clean")]
        let junk = match wants.junk {
            true => Some(self.junk(wants.cleaning)?),
            false => None,
        };
        let roots: Vec<PathBuf> = match named.is_empty() {
            true => self
                .machine
                .people
                .iter()
                .map(|person| person.home.clone())
                .collect(),
            false => named.clone(),
        };
        // A person who names folders means those folders.
        #[cfg(feature = "clean")]
        let also = match wants.junk && paths.is_empty() {
            true => clean::places_outside_home(&self.machine),
            false => Vec::new(),
        };
        #[cfg(not(feature = "clean"))]
        let also = Vec::new();
        let memory = wants
            .dupes
            .and_then(|asked| state::memory_file(&self.machine, asked));
        if wants.dupes.is_some_and(|asked| asked.memory.is_some()) {
            named.extend(memory.clone());
        }
        let mut tools = Vec::new();
        tools.extend((wants.map || wants.junk).then_some("clean"));
        tools.extend(wants.dupes.is_some().then_some("dupes"));
        tools.extend(wants.similar.is_some().then_some("similar"));
        // Folders with something private in them are opened entry by entry: it is the folders that a
        // declaration names.
        let whole = Rights {
            read: also.clone(),
            ..Rights::default()
        };
        let declarations = notice::declarations(&tools);
        held::to_declarations(&whole, &declarations, &named, None, &self.machine)?;
        let meant: Vec<PathBuf> = named.iter().chain(&also).cloned().collect();
        let mut rights = Rights::default();
        #[cfg(any(feature = "clean", feature = "dupes", feature = "similar"))]
        let private = {
            let looked_at: Vec<PathBuf> = roots.iter().chain(&also).cloned().collect();
            let private = private::places(&self.machine, &looked_at, &named);
            for root in &looked_at {
                private::grant(root, &private, &mut rights);
            }
            private
        };
        #[cfg(not(any(feature = "clean", feature = "dupes", feature = "similar")))]
        let private = Vec::new();
        rights.read.extend(memory.clone());
        let texts = |paths: Vec<PathBuf>| paths.into_iter().map(PathText).collect();
        let job = Pass {
            machine: self.machine.clone(),
            roots: texts(roots),
            also: texts(also),
            private: texts(private),
            map: wants.map,
            #[cfg(feature = "clean")]
            junk,
            dupes: wants.dupes.map(|asked| asked.min_size),
            #[cfg(feature = "dupes")]
            wishes,
            threads: self.threads,
            exclusive: wants.exclusive,
            similar: wants.similar,
            memory: memory.clone(),
        };
        let delivered = self.work(&tools, Job::Pass(Box::new(job)), rights, &meant)?;
        if let (Some(file), Some(bytes)) = (memory, delivered.memory) {
            self.complaints.extend(state::keep(&file, &bytes).err());
        }
        #[cfg(feature = "acts")]
        self.plan(wants.plan())?;
        Ok(())
    }

    /// Returns the paths as they really are, so that the sandbox opens what the walk will ask for.
    pub(super) fn existing(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
        let resolve = |path: &PathBuf| {
            let shown = tool::path_text::shown(path.as_os_str());
            let real = path.canonicalize().map_err(|error| {
                Failure::new(format!("cannot look at `{shown}`"))
                    .because(&error)
                    .help("check the spelling, and that this user may read it")
            })?;
            match real.starts_with(&self.machine.root) {
                true => Ok(real),
                false => Err(Failure::new(format!(
                    "`{shown}` is not on the disk named with --root"
                ))
                .help("name a PATH below that folder, or leave --root out")),
            }
        };
        paths.iter().map(resolve).collect()
    }
}
