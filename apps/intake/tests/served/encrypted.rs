//! TLS at the door of a gateway, and a relay that knows who vouches for it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use intake::config::{Gateway, Role, Tls};
use wire::ohttp::Method;

use crate::device::{Device, Ground, ask, get, post, said};

/// Makes a certificate for this machine; none where openssl is missing.
fn certificate(folder: &Path, name: &str) -> Option<Tls> {
    let file = |end: &str| -> PathBuf { folder.join(format!("{name}.{end}")) };
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(file("key"))
        .arg("-out")
        .arg(file("pem"))
        .output()
        .is_ok_and(|it| it.status.success());
    if !made {
        assert!(
            std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
            "openssl is needed"
        );
        println!("not run: openssl is missing");
        return None;
    }
    Some(Tls {
        certificate: file("pem"),
        key: file("key"),
    })
}

#[test]
fn a_relay_reaches_a_gateway_by_tls_and_no_other_in_its_name() {
    let ground = Ground::new();
    let Some(tls) = certificate(ground.folder.path(), "gateway") else {
        return;
    };
    let other = certificate(ground.folder.path(), "other").unwrap();
    let mut config = ground.config();
    config.tls = Some(tls.clone());
    let server = ground.serve_as(config);
    assert_eq!(
        get(server.address, "/livez").status,
        0,
        "plain HTTP is not answered"
    );

    let relay_ground = Ground::new();
    let mut config = relay_ground.config();
    config.roles = vec![Role::Relay];
    config.declarations.clear();
    let url = format!("https://localhost:{}/v1/gateway", server.address.port());
    for (name, vouchers) in [("main", &tls.certificate), ("wrong", &other.certificate)] {
        let gateway = Gateway {
            url: url.clone(),
            vouchers: Some(vouchers.clone()),
        };
        config.relay.insert(name.to_owned(), gateway);
    }
    let relay = relay_ground.serve_as(config);
    let sent = Device::new(1)
        .report_of(&server.intake, 2950, "one.example")
        .report
        .to_bytes();
    let keys = server.intake.gateway.keys();
    let answer = ask(
        relay.address,
        "/relay/main",
        &keys,
        Method::Post,
        "/v1/report",
        &sent,
    );
    assert_eq!(said(&answer), (200, "stored".to_owned()));
    let refused = post(
        relay.address,
        "/relay/wrong",
        "message/ohttp-req",
        &[0; 512],
    );
    assert_eq!(
        (refused.status, refused.code()),
        (502, "gateway".to_owned())
    );
}
