//! The few system calls that confinement is made of, each as a safe function where it can be.

use std::{
    ffi::CString,
    io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::Path,
    ptr::{null, null_mut},
};

use libc::{c_int, c_long, c_uint, c_ulong};

/// Returns the result of a system call that says -1 and sets `errno` when it fails.
pub(super) fn checked(answer: c_long) -> io::Result<c_long> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

/// Returns true when the kernel refused for want of permission, which is how both walls answer.
pub(super) fn is_refused<T>(outcome: io::Result<T>) -> bool {
    outcome.is_err_and(|error| matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES)))
}

/// Returns the kernel's version of Landlock.
pub(super) fn landlock_abi() -> io::Result<u32> {
    const VERSION: c_uint = 1;
    // SAFETY: with this flag the kernel reads nothing and returns a number.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            null::<u8>(),
            0_usize,
            VERSION,
        )
    };
    let abi = checked(answer)?;
    u32::try_from(abi).map_err(io::Error::other)
}

/// Succeeds when the kernel takes filters that answer with an error number.
pub(super) fn seccomp_offered() -> io::Result<()> {
    let action = libc::SECCOMP_RET_ERRNO;
    // SAFETY: the kernel reads one `u32` from the pointer, which outlives the call.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_GET_ACTION_AVAIL,
            0,
            &raw const action,
        )
    };
    checked(answer).map(drop)
}

pub(super) fn no_core_files() -> io::Result<()> {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel reads one `rlimit` from the pointer, which outlives the call.
    let answer = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    checked(answer.into()).map(drop)
}

pub(super) fn not_dumpable() -> io::Result<()> {
    // SAFETY: this option takes plain numbers.
    let answer = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0 as c_ulong, 0, 0, 0) };
    checked(answer.into()).map(drop)
}

/// Raises the soft limit of open files to the hard one: a pass keeps one descriptor per level.
pub(super) fn raise_open_files() -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel writes one `rlimit` to the pointer.
    checked(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }.into())?;
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: the kernel reads one `rlimit` from the pointer.
    checked(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }.into()).map(drop)
}

/// Closes every descriptor from `first` on.
///
/// # Safety
/// No value that owns such a descriptor may be used afterwards.
pub(super) unsafe fn close_from(first: c_uint) -> io::Result<()> {
    // SAFETY: the arguments are numbers; the caller answers for the owners.
    checked(unsafe { libc::syscall(libc::SYS_close_range, first, c_uint::MAX, 0) }).map(drop)
}

/// Returns true when stdin, stdout or stderr is a socket, which can send what is written to it.
pub(super) fn any_standard_stream_is_socket() -> io::Result<bool> {
    for stream in 0..=2 {
        let mut about = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the kernel writes one `stat` to the pointer.
        checked(unsafe { libc::fstat(stream, about.as_mut_ptr()) }.into())?;
        // SAFETY: the call has succeeded, so the value is complete.
        let mode = unsafe { about.assume_init() }.st_mode;
        if mode & libc::S_IFMT == libc::S_IFSOCK {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true when both paths lead to the same file. Metadata can be asked for under Landlock.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().map(|about| (about.dev(), about.ino())).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// Asks to be killed when the thread that started this process ends, and fails when `parent` is
/// not the parent any more.
pub(super) fn end_with(parent: u32) -> io::Result<()> {
    // SAFETY: this option takes plain numbers.
    let answer = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as c_ulong, 0, 0, 0) };
    checked(answer.into())?;
    // A parent that ended before the request was made would never be noticed.
    match std::os::unix::process::parent_id() == parent {
        true => Ok(()),
        false => Err(io::Error::from_raw_os_error(libc::ESRCH)),
    }
}

pub(super) fn try_io_uring() -> io::Result<c_long> {
    // SAFETY: the kernel looks for its parameters at null and finds none: nothing is set up.
    checked(unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, null_mut::<u8>()) })
}

pub(super) fn try_exec() -> io::Result<c_long> {
    // SAFETY: the kernel looks at the name first and it is null: no program is ever started.
    checked(unsafe {
        libc::syscall(
            libc::SYS_execve,
            null::<u8>(),
            null_mut::<u8>(),
            null_mut::<u8>(),
        )
    })
}

pub(super) fn try_open_for_writing(path: &Path) -> io::Result<c_long> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is NUL-terminated and outlives the call; no mode is needed.
    let answer: c_int = unsafe { libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) };
    checked(answer.into())
}
