//! Ways into other processes, out of this one, and around the walls.

use std::{fs, io};

use super::{super::kernel, Attempt, bare, parent};

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "exec",
        tried: "start a program",
        make: |_| bare(libc::SYS_execve, &[]),
    },
    Attempt {
        name: "exec-at",
        tried: "start a program from a descriptor",
        make: |_| bare(libc::SYS_execveat, &[-1]),
    },
    Attempt {
        name: "memfd",
        tried: "make a file in memory to start a program from",
        make: |_| bare(libc::SYS_memfd_create, &[]),
    },
    Attempt {
        name: "fork",
        tried: "start a process",
        make: |_| fork(),
    },
    Attempt {
        name: "clone3",
        tried: "start a process the newer way",
        make: |_| bare(libc::SYS_clone3, &[]),
    },
    Attempt {
        name: "map-executable",
        tried: "map memory that can be executed",
        make: |_| {
            let executable = libc::PROT_READ | libc::PROT_EXEC;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            bare(
                libc::SYS_mmap,
                &[0, 4096, executable.into(), kind.into(), -1, 0],
            )
        },
    },
    Attempt {
        name: "make-executable",
        tried: "make memory executable",
        make: |_| bare(libc::SYS_mprotect, &[0, 4096, libc::PROT_EXEC.into()]),
    },
    Attempt {
        name: "make-executable-with-key",
        tried: "make memory executable with a protection key",
        make: |_| {
            bare(
                libc::SYS_pkey_mprotect,
                &[0, 4096, libc::PROT_EXEC.into(), -1],
            )
        },
    },
    Attempt {
        name: "ptrace",
        tried: "trace the program that started this one",
        make: |_| {
            bare(
                libc::SYS_ptrace,
                &[libc::PTRACE_SEIZE.into(), parent().into()],
            )
        },
    },
    Attempt {
        name: "process-vm-readv",
        tried: "read the memory of the program that started this one",
        make: |_| bare(libc::SYS_process_vm_readv, &[parent().into()]),
    },
    Attempt {
        name: "process-vm-writev",
        tried: "write to the memory of the program that started this one",
        make: |_| bare(libc::SYS_process_vm_writev, &[parent().into()]),
    },
    Attempt {
        name: "own-memory-file",
        tried: "write to its own memory as a file",
        make: |_| {
            fs::OpenOptions::new()
                .write(true)
                .open("/proc/self/mem")
                .map(drop)
        },
    },
    Attempt {
        name: "parent-descriptors",
        tried: "list the open files of the program that started this one",
        make: |_| fs::read_dir(format!("/proc/{}/fd", parent())).map(drop),
    },
    Attempt {
        name: "parent-environment",
        tried: "read the environment of the program that started this one",
        make: |_| fs::read(format!("/proc/{}/environ", parent())).map(drop),
    },
    Attempt {
        name: "pidfd-open",
        tried: "get a handle on the program that started this one",
        make: |_| bare(libc::SYS_pidfd_open, &[parent().into()]),
    },
    Attempt {
        name: "pidfd-getfd",
        tried: "take an open file from another program",
        make: |_| bare(libc::SYS_pidfd_getfd, &[-1]),
    },
    Attempt {
        name: "kill",
        tried: "send a signal to the program that started this one",
        make: |_| bare(libc::SYS_kill, &[parent().into()]),
    },
    Attempt {
        name: "tgkill",
        tried: "send a signal to a thread of the program that started this one",
        make: |_| bare(libc::SYS_tgkill, &[parent().into(), parent().into()]),
    },
    Attempt {
        name: "limits-of-parent",
        tried: "read the limits of the program that started this one",
        make: |_| {
            bare(
                libc::SYS_prlimit64,
                &[parent().into(), libc::RLIMIT_NOFILE.into()],
            )
        },
    },
    Attempt {
        name: "outlive-parent",
        tried: "stay alive when the program that started this one ends",
        make: |_| bare(libc::SYS_prctl, &[libc::PR_SET_PDEATHSIG.into()]),
    },
    Attempt {
        name: "dumpable",
        tried: "open itself to other programs again",
        make: |_| bare(libc::SYS_prctl, &[libc::PR_SET_DUMPABLE.into(), 1]),
    },
    Attempt {
        name: "unshare",
        tried: "enter a user namespace of its own",
        make: |_| bare(libc::SYS_unshare, &[libc::CLONE_NEWUSER.into()]),
    },
    Attempt {
        name: "setns",
        tried: "enter another namespace",
        make: |_| bare(libc::SYS_setns, &[-1]),
    },
    Attempt {
        name: "mount",
        tried: "mount a file system",
        make: |_| bare(libc::SYS_mount, &[]),
    },
    Attempt {
        name: "umount",
        tried: "unmount a file system",
        make: |_| bare(libc::SYS_umount2, &[]),
    },
    Attempt {
        name: "chroot",
        tried: "change its root folder",
        make: |_| bare(libc::SYS_chroot, &[]),
    },
    Attempt {
        name: "bpf",
        tried: "load a program into the kernel",
        make: |_| bare(libc::SYS_bpf, &[]),
    },
    Attempt {
        name: "userfaultfd",
        tried: "handle its own page faults",
        make: |_| bare(libc::SYS_userfaultfd, &[]),
    },
    Attempt {
        name: "perf-event",
        tried: "measure other programs",
        make: |_| bare(libc::SYS_perf_event_open, &[0, 0, -1, -1, 0]),
    },
    Attempt {
        name: "keyctl",
        tried: "use the kernel's key ring",
        // The identity of the session's key ring.
        make: |_| bare(libc::SYS_keyctl, &[0, -3]),
    },
    Attempt {
        name: "request-key",
        tried: "ask for a key of another program",
        make: |_| bare(libc::SYS_request_key, &[]),
    },
    Attempt {
        name: "type-into-terminal",
        tried: "type a command into the terminal",
        make: |_| {
            const TIOCSTI: i64 = 0x5412;
            bare(libc::SYS_ioctl, &[0, TIOCSTI])
        },
    },
    Attempt {
        name: "more-filters",
        tried: "install another filter",
        make: |_| bare(libc::SYS_seccomp, &[libc::SECCOMP_SET_MODE_FILTER.into()]),
    },
];

fn fork() -> io::Result<()> {
    // SAFETY: the child does nothing but end at once; no lock or memory of ours is touched.
    let child = kernel::checked(unsafe { libc::fork() }.into())?;
    if child == 0 {
        // SAFETY: ends the child without running anything else of this process.
        unsafe { libc::_exit(0) };
    }
    Ok(())
}
