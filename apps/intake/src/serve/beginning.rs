//! A connection that must begin in time.
//!
//! Which HTTP is spoken is known from the first 24 bytes, and until then nothing else is on the clock:
//! whoever connects and says nothing, or less than that, holds no place for long.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Bytes of the preface of HTTP/2 (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// A stream whose first bytes must come in time.
pub(super) struct Beginning<S> {
    stream: S,
    end: Pin<Box<Sleep>>,
    read: usize,
}

impl<S> Beginning<S> {
    pub(super) fn of(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            end: Box::pin(sleep(patience)),
            read: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Beginning<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read = self.read.saturating_add(buffer.filled().len() - before);
        if polled.is_pending() && self.read < PREFACE && self.end.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Beginning<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
