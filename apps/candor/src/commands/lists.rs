//! `candor lists`: the broker's side. Raw lists and list files are read by a confined worker only.

use std::{fs, path::PathBuf};

use history::{
    Sources,
    canonical::{canonical, canonical_host},
    lists::{Input, sources::Place, starter},
};
use sandbox::Rights;

use super::Session;
use crate::{
    cli::{AskedOfLists, Shared, ThreatLists},
    failure::{Ending, Failure},
    job::{AboutLists, Job},
    lists::{self, Files},
    state,
};

/// Runs one of the commands.
pub(super) fn run(asked: &ThreatLists) -> Result<Ending, Failure> {
    match &asked.asked {
        None => about(&asked.shared, AboutLists::Show),
        Some(AskedOfLists::Show { shared }) => about(shared, AboutLists::Show),
        Some(AskedOfLists::Explain { address, shared }) => {
            let is_address = canonical(address.as_bytes()).is_some_and(|it| !it.host.contains('%'));
            if !is_address {
                let shown = tool::path_text::shown(std::ffi::OsStr::new(address));
                return Err(
                    Failure::new(format!("`{shown}` names no host of the web")).help(
                        "name a host or an address, as www.example.com or https://example.com/x",
                    ),
                );
            }
            about(shared, AboutLists::Explain(address.clone()))
        }
        Some(AskedOfLists::Allow {
            host,
            remove,
            shared,
        }) => {
            allow(host, *remove, shared)?;
            about(shared, AboutLists::Show)
        }
        Some(AskedOfLists::Compile { shared }) => compile(shared),
    }
}

fn about(shared: &Shared, asked: AboutLists) -> Result<Ending, Failure> {
    let mut session = Session::begin("lists", shared)?;
    let shelf = lists::shelf(&session.machine)?;
    if let Some(files) = Files::of(&session.machine) {
        session
            .complaints
            .extend(files.failing(session.machine.now, 0));
    }
    let read: Vec<PathBuf> = shelf.compiled.iter().cloned().collect();
    session.ask(shelf, asked, read)?;
    session.end(shared)
}

fn compile(shared: &Shared) -> Result<Ending, Failure> {
    let mut session = Session::begin("lists", shared)?;
    let Some(files) = Files::of(&session.machine) else {
        return Err(
            Failure::new("lists are compiled for this machine only").help("leave --root out")
        );
    };
    let _alone = files.locked()?;
    make(&mut session, &files)?;
    session.end(shared)
}

/// Lets a worker make the list file, and puts it in the place of the one that is there.
pub(super) fn make(session: &mut Session, files: &Files) -> Result<(), Failure> {
    let own = files.own_lists()?;
    let shelf = lists::shelf(&session.machine)?;
    let mut read: Vec<PathBuf> = shelf.compiled.iter().cloned().collect();
    read.extend(Some(files.raw.clone()).filter(|it| it.exists()));
    let named = own.lists.iter().filter_map(|listed| match &listed.place {
        Place::File(path) => Some(path.clone()),
        // Lies among the raw files once it was fetched.
        Place::Url(_) => None,
    });
    // A file that is not there is said by the worker, as any that cannot be read.
    read.extend(named.filter(|path| path.exists()));
    let input = Input {
        without_update: files.is_orphaned()?,
        raw: Some(files.raw.clone()),
        own,
        before: shelf.compiled.clone(),
    };
    let made = session.ask(shelf, AboutLists::Compile(input), read)?;
    let is_there = |bytes: &Vec<u8>| fs::read(&files.compiled).is_ok_and(|it| it == *bytes);
    if let Some(bytes) = made.filter(|it| !is_there(it)) {
        let file = &files.compiled;
        let kept = state::replace(file, &bytes).map_err(|error| {
            let shown = tool::path_text::shown(file.as_os_str());
            Failure::new(format!("cannot write the list file `{shown}`"))
                .because(&error)
                .help("the lists that served before still do; free some room and compile again")
        });
        session.complaints.extend(kept.err());
    }
    Ok(())
}

impl Session {
    /// Asks a worker about lists; returns the list file, if it made one.
    fn ask(
        &mut self,
        shelf: Sources,
        asked: AboutLists,
        read: Vec<PathBuf>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let rights = Rights {
            read: read.clone(),
            ..Rights::default()
        };
        let now = self.machine.now;
        let job = Job::Lists { now, shelf, asked };
        // What is read here is Candor's own, or named in the person's file of lists.
        Ok(self.work(&["history"], job, rights, &read)?.memory)
    }
}

/// Puts a host on the allow-list, or takes it off. Remarks and other lines stay as they are.
fn allow(host: &str, remove: bool, shared: &Shared) -> Result<(), Failure> {
    let machine = crate::machine::machine(shared)?;
    let Some(files) = Files::of(&machine) else {
        return Err(Failure::new("hosts are allowed on this machine only").help("leave --root out"));
    };
    let wanted = canonical_host(host).filter(|(host, _)| !host.contains('%'));
    let Some((name, is_ip)) = wanted else {
        let shown = tool::path_text::shown(std::ffi::OsStr::new(host));
        return Err(Failure::new(format!("`{shown}` names no host"))
            .help("name a host alone, as www.example.com, without a path"));
    };
    if !is_ip && !remove && starter().suffixes().owner(&name).is_suffix {
        return Err(Failure::new(format!(
            "`{name}` is a public suffix: strangers have names below it"
        ))
        .help("allow the one host you mean"));
    }
    let mut lines = files.allowed()?;
    let names = |line: &String| {
        let text = line.split('#').next().unwrap_or_default().trim();
        canonical_host(text).is_some_and(|(it, _)| it == name)
    };
    let is_there = lines.iter().any(names);
    match remove {
        true if !is_there => {
            return Err(Failure::new(format!("`{name}` is not on the allow-list"))
                .help("`candor lists` shows what is"));
        }
        true => lines.retain(|line| !names(line)),
        false if is_there => return Ok(()),
        false => lines.push(name.clone()),
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    state::replace(&files.allow, text.as_bytes()).map_err(|error| {
        let shown = tool::path_text::shown(files.allow.as_os_str());
        Failure::new(format!("cannot write what you allow, `{shown}`"))
            .because(&error)
            .help("the allow-list is as it was")
    })
}
