//! What is asked of workers.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpListener,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use sandbox::{Ground, InForce, Probe, Rights, spawn_worker};
use serde::de::DeserializeOwned;

use crate::worker::{FLAG, Job};

type Test = (&'static str, fn());

/// Every test of this file.
pub(crate) const ALL: &[Test] = &[
    ("every_probe_is_denied", every_probe_is_denied),
    (
        "every_probe_is_denied_to_a_plain_user",
        every_probe_is_denied_to_a_plain_user,
    ),
    (
        "a_probe_is_not_denied_for_another_reason",
        a_probe_is_not_denied_for_another_reason,
    ),
    (
        "what_a_reader_needs_still_works",
        what_a_reader_needs_still_works,
    ),
    (
        "a_writer_writes_in_its_folder_only",
        a_writer_writes_in_its_folder_only,
    ),
    (
        "a_client_reaches_its_port_and_nothing_else",
        a_client_reaches_its_port_and_nothing_else,
    ),
    (
        "a_right_that_leads_nowhere_is_said",
        a_right_that_leads_nowhere_is_said,
    ),
    (
        "a_list_right_lists_and_does_not_read",
        a_list_right_lists_and_does_not_read,
    ),
    (
        "a_link_in_the_rights_stands_for_what_it_leads_to",
        a_link_in_the_rights_stands_for_what_it_leads_to,
    ),
    (
        "a_kernel_without_landlock_is_refused",
        a_kernel_without_landlock_is_refused,
    ),
    (
        "a_kernel_without_seccomp_is_refused",
        a_kernel_without_seccomp_is_refused,
    ),
    ("a_second_thread_is_refused", a_second_thread_is_refused),
    (
        "a_socket_as_stdout_is_refused",
        a_socket_as_stdout_is_refused,
    ),
    (
        "an_inherited_descriptor_is_closed",
        an_inherited_descriptor_is_closed,
    ),
    (
        "a_panic_ends_a_worker_with_its_words",
        a_panic_ends_a_worker_with_its_words,
    ),
    (
        "an_abort_and_an_overflow_end_a_worker",
        an_abort_and_an_overflow_end_a_worker,
    ),
    ("the_32_bit_door_kills", the_32_bit_door_kills),
    (
        "a_worker_does_not_outlive_its_broker",
        a_worker_does_not_outlive_its_broker,
    ),
    ("the_status_says_enough_here", the_status_says_enough_here),
];

/// What only root may do, or what containers and some kernels refuse to anybody.
const REFUSED_ANYWAY: [&str; 17] = [
    "bpf",
    "chroot",
    "io-uring-enter",
    "io-uring-register",
    "io-uring-setup",
    "keyctl",
    "mount",
    "open-by-handle",
    "packet",
    "perf-event",
    "pidfd-getfd",
    "process-vm-readv",
    "process-vm-writev",
    "ptrace",
    "request-key",
    "unshare",
    "userfaultfd",
];

fn every_probe_is_denied() {
    let job = job();
    let done = worker("probes", &job);
    let (in_force, probes): (InForce, Vec<Probe>) = done.said();
    assert!(
        in_force.landlock_abi >= 1 && in_force.not_granted.is_empty(),
        "{in_force:?}"
    );
    assert_all_denied(&probes);
    assert_unchanged(&job.ground);
}

fn every_probe_is_denied_to_a_plain_user() {
    let job = plain_user(job());
    let (_, probes): (InForce, Vec<Probe>) = worker("probes", &job).said();
    assert_all_denied(&probes);
    assert_unchanged(&job.ground);
}

/// The same attempts without the walls: were one refused here too, it would prove nothing there.
fn a_probe_is_not_denied_for_another_reason() {
    let done = worker("probes-unconfined", &job());
    let probes: Vec<Probe> = serde_json::from_str(done.err.lines().last().unwrap()).unwrap();
    let denied: Vec<_> = probes
        .iter()
        .filter(|it| it.denied && !REFUSED_ANYWAY.contains(&it.name.as_str()))
        .collect();
    assert!(denied.is_empty(), "{denied:#?}");
    for name in REFUSED_ANYWAY {
        assert!(
            probes.iter().any(|it| it.name == name),
            "no probe is called {name}"
        );
    }
}

fn what_a_reader_needs_still_works() {
    for job in [job(), plain_user(job())] {
        let done = worker("needed", &job);
        assert_eq!(done.said::<String>(), "all done");
    }
}

fn a_writer_writes_in_its_folder_only() {
    let mut job = job();
    let staging = tempfile::tempdir().unwrap();
    job.rights.write = vec![staging.path().into()];
    let probes: Vec<Probe> = worker("writes", &job).said();
    assert_eq!(fs::read(staging.path().join("made/file")).unwrap(), b"x");
    // These calls are open now; on a descriptor that was opened for reading they still fail.
    let opened = ["ftruncate", "write-elsewhere"];
    let probes: Vec<_> = probes
        .into_iter()
        .filter(|it| !opened.contains(&it.name.as_str()))
        .collect();
    assert_all_denied(&probes);
    assert_unchanged(&job.ground);
}

fn a_client_reaches_its_port_and_nothing_else() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = listeners
        .each_ref()
        .map(|it| it.local_addr().unwrap().port());
    let [granted, _other] = listeners;
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = granted.accept().unwrap();
        stream.write_all(b"hello").unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let mut job = job();
    job.rights.write = vec![folder.path().into()];
    job.rights.lock = true;
    job.rights.connect = vec![ports[0]];
    job.ports = ports.to_vec();
    let (reached, probes): (Vec<String>, Vec<Probe>) = worker("connects", &job).said();
    answering.join().unwrap();
    assert_eq!(reached, ["hello", "PermissionDenied"]);
    let status = sandbox::status();
    let probes: Vec<_> = probes
        .into_iter()
        .filter(|it| it.binds_a_client(&status))
        .collect();
    assert_all_denied(&probes);
    assert_unchanged(&job.ground);
}

