//! The table of system calls made into a seccomp filter, and into a page for people.
//!
//! What is not in the table answers `EPERM`. Calls of another processor mode (32-bit `int 0x80`
//! on x86-64) kill the process; x32 numbers are simply not in the table.

mod table;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt::Write as _};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

pub(super) use self::table::Scope;
use self::table::{Check, Group, HIDDEN, When, Width, table};
use crate::NotConfined;

/// A filter ready to be installed.
pub(super) struct Filter {
    program: BpfProgram,
    calls: usize,
}

impl Filter {
    /// Compiles the table for this process.
    pub(super) fn for_this_process(scope: Scope) -> Result<Self, NotConfined> {
        let own = u64::from(std::process::id());
        let table = table(own, scope);
        let calls = table.iter().map(|group| group.calls.len()).sum();
        Ok(Self {
            program: compile(&table)?,
            calls,
        })
    }

    /// Installs the filter for this thread and every later one.
    pub(super) fn install(&self) -> Result<(), NotConfined> {
        seccompiler::apply_filter(&self.program).map_err(|error| NotConfined::Step {
            step: "install the filter",
            source: error.into(),
        })
    }

    /// Returns how many system calls it lets through.
    pub(super) fn len(&self) -> usize {
        self.calls
    }
}

/// Returns true when a filter can be made for this processor.
pub(super) fn processor_is_known() -> bool {
    TargetArch::try_from(std::env::consts::ARCH).is_ok()
}

/// Returns the table of a reader as Markdown: each call, when it is let through, and why.
#[must_use]
pub fn calls_text() -> String {
    let mut text = String::from(
        "# System calls of a reader\n\nA confined worker may make these system calls. Every other \
         one answers \"not permitted\".\n\n",
    );
    for group in table(0, Scope::READER) {
        let _ = writeln!(text, "{}:\n", group.why);
        for call in &group.calls {
            let when: Vec<_> = call.when.iter().map(|when| when.words).collect();
            let _ = match when.is_empty() {
                true => writeln!(text, "- `{}`", call.name),
                false => writeln!(text, "- `{}` only {}", call.name, when.join(", or ")),
            };
        }
        text.push('\n');
    }
    text.push_str("Answered with \"not implemented\", so that libraries take the older call:\n\n");
    for (name, _) in HIDDEN {
        let _ = writeln!(text, "- `{name}`");
    }
    text
}

fn compile(table: &[Group]) -> Result<BpfProgram, NotConfined> {
    let failed = |error: seccompiler::BackendError| NotConfined::Step {
        step: "make the filter",
        source: error.into(),
    };
    let processor =
        TargetArch::try_from(std::env::consts::ARCH).map_err(|_| NotConfined::Unsupported)?;
    let mut rules = BTreeMap::new();
    for call in table.iter().flat_map(|group| &group.calls) {
        let when: Result<Vec<_>, _> = call.when.iter().map(rule).collect();
        rules.insert(call.number, when.map_err(failed)?);
    }
    let refuse = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, refuse, SeccompAction::Allow, processor);
    let program = filter.and_then(BpfProgram::try_from).map_err(failed)?;
    Ok(with_hidden_calls(program))
}

fn rule(when: &When) -> Result<SeccompRule, seccompiler::BackendError> {
    let condition = |check: &Check| {
        let width = match check.width {
            Width::Int => SeccompCmpArgLen::Dword,
            Width::Long => SeccompCmpArgLen::Qword,
        };
        let operator = match check.mask {
            u64::MAX => SeccompCmpOp::Eq,
            mask => SeccompCmpOp::MaskedEq(mask),
        };
        SeccompCondition::new(check.argument, width, operator, check.value)
    };
    SeccompRule::new(
        when.checks
            .iter()
            .map(condition)
            .collect::<Result<_, _>>()?,
    )
}

/// Puts the answers for [`HIDDEN`] in front of the first comparison.
///
/// The crate knows one answer for everything that is not allowed. Its programs begin with the
/// check of the processor and then load the number of the call; every jump is relative, forward
/// and does not reach over this point, so that instructions can be put in here.
fn with_hidden_calls(mut program: BpfProgram) -> BpfProgram {
    const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    let load = program.iter().position(|it| it.code == LOAD && it.k == 0);
    let after = load.expect("every filter loads the number of the call, at offset 0") + 1;
    let not_implemented = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();
    let answers = HIDDEN.into_iter().flat_map(|(_, call)| {
        let call = u32::try_from(call).expect("numbers of system calls are small");
        [
            sock_filter {
                code: JUMP_IF_EQUAL,
                jt: 0,
                jf: 1,
                k: call,
            },
            sock_filter {
                code: RETURN,
                jt: 0,
                jf: 0,
                k: not_implemented,
            },
        ]
    });
    program.splice(after..after, answers);
    program
}
