//! The terminal's settings while they are not its own.

use std::{
    io::{self, stdin, stdout},
    panic::{set_hook, take_hook},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    termios::{OptionalActions, Termios, tcgetattr, tcsetattr},
};

/// The other screen, no line that goes on in the next, no cursor.
///
/// Source: XTerm Control Sequences, "Private Mode", patch 390, 2024.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[?25l";
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?7h\x1b[?1049l";

/// Settings to be given back, if the terminal is held. A panic must find them from wherever it is.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

type Hook = Box<dyn Fn(&std::panic::PanicHookInfo<'_>) + Sync + Send>;

/// The terminal, held; given back when this is dropped.
pub(super) struct Held {
    hook: Option<Arc<Hook>>,
}

impl Held {
    /// Holds nothing yet.
    pub(super) fn none() -> Self {
        Self { hook: None }
    }

    /// Takes the terminal over.
    pub(super) fn take() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        let earlier = Arc::new(take_hook());
        let held = Self {
            hook: Some(Arc::clone(&earlier)),
        };
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        set_hook(Box::new(move |panic| {
            // First, so that its message stands where it can be read.
            give_back();
            earlier(panic);
        }));
        tcsetattr(stdin(), OptionalActions::Flush, &raw)?;
        write(ENTER)?;
        Ok(held)
    }

    /// Gives the terminal back; nothing happens the second time.
    pub(super) fn give_back(&mut self) {
        // Only who holds it: another may have taken it since.
        let Some(earlier) = self.hook.take() else {
            return;
        };
        give_back();
        if !thread::panicking() {
            set_hook(Box::new(move |panic| earlier(panic)));
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn give_back() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(before) = before {
        let _ = write(LEAVE);
        // What was typed ahead was meant for the list, and must not answer the next question.
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &before);
    }
}

/// Writes all of it at once, past the buffers of the standard library.
pub(super) fn write(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(stdout(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // Some other program has set it so that nobody waits.
            Err(Errno::AGAIN) => {
                let out = stdout();
                poll(&mut [PollFd::new(&out, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
