//! The system calls that a worker may make, each with its reason.

use libc::c_long;

use crate::Rights;

/// Calls that belong together, with the reason why a reader needs them.
pub(super) struct Group {
    pub(super) why: &'static str,
    pub(super) calls: Vec<Call>,
}

pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) number: c_long,
    /// One of these must hold; none means: whatever the arguments.
    pub(super) when: Vec<When>,
}

/// Conditions on arguments, all of which must hold.
pub(super) struct When {
    pub(super) words: &'static str,
    pub(super) checks: Vec<Check>,
}

/// `argument & mask == value`, in the width the kernel reads the argument.
#[derive(Clone, Copy)]
pub(super) struct Check {
    pub(super) argument: u8,
    pub(super) mask: u64,
    pub(super) value: u64,
    pub(super) width: Width,
}

#[derive(Clone, Copy)]
pub(super) enum Width {
    /// An `int` of the kernel: it ignores the upper half, and so must the filter.
    Int,
    /// A pointer or a `long`.
    Long,
}

/// Calls that answer "not implemented", so that libraries fall back to an older one whose
/// arguments a filter can see.
pub(super) const HIDDEN: [(&str, c_long); 2] =
    [("clone3", libc::SYS_clone3), ("openat2", libc::SYS_openat2)];

macro_rules! any {
    ($($name:ident),+ $(,)?) => { vec![$(call(stringify!($name), libc::$name, vec![])),+] };
}

macro_rules! only {
    ($name:ident, $($when:expr),+ $(,)?) => { call(stringify!($name), libc::$name, vec![$($when),+]) };
}

mod client;

/// What a process may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Changes {
    /// Nothing: it reads.
    Nothing,
    /// It makes, writes, moves and removes files.
    Files,
    /// The same, and it acts on what is there.
    WhatIsThere,
}

impl Changes {
    fn of(rights: &Rights) -> Self {
        match (rights.write.is_empty(), rights.act) {
            (true, _) => Self::Nothing,
            (false, false) => Self::Files,
            (false, true) => Self::WhatIsThere,
        }
    }
}

/// What of the table depends on the rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Scope {
    pub(in super::super) changes: Changes,
    /// Whether what it changes may be locked.
    pub(in super::super) locks: bool,
    /// Whether it may connect to others.
    pub(in super::super) connects: bool,
}

impl Scope {
    /// A reader: nothing is changed, nobody is reached.
    pub(super) const READER: Self = Self {
        changes: Changes::Nothing,
        locks: false,
        connects: false,
    };

    pub(in super::super) fn of(rights: &Rights) -> Self {
        Self {
            changes: Changes::of(rights),
            locks: rights.lock && !rights.write.is_empty(),
            connects: !rights.connect.is_empty(),
        }
    }
}

