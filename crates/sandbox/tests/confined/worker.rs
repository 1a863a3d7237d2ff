//! What the tests have a worker do.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    net::TcpStream,
    os::fd::AsRawFd,
    path::Path,
    time::{Duration, Instant},
};

use sandbox::{Ground, NotConfined, Rights, confine, probe};
use serde::{Deserialize, Serialize};

pub(crate) const FLAG: &str = "--as-worker";

/// What a worker is given on stdin.
#[derive(Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) ground: Ground,
    pub(crate) rights: Rights,
    /// The identity to take on before confinement, where the test runs as root.
    pub(crate) user: Option<u32>,
    /// A descriptor that the worker has inherited.
    pub(crate) descriptor: Option<i32>,
    /// Ports of this machine where somebody listens.
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
}

pub(crate) fn run(name: &str) {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .expect("stdin is a pipe");
    let job: Job = serde_json::from_str(&text).expect("the test writes a job");
    if let Some(user) = job.user {
        // SAFETY: takes numbers; there is no other thread.
        let answer =
            unsafe { libc::setresgid(user, user, user) | libc::setresuid(user, user, user) };
        assert_eq!(answer, 0, "cannot become another user");
    }
    match name {
        "probes" => {
            let in_force = confine(&job.rights).expect("confined");
            say(&(in_force, probe(&job.ground)));
        }
        // Some attempts succeed and take stdout away, so this one answers on stderr.
        "probes-unconfined" => {
            let probes = probe(&job.ground);
            eprintln!("{}", serde_json::to_string(&probes).expect("plain values"));
        }
        "needed" => {
            confine(&job.rights).expect("confined");
            what_a_reader_needs(&job);
            say(&"all done");
        }
        "writes" => {
            confine(&job.rights).expect("confined");
            let folder = &job.rights.write[0];
            fs::create_dir(folder.join("made")).expect("a folder is made");
            fs::write(folder.join("new"), "x").expect("a file is made");
            fs::rename(folder.join("new"), folder.join("made/file")).expect("it is moved");
            fs::write(folder.join("gone"), "x").expect("a file is made");
            fs::remove_file(folder.join("gone")).expect("it is removed");
            say(&probe(&job.ground));
        }
        "connects" => {
            confine(&job.rights).expect("confined");
            lock_and_unlock(&job.rights.write[0].join("own"));
            let reached: Vec<_> = job.ports.iter().map(|port| reach(*port)).collect();
            say(&(reached, probe(&job.ground)));
        }
        "refused" => say(&refusal(&job.rights)),
        "with-a-thread" => {
            std::thread::spawn(std::thread::park);
            say(&refusal(&job.rights));
        }
        "without-landlock" => {
            answer_to(libc::SYS_landlock_create_ruleset, libc::ENOSYS);
            say(&refusal(&job.rights));
        }
        "with-landlock-switched-off" => {
            answer_to(libc::SYS_landlock_create_ruleset, libc::EOPNOTSUPP);
            say(&refusal(&job.rights));
        }
        "without-seccomp" => {
            answer_to(libc::SYS_seccomp, libc::EINVAL);
            say(&refusal(&job.rights));
        }
        "descriptor" => {
            let descriptor = job.descriptor.expect("the test passes one");
            // SAFETY: asks for the flags of a number.
            let open = || unsafe { libc::fcntl(descriptor, libc::F_GETFD) } >= 0;
            let before = open();
            confine(&job.rights).expect("confined");
            say(&(before, open()));
        }
        "panic" => {
            confine(&job.rights).expect("confined");
            eprintln!("{}", std::backtrace::Backtrace::force_capture());
            panic!("on purpose");
        }
        "abort" => {
            confine(&job.rights).expect("confined");
            std::process::abort();
        }
        "overflow" => {
            confine(&job.rights).expect("confined");
            let in_thread = std::thread::spawn(|| deeper(&[1; 512]));
            say(&in_thread.join().is_ok());
        }
        #[cfg(target_arch = "x86_64")]
        "int-80" => {
            confine(&job.rights).expect("confined");
            let number: u64;
            // SAFETY: 20 is `getpid` for 32-bit programs; it takes and writes nothing.
            unsafe {
                std::arch::asm!("int 0x80", inlateout("rax") 20_u64 => number,
                    out("r8") _, out("r9") _, out("r10") _, out("r11") _);
            }
            say(&number);
        }
        "sleeper" => {
            confine(&job.rights).expect("confined");
            std::thread::sleep(Duration::from_secs(600));
        }
        "broker" => {
            let job = Job {
                rights: Rights::default(),
                user: None,
                descriptor: None,
                ports: Vec::new(),
                ..job
            };
            let mut worker = sandbox::spawn_worker(&[FLAG, "sleeper"]).expect("started");
            let mut stdin = worker.stdin.take().expect("piped");
            serde_json::to_writer(&mut stdin, &job).expect("written");
            drop(stdin);
            say(&worker.id());
            let _ = worker.wait();
        }
        other => panic!("no such worker: {other}"),
    }
}

/// Connects to a port of this machine and says what came: a word, or the kernel's refusal.
fn reach(port: u16) -> String {
    let came = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut word = String::new();
        stream.read_to_string(&mut word)?;
        Ok(word)
    };
    came().unwrap_or_else(|error| format!("{:?}", error.kind()))
}

