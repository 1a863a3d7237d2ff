//! The examples of RFC 9292, section 5, and what is not in the form that is used here.

use super::*;

/// Section 5.1: `GET https /hello.txt` with three fields, known length.
const REQUEST: &[u8] = b"\x00\x03GET\x05https\x00\x0a/hello.txt\x40\x6c\
    \x0auser-agent\x34curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3\
    \x04host\x0fwww.example.com\x0faccept-language\x06en, mi\x00\x00";

/// Section 5.1: the same, of indeterminate length, with ten bytes of padding.
const INDETERMINATE: &[u8] = b"\x02\x03GET\x05https\x00\x0a/hello.txt\
    \x0auser-agent\x34curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3\
    \x04host\x0fwww.example.com\x0faccept-language\x06en, mi\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/// Section 5.2: a response of known length with content and a trailer.
const RESPONSE: &[u8] =
    b"\x01\x40\xc8\x00\x1dThis content contains CRLF.\x0d\x0a\x0d\x07trailer\x04text";

#[test]
fn the_examples_of_the_standard_are_read() {
    let request = Request {
        method: Method::Get,
        path: "/hello.txt".to_owned(),
        body: Vec::new(),
    };
    assert_eq!(Request::parse(REQUEST), Ok(request.clone()));
    assert_eq!(Request::parse(INDETERMINATE), Ok(request.clone()));
    let padded = [REQUEST, &[0; 100]].concat();
    assert_eq!(Request::parse(&padded), Ok(request));
    let response = Response {
        status: 200,
        content_type: None,
        body: b"This content contains CRLF.\r\n".to_vec(),
    };
    assert_eq!(Response::parse(RESPONSE), Ok(response));
    // Section 3.8 lets zeros at the end be left out.
    let minimal = Response {
        status: 200,
        content_type: None,
        body: Vec::new(),
    };
    assert_eq!(Response::parse(b"\x01\x40\xc8"), Ok(minimal));
}

#[test]
fn what_is_written_is_the_form_of_the_standard() {
    let request = Request {
        method: Method::Post,
        path: "/v1/report".to_owned(),
        body: vec![7; 3],
    };
    let bytes = request.to_bytes(40).unwrap();
    let plain = b"\x00\x04POST\x05https\x00\x0a/v1/report\x00\x03\x07\x07\x07\x00";
    assert_eq!(bytes[..plain.len()], plain[..]);
    assert_eq!(bytes[plain.len()..], vec![0; 40 - plain.len()]);
    assert_eq!(Request::parse(&bytes), Ok(request.clone()));
    let long = request.to_bytes(plain.len() - 1).unwrap_err();
    assert!(matches!(long, OhttpError::Long { .. }));
}

#[test]
fn other_messages_are_refused() {
    for wrong in [
        &b""[..],
        b"\x04",
        b"\x00\x03GET",
        b"\x00\x03PUT\x05https\x00\x02/a",
        b"\x00\x03GET\x05https\x00\x01a",
        b"\x00\x03GET\x05https\x00\x02/\xff",
        b"\x00\x03GET\x05https\x00\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x01\x40\xc8",
        &[REQUEST, b"\x01"].concat(),
    ] {
        assert!(Request::parse(wrong).is_err(), "{wrong:?}");
    }
    assert!(Response::parse(REQUEST).is_err());
    assert!(Response::parse(b"\x01\x00").is_err());
}
