//! Ways to change a file, to hold one, and to read one that was not granted.

use std::{
    fs::{self, File, FileTimes, OpenOptions, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{PermissionsExt, symlink},
    },
    time::SystemTime,
};

use super::{Attempt, bare};
use crate::Ground;

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        name: "read-other",
        tried: "read a file beside one that is granted",
        make: |ground| fs::read(ground.other()).map(drop),
    },
    Attempt {
        name: "read-through-link",
        tried: "read a file that is not granted through a link that lies in a granted folder",
        make: |ground| fs::read(ground.way_out()).map(drop),
    },
    Attempt {
        name: "read-upwards",
        tried: "read a file that is not granted by going up from a granted folder",
        make: |ground| fs::read(ground.open().join("../other.txt")).map(drop),
    },
    Attempt {
        name: "list-other",
        tried: "list a folder that is not granted",
        make: |ground| fs::read_dir(ground.closed()).map(drop),
    },
    Attempt {
        name: "list-root",
        tried: "list the root folder",
        make: |_| fs::read_dir("/").map(drop),
    },
    Attempt {
        name: "open-for-writing",
        tried: "open a readable file for writing",
        make: |ground| {
            OpenOptions::new()
                .write(true)
                .open(ground.granted())
                .map(drop)
        },
    },
    Attempt {
        name: "open-and-empty",
        tried: "empty a readable file",
        make: |ground| {
            OpenOptions::new()
                .write(true)
                .truncate(true)
                .open(ground.granted())
                .map(drop)
        },
    },
    Attempt {
        name: "create",
        tried: "make a file in a readable folder",
        make: |ground| File::create(ground.open().join("new")).map(drop),
    },
    Attempt {
        name: "create-elsewhere",
        tried: "make a file in the folder for temporary files",
        make: |ground| File::create(ground.closed().join("new")).map(drop),
    },
    Attempt {
        name: "openat2",
        tried: "open a file the newer way, whose flags no filter sees",
        make: |_| bare(libc::SYS_openat2, &[]),
    },
    Attempt {
        name: "open-by-handle",
        tried: "open a file by its number",
        make: |_| bare(libc::SYS_open_by_handle_at, &[-1]),
    },
    Attempt {
        name: "truncate",
        tried: "cut a file by its path",
        make: |_| bare(libc::SYS_truncate, &[]),
    },
    Attempt {
        name: "ftruncate",
        tried: "cut an open file",
        make: |ground| bare(libc::SYS_ftruncate, &[opened(ground)?.as_raw_fd().into()]),
    },
    Attempt {
        name: "rename",
        tried: "rename a readable file",
        make: |ground| fs::rename(ground.inside(), ground.open().join("renamed")),
    },
    Attempt {
        name: "remove",
        tried: "remove a readable file",
        make: |ground| fs::remove_file(ground.inside()),
    },
    Attempt {
        name: "make-folder",
        tried: "make a folder",
        make: |ground| fs::create_dir(ground.open().join("folder")),
    },
    Attempt {
        name: "hard-link",
        tried: "link a file that is not granted into a granted folder",
        make: |ground| fs::hard_link(ground.other(), ground.open().join("linked")),
    },
    Attempt {
        name: "symbolic-link",
        tried: "make a symbolic link",
        make: |ground| symlink(ground.other(), ground.open().join("link")),
    },
    Attempt {
        name: "chmod",
        tried: "change who may read a file",
        make: |ground| fs::set_permissions(ground.granted(), Permissions::from_mode(0o644)),
    },
    Attempt {
        name: "fchmod",
        tried: "change who may read an open file",
        make: |ground| opened(ground)?.set_permissions(Permissions::from_mode(0o600)),
    },
    Attempt {
        name: "chown",
        tried: "change who owns an open file",
        make: |ground| {
            bare(
                libc::SYS_fchown,
                &[opened(ground)?.as_raw_fd().into(), -1, -1],
            )
        },
    },
    Attempt {
        name: "change-times",
        tried: "change the times of a readable file",
        make: |ground| {
            let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
            opened(ground)?.set_times(times)
        },
    },
    Attempt {
        name: "set-attribute",
        tried: "set an extended attribute",
        make: |ground| bare(libc::SYS_fsetxattr, &[opened(ground)?.as_raw_fd().into()]),
    },
    Attempt {
        name: "lock",
        tried: "lock a readable file",
        make: |ground| opened(ground)?.lock_shared(),
    },
    Attempt {
        name: "record-lock",
        tried: "lock a part of a readable file, as databases do",
        make: |ground| {
            let file = opened(ground)?;
            bare(
                libc::SYS_fcntl,
                &[file.as_raw_fd().into(), libc::F_SETLK.into()],
            )
        },
    },
    Attempt {
        name: "open-file-lock",
        tried: "lock a part of an open file",
        make: |ground| {
            let file = opened(ground)?;
            bare(
                libc::SYS_fcntl,
                &[file.as_raw_fd().into(), libc::F_OFD_SETLK.into()],
            )
        },
    },
    Attempt {
        name: "lease",
        tried: "be told, and hold up, when another program opens a file",
        make: |ground| {
            let file = opened(ground)?;
            let read = libc::F_RDLCK.into();
            bare(
                libc::SYS_fcntl,
                &[file.as_raw_fd().into(), libc::F_SETLEASE.into(), read],
            )
        },
    },
    Attempt {
        name: "map-file",
        tried: "map a readable file into memory",
        make: |ground| {
            let file = opened(ground)?;
            let (read, private) = (libc::PROT_READ.into(), libc::MAP_PRIVATE.into());
            bare(
                libc::SYS_mmap,
                &[0, 4096, read, private, file.as_raw_fd().into(), 0],
            )
        },
    },
    Attempt {
        name: "sendfile",
        tried: "send a file to an inherited descriptor without reading it",
        make: |ground| {
            let file = opened(ground)?;
            bare(libc::SYS_sendfile, &[1, file.as_raw_fd().into()])
        },
    },
    Attempt {
        name: "splice",
        tried: "splice a file into an inherited descriptor",
        make: |ground| {
            let file = opened(ground)?;
            bare(libc::SYS_splice, &[file.as_raw_fd().into(), 0, 1])
        },
    },
    Attempt {
        name: "vmsplice",
        tried: "splice memory into an inherited descriptor",
        make: |_| bare(libc::SYS_vmsplice, &[1]),
    },
    Attempt {
        name: "tee",
        tried: "copy one inherited pipe into another",
        make: |_| bare(libc::SYS_tee, &[0, 1]),
    },
    Attempt {
        name: "copy-file-range",
        tried: "copy between files inside the kernel",
        make: |_| bare(libc::SYS_copy_file_range, &[-1, 0, -1]),
    },
    Attempt {
        name: "write-elsewhere",
        tried: "write to a descriptor that is neither stdout nor stderr",
        make: |_| bare(libc::SYS_write, &[3]),
    },
    Attempt {
        name: "duplicate-onto-stdout",
        tried: "put another file in the place of stdout",
        make: |_| bare(libc::SYS_dup3, &[0, 1]),
    },
];

/// Opens the granted file; when that fails, nothing that follows counts as denied.
fn opened(ground: &Ground) -> io::Result<File> {
    File::open(ground.granted()).map_err(|_| io::Error::other("the granted file does not open"))
}
