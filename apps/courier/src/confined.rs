//! What the courier gives up before it connects. TCP is held to the operator's ports; datagrams, by which
//! names are resolved, only where the kernel can, see `candor-courier doctor`.

use std::{collections::BTreeSet, path::PathBuf};

use declare::Operator;
use sandbox::Rights;

use crate::{address, failure::Failure, place::Places};

/// What the C library reads to find the address of a name.
///
/// Source: nsswitch.conf(5), resolv.conf(5), hosts(5), gai.conf(5) of Debian 12.
const RESOLVER: [&str; 5] = [
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
];

/// Returns what is left to a courier of these operators: the folder of the outbox, the files by which names
/// are resolved, and the ports of the operators' servers.
pub(crate) fn rights<'a>(
    places: &Places,
    operators: impl IntoIterator<Item = &'a Operator>,
) -> Rights {
    let ports: BTreeSet<u16> = operators.into_iter().flat_map(ports).collect();
    Rights {
        read: resolver(),
        write: vec![places.consent.path().to_owned()],
        lock: true,
        connect: ports.into_iter().collect(),
        ..Rights::default()
    }
}

fn ports(operator: &Operator) -> Vec<u16> {
    let relay = operator.relay();
    let addresses = [
        operator.gateway(),
        operator.issuer(),
        &relay.to_gateway,
        &relay.to_randomness,
        &operator.randomness().address,
    ];
    addresses.into_iter().filter_map(address::port).collect()
}

/// Returns the files by which names are resolved.
pub(crate) fn resolver() -> Vec<PathBuf> {
    RESOLVER.map(Into::into).to_vec()
}

/// Gives up everything else. Without that the courier does nothing, unless the person says so.
///
/// # Errors
/// When this system does not hold the courier to these rights.
pub(crate) fn confine(rights: &Rights, unconfined: bool) -> Result<(), Failure> {
    let why = match sandbox::confine(rights) {
        Ok(held) if held.holds_tcp() => return Ok(()),
        Ok(_) => "this kernel does not hold the courier to the ports it needs".to_owned(),
        Err(error) => format!("the courier cannot be confined: {error}"),
    };
    if unconfined {
        eprintln!("warning: {why}");
        return Ok(());
    }
    Err(Failure::with_help(
        format!("{why}, so it asks nobody"),
        "use Linux 6.7 or later with Landlock and seccomp, or accept it with --unconfined",
    ))
}
