//! Signals that end the program while a worker writes: the worker is ended first, what it left goes, and then the program
//! ends as it would have.

use std::{
    io::{self, Read as _},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    flag::register_usize,
    low_level::{emulate_default_handler, pipe},
};

const ENDING: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// The worker that runs now, by its number; zero for none.
static WORKER: AtomicI32 = AtomicI32::new(0);

/// Signals that are held back, until [`Held::end`] or the end of the program.
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    /// Holds back what would end the program.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn begin() -> io::Result<Self> {
        let caught = Arc::new(AtomicUsize::new(0));
        let (mut woken, wake) = UnixStream::pair()?;
        for signal in ENDING {
            // First which it was, then that there was one: handlers run in their order.
            register_usize(signal, Arc::clone(&caught), signal.unsigned_abs() as usize)?;
            pipe::register(signal, wake.try_clone()?)?;
        }
        thread::Builder::new().spawn(move || {
            while woken.read(&mut [0]).is_ok_and(|it| it > 0) {
                end_worker();
            }
        })?;
        Ok(Self(caught))
    }

    /// Ends the program by the signal that was caught, if one was.
    pub(crate) fn end(&self) {
        let signal = self.caught();
        if signal != 0 {
            // Where it cannot, the failure of the worker ends the program as well.
            let _ = emulate_default_handler(signal);
        }
    }

    fn caught(&self) -> i32 {
        i32::try_from(self.0.load(SeqCst)).unwrap_or_default()
    }

    /// Returns whether a signal was caught.
    pub(crate) fn is_caught(&self) -> bool {
        self.caught() != 0
    }
}

/// Notes which worker runs; zero for none.
pub(crate) fn worker_is(number: u32) {
    WORKER.store(i32::try_from(number).unwrap_or_default(), SeqCst);
}

fn end_worker() {
    if let Some(worker) = Pid::from_raw(WORKER.load(SeqCst)) {
        // One that ended meanwhile was not waited for yet, so the number is still its own.
        let _ = kill_process(worker, Signal::KILL);
    }
}
