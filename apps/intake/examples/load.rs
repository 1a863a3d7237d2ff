//! How many whole reports a server takes in a second: sealed message, token, disk. Run it with
//! `cargo run --release -p candor-intake --example load -- [REPORTS] [CONNECTIONS]`.
//!
//! Server and senders share this process and its processors. Reports are made and sealed beforehand,
//! as devices do it elsewhere; each is a report of a device of its own.
#![expect(clippy::unwrap_used, reason = "a measurement that fails has no figure")]

#[path = "../tests/served/device.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod device;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use device::{Device, Ground};
use wire::ohttp::{self, Method, Request};

const EPOCH: u32 = 2950;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|it| it.parse::<u64>().unwrap());
    let many = arguments.next().unwrap_or(3000);
    let connections = arguments.next().unwrap_or(16);
    let ground = Ground::new();
    let server = ground.serve();
    let began = Instant::now();
    let keys = server.intake.gateway.keys();
    let sealed: Vec<Vec<u8>> = (0..many)
        .map(|number| {
            let host = format!("host{}.example", number % 50);
            let sent = Device::new(number).report_of(&server.intake, EPOCH, &host);
            let request = Request {
                method: Method::Post,
                path: "/v1/report".to_owned(),
                body: sent.report.to_bytes(),
            };
            ohttp::seal(&keys, &request).unwrap().0
        })
        .collect();
    println!(
        "{many} reports made in {:.1} s",
        began.elapsed().as_secs_f64()
    );

    let idle = send(server.address, &sealed[..many as usize / 10]);
    tell("one connection, idle server", &idle, idle.iter().sum());
    let rest = &sealed[many as usize / 10..];
    let began = Instant::now();
    let part = rest.len().div_ceil(connections as usize);
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let senders: Vec<_> = rest
            .chunks(part)
            .map(|part| scope.spawn(|| send(server.address, part)))
            .collect();
        senders
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    tell(
        &format!("{connections} connections"),
        &times,
        began.elapsed(),
    );
    let stored = server
        .intake
        .meters
        .stored
        .load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(stored, many, "each was stored");
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|it| it.starts_with("VmHWM")).unwrap();
    println!("server and senders together: {peak}");
}

fn tell(what: &str, times: &[Duration], all: Duration) {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |part: usize| sorted[(sorted.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    println!(
        "{what}: {:.0} reports/s, p50 {:.1} ms, p99 {:.1} ms",
        times.len() as f64 / all.as_secs_f64(),
        at(50),
        at(99)
    );
}

/// Sends one after another over one connection; returns how long each took.
fn send(address: SocketAddr, sealed: &[Vec<u8>]) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let head = "POST /v1/gateway HTTP/1.1\r\nhost: x\r\ncontent-type: message/ohttp-req\r\ncontent-length: 512\r\n\r\n";
    let mut times = Vec::with_capacity(sealed.len());
    for message in sealed {
        let began = Instant::now();
        stream
            .write_all(&[head.as_bytes(), message].concat())
            .unwrap();
        answer(&mut stream);
        times.push(began.elapsed());
    }
    times
}

/// Reads one answer, which has 512 bytes after its head.
fn answer(stream: &mut TcpStream) {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the server ended the connection");
        answer.extend_from_slice(&part[..read]);
        let head = answer.windows(4).position(|it| it == b"\r\n\r\n");
        if head.is_some_and(|end| answer.len() >= end + 4 + ohttp::UNIT) {
            assert!(answer.starts_with(b"HTTP/1.1 200"));
            return;
        }
    }
}
