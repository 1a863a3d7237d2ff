//! What the courier gives up before it connects. TCP is held to the operator's ports; datagrams, by which
//! names are resolved, only where the kernel can, see `candor-courier doctor`.

use std::collections::BTreeSet;

use declare::Operator;
use sandbox::Rights;

use crate::{http, place::Places};

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

/// Returns what is left to a courier of this operator: the folder of the outbox, the files by which names
/// are resolved, and the ports of the operator's servers.
pub(crate) fn rights(places: &Places, operator: &Operator) -> Rights {
    Rights {
        read: RESOLVER.map(Into::into).to_vec(),
        write: vec![places.consent.path().to_owned()],
        lock: true,
        connect: ports(operator),
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
    let ports: BTreeSet<u16> = addresses.into_iter().filter_map(http::port).collect();
    ports.into_iter().collect()
}
