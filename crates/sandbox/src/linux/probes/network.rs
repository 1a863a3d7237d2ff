//! Ways out of the machine, and to other programs on it.

use std::{
    io,
    net::{TcpStream, UdpSocket},
    os::{
        fd::{FromRawFd, OwnedFd},
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    },
};

use libc::c_long;

use super::{Attempt, bare, kernel};

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "tcp-connect",
        tried: "connect to a TCP port of this machine",
        make: |_| TcpStream::connect("127.0.0.1:9").map(drop),
    },
    Attempt {
        name: "udp-send",
        tried: "send a datagram, as a DNS question is sent",
        make: |_| {
            // Not bound first, which would be refused for a reason of its own.
            datagram()?.send_to(b"x", "127.0.0.1:9").map(drop)
        },
    },
    Attempt {
        name: "unix-socket",
        tried: "connect to a UNIX socket by its path",
        make: |ground| UnixStream::connect(ground.open().join("socket")).map(drop),
    },
    Attempt {
        name: "d-bus",
        tried: "connect to the D-Bus of the system",
        make: |_| UnixStream::connect("/run/dbus/system_bus_socket").map(drop),
    },
    Attempt {
        name: "abstract-socket",
        tried: "connect to a UNIX socket without a path",
        make: |_| {
            let address = SocketAddr::from_abstract_name("nobody-listens-here")?;
            UnixStream::connect_addr(&address).map(drop)
        },
    },
    Attempt {
        name: "socketpair",
        tried: "make a pair of sockets",
        make: |_| UnixStream::pair().map(drop),
    },
    Attempt {
        name: "netlink",
        tried: "open a netlink socket",
        make: |_| socket(libc::AF_NETLINK, libc::SOCK_RAW),
    },
    Attempt {
        name: "vsock",
        tried: "open a socket to the host of this virtual machine",
        make: |_| socket(libc::AF_VSOCK, libc::SOCK_STREAM),
    },
    Attempt {
        name: "packet",
        tried: "open a raw packet socket",
        make: |_| socket(libc::AF_PACKET, libc::SOCK_RAW),
    },
    Attempt {
        name: "x32-socket",
        tried: "open a socket through the x32 numbers of the kernel",
        make: |_| {
            // Bit 30 marks x32 on x86-64; elsewhere it makes a number that no kernel knows.
            let number = libc::SYS_socket | 0x4000_0000;
            bare(number, &[libc::AF_INET.into(), libc::SOCK_DGRAM.into()])
        },
    },
    Attempt {
        name: "bind",
        tried: "bind a descriptor to an address",
        make: |_| bare(libc::SYS_bind, &[1]),
    },
    Attempt {
        name: "connect",
        tried: "connect an inherited descriptor",
        make: |_| bare(libc::SYS_connect, &[1]),
    },
    Attempt {
        name: "sendto",
        tried: "send through an inherited descriptor",
        make: |_| bare(libc::SYS_sendto, &[1]),
    },
    Attempt {
        name: "sendmsg",
        tried: "pass a descriptor to another program",
        make: |_| bare(libc::SYS_sendmsg, &[1]),
    },
    Attempt {
        name: "recvmsg",
        tried: "take a descriptor from another program",
        make: |_| bare(libc::SYS_recvmsg, &[0]),
    },
    Attempt {
        name: "fast-open",
        tried: "connect by the first send, which Landlock does not see",
        make: |_| bare(libc::SYS_sendto, &[-1, 0, 0, libc::MSG_FASTOPEN.into()]),
    },
    Attempt {
        name: "fast-open-message",
        tried: "the same, with a message",
        make: |_| bare(libc::SYS_sendmsg, &[-1, 0, libc::MSG_FASTOPEN.into()]),
    },
    Attempt {
        name: "fast-open-messages",
        tried: "the same, with several",
        make: |_| bare(libc::SYS_sendmmsg, &[-1, 0, 0, libc::MSG_FASTOPEN.into()]),
    },
    Attempt {
        name: "mptcp",
        tried: "open a socket of multipath TCP, whose ports Landlock does not know",
        make: |_| protocol(libc::IPPROTO_MPTCP),
    },
    Attempt {
        name: "smc",
        tried: "open a socket of SMC, which speaks TCP in another name",
        make: |_| protocol(IPPROTO_SMC),
    },
    Attempt {
        name: "io-uring-setup",
        tried: "set up io_uring, which makes system calls that no filter sees",
        make: |_| bare(libc::SYS_io_uring_setup, &[1]),
    },
    Attempt {
        name: "io-uring-enter",
        tried: "submit to io_uring",
        make: |_| bare(libc::SYS_io_uring_enter, &[0]),
    },
    Attempt {
        name: "io-uring-register",
        tried: "register with io_uring",
        make: |_| bare(libc::SYS_io_uring_register, &[0]),
    },
    Attempt {
        name: "aio",
        tried: "set up asynchronous reads",
        make: |_| bare(libc::SYS_io_setup, &[1]),
    },
    Attempt {
        name: "message-queue",
        tried: "open a POSIX message queue",
        make: |_| bare(libc::SYS_mq_open, &[]),
    },
    Attempt {
        name: "shared-memory",
        tried: "make System V shared memory",
        make: |_| bare(libc::SYS_shmget, &[libc::IPC_PRIVATE.into()]),
    },
    Attempt {
        name: "system-v-messages",
        tried: "open a System V message queue",
        make: |_| bare(libc::SYS_msgget, &[0x00c0_ffee]),
    },
];

fn socket(family: i32, kind: i32) -> io::Result<()> {
    bare(libc::SYS_socket, &[family.into(), kind.into()])
}

/// `IPPROTO_SMC`, linux/in.h (Linux 6.11).
const IPPROTO_SMC: i32 = 256;

/// A stream over IPv4 of this protocol.
fn protocol(protocol: i32) -> io::Result<()> {
    let stream = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    bare(
        libc::SYS_socket,
        &[libc::AF_INET.into(), stream.into(), protocol.into()],
    )
}

/// A socket for datagrams over IPv4 that is not bound.
fn datagram() -> io::Result<UdpSocket> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: numbers only.
    let answer = unsafe { libc::syscall(libc::SYS_socket, libc::AF_INET, kind, 0 as c_long) };
    let descriptor = i32::try_from(kernel::checked(answer)?).map_err(io::Error::other)?;
    // SAFETY: the descriptor was made above and belongs to nobody else.
    Ok(UdpSocket::from(unsafe { OwnedFd::from_raw_fd(descriptor) }))
}
