//! Zstandard: frames one after the other, and frames to be skipped between them.
//!
//! Source: RFC 8878, 3.1.

use std::io::{self, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{error::damaged, reader::Peeked};

pub(super) struct Zstandard<R: Read> {
    state: State<R>,
    window: u64,
}

enum State<R: Read> {
    Between(Peeked<R>),
    Frame(Box<StreamingDecoder<Peeked<R>, FrameDecoder>>),
    End,
}

impl<R: Read> Zstandard<R> {
    /// `window` is how far back a frame may refer, in bytes: so much is kept.
    pub(super) fn new(packed: R, window: u64) -> Self {
        Self {
            state: State::Between(Peeked::nothing(packed)),
            window,
        }
    }

    fn begin(&self, mut packed: Peeked<R>) -> io::Result<State<R>> {
        loop {
            match *packed.look(8)? {
                [] => return Ok(State::End),
                [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] => {
                    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
                    let skipped = io::copy(&mut (&mut packed).take(8 + length), &mut io::sink())?;
                    if skipped < 8 + length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                _ => {
                    let mut decoder = FrameDecoder::new();
                    decoder.set_max_window_size(self.window);
                    let frame = StreamingDecoder::new_with_decoder(packed, decoder);
                    return match frame {
                        Ok(frame) => Ok(State::Frame(Box::new(frame))),
                        Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
                    };
                }
            }
        }
    }
}

impl<R: Read> Read for Zstandard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::End) {
                State::End => return Ok(0),
                State::Between(packed) => self.state = self.begin(packed)?,
                State::Frame(mut frame) => {
                    let length = frame.read(buffer)?;
                    if length > 0 || buffer.is_empty() {
                        self.state = State::Frame(frame);
                        return Ok(length);
                    }
                    let (packed, decoder) = frame.into_parts();
                    let (said, counted) = (
                        decoder.get_checksum_from_data(),
                        decoder.get_calculated_checksum(),
                    );
                    if said.is_some() && said != counted {
                        return Err(damaged("the checksum of a frame differs"));
                    }
                    self.state = State::Between(packed);
                }
            }
        }
    }
}
