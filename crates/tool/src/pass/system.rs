//! The system calls of the walk. The only file of this crate that asks which system it is built for.

use std::ffi::CStr;

use rustix::{
    fd::{BorrowedFd, OwnedFd},
    fs::{AtFlags, OFlags},
    io::{self, Errno},
};

/// What one look at an entry tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stat {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) nlink: u32,
    pub(super) size: u64,
    /// Bytes the file system holds for it: `st_blocks` times 512.
    pub(super) allocated: u64,
    pub(super) inode: u64,
    pub(super) device: u64,
    /// The mount it was reached through; the device where the system does not tell.
    pub(super) mount: u64,
    pub(super) mtime_ns: i64,
    pub(super) ctime_ns: i64,
}

/// What kind of file system a folder is on, as far as the walk cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileSystem {
    /// Holds files on a device of this machine.
    Local,
    /// As `Local`, and several files may share their bytes, which the file system tells.
    Sharing,
    /// Is an interface to the kernel: `/proc`, `/sys` and the like.
    Pseudo,
    /// Is on another machine.
    Network,
}

pub(super) fn nanoseconds(seconds: i64, nanoseconds: u32) -> i64 {
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(i64::from(nanoseconds))
}

/// Opens a folder or file by its name in a folder, never through a link, never waiting for a FIFO's
/// writer, and without changing its access time where we may.
pub(super) fn open_at(
    folder: BorrowedFd<'_>,
    name: &CStr,
    kind: OFlags,
    ours: bool,
) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY
        | OFlags::NOFOLLOW
        | OFlags::CLOEXEC
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | kind;
    if ours && !NO_ACCESS_TIME.is_empty() {
        match rustix::fs::openat(
            folder,
            name,
            flags | NO_ACCESS_TIME,
            rustix::fs::Mode::empty(),
        ) {
            // The owner may be mapped away in a container.
            Err(Errno::PERM) => {}
            done => return done,
        }
    }
    rustix::fs::openat(folder, name, flags, rustix::fs::Mode::empty())
}

#[cfg(target_os = "linux")]
pub(super) use linux::*;
#[cfg(target_os = "linux")]
mod linux {
    use std::mem::MaybeUninit;

    use rustix::fs::{RawDir, Statx, StatxFlags, statx};

    use super::*;

    pub(in super::super) const NO_ACCESS_TIME: OFlags = OFlags::NOATIME;

