//! The terminal: taken over, drawn on, and given back.
//!
//! Whatever ends the program while the list is up, the terminal is given back first: a key, an error, a
//! panic (by a hook, so that its message can be read) and every signal that can be caught. Only
//! `SIGKILL` cannot.

mod held;

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, stdin, stdout},
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use signal_hook::{
    SigId,
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    flag::register_usize,
    low_level::{emulate_default_handler, pipe, unregister},
};

use crate::{
    draw::{Line, Style},
    key::{Key, Read, key},
};
use held::Held;

/// How long an escape may wait for what follows it: longer than any terminal takes, shorter than a person
/// notices.
const ESCAPE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 60_000_000,
};

/// Signals that end the program.
const ENDING: [i32; 4] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT];

/// Signals that put it to sleep, and wake it.
const WAKING: [i32; 2] = [SIGTSTP, SIGCONT];

/// Why the list could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stdin or stdout is no terminal, or one that cannot be drawn on.
    #[error("there is no terminal to choose in")]
    NoTerminal,
    /// The terminal does not do what it is asked.
    #[error("the terminal cannot be used")]
    Terminal(#[from] io::Error),
}

impl From<Errno> for Error {
    fn from(error: Errno) -> Self {
        Self::Terminal(error.into())
    }
}

/// Returns whether there is a terminal that a list can be shown in.
#[must_use]
pub fn is_there() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    stdin().is_terminal() && stdout().is_terminal() && !dumb
}

/// What happened at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Key(Key),
    /// It has another size, or has to be drawn anew.
    Changed,
    /// Nobody is there any more.
    Gone,
}

pub(crate) struct Screen {
    held: Held,
    colour: bool,
    /// What stands on the screen, line by line.
    shown: Vec<String>,
    size: (usize, usize),
    bytes: Vec<u8>,
    /// The last signal that asked the program to end; 0 for none.
    ending: Arc<AtomicUsize>,
    /// The last that asked it to sleep or wake up. Apart, since what ends a program may wake it first.
    waking: Arc<AtomicUsize>,
    woken: OwnedFd,
    registered: Vec<SigId>,
}

impl Screen {
    pub(crate) fn open(colour: bool) -> Result<Self, Error> {
        if !is_there() {
            return Err(Error::NoTerminal);
        }
        let (woken, wake) = rustix::pipe::pipe()?;
        let mut screen = Self {
            // Signals are caught before the terminal is taken: afterwards none may end the program.
            registered: Vec::new(),
            ending: Arc::default(),
            waking: Arc::default(),
            held: Held::none(),
            colour,
            shown: Vec::new(),
            size: (0, 0),
            bytes: Vec::new(),
            woken,
        };
        let flags = [(&ENDING[..], &screen.ending), (&WAKING[..], &screen.waking)];
        let mut registered = Vec::new();
        for (signals, flag) in flags {
            for signal in signals {
                let number = usize::try_from(*signal).unwrap_or_default();
                registered.push(register_usize(*signal, Arc::clone(flag), number)?);
            }
        }
        for signal in ENDING.into_iter().chain(WAKING).chain([SIGWINCH]) {
            registered.push(pipe::register(signal, wake.try_clone()?)?);
        }
        screen.registered = registered;
        screen.held = Held::take()?;
        screen.measure()?;
        Ok(screen)
    }

    /// Returns columns and rows.
    pub(crate) fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Draws the lines that are not there yet.
    pub(crate) fn show(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut out = String::new();
        for (number, line) in lines.iter().enumerate() {
            let text = self.painted(line);
            if self.shown.get(number) == Some(&text) {
                continue;
            }
            let row = number + 1;
            // To its beginning, and away with what is there: a wide name may take other columns than thought.
            let _ = write!(out, "\x1b[{row};1H\x1b[0m\x1b[2K{text}");
            if number < self.shown.len() {
                self.shown[number] = text;
            } else {
                self.shown.push(text);
            }
        }
        held::write(out.as_bytes())
    }

    fn painted(&self, line: &Line) -> String {
        let mut out = String::new();
        for span in &line.spans {
            let style = match span.style {
                Style::Plain => "",
                Style::Strong => "1",
                Style::Faint => "2",
                Style::Chosen if self.colour => "1;33",
                Style::Told if self.colour => "1;36",
                Style::Chosen | Style::Told => "1",
            };
            let current = if line.current { "7" } else { "" };
            let both = if style.is_empty() || current.is_empty() {
                ""
            } else {
                ";"
            };
            let _ = write!(out, "\x1b[0m\x1b[{style}{both}{current}m{}", span.text);
        }
        out
    }