/// Returns every call that the process `own` may make.
pub(super) fn table(own: u64, scope: Scope) -> Vec<Group> {
    let changes = scope.changes;
    let mut groups = vec![
        Group {
            why: "Open and read what Landlock grants",
            calls: [
                any![
                    SYS_close,
                    SYS_close_range,
                    SYS_fadvise64,
                    SYS_fstat,
                    SYS_fstatfs,
                    SYS_getdents64,
                    SYS_lseek,
                    SYS_newfstatat,
                    SYS_pread64,
                    SYS_preadv,
                    SYS_read,
                    SYS_readlinkat,
                    SYS_readv,
                    SYS_statfs,
                    SYS_statx,
                ],
                // The C library resolves paths with the older call where the processor has it.
                #[cfg(target_arch = "x86_64")]
                any![SYS_readlink],
                vec![only!(
                    SYS_ioctl,
                    when("to ask where a file's extents lie", &[is(1, FIEMAP)])
                )],
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
        Group {
            why: "Look after descriptors; no lock can be taken",
            calls: vec![only!(
                SYS_fcntl,
                when(
                    "to read the descriptor's flags",
                    &[is(1, number(libc::F_GETFD))]
                ),
                when("to set close-on-exec", &[is(1, number(libc::F_SETFD))]),
                when("to read the file's flags", &[is(1, number(libc::F_GETFL))]),
                when("to duplicate", &[is(1, number(libc::F_DUPFD_CLOEXEC))]),
            )],
        },
        Group {
            why: "Memory that is never executable and never a file",
            calls: [
                any![SYS_brk, SYS_madvise, SYS_mremap, SYS_munmap],
                vec![
                    only!(
                        SYS_mmap,
                        when(
                            "without a file and not executable",
                            &[
                                bits(2, libc::PROT_EXEC, 0),
                                bits(3, libc::MAP_ANONYMOUS, libc::MAP_ANONYMOUS),
                            ]
                        )
                    ),
                    only!(
                        SYS_mprotect,
                        when("not executable", &[bits(2, libc::PROT_EXEC, 0)])
                    ),
                ],
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
        Group {
            why: "Threads of this process",
            calls: [
                any![
                    SYS_futex,
                    SYS_rseq,
                    SYS_sched_getaffinity,
                    SYS_sched_yield,
                    SYS_set_robust_list,
                ],
                vec![
                    only!(
                        SYS_clone,
                        when("for a thread", &[bits(0, CLONE_MASK, libc::CLONE_THREAD)])
                    ),
                    only!(
                        SYS_prctl,
                        when("to name a thread", &[is(0, number(libc::PR_SET_NAME))]),
                        when(
                            "to read a thread's name",
                            &[is(0, number(libc::PR_GET_NAME))]
                        ),
                    ),
                    only!(
                        SYS_prlimit64,
                        when("to read its own limits", &[is(0, 0), is_null(2)])
                    ),
                ],
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
        Group {
            why: "Time and chance",
            calls: any![
                SYS_clock_getres,
                SYS_clock_gettime,
                SYS_clock_nanosleep,
                SYS_getrandom,
                SYS_gettimeofday,
                SYS_nanosleep,
            ],
        },
        Group {
            why: "Who it is",
            calls: any![
                SYS_getegid,
                SYS_geteuid,
                SYS_getgid,
                SYS_getpid,
                SYS_getppid,
                SYS_gettid,
                SYS_getuid,
            ],
        },
        Group {
            why: "Signals within the process, and its end",
            calls: [
                any![
                    SYS_exit,
                    SYS_exit_group,
                    SYS_restart_syscall,
                    SYS_rt_sigaction,
                    SYS_rt_sigprocmask,
                    SYS_rt_sigreturn,
                    SYS_sigaltstack,
                ],
                vec![only!(SYS_tgkill, when("to itself", &[is(0, own)]))],
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
    ];
    if changes != Changes::Nothing {
        groups.push(Group {
            why: "Make, write, move and remove files where Landlock grants it",
            calls: [
                any![
                    SYS_fdatasync,
                    SYS_fsync,
                    SYS_ftruncate,
                    SYS_mkdirat,
                    SYS_openat,
                    SYS_pwrite64,
                    SYS_renameat,
                    SYS_unlinkat,
                    SYS_write,
                    SYS_writev,
                ],
                // The C library takes the older names where the processor has them.
                #[cfg(target_arch = "x86_64")]
                any![SYS_mkdir, SYS_rename, SYS_rmdir, SYS_unlink],
            ]
            .into_iter()
            .flatten()
            .collect(),
        });
    } else {
        groups.push(Group {
            why: "Hand over what was found, and open nothing for writing",
            calls: vec![
                only!(SYS_openat, when("for reading", &[bits(2, WRITE_FLAGS, 0)])),
                only!(
                    SYS_write,
                    when("to stdout", &[is(0, 1)]),
                    when("to stderr", &[is(0, 2)])
                ),
                only!(
                    SYS_writev,
                    when("to stdout", &[is(0, 1)]),
                    when("to stderr", &[is(0, 2)])
                ),
            ],
        });
    }
    if changes == Changes::WhatIsThere {
        let ioctl = when(
            "to let a file share the bytes of an equal one",
            &[is(1, FIDEDUPERANGE)],
        );
        add(&mut groups, libc::SYS_ioctl, ioctl);
        let lease = when(
            "to keep writers away from a file",
            &[is(1, number(libc::F_SETLEASE))],
        );
        add(&mut groups, libc::SYS_fcntl, lease);
        let signal = when(
            "to hear of those that wait in a way that can be ignored",
            &[is(1, F_SETSIG)],
        );
        add(&mut groups, libc::SYS_fcntl, signal);
        groups.push(Group {
            why: "Act on what is there",
            calls: [
                any![
                    SYS_fchmod,
                    SYS_fchown,
                    SYS_fgetxattr,
                    SYS_flistxattr,
                    SYS_flock,
                    SYS_fsetxattr,
                    SYS_getgroups,
                    SYS_linkat,
                    SYS_renameat2,
                    SYS_symlinkat,
                ],
                vec![only!(SYS_utimensat, when("of an open file", &[is_null(1)]))],
            ]
            .into_iter()
            .flatten()
            .collect(),
        });
    }
    if scope.locks {
        client::lock(&mut groups, changes);
    }
    if scope.connects {
        client::connect(&mut groups);
    }
    groups
}

/// Lets through one more form of a call that stands in the table already.
fn add(groups: &mut [Group], number: c_long, form: When) {
    let mut calls = groups.iter_mut().flat_map(|group| &mut group.calls);
    let call = calls.find(|call| call.number == number);
    call.expect("the call stands in the table").when.push(form);
}

/// `FIDEDUPERANGE`, linux/fs.h.
const FIDEDUPERANGE: u64 = 0xC018_9436;

/// `F_SETSIG`, asm-generic/fcntl.h.
const F_SETSIG: u64 = 10;

/// `FS_IOC_FIEMAP`, linux/fs.h.
pub(super) const FIEMAP: u64 = 0xC020_660B;

/// Flags of `openat` that write, make or cut a file. `O_TMPFILE` without its `O_DIRECTORY` part.
const WRITE_FLAGS: i32 = libc::O_WRONLY
    | libc::O_RDWR
    | libc::O_CREAT
    | libc::O_TRUNC
    | (libc::O_TMPFILE & !libc::O_DIRECTORY);

/// Flags of `clone` that decide whether it makes a thread of this process and nothing more.
pub(super) const CLONE_MASK: i32 = libc::CLONE_THREAD
    | libc::CLONE_PTRACE
    | libc::CLONE_VFORK
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_IO;

pub(super) fn number(constant: i32) -> u64 {
    u64::from(constant.cast_unsigned())
}

fn call(name: &'static str, number: c_long, when: Vec<When>) -> Call {
    Call {
        name: name.trim_start_matches("SYS_"),
        number,
        when,
    }
}

fn when(words: &'static str, checks: &[Check]) -> When {
    When {
        words,
        checks: checks.to_vec(),
    }
}

fn is(argument: u8, value: u64) -> Check {
    Check {
        argument,
        mask: u64::MAX,
        value,
        width: Width::Int,
    }
}

fn is_null(argument: u8) -> Check {
    Check {
        argument,
        mask: u64::MAX,
        value: 0,
        width: Width::Long,
    }
}

/// Of the bits in `mask`, exactly those of `value` are set.
fn bits(argument: u8, mask: i32, value: i32) -> Check {
    let wide = |bits: i32| u64::from(bits.cast_unsigned());
    Check {
        argument,
        mask: wide(mask),
        value: wide(value),
        width: Width::Int,
    }
}
