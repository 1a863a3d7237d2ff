//! What is garbled: each byte with one of the password, over and over.

use std::io::{self, Read};

use super::super::{Exceeded, Unreadable};

/// What was garbled, as it was before.
pub(super) struct Garbled<'a, R> {
    inner: R,
    /// Never empty.
    password: &'a [u8],
    modifier: u8,
    at: usize,
}

impl<'a, R> Garbled<'a, R> {
    pub(super) fn new(inner: R, password: &'a [u8], modifier: u8) -> Self {
        Self {
            inner,
            password,
            modifier,
            at: 0,
        }
    }
}

impl<R: Read> Read for Garbled<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        for byte in &mut buffer[..length] {
            *byte ^= self.password[self.at].wrapping_add(self.modifier);
            self.at = (self.at + 1) % self.password.len();
        }
        Ok(length)
    }
}

/// What comes out under another password is damaged: ARJ has no check of the password itself.
pub(super) struct Told<R>(pub(super) R);

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            let is_exceeded = error.get_ref().is_some_and(|it| it.is::<Exceeded>());
            match error.kind() == io::ErrorKind::InvalidData && !is_exceeded {
                true => Unreadable::WrongPassword.io(),
                false => error,
            }
        })
    }
}