    /// Waits for what happens next.
    pub(crate) fn next(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.on_signal()? {
                return Ok(event);
            }
            match key(&self.bytes, false) {
                Read::Key(key, used) => {
                    self.bytes.drain(..used);
                    return self.on_key(key);
                }
                Read::Nothing(used) => {
                    self.bytes.drain(..used);
                }
                Read::Part => {
                    if let Some(event) = self.wait()? {
                        return Ok(event);
                    }
                }
            }
        }
    }

    fn on_key(&mut self, key: Key) -> Result<Event, Error> {
        match key {
            Key::Suspend => {
                self.sleep()?;
                Ok(Event::Changed)
            }
            Key::Redraw => {
                self.measure()?;
                Ok(Event::Changed)
            }
            key => Ok(Event::Key(key)),
        }
    }

    /// Waits for bytes or a signal, and takes them in.
    fn wait(&mut self) -> Result<Option<Event>, Error> {
        let begun = !self.bytes.is_empty();
        let stdin = stdin();
        let mut ready = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(&self.woken, PollFlags::IN),
        ];
        match poll(&mut ready, begun.then_some(&ESCAPE)) {
            // A signal; what it was is in the flags, or it was the size.
            Err(Errno::INTR) => return Ok(None),
            Err(error) => return Err(error.into()),
            Ok(0) => {
                let (event, used) = match key(&self.bytes, true) {
                    Read::Key(key, used) => (Some(Event::Key(key)), used),
                    Read::Nothing(used) => (None, used),
                    Read::Part => (None, self.bytes.len()),
                };
                self.bytes.drain(..used);
                return Ok(event);
            }
            Ok(_) => {}
        }
        let [keys, woken] = ready.map(|it| it.revents());
        let mut room = [0; 256];
        if !woken.is_empty() {
            rustix::io::read(&self.woken, &mut room)?;
            let before = self.size;
            if window() != before {
                self.measure()?;
                return Ok(Some(Event::Changed));
            }
        }
        if !keys.is_empty() {
            match rustix::io::read(&stdin, &mut room) {
                Ok(0) | Err(Errno::IO) => return Ok(Some(Event::Gone)),
                Ok(read) => self.bytes.extend(&room[..read]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    fn on_signal(&mut self) -> Result<Option<Event>, Error> {
        let taken = |flag: &AtomicUsize| i32::try_from(flag.swap(0, Ordering::AcqRel)).unwrap_or(0);
        let ending = taken(&self.ending);
        if ending != 0 {
            self.held.give_back();
            emulate_default_handler(ending)?;
            return Ok(Some(Event::Gone));
        }
        match taken(&self.waking) {
            0 => Ok(None),
            SIGTSTP => {
                self.sleep()?;
                Ok(Some(Event::Changed))
            }
            // Somebody else stopped us, and a shell may have had the terminal since.
            _ => {
                self.held.give_back();
                self.held = Held::take()?;
                self.measure()?;
                Ok(Some(Event::Changed))
            }
        }
    }

    /// Gives the terminal back until somebody wakes the program.
    fn sleep(&mut self) -> Result<(), Error> {
        self.held.give_back();
        emulate_default_handler(SIGTSTP)?;
        // What woke us is known by now; to take the terminal twice would drop keys typed in between.
        self.waking.store(0, Ordering::Release);
        self.held = Held::take()?;
        self.measure()
    }

    /// Asks for the size, and begins with an empty screen.
    fn measure(&mut self) -> Result<(), Error> {
        self.size = window();
        self.shown.clear();
        held::write(b"\x1b[0m\x1b[2J")?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.held.give_back();
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}

/// Returns columns and rows of the window; 80 and 24 where nobody says.
fn window() -> (usize, usize) {
    let asked = rustix::termios::tcgetwinsize(stdout()).ok();
    let known = asked.filter(|size| size.ws_col > 0 && size.ws_row > 0);
    known.map_or((80, 24), |size| (size.ws_col.into(), size.ws_row.into()))
}