    /// How a folder is opened that is only passed through: it need not be readable.
    pub(in super::super) const WAY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);

    /// Room for one listing call; one per thread, used again for each folder.
    pub(in super::super) struct Room(Box<[MaybeUninit<u8>]>);

    impl Room {
        pub(in super::super) fn new() -> Self {
            Self(Box::new_uninit_slice(64 * 1024))
        }

        /// Returns a stand-in that holds nothing, for while the real one is lent out.
        pub(in super::super) fn new_empty() -> Self {
            Self(Box::new([]))
        }
    }

    /// `loff_t` at its largest. Source: `EXT4_HTREE_EOF_64BIT`, fs/ext4/ext4.h of Linux 6.12.
    const LAST_POSITION: u64 = i64::MAX as u64;

    /// Calls `each` with every name in the folder except `.` and `..`, in the system's order.
    pub(in super::super) fn list(
        folder: &OwnedFd,
        room: &mut Room,
        mut each: impl FnMut(&CStr),
    ) -> io::Result<()> {
        let mut entries = RawDir::new(folder, &mut room.0);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                each(name);
            }
            let next = entry.next_entry_cookie();
            // Nothing can stand behind the last position there is; ext4 says so with its last entry.
            // Anywhere else one more call has to ask.
            if next == LAST_POSITION && entries.is_buffer_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Looks at the entry `name` of `folder`, not at what it links to.
    pub(in super::super) fn stat_at(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Stat> {
        // DONT_SYNC: a network file system may answer from its cache. NO_AUTOMOUNT: looking must
        // not mount anything.
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
        Ok(stat_of(&statx(
            folder,
            name,
            flags,
            StatxFlags::BASIC_STATS | StatxFlags::MNT_ID,
        )?))
    }

    /// Looks at an open file or folder.
    pub(in super::super) fn stat_open(open: BorrowedFd<'_>) -> io::Result<Stat> {
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        Ok(stat_of(&statx(open, c"", AtFlags::EMPTY_PATH, wanted)?))
    }

    fn stat_of(found: &Statx) -> Stat {
        let device = rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor);
        let knows_mount = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
        Stat {
            mode: u32::from(found.stx_mode),
            uid: found.stx_uid,
            nlink: found.stx_nlink,
            size: found.stx_size,
            allocated: found.stx_blocks.saturating_mul(512),
            inode: found.stx_ino,
            device,
            mount: if knows_mount {
                found.stx_mnt_id
            } else {
                device
            },
            mtime_ns: nanoseconds(found.stx_mtime.tv_sec, found.stx_mtime.tv_nsec),
            ctime_ns: nanoseconds(found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
        }
    }

    /// Tells what kind of file system an open folder is on.
    ///
    /// Source: statfs(2), Linux man-pages 6.9, and include/uapi/linux/magic.h of Linux 6.12.
    pub(in super::super) fn file_system(folder: &OwnedFd) -> FileSystem {
        let Ok(found) = rustix::fs::fstatfs(folder) else {
            return FileSystem::Local;
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "32-bit magic"
        )]
        match found.f_type as u32 {
            // btrfs, xfs, bcachefs, ocfs2
            0x9123_683e | 0x5846_5342 | 0xca45_1a4e | 0x7461_636f => FileSystem::Sharing,
            // proc, sysfs, cgroup, cgroup2, devpts, debugfs, tracefs, securityfs, bpf, pstore,
            // efivarfs, configfs, mqueue, selinuxfs, binfmt_misc, fusectl, nsfs, rpc_pipefs, autofs
            0x9fa0 | 0x6265_6572 | 0x27_e0eb | 0x6367_7270 | 0x1cd1 | 0x6462_6720 | 0x7472_6163
            | 0x7363_6673 | 0xcafe_4a11 | 0x6165_676c | 0xde5e_81e4 | 0x6265_6570 | 0x1980_0202
            | 0xf97c_ff8c | 0x4249_4e4d | 0x6573_5543 | 0x6e73_6673 | 0x6759_6969 | 0x0187 => {
                FileSystem::Pseudo
            }
            // nfs, cifs, smb2, smb, afs, ceph, 9p, coda
            0x6969 | 0xff53_4d42 | 0xfe53_4d42 | 0x517b | 0x5346_414f | 0x00c3_6400
            | 0x0102_1997 | 0x7375_7245 => FileSystem::Network,
            _ => FileSystem::Local,
        }
    }

    /// Returns how many processors this process may use.
    pub(in super::super) fn processors() -> usize {
        // std asks cgroup files too, which a confined worker cannot open.
        rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count().max(1) as usize)
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use rustix::fs::{Dir, Stat as RawStat, fstat, statat};

    use super::*;

    pub(in super::super) const NO_ACCESS_TIME: OFlags = OFlags::empty();

    pub(in super::super) const WAY: OFlags = OFlags::DIRECTORY;

    pub(in super::super) struct Room;

    impl Room {
        pub(in super::super) fn new() -> Self {
            Self
        }

        pub(in super::super) fn new_empty() -> Self {
            Self
        }
    }

    pub(in super::super) fn list(
        folder: &OwnedFd,
        _: &mut Room,
        mut each: impl FnMut(&CStr),
    ) -> io::Result<()> {
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                each(name);
            }
        }
        Ok(())
    }

    pub(in super::super) fn stat_at(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Stat> {
        Ok(stat_of(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    pub(in super::super) fn stat_open(open: BorrowedFd<'_>) -> io::Result<Stat> {
        Ok(stat_of(&fstat(open)?))
    }

    #[allow(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        clippy::unnecessary_cast
    )]
    fn stat_of(found: &RawStat) -> Stat {
        Stat {
            mode: found.st_mode as u32,
            uid: found.st_uid,
            nlink: found.st_nlink as u32,
            size: found.st_size.max(0) as u64,
            allocated: (found.st_blocks.max(0) as u64).saturating_mul(512),
            inode: found.st_ino as u64,
            device: found.st_dev as u64,
            mount: found.st_dev as u64,
            mtime_ns: nanoseconds(found.st_mtime as i64, found.st_mtime_nsec as u32),
            ctime_ns: nanoseconds(found.st_ctime as i64, found.st_ctime_nsec as u32),
        }
    }

    /// Tells what kind of file system an open folder is on, by its name.
    ///
    /// APFS can share bytes between files, but tells nobody which: it counts as `Local`.
    ///
    /// Source: mount(8) and /System/Library/Filesystems of macOS 15; not verified on a Mac.
    pub(in super::super) fn file_system(folder: &OwnedFd) -> FileSystem {
        let Ok(found) = rustix::fs::fstatfs(folder) else {
            return FileSystem::Local;
        };
        #[allow(clippy::cast_sign_loss)]
        let name: Vec<u8> = found
            .f_fstypename
            .iter()
            .map(|c| *c as u8)
            .take_while(|c| *c != 0)
            .collect();
        match name.as_slice() {
            b"devfs" | b"autofs" | b"fdesc" => FileSystem::Pseudo,
            b"nfs" | b"smbfs" | b"afpfs" | b"webdav" | b"ftp" => FileSystem::Network,
            _ => FileSystem::Local,
        }
    }

    pub(in super::super) fn processors() -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }
}