fn a_right_that_leads_nowhere_is_said() {
    let mut job = job();
    let missing = Path::new("/nowhere/to/be/found");
    job.rights.read.push(missing.into());
    job.rights.list.push(job.rights.read[0].clone());
    let (in_force, _): (InForce, Vec<Probe>) = worker("probes", &job).said();
    assert_eq!(
        in_force.not_granted,
        [job.rights.read[0].as_path(), missing]
    );
}

fn a_list_right_lists_and_does_not_read() {
    let mut job = job();
    let parent = job.rights.read[1].parent().unwrap().to_owned();
    job.rights = Rights {
        list: vec![parent],
        ..Rights::default()
    };
    let (_, probes): (InForce, Vec<Probe>) = worker("probes", &job).said();
    let denied = |name| probes.iter().find(|it| it.name == name).unwrap().denied;
    assert!(!denied("list-other"), "the folder beneath can be listed");
    for name in [
        "read-other",
        "read-through-link",
        "read-upwards",
        "list-root",
        "udp-send",
    ] {
        assert!(denied(name), "{name}");
    }
}

fn a_link_in_the_rights_stands_for_what_it_leads_to() {
    let mut job = job();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("to-everything");
    std::os::unix::fs::symlink("/", &link).unwrap();
    job.rights.list.push(link);
    let (in_force, probes): (InForce, Vec<Probe>) = worker("probes", &job).said();
    assert!(in_force.not_granted.is_empty());
    let denied = |name| probes.iter().find(|it| it.name == name).unwrap().denied;
    assert!(!denied("list-root") && denied("read-other") && denied("create"));
}

fn a_kernel_without_landlock_is_refused() {
    for (name, words) in [
        ("without-landlock", "Function not implemented"),
        ("with-landlock-switched-off", "not supported"),
    ] {
        let said: String = worker(name, &job()).said();
        assert!(
            said.starts_with("NoLandlock") && said.contains(words),
            "{said}"
        );
    }
}

fn a_kernel_without_seccomp_is_refused() {
    let said: String = worker("without-seccomp", &job()).said();
    assert!(said.starts_with("NoSeccomp"), "{said}");
}

fn a_second_thread_is_refused() {
    assert_eq!(
        worker("with-a-thread", &job()).said::<String>(),
        "Threads 2"
    );
}

fn a_socket_as_stdout_is_refused() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut child = Command::new("/proc/self/exe")
        .args([FLAG, "refused"])
        .stdin(Stdio::piped())
        .stdout(OwnedFd::from(theirs))
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &job()).unwrap();
    child.wait().unwrap();
    let mut said = String::new();
    (&ours).read_to_string(&mut said).unwrap();
    assert!(
        said.contains("sending through an inherited socket is still possible"),
        "{said}"
    );
}

fn an_inherited_descriptor_is_closed() {
    let file = File::open("/dev/null").unwrap();
    // SAFETY: clears the flag that would close it when the worker starts.
    assert_eq!(
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) },
        0
    );
    let job = Job {
        descriptor: Some(file.as_raw_fd()),
        ..job()
    };
    assert_eq!(
        worker("descriptor", &job).said::<(bool, bool)>(),
        (true, false)
    );
}

