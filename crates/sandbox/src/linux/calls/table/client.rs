//! The calls of a client of the network, and of who shares a file with other processes.

use super::{Changes, Group, add, bits, call, is, number, when};

/// The locks of a file, waiting or not, and asking for one.
const LOCKS: [(i32, &str); 3] = [
    (libc::F_GETLK, "to ask for a lock"),
    (libc::F_SETLK, "to lock, if nobody else does"),
    (libc::F_SETLKW, "to wait for a lock"),
];

/// `FIONBIO`, asm-generic/ioctls.h.
const FIONBIO: u64 = 0x5421;

/// `FIONREAD`, asm-generic/ioctls.h.
const FIONREAD: u64 = 0x541B;

/// Lets a process lock what it changes.
pub(super) fn lock(groups: &mut Vec<Group>, changes: Changes) {
    for (lock, words) in LOCKS {
        add(groups, libc::SYS_fcntl, when(words, &[is(1, number(lock))]));
    }
    // Who acts on what is there has it already.
    if changes == Changes::Files {
        groups.push(Group {
            why: "Take turns with other processes at a file of its own",
            calls: any![SYS_flock],
        });
    }
}

/// Lets a process connect to others. Landlock says to which ports; nothing here listens.
pub(super) fn connect(groups: &mut Vec<Group>) {
    add(
        groups,
        libc::SYS_ioctl,
        when("to ask how much has arrived", &[is(1, FIONREAD)]),
    );
    add(
        groups,
        libc::SYS_ioctl,
        when("to wait or not to wait", &[is(1, FIONBIO)]),
    );
    add(
        groups,
        libc::SYS_fcntl,
        when("to wait or not to wait", &[is(1, number(libc::F_SETFL))]),
    );
    groups.push(connecting());
}

fn connecting() -> Group {
    let socket = |words, family, kind| {
        let family = is(0, number(family));
        // Only whether it waits and whether a new program would inherit it may be added.
        let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // Landlock knows TCP and UDP. Of the same families and kinds are MPTCP and SMC, whose ports it does
        // not guard: they have protocol numbers of their own.
        let protocol = is(2, 0);
        when(words, &[family, bits(1, !flags, kind), protocol])
    };
    // A send with this flag connects, and Landlock is not asked (Landlock up to version 7).
    let unconnected = |flags| when("without fast open", &[bits(flags, libc::MSG_FASTOPEN, 0)]);
    Group {
        why: "Connect to the ports that Landlock grants, and resolve names",
        calls: [
            any![
                SYS_connect,
                SYS_getpeername,
                SYS_getsockname,
                SYS_getsockopt,
                SYS_ppoll,
                SYS_recvfrom,
                SYS_recvmsg,
                SYS_setsockopt,
                SYS_shutdown,
                SYS_uname,
            ],
            #[cfg(target_arch = "x86_64")]
            any![SYS_poll],
            vec![
                only!(SYS_sendmmsg, unconnected(3)),
                only!(SYS_sendmsg, unconnected(2)),
                only!(SYS_sendto, unconnected(3)),
            ],
            vec![only!(
                SYS_socket,
                socket("for TCP over IPv4", libc::AF_INET, libc::SOCK_STREAM),
                socket("for UDP over IPv4", libc::AF_INET, libc::SOCK_DGRAM),
                socket("for TCP over IPv6", libc::AF_INET6, libc::SOCK_STREAM),
                socket("for UDP over IPv6", libc::AF_INET6, libc::SOCK_DGRAM),
            )],
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}
