//! Somebody on the line before a server, who passes everything on and writes it down.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

/// The longest body that is passed on.
const LONGEST: usize = 1 << 20;

/// One request that came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// What was asked: `POST /v1/enrol`.
    pub what: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// Listens on a port of its own; ends with the test program.
#[derive(Debug)]
pub(super) struct Recorder {
    port: u16,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Recorder {
    /// Starts before whoever listens at `port`, now or later.
    pub(super) fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
        let own = listener.local_addr().expect("it was bound").port();
        let passed = Arc::<Mutex<Vec<Passed>>>::default();
        let kept = Arc::clone(&passed);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // One that breaks off is told so by its own end.
                let _ = pass_on(stream, port, &kept);
            }
        });
        Self { port: own, passed }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn passed(&self) -> Vec<Passed> {
        let passed = self.passed.lock();
        passed.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One request, and its answer, after which the connection ends.
fn pass_on(mut from: TcpStream, port: u16, kept: &Mutex<Vec<Passed>>) -> io::Result<()> {
    let mut reader = BufReader::new(from.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(digits) = lower.strip_prefix("content-length:") {
            length = digits.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length.min(LONGEST)];
    reader.read_exact(&mut body)?;
    let asked: Vec<&str> = head.split(' ').take(2).collect();
    let passed = Passed {
        what: asked.join(" "),
        body: body.clone(),
    };
    kept.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(passed);
    let mut to = TcpStream::connect(("127.0.0.1", port))?;
    write!(to, "{head}connection: close\r\n\r\n")?;
    to.write_all(&body)?;
    io::copy(&mut to, &mut from).map(drop)
}