fn a_panic_ends_a_worker_with_its_words() {
    let done = worker("panic", &job());
    assert_eq!(done.status.code(), Some(101), "{}", done.err);
    assert!(done.err.contains("on purpose"), "{}", done.err);
}

fn an_abort_and_an_overflow_end_a_worker() {
    for name in ["abort", "overflow"] {
        let done = worker(name, &job());
        assert_eq!(
            done.status.signal(),
            Some(libc::SIGABRT),
            "{name}: {}",
            done.err
        );
        assert!(!done.status.core_dumped());
    }
}

fn the_32_bit_door_kills() {
    if std::env::consts::ARCH != "x86_64" {
        println!("not looked at: only x86-64 has this door");
        return;
    }
    assert_eq!(worker("int-80", &job()).status.signal(), Some(libc::SIGSYS));
}

fn a_worker_does_not_outlive_its_broker() {
    let ground = Ground::make(&std::env::temp_dir()).unwrap();
    let job = Job {
        rights: ground.rights(),
        ground,
        user: None,
        descriptor: None,
        ports: Vec::new(),
    };
    let mut broker = spawn_worker(&[FLAG, "broker"]).unwrap();
    serde_json::to_writer(broker.stdin.take().unwrap(), &job).unwrap();
    let mut line = String::new();
    let mut out = std::io::BufReader::new(broker.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    let worker = Path::new("/proc").join(line.trim());
    assert!(runs(&worker), "{line}");
    broker.kill().unwrap();
    broker.wait().unwrap();
    let patience = Instant::now();
    while runs(&worker) {
        assert!(
            patience.elapsed() < Duration::from_secs(20),
            "the worker lives on"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn the_status_says_enough_here() {
    let status = sandbox::status();
    assert!(
        status.enough && status.seccomp && status.landlock_abi >= Some(1),
        "{status:?}"
    );
    let held = |abi| {
        let status = sandbox::Status {
            landlock_abi: abi,
            ..status.clone()
        };
        (status.holds_tcp(), status.holds_datagrams())
    };
    assert_eq!(held(None), (false, false));
    assert_eq!(held(Some(3)), (false, false));
    assert_eq!(held(Some(4)), (true, false));
    assert_eq!(held(Some(10)), (true, true));
}

fn runs(process: &Path) -> bool {
    // A process that was killed stays in the table until its new parent has asked for it.
    let Ok(stat) = fs::read_to_string(process.join("stat")) else {
        return false;
    };
    !stat
        .rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

fn assert_all_denied(probes: &[Probe]) {
    let allowed: Vec<_> = probes.iter().filter(|it| !it.denied).collect();
    assert!(allowed.is_empty(), "{allowed:#?}");
    assert!(probes.len() >= 60, "only {} probes", probes.len());
}

fn assert_unchanged(ground: &Ground) {
    let rights = ground.rights();
    assert_eq!(fs::read(&rights.read[0]).unwrap(), b"a few words\n");
    let mut names: Vec<_> = fs::read_dir(&rights.read[1])
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["inside.txt", "way-out"]);
}

fn job() -> Job {
    let ground = Ground::make(&std::env::temp_dir()).unwrap();
    Job {
        rights: ground.rights(),
        ground,
        user: None,
        descriptor: None,
        ports: Vec::new(),
    }
}

/// Has the worker run as nobody, where this test runs as root; else it is a plain user's already.
fn plain_user(job: Job) -> Job {
    const NOBODY: u32 = 65_534;
    // SAFETY: takes nothing and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        return job;
    }
    let here = job.rights.read[1].parent().unwrap();
    for path in [
        here,
        &here.join("granted.txt"),
        &here.join("other.txt"),
        &here.join("open"),
        &here.join("closed"),
        &here.join("open/inside.txt"),
    ] {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    Job {
        user: Some(NOBODY),
        ..job
    }
}

struct Done {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Done {
    fn said<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.success(), "{} {}", self.status, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn worker(name: &str, job: &Job) -> Done {
    let mut child = spawn_worker(&[FLAG, name]).unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), job).unwrap();
    // A worker says little on stderr, far less than a pipe holds: one can be read after the other.
    let (mut out, mut err) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut err).unwrap();
    Done {
        status: child.wait().unwrap(),
        out: String::from_utf8_lossy(&out).into_owned(),
        err: String::from_utf8_lossy(&err).into_owned(),
    }
}
