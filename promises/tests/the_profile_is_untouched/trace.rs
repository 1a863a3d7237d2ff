//! What a program did to the profiles of browsers, by every system call it made.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Calls that may name a file of a profile. What is not listed is a breach, be it known or not.
const MAY_NAME: [&str; 19] = [
    "close",
    "fadvise64",
    "fcntl",
    "fstat",
    "getdents64",
    "ioctl",
    "landlock_add_rule",
    "lseek",
    "lstat",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "pread64",
    "preadv",
    "read",
    "readlink",
    "stat",
    "statx",
];
/// Of `fcntl` and `ioctl`, what asks and changes nothing but our own descriptor.
const MAY_ASK: [&str; 6] = [
    "F_DUPFD_CLOEXEC",
    "F_GETFD",
    "F_GETFL",
    "F_SETFD",
    "FS_IOC_FIEMAP",
    "FS_IOC_GETFLAGS",
];
const WRITES: [&str; 6] = [
    "O_APPEND",
    "O_CREAT",
    "O_RDWR",
    "O_TMPFILE",
    "O_TRUNC",
    "O_WRONLY",
];
/// Calls that change names, contents, times or rights of files anywhere, or lock them.
const CHANGES: [&str; 34] = [
    "chmod",
    "chown",
    "copy_file_range",
    "creat",
    "fallocate",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "fchownat",
    "flock",
    "fremovexattr",
    "fsetxattr",
    "ftruncate",
    "futimesat",
    "lchown",
    "link",
    "linkat",
    "lsetxattr",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "setxattr",
    "symlink",
    "symlinkat",
    "truncate",
    "unlink",
    "unlinkat",
    "utimensat",
];

/// What `strace` saw of one run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Whether paths are missing, because the kernel does not show the memory of a process.
    pub(crate) is_blind: bool,
    /// Calls that could have left something behind: in a profile, or anywhere.
    pub(crate) breaches: Vec<String>,
    /// Files of the profiles that were opened, or tried.
    pub(crate) opened: BTreeSet<PathBuf>,
    /// Everything below the profiles that any call named.
    pub(crate) named: BTreeSet<PathBuf>,
}

impl Trace {
    /// Prepares `strace` to write every call of a program to a file.
    ///
    /// Descriptors are shown with their paths; of what is read and written, nothing is kept.
    pub(crate) fn of(program: &Path, file: &Path) -> Vec<OsString> {
        let mut words: Vec<_> = ["-f", "-qq", "-y", "-s", "0", "-o"].map(Into::into).into();
        words.extend([file.into(), program.into()]);
        words
    }

    /// Reads what it wrote. Below `own` the program may write: its own folder.
    pub(crate) fn read(text: &str, profiles: &[PathBuf], own: &Path) -> Self {
        let mut trace = Self::default();
        for line in text.lines() {
            let (_, call) = line
                .split_once(' ')
                .expect("a line begins with the process");
            let call = call.trim_start();
            // The end of a call that was interrupted names no file that its beginning did not.
            if call.starts_with("<... ") || call.starts_with("---") || call.starts_with("+++") {
                continue;
            }
            trace.judge(line, call, profiles, own);
        }
        trace
    }

    fn judge(&mut self, line: &str, call: &str, profiles: &[PathBuf], own: &Path) {
        let name = call.split('(').next().unwrap_or_default();
        let opens = matches!(name, "open" | "openat" | "openat2");
        // The path is the first argument or the second.
        let mut arguments = call.split(['(', ',']).skip(1).take(2);
        self.is_blind |= opens && arguments.any(|it| it.trim_start().starts_with("0x"));
        let writes = opens && WRITES.iter().any(|flag| has_word(call, flag));
        let locks = name == "fcntl" && (call.contains("LK") || call.contains("F_SETLEASE"));
        let paths = paths(call);
        let mut inside = paths
            .iter()
            .filter(|path| profiles.iter().any(|profile| path.starts_with(profile)))
            .peekable();
        let is_own = paths.iter().any(|path| path.starts_with(own));
        let breach = if inside.peek().is_some() {
            let only_asks = !matches!(name, "fcntl" | "ioctl")
                || MAY_ASK.iter().any(|word| has_word(call, word));
            writes || locks || !MAY_NAME.contains(&name) || !only_asks
        } else {
            let changes = writes || locks || CHANGES.contains(&name);
            changes && !is_own && !is_harmless(call)
        };
        if breach {
            self.breaches.push(line.to_owned());
        }
        for path in inside {
            if opens && !call.contains("O_DIRECTORY") {
                self.opened.insert(path.clone());
            }
            self.named.insert(path.clone());
        }
    }
}

/// Returns whether what looks like writing leaves nothing behind: the bin of the system, and the
/// sandbox's own proof that it holds, which is refused.
fn is_harmless(call: &str) -> bool {
    call.contains("\"/dev/null\"") || (call.contains("\"/\"") && call.contains("= -1 E"))
}

/// Returns the paths a call names: of descriptors, and in quotes, which may be relative to one.
fn paths(call: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut folder = PathBuf::new();
    let mut rest = call;
    while let Some(start) = rest.find(['<', '"']) {
        let (open, close) = match rest.as_bytes()[start] {
            b'<' => ('<', '>'),
            _ => ('"', '"'),
        };
        let inside = &rest[start + 1..];
        let Some(end) = inside.find(close) else {
            break;
        };
        let named = Path::new(&inside[..end]);
        if open == '<' {
            folder = named.to_owned();
        }
        let path = folder.join(named);
        // A descriptor that a name is relative to is not what the call is about.
        let is_base = open == '<' && inside[end + 1..].starts_with(", \"");
        if path.is_absolute() && !is_base {
            paths.push(path);
        }
        rest = &inside[end + 1..];
    }
    paths
}

/// Returns whether a text holds a name as a whole, not as part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
        .any(|it| it == word)
}
