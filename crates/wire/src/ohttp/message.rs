//! Requests and responses inside: known length, no header beyond a content type, zeros to the end.

use std::io::Cursor;

use bhttp::{Message, Mode, StatusCode};

use super::OhttpError;

/// The header that a response may carry.
const CONTENT_TYPE: &[u8] = b"content-type";
/// The longest path.
const LONGEST_PATH: usize = 128;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To read.
    Get,
    /// To hand something in.
    Post,
}

/// A request inside an encapsulated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path: `/v1/report`.
    pub path: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A response inside an encapsulated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status: 200.
    pub status: u16,
    /// The type of the body, if it has one: `application/json`.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Writes it in binary form, filled with zeros to this length.
    pub(super) fn to_bytes(&self, length: usize) -> Result<Vec<u8>, OhttpError> {
        let method = match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        check_path(&self.path)?;
        let mut message = Message::request(
            method.into(),
            b"https".to_vec(),
            Vec::new(),
            self.path.clone().into(),
        );
        message.write_content(&self.body);
        filled(&message, length)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, OhttpError> {
        let message = read(bytes)?;
        let control = message.control();
        let method = match control.method() {
            Some(b"GET") => Method::Get,
            Some(b"POST") => Method::Post,
            _ => return Err(OhttpError::Message("a method that is not GET or POST")),
        };
        let path = control.path().map(<[u8]>::to_vec);
        let path = path.and_then(|path| String::from_utf8(path).ok());
        let path = path.ok_or(OhttpError::Message("a path that is no text"))?;
        check_path(&path)?;
        Ok(Self {
            method,
            path,
            body: message.content().to_vec(),
        })
    }
}

impl Response {
    /// Writes it in binary form, filled so that with `beside` bytes it is a multiple of `unit`.
    pub(super) fn to_bytes(&self, beside: usize, unit: usize) -> Result<Vec<u8>, OhttpError> {
        let status = StatusCode::try_from(self.status)
            .map_err(|_| OhttpError::Message("a status that is none"))?;
        let mut message = Message::response(status);
        if let Some(content_type) = &self.content_type {
            message.put_header(CONTENT_TYPE, content_type.as_str());
        }
        message.write_content(&self.body);
        let plain = filled(&message, 0)?;
        let whole = (plain.len() + beside).next_multiple_of(unit);
        filled(&message, whole - beside)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, OhttpError> {
        let message = read(bytes)?;
        let status = message.control().status();
        let status = status.ok_or(OhttpError::Message("a request where a response must be"))?;
        let content_type = message.header().get(CONTENT_TYPE).map(<[u8]>::to_vec);
        Ok(Self {
            status: status.code(),
            content_type: content_type.and_then(|it| String::from_utf8(it).ok()),
            body: message.content().to_vec(),
        })
    }
}

/// Reads what was sealed, as both ends would: for the fuzz target.
pub(crate) fn read_inner(bytes: &[u8]) {
    let _ = Request::parse(bytes);
    let _ = Response::parse(bytes);
}

/// Reads one message; after it only zeros may come, as RFC 9292, section 3.8, has it.
fn read(bytes: &[u8]) -> Result<Message, OhttpError> {
    let mut cursor = Cursor::new(bytes);
    let message = Message::read_bhttp(&mut cursor)
        .map_err(|_| OhttpError::Message("binary HTTP that cannot be read"))?;
    let read = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
    let rest = bytes.get(read..).unwrap_or_default();
    match rest.iter().all(|byte| *byte == 0) {
        true => Ok(message),
        false => Err(OhttpError::Message("bytes after its end")),
    }
}

fn filled(message: &Message, length: usize) -> Result<Vec<u8>, OhttpError> {
    let mut bytes = Vec::with_capacity(length);
    message
        .write_bhttp(Mode::KnownLength, &mut bytes)
        .map_err(|_| OhttpError::Message("binary HTTP that cannot be written"))?;
    if length > 0 && bytes.len() > length {
        return Err(OhttpError::Long {
            length: bytes.len(),
            most: length,
        });
    }
    bytes.resize(bytes.len().max(length), 0);
    Ok(bytes)
}

fn check_path(path: &str) -> Result<(), OhttpError> {
    let fits = path.len() <= LONGEST_PATH
        && path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    match fits {
        true => Ok(()),
        false => Err(OhttpError::Message("a path that is none")),
    }
}

#[cfg(test)]
mod tests;
