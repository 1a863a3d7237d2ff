//! What `serve` can open at all: its own folder, its settings, what TLS and names need. Nothing else
//! of the disk, whatever a hole in the server would let somebody ask for.
//!
//! Only Landlock is used. The filter of system calls of `crates/sandbox` has no place for a listener;
//! `docs/operate-intake.md` says what systemd adds.

use std::path::{Path, PathBuf};

use intake::config::{Config, Role, target};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, NetPort, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus,
};

/// As far as this program knows Landlock. An older kernel enforces what it knows of it.
const KNOWN: ABI = ABI::V5;

/// Read for names of hosts, certificates and random bytes. What is missing is passed over.
const READ: [&str; 15] = [
    "/dev/null",
    "/dev/urandom",
    "/etc/ca-certificates",
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/ssl",
    "/lib",
    "/run/systemd/resolve",
    "/usr/lib",
    "/usr/share/ca-certificates",
    "/usr/share/pki",
];

/// Confines this process for good. Returns how far, in words.
pub(super) fn to_its_folder(config: &Config, file: Option<&Path>) -> Result<String, String> {
    let status = restrict(config, file).map_err(|error| format!("Landlock failed: {error}"))?;
    match status {
        RulesetStatus::FullyEnforced => Ok("Landlock, fully".to_owned()),
        RulesetStatus::PartiallyEnforced => Ok("Landlock, as far as this kernel has it".to_owned()),
        RulesetStatus::NotEnforced => Err("this kernel has no Landlock".to_owned()),
    }
}

fn restrict(config: &Config, file: Option<&Path>) -> Result<RulesetStatus, RulesetError> {
    let all = AccessFs::from_all(KNOWN);
    let read = AccessFs::from_read(KNOWN);
    let mut rules = Ruleset::default()
        .handle_access(all)?
        .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?
        .create()?;
    rules = grant(rules, &config.folder, all)?;
    if let Some(folder) = config.admin_socket().parent() {
        rules = grant(rules, folder, AccessFs::MakeSock | AccessFs::RemoveFile)?;
    }
    for path in named(config, file).iter().map(PathBuf::as_path) {
        rules = grant(rules, path, read)?;
    }
    for path in READ.map(Path::new) {
        rules = grant(rules, path, read)?;
    }
    rules = rules.add_rule(NetPort::new(config.listen.port(), AccessNet::BindTcp))?;
    if config.has(Role::Relay) {
        for gateway in config.relay.values() {
            if let Ok(target) = target(&gateway.url) {
                rules = rules.add_rule(NetPort::new(target.port, AccessNet::ConnectTcp))?;
            }
        }
    }
    if let Some(elsewhere) = &config.randomness
        && let Ok(target) = target(&elsewhere.url)
    {
        rules = rules.add_rule(NetPort::new(target.port, AccessNet::ConnectTcp))?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

fn named(config: &Config, file: Option<&Path>) -> Vec<PathBuf> {
    let mut paths = config.declarations.clone();
    paths.extend(config.operator.clone());
    paths.extend(file.map(Path::to_owned));
    if let Some(tls) = &config.tls {
        paths.extend([tls.certificate.clone(), tls.key.clone()]);
    }
    let vouchers = config.relay.values().filter_map(|it| it.vouchers.clone());
    paths.extend(vouchers);
    paths.extend(
        config
            .randomness
            .as_ref()
            .and_then(|it| it.vouchers.clone()),
    );
    paths
}

fn grant(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(handle) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = match path.is_dir() {
        true => access,
        false => access & AccessFs::from_file(KNOWN),
    };
    rules.add_rule(PathBeneath::new(handle, access))
}
