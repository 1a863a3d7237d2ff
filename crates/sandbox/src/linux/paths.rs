//! Rights to a Landlock ruleset.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::{Layer, NotConfined, Rights};

/// The least a kernel must enforce: reading, listing, writing, making, removing, executing.
const NEEDED: ABI = ABI::V1;
/// What is asked for where the kernel knows it: truncation, device control, TCP and UDP,
/// abstract and named UNIX sockets, signals.
const WANTED: ABI = ABI::V10;

/// Where names are resolved: RFC 1035, section 4.2.
const NAME_SERVICE: u16 = 53;

/// Restricts this thread, and every later one, to the paths of `rights`.
///
/// Returns how much is enforced, and the paths that were not found.
pub(super) fn restrict(rights: &Rights) -> Result<(Layer, Vec<PathBuf>), NotConfined> {
    let mut rules = empty_ruleset().map_err(failed)?;
    let mut not_granted = Vec::new();
    let list = BitFlags::from(AccessFs::ReadDir);
    let read = list | AccessFs::ReadFile;
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::Refer
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir;
    // Whatever is moved between folders is made in one of them.
    let write = match rights.act {
        true => write | AccessFs::MakeSym | AccessFs::MakeFifo | AccessFs::MakeSock,
        false => write,
    };
    for (paths, folder, file) in [
        (&rights.list, list, BitFlags::EMPTY),
        (&rights.read, read, AccessFs::ReadFile.into()),
        (&rights.write, write, BitFlags::EMPTY),
    ] {
        for path in paths {
            match handle(path) {
                Ok((handle, is_folder)) => {
                    let access = if is_folder { folder } else { file };
                    if access.is_empty() {
                        not_granted.push(path.clone());
                    } else {
                        rules = grant(rules, handle, access, path)?;
                    }
                }
                Err(_) => not_granted.push(path.clone()),
            }
        }
    }
    for port in &rights.connect {
        rules = may_connect(rules, *port)?;
    }
    let outcome = rules.restrict_self().map_err(failed)?;
    let layer = match outcome.ruleset {
        RulesetStatus::FullyEnforced => Layer::Full,
        RulesetStatus::PartiallyEnforced => Layer::Partial,
        RulesetStatus::NotEnforced => {
            return Err(NotConfined::NotInForce {
                what: "opening any file",
            });
        }
    };
    Ok((layer, not_granted))
}

fn empty_ruleset() -> Result<RulesetCreated, landlock::RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(NEEDED))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()
}

fn grant(
    rules: RulesetCreated,
    handle: File,
    access: BitFlags<AccessFs>,
    path: &Path,
) -> Result<RulesetCreated, NotConfined> {
    rules
        .add_rule(PathBeneath::new(handle, access))
        .map_err(|error| NotConfined::Path {
            path: path.to_owned(),
            source: io::Error::other(error),
        })
}

/// Lets TCP connect to a port of any address. Where the kernel's Landlock knows datagrams too, they may
/// go to port 53 alone.
fn may_connect(rules: RulesetCreated, port: u16) -> Result<RulesetCreated, NotConfined> {
    let rules = rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp));
    let rules = rules.and_then(|rules| {
        let names = AccessNet::ConnectSendUdp;
        rules.add_rule(NetPort::new(NAME_SERVICE, names))
    });
    rules.map_err(failed)
}

/// Returns a handle on the path that can be granted but not read, and whether it is a folder.
fn handle(path: &Path) -> io::Result<(File, bool)> {
    let handle = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH)
        .open(path)?;
    let is_folder = handle.metadata()?.is_dir();
    Ok((handle, is_folder))
}

fn failed(error: landlock::RulesetError) -> NotConfined {
    NotConfined::Step {
        step: "raise Landlock",
        source: error.into(),
    }
}
