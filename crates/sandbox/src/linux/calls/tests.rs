//! The filter that is installed is run here instruction by instruction, against the table.

use libc::c_long;

use super::{
    table::{CLONE_MASK, Changes, FIEMAP, number},
    *,
};

const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const HIDE: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
const OWN: u64 = 4711;

#[test]
fn the_filter_says_what_the_table_says() {
    let interesting = [
        0,
        1,
        2,
        3,
        4,
        OWN,
        FIEMAP,
        u64::from(u32::MAX),
        u64::MAX,
        1 << 32,
        (7 << 32) | 1,
        number(CLONE_MASK),
        number(libc::CLONE_THREAD | libc::CLONE_VM),
        number(libc::CLONE_THREAD | libc::CLONE_NEWNET),
        number(libc::SIGCHLD),
        number(libc::O_RDWR | libc::O_CLOEXEC),
        number(libc::O_DIRECTORY | libc::O_CLOEXEC),
        number(libc::O_TMPFILE),
        number(libc::F_DUPFD_CLOEXEC),
        number(libc::F_SETLK),
        number(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS),
        number(libc::PR_SET_NAME),
        number(libc::AF_INET6),
        number(libc::AF_NETLINK),
        number(libc::SOCK_DGRAM | libc::SOCK_CLOEXEC),
        number(libc::SOCK_RAW),
        number(libc::MSG_FASTOPEN | libc::MSG_NOSIGNAL),
        number(libc::IPPROTO_MPTCP),
    ];
    let writer = |changes, locks, connects| Scope {
        changes,
        locks,
        connects,
    };
    for scope in [
        Scope::READER,
        writer(Changes::Files, false, false),
        writer(Changes::WhatIsThere, false, false),
        writer(Changes::Files, true, true),
        writer(Changes::WhatIsThere, true, true),
    ] {
        let table = table(OWN, scope);
        let program = compile(&table).unwrap();
        let mut allowed = 0_usize;
        for call in (0..1100)
            .chain((0..1100).map(|call| call | 0x4000_0000))
            .chain([u32::MAX])
        {
            let listed = table
                .iter()
                .flat_map(|it| &it.calls)
                .any(|it| it.number == c_long::from(call));
            // Arguments matter where a rule looks at them, and those are the first four.
            let values: &[u64] = if listed { &interesting } else { &[0, u64::MAX] };
            for (one, two) in values
                .iter()
                .flat_map(|one| values.iter().map(move |two| (*one, *two)))
            {
                for arguments in [
                    [one, two, 0, 0, 0, 0],
                    [0, one, two, 0, 0, 0],
                    [0, 0, one, two, 0, 0],
                ] {
                    let answer = run(&program, audit_name(), call, &arguments);
                    let expected = expected(&table, call, &arguments);
                    assert_eq!(answer, expected, "call {call:#x} {arguments:x?}");
                    allowed += usize::from(answer == ALLOW);
                }
            }
        }
        assert!(allowed > 10_000, "the rules were met {allowed} times only");
    }
}

#[test]
fn another_mode_of_the_processor_is_the_end() {
    let program = compile(&table(OWN, Scope::READER)).unwrap();
    const AUDIT_ARCH_I386: u32 = 0x4000_0003;
    const AUDIT_ARCH_ARM: u32 = 0x4000_0028;
    for mode in [AUDIT_ARCH_I386, AUDIT_ARCH_ARM, 0] {
        assert_eq!(run(&program, mode, 0, &[0; 6]), KILL);
    }
}

#[test]
fn a_call_stands_once_and_in_order() {
    for (changes, more) in [
        (Changes::Nothing, false),
        (Changes::Files, false),
        (Changes::WhatIsThere, false),
        (Changes::WhatIsThere, true),
    ] {
        let scope = Scope {
            changes,
            locks: more,
            connects: more,
        };
        let table = table(OWN, scope);
        let mut numbers: Vec<_> = table
            .iter()
            .flat_map(|it| &it.calls)
            .map(|it| it.number)
            .collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(
            numbers.len(),
            count,
            "a call that stands twice has only its last rule"
        );
    }
}

/// The page has the names of x86-64; arm64 lacks the older ones.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_page_of_calls_is_up_to_date() {
    let page = include_str!("../../../calls.md");
    assert_eq!(
        page,
        calls_text(),
        "write the text of `calls_text` to crates/sandbox/calls.md"
    );
}

fn expected(table: &[Group], call: u32, arguments: &[u64; 6]) -> u32 {
    if HIDDEN
        .iter()
        .any(|(_, hidden)| *hidden == c_long::from(call))
    {
        return HIDE;
    }
    let mut calls = table.iter().flat_map(|group| &group.calls);
    let Some(found) = calls.find(|it| it.number == c_long::from(call)) else {
        return REFUSE;
    };
    let holds = |check: &Check| {
        let seen = match check.width {
            Width::Int => arguments[usize::from(check.argument)] & u64::from(u32::MAX),
            Width::Long => arguments[usize::from(check.argument)],
        };
        seen & check.mask == check.value
    };
    match found.when.is_empty() || found.when.iter().any(|it| it.checks.iter().all(holds)) {
        true => ALLOW,
        false => REFUSE,
    }
}

fn audit_name() -> u32 {
    match std::env::consts::ARCH {
        "x86_64" => 0xC000_003E,
        "aarch64" => 0xC000_00B7,
        other => panic!("no filter for {other}"),
    }
}

/// Runs a program as the kernel does: linux/seccomp.h, linux/filter.h.
fn run(program: &[sock_filter], audit: u32, call: u32, arguments: &[u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(call.to_le_bytes());
    data.extend(audit.to_le_bytes());
    data.extend(0_u64.to_le_bytes());
    data.extend(arguments.iter().flat_map(|it| it.to_le_bytes()));
    let (mut at, mut value) = (0_usize, 0_u32);
    loop {
        let it = &program[at];
        at += 1;
        let jump = |holds: bool| usize::from(if holds { it.jt } else { it.jf });
        match it.code {
            0x20 => {
                let from = it.k as usize;
                value = u32::from_le_bytes(data[from..from + 4].try_into().unwrap());
            }
            0x54 => value &= it.k,
            0x05 => at += it.k as usize,
            0x15 => at += jump(value == it.k),
            0x25 => at += jump(value > it.k),
            0x35 => at += jump(value >= it.k),
            0x06 => return it.k,
            other => panic!("an instruction that is not expected: {other:#x}"),
        }
    }
}