/// What SQLite does with a file that several processes use.
fn lock_and_unlock(path: &Path) {
    let mut options = File::options();
    let file = options
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .expect("made");
    for kind in [libc::F_RDLCK, libc::F_WRLCK, libc::F_UNLCK] {
        // SAFETY: all zeros are a lock of the whole file.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = i16::try_from(kind).expect("a small number");
        // SAFETY: the kernel reads the lock, which lives until the call returns.
        let answer = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const lock) };
        assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
    }
    file.lock().expect("locked as a whole");
}

fn say(value: &impl Serialize) {
    println!("{}", serde_json::to_string(value).expect("plain values"));
    std::io::stdout().flush().expect("stdout is a pipe");
}

fn refusal(rights: &Rights) -> String {
    match confine(rights) {
        Ok(in_force) => format!("confined: {in_force:?}"),
        Err(NotConfined::NoLandlock { source }) => format!("NoLandlock {source}"),
        Err(NotConfined::NoSeccomp { source }) => format!("NoSeccomp {source}"),
        Err(NotConfined::Threads { count }) => format!("Threads {count}"),
        Err(other) => other.to_string(),
    }
}

/// Makes the kernel answer one call with an error, as a kernel that lacks it would.
fn answer_to(call: libc::c_long, error: i32) {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let filter = SeccompFilter::new(
        [(call, vec![])].into(),
        SeccompAction::Allow,
        SeccompAction::Errno(error.cast_unsigned()),
        std::env::consts::ARCH
            .try_into()
            .expect("a known processor"),
    );
    let program: BpfProgram = filter.expect("one rule").try_into().expect("compiles");
    seccompiler::apply_filter(&program).expect("installed");
}

fn what_a_reader_needs(job: &Job) {
    let granted = &job.rights.read[0];
    let open = &job.rights.read[1];
    assert_eq!(fs::read(granted).expect("read"), b"a few words\n");
    assert_eq!(
        fs::read(open.join("inside.txt")).expect("read"),
        b"a few words\n"
    );
    assert_eq!(fs::read_dir(open).expect("listed").count(), 2);
    assert_eq!(fs::metadata(granted).expect("asked").len(), 12);
    assert!(
        fs::symlink_metadata(open.join("way-out"))
            .expect("asked")
            .is_symlink()
    );
    assert_eq!(&granted.canonicalize().expect("resolved"), granted);
    seek_and_extents(granted);

    // Threads with their own malloc arenas, growing and shrinking, naming themselves, waiting.
    let (sender, receiver) = std::sync::mpsc::channel();
    let threads: Vec<_> = (0..8_usize)
        .map(|number| {
            let (sender, granted) = (sender.clone(), granted.clone());
            let work = move || {
                let mut kept = Vec::new();
                for size in 0..200_usize {
                    kept.push(vec![number; size * 100]);
                    if size % 3 == 0 {
                        kept.swap_remove(0);
                    }
                }
                let names: HashMap<usize, usize> = (0..1000).map(|it| (it, it)).collect();
                let read = fs::read(&granted).expect("read in a thread").len();
                sender.send(names.len() + read + kept.len()).expect("heard");
            };
            std::thread::Builder::new()
                .name(format!("reader-{number}"))
                .spawn(work)
                .expect("a thread")
        })
        .collect();
    drop(sender);
    assert_eq!(receiver.iter().count(), 8);
    threads
        .into_iter()
        .for_each(|it| it.join().expect("no panic"));
    assert!(std::thread::available_parallelism().expect("known").get() >= 1);
    std::thread::scope(|scope| {
        let panicked = scope.spawn(|| std::panic::catch_unwind(|| panic!("caught")).is_err());
        assert!(panicked.join().expect("joined"));
    });

    let before = Instant::now();
    std::thread::sleep(Duration::from_millis(1));
    assert!(before.elapsed() >= Duration::from_millis(1));
    let mut grown = vec![0_u8; 4 << 20];
    grown.resize(8 << 20, 1);
    assert_eq!(grown.last(), Some(&1));
    let copy = File::open(granted)
        .expect("open")
        .try_clone()
        .expect("duplicated");
    // What the standard library does first and is refused, it must do another way.
    assert_eq!(
        std::io::copy(&mut &copy, &mut std::io::stderr()).expect("copied"),
        12
    );
}

fn seek_and_extents(granted: &Path) {
    const FIEMAP: libc::c_ulong = 0xC020_660B;
    let mut file = File::open(granted).expect("open");
    assert_eq!(file.seek(SeekFrom::End(0)).expect("sought"), 12);
    // SAFETY: takes numbers.
    assert_eq!(
        unsafe { libc::lseek(file.as_raw_fd(), 0, libc::SEEK_DATA) },
        0
    );
    // SAFETY: takes numbers.
    assert_eq!(
        unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_SEQUENTIAL) },
        0
    );
    // struct fiemap with room for no extent: the kernel only counts them. linux/fiemap.h.
    let mut ask = [0_u64, u64::MAX, 0, 0];
    // SAFETY: the kernel reads and writes 32 bytes at the pointer, which has as many.
    let answer = unsafe { libc::ioctl(file.as_raw_fd(), FIEMAP, ask.as_mut_ptr()) };
    let error = std::io::Error::last_os_error().raw_os_error();
    // tmpfs and overlay have no extents to tell of; a filter would say EPERM.
    assert!(
        answer == 0 || error == Some(libc::EOPNOTSUPP) || error == Some(libc::ENOTTY),
        "{error:?}"
    );
}

#[expect(unconditional_recursion, reason = "to run out of stack")]
fn deeper(room: &[u8]) -> usize {
    let mut own = [0_u8; 1024];
    own[..room.len()].copy_from_slice(room);
    deeper(std::hint::black_box(&own)) + usize::from(own[0])
}
