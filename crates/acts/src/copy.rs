//! A file's properties beside its content: owner, mode, times, extended attributes. An access control
//! list is one of the attributes.

use std::{ffi::CString, os::fd::OwnedFd};

use rustix::{
    fs::{
        Gid, Mode, RawMode, Timespec, Timestamps, Uid, XattrFlags, fchmod, fchown, fgetxattr,
        flistxattr, fsetxattr, fstat, futimens,
    },
    io::{Errno, pread, write},
};
use tool::Stamp;

use crate::refusal::{Refusal, Result};

/// The most an attribute holds on Linux (`XATTR_SIZE_MAX`), and more than a list of names does.
const MOST: usize = 64 * 1024;

/// What a hard link would take away from a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Properties {
    mode: RawMode,
    owner: (u32, u32),
    attributes: Vec<(CString, Vec<u8>)>,
}

impl Properties {
    /// Reads the properties of an open file.
    pub(crate) fn of(file: &OwnedFd) -> Result<Self> {
        let stat = fstat(file).map_err(Refusal::of("look at it"))?;
        let failed = Refusal::of("read its attributes");
        let mut names = vec![0; MOST];
        let length = match flistxattr(file, &mut names[..]) {
            Ok(length) => length,
            Err(Errno::OPNOTSUPP) => 0,
            Err(error) => return Err(failed(error)),
        };
        let mut attributes = Vec::new();
        for name in names[..length]
            .split(|byte| *byte == 0)
            .filter(|it| !it.is_empty())
        {
            let name = CString::new(name).expect("the name was cut off at its zero");
            let mut value = vec![0; MOST];
            let length = fgetxattr(file, &name, &mut value[..]).map_err(&failed)?;
            value.truncate(length);
            attributes.push((name, value));
        }
        attributes.sort();
        Ok(Self {
            mode: stat.st_mode & 0o7777,
            owner: (stat.st_uid, stat.st_gid),
            attributes,
        })
    }

    /// Returns in words what differs between two files, if anything does.
    pub(crate) fn differ(&self, other: &Self) -> Option<&'static str> {
        if self.owner != other.owner {
            Some("owner and group")
        } else if self.mode != other.mode {
            Some("permissions")
        } else if self.attributes != other.attributes {
            Some("extended attributes")
        } else {
            None
        }
    }

    /// Returns whether this user may give a file of its own this owner and group again.
    pub(crate) fn can_be_given_back(&self) -> bool {
        let user = rustix::process::geteuid();
        let group = Gid::from_raw(self.owner.1);
        let is_in = || {
            rustix::process::getegid() == group
                || rustix::process::getgroups().is_ok_and(|groups| groups.contains(&group))
        };
        user.is_root() || (user.as_raw() == self.owner.0 && is_in())
    }

    /// Gives an open file these properties.
    pub(crate) fn give(&self, file: &OwnedFd) -> Result<()> {
        let (uid, gid) = (Uid::from_raw(self.owner.0), Gid::from_raw(self.owner.1));
        let own = fstat(file).map_err(Refusal::of("look at it"))?;
        if (own.st_uid, own.st_gid) != self.owner {
            fchown(file, Some(uid), Some(gid)).map_err(Refusal::of("give it back its owner"))?;
        }
        // After the owner: the system takes special bits away with it.
        fchmod(file, Mode::from_raw_mode(self.mode))
            .map_err(Refusal::of("give it back its permissions"))?;
        for (name, value) in &self.attributes {
            fsetxattr(file, name, value, XattrFlags::empty())
                .map_err(Refusal::of("give it back its attributes"))?;
        }
        Ok(())
    }
}

/// Sets when an open file was last read and changed.
pub(crate) fn set_times(file: &OwnedFd, read: Stamp, changed: Stamp) -> Result<()> {
    const SECOND: i64 = 1_000_000_000;
    let time = |stamp: Stamp| Timespec {
        tv_sec: stamp.0.div_euclid(SECOND),
        tv_nsec: stamp.0.rem_euclid(SECOND),
    };
    let times = Timestamps {
        last_access: time(read),
        last_modification: time(changed),
    };
    futimens(file, &times).map_err(Refusal::of("give it back its times"))
}

/// Copies the bytes of one open file to an empty one.
pub(crate) fn copy_bytes(from: &OwnedFd, to: &OwnedFd) -> Result<()> {
    let mut piece = vec![0; 128 * 1024];
    let mut at = 0;
    loop {
        let read = match pread(from, &mut piece, at) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(Refusal::of("read it")(error)),
        };
        let mut rest = &piece[..read];
        while !rest.is_empty() {
            match write(to, rest) {
                Ok(written) => rest = &rest[written..],
                Err(Errno::INTR) => {}
                Err(error) => return Err(Refusal::of("write a copy of it")(error)),
            }
        }
        at += read as u64;
    }
}
