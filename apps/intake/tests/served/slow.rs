//! Slow, many and rude connections, and a relay between device and server.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use intake::config::{Gateway, Role};
use wire::ohttp::Method;

use crate::device::{Device, Ground, ask, get, post, said};

#[test]
fn attack_14_slow_connections_keep_nobody_out_and_are_ended() {
    let ground = Ground::new();
    let mut config = ground.config();
    config.limits.head_seconds = 1;
    config.limits.body_seconds = 1;
    config.limits.connections = 2000;
    // Far fewer than there are slow ones.
    config.limits.requests = 4;
    let server = ground.serve_as(config);
    let mut slow = Vec::new();
    for number in 0..600 {
        let mut stream = TcpStream::connect(server.address).unwrap();
        let begun: &[u8] = match number % 3 {
            0 => b"",
            1 => b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\n",
            _ => b"POST /v1/gateway HTTP/1.1\r\nhost: x\r\ncontent-length: 512\r\n\r\nslow",
        };
        stream.write_all(begun).unwrap();
        slow.push(stream);
    }
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(get(server.address, "/v1/ohttp-keys").status, 200);
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "beside 600 slow connections: p50 {:?}, p98 {:?}",
        times[25], times[48]
    );
    for (number, mut stream) in slow.into_iter().enumerate() {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut answer = Vec::new();
        // It ends by itself: with 408, or without a word.
        let ended = stream.read_to_end(&mut answer);
        let is_reset = ended
            .as_ref()
            .is_err_and(|it| it.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(ended.is_ok() || is_reset, "{number}: {ended:?}");
        if !answer.is_empty() {
            assert!(
                answer.starts_with(b"HTTP/1.1 408"),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
}

#[test]
fn attack_14_there_are_only_so_many_connections() {
    let ground = Ground::new();
    let mut config = ground.config();
    config.limits.connections = 5;
    config.limits.head_seconds = 1;
    let server = ground.serve_as(config);
    let held: Vec<TcpStream> = (0..5)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    // Each of the five is accepted before the sixth, which is closed at once.
    assert_eq!(get(server.address, "/livez").status, 0);
    assert_eq!(server.intake.meters.rejects()["connections"], 1);
    drop(held);
}

/// HTTP/2 by hand: the preface, settings, then streams that are opened and taken back.
#[test]
fn attack_14_a_flood_of_streams_that_are_taken_back_ends_the_connection() {
    let ground = Ground::new();
    let server = ground.serve();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let frame = |kind: u8, flags: u8, id: u32, body: &[u8]| {
        let mut frame = (body.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(id.to_be_bytes());
        frame.extend(body);
        frame
    };
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(4, 0, 0, b""));
    // GET / by entries of the static table of HPACK: method, scheme, path; and an authority.
    let head = [&[0x82, 0x86, 0x84, 0x41, 1][..], b"x"].concat();
    for number in 0..2000_u32 {
        let id = number * 2 + 1;
        bytes.extend(frame(1, 5, id, &head));
        bytes.extend(frame(3, 0, id, &8_u32.to_be_bytes()));
    }
    drop(stream.write_all(&bytes));
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    let timed_out = ended.is_err_and(|it| {
        matches!(
            it.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        )
    });
    assert!(!timed_out, "the connection was ended");
    assert_eq!(get(server.address, "/livez").status, 200);
}

#[test]
fn a_relay_passes_on_512_bytes_and_nothing_else() {
    let gateway = Ground::new();
    let server = gateway.serve();
    let sent = Device::new(1).report(&server, 2950, "one.example");
    let (relay_ground, relay) = relay_to(server.address);
    let answer = ask(
        relay.address,
        "/relay/main",
        &server.intake.gateway.keys(),
        Method::Post,
        "/v1/report",
        &sent.report.to_bytes(),
    );
    assert_eq!(said(&answer), (200, "stored".to_owned()));
    for (path, kind, length, status) in [
        ("/relay/main", "message/ohttp-req", 511, 400),
        ("/relay/main", "message/ohttp-req", 1024, 400),
        ("/relay/main", "application/json", 512, 415),
        ("/relay/other", "message/ohttp-req", 512, 404),
        // Not sealed for the gateway: the relay says that it cannot open it, and nothing else.
        ("/relay/main", "message/ohttp-req", 512, 400),
    ] {
        assert_eq!(
            post(relay.address, path, kind, &vec![0; length]).status,
            status,
            "{path} {length}"
        );
    }
    let on_the_gateway = post(
        server.address,
        "/relay/main",
        "message/ohttp-req",
        &[0; 512],
    );
    assert_eq!(on_the_gateway.code(), "other-role");
    drop(relay);
    drop(relay_ground);
}

#[test]
fn what_a_relay_sends_on_holds_no_field_of_the_one_who_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_ground, relay) = relay_to(listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        let mut part = [0; 2048];
        while !heard.ends_with(&[7; 512]) {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0);
            heard.extend_from_slice(&part[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: message/ohttp-res\r\nset-cookie: a=b\r\nx-trace: 1\r\ncontent-length: 512\r\n\r\n")
            .unwrap();
        stream.write_all(&[9; 512]).unwrap();
        heard
    });
    let fields = "x-forwarded-for: 192.0.2.7\r\nforwarded: for=192.0.2.7\r\ncookie: who=me\r\nuser-agent: canary/1\r\nvia: 1.1 x\r\ntraceparent: 00-1\r\n";
    let head = format!(
        "POST /relay/main HTTP/1.1\r\nhost: relay.example\r\nconnection: close\r\ncontent-type: message/ohttp-req\r\n{fields}content-length: 512\r\n\r\n"
    );
    let answer = crate::device::raw(relay.address, &[head.as_bytes(), &[7; 512]].concat());
    assert_eq!(
        (answer.status, answer.body.as_slice()),
        (200, &[9; 512][..])
    );
    for field in ["set-cookie", "x-trace"] {
        assert!(!answer.head.contains(field));
    }
    let heard = heard.join().unwrap();
    let head = String::from_utf8_lossy(&heard[..heard.len() - 512]).to_lowercase();
    let names: Vec<&str> = head
        .lines()
        .skip(1)
        .filter_map(|it| it.split(':').next())
        .filter(|it| !it.is_empty())
        .collect();
    assert_eq!(names, ["host", "content-type", "content-length"]);
}

pub(crate) fn relay_to(gateway: SocketAddr) -> (Ground, crate::device::Server) {
    let ground = Ground::new();
    let mut config = ground.config();
    config.roles = vec![Role::Relay];
    config.declarations.clear();
    let url = format!("http://{gateway}/v1/gateway");
    config.relay.insert(
        "main".to_owned(),
        Gateway {
            url,
            vouchers: None,
        },
    );
    let relay = ground.serve_as(config);
    (ground, relay)
}
