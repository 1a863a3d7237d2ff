//! From the bytes of a file to a fingerprint of what is heard in its first two minutes. Bytes are hostile:
//! whatever they are, the answer is a fingerprint or a reason.

use std::{
    io::{self, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

use rusty_chromaprint::{Configuration, Fingerprinter};
use symphonia::core::{
    audio::GenericAudioBufferRef,
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::{MediaSource, MediaSourceStream},
    meta::MetadataOptions,
};

use crate::files::ends_in;

/// How much of each recording is heard, in seconds.
pub const HEARD_SECONDS: u64 = 120;
/// What sounds for less is not compared, in seconds.
pub const LEAST_SECONDS: u64 = 10;
/// Bytes that are read of one file: two minutes of two channels of 192,000 numbers of four bytes, and more.
const MOST_READ: u64 = 256 << 20;
/// Numbers that are decoded of one file, all channels counted.
const MOST_SAMPLES: u64 = 50_000_000;
/// Packets of one file that are looked at, of whatever track.
const MOST_PACKETS: u32 = 200_000;
/// Packets that may be damaged before the whole is.
const MOST_DAMAGED: u32 = 64;
/// Rates that recordings have, in samples a second.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;
/// More channels than that has no recording of a person.
const MOST_CHANNELS: usize = 32;
/// A sample is silence up to this, of 32,767 (0.15 %).
const SILENCE: u16 = 50;

/// What was heard of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How the samples are written, as the field calls it: `flac`, `mp3`, `pcm_s16le`.
    pub encoding: String,
    /// Samples a second.
    pub rate: u32,
    /// How many channels it has.
    pub channels: u16,
    /// How long the whole of it is, in thousandths of a second, as its head says or as it was heard;
    /// `None` when nothing says how much follows what was heard.
    pub duration: Option<u64>,
    /// What it sounds like.
    pub sound: Sound,
}

/// What a recording sounds like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Its fingerprint: 32 bits for each eighth of a second.
    Print(Vec<u32>),
    /// It lasts less than [`LEAST_SECONDS`].
    Short,
    /// Less than [`LEAST_SECONDS`] of it are no silence.
    Silent,
}

/// Why a file gives no recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRecording {
    /// It is none of a kind that is known, whatever its name says.
    Unknown,
    /// Two minutes of it are more bytes, or more samples, than are read.
    TooLarge,
    /// It cannot be decoded.
    Damaged(String),
}

/// Hears the first two minutes of a recording of so many bytes. The track that counts as the usual one is
/// heard, all its channels as one.
///
/// Returns how many bytes were read beside what came of it. A decoder that gives up by panicking is caught
/// here: such a file is damaged, and no other is lost by it.
pub fn heard(
    bytes: impl Read + Seek + Send + Sync,
    length: u64,
) -> (u64, Result<Heard, NoRecording>) {
    let read = AtomicU64::new(0);
    let source = Source {
        bytes,
        length,
        read: &read,
    };
    let heard = catch_unwind(AssertUnwindSafe(|| listen(source)))
        .unwrap_or_else(|_| Err(NoRecording::Damaged("its decoder gave up".to_owned())));
    let read = read.into_inner();
    match read >= MOST_READ && heard.is_err() {
        true => (read, Err(NoRecording::TooLarge)),
        false => (read, heard),
    }
}

fn listen(source: Source<'_, impl Read + Seek + Send + Sync>) -> Result<Heard, NoRecording> {
    let stream = MediaSourceStream::new(Box::new(source), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|error| failed(&error))?;
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(NoRecording::Unknown)?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|it| it.audio())
        .ok_or(NoRecording::Unknown)?;
    let said = said_duration(track);
    let number = track.id;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| failed(&error))?;
    let mut ear = Ear::default();
    let end = decode(&mut *format, &mut *decoder, number, &mut ear)?;
    let Some(rate) = ear.rate else {
        return Err(NoRecording::Damaged("it holds no sound".to_owned()));
    };
    let lasted = ear.frames * 1000 / u64::from(rate);
    let least = LEAST_SECONDS * 1000;
    if lasted < least && (end == End::Failed || said.is_some_and(|it| it >= least)) {
        return Err(NoRecording::Damaged("it ends too soon".to_owned()));
    }
    Ok(Heard {
        encoding: decoder.codec_info().short_name.to_owned(),
        rate,
        channels: ear.channels,
        duration: match end {
            End::Enough => said,
            // What a head says is not true of a file that was cut off.
            End::Reached | End::Failed => Some(lasted),
        },
        sound: ear.sound(lasted),
    })
}

/// How hearing came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Two minutes were heard.
    Enough,
    /// The recording has no more.
    Reached,
    /// No more of it can be decoded.
    Failed,
}

fn decode(
    format: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: u32,
    ear: &mut Ear,
) -> Result<End, NoRecording> {
    let mut damaged = 0;
    for _ in 0..MOST_PACKETS {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            // Another stream that follows in the same file is another recording.
            Ok(None) | Err(Error::ResetRequired) => return Ok(End::Reached),
            Err(_) => return Ok(End::Failed),
        };
        if packet.track_id != track {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(samples) => match ear.hear(&samples)? {
                true => {}
                false => return Ok(End::Enough),
            },
            Err(Error::DecodeError(_) | Error::IoError(_)) if damaged < MOST_DAMAGED => {
                damaged += 1;
            }
            Err(Error::ResetRequired) => return Ok(End::Reached),
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(NoRecording::TooLarge)
}

/// What listens: samples go in, a fingerprint comes out.
#[derive(Default)]
struct Ear {
    /// Once the first samples came.
    rate: Option<u32>,
    channels: u16,
    /// Frames that were heard: one sample of every channel.
    frames: u64,
    samples: u64,
    /// Tenths of a second that are no silence.
    loud: u64,
    /// The tenth that is being heard: how much of it was, and whether it is no silence.
    tenth: (u32, bool),
    printer: Option<Fingerprinter>,
    interleaved: Vec<i16>,
    one: Vec<i16>,
}

impl Ear {
    /// Hears a packet; returns whether more is wanted.
    fn hear(&mut self, packet: &GenericAudioBufferRef<'_>) -> Result<bool, NoRecording> {
        let (frames, channels) = (packet.frames(), packet.num_planes());
        if frames == 0 {
            return Ok(true);
        }
        let rate = packet.spec().rate();
        if channels == 0 || channels > MOST_CHANNELS || !RATES.contains(&rate) {
            return Err(NoRecording::Unknown);
        }
        if self.rate.is_some_and(|it| it != rate) {
            return Err(NoRecording::Damaged("its rate changes".to_owned()));
        }
        self.samples = self
            .samples
            .saturating_add(frames.saturating_mul(channels) as u64);
        if self.samples > MOST_SAMPLES {
            return Err(NoRecording::TooLarge);
        }
        self.rate = Some(rate);
        self.channels = self.channels.max(channels as u16);
        packet.copy_to_vec_interleaved(&mut self.interleaved);
        self.one.clear();
        let wanted = HEARD_SECONDS * u64::from(rate) - self.frames;
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        for frame in self.interleaved.chunks_exact(channels).take(wanted) {
            let sum: i32 = frame.iter().map(|it| i32::from(*it)).sum();
            // A mean of 16 bits has 16 bits.
            self.one.push((sum / channels as i32) as i16);
        }
        self.frames += self.one.len() as u64;
        for sample in &self.one {
            self.tenth.0 += 1;
            self.tenth.1 |= sample.unsigned_abs() > SILENCE;
            if self.tenth.0 >= rate / 10 {
                self.loud += u64::from(self.tenth.1);
                self.tenth = (0, false);
            }
        }
        if self.printer.is_none() {
            let mut printer = Fingerprinter::new(&Configuration::default());
            printer
                .start(rate, 1)
                .map_err(|error| NoRecording::Damaged(error.to_string().trim().to_owned()))?;
            self.printer = Some(printer);
        }
        if let Some(printer) = &mut self.printer {
            printer.consume(&self.one);
        }
        Ok(self.frames < HEARD_SECONDS * u64::from(rate))
    }

    /// Returns what it sounded like, after so many thousandths of a second.
    fn sound(self, lasted: u64) -> Sound {
        if lasted < LEAST_SECONDS * 1000 {
            return Sound::Short;
        }
        let Some(mut printer) = self.printer.filter(|_| self.loud >= LEAST_SECONDS * 10) else {
            return Sound::Silent;
        };
        printer.finish();
        Sound::Print(printer.fingerprint().to_vec())
    }
}

/// Returns how long the head of a file says that a track is, in thousandths of a second.
fn said_duration(track: &Track) -> Option<u64> {
    let time = track.time_base?.calc_duration(track.duration?)?;
    u64::try_from(time.as_millis()).ok().filter(|it| *it > 0)
}

fn failed(error: &Error) -> NoRecording {
    match error {
        Error::Unsupported(_) => NoRecording::Unknown,
        Error::LimitError(_) => NoRecording::TooLarge,
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            NoRecording::Damaged("it ends too soon".to_owned())
        }
        error => NoRecording::Damaged(error.to_string()),
    }
}

/// The bytes of a file, as many as are read at the most.
struct Source<'a, R> {
    bytes: R,
    length: u64,
    /// What was read of them so far.
    read: &'a AtomicU64,
}

impl<R: Read> Read for Source<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read.load(Ordering::Relaxed) >= MOST_READ {
            return Err(io::Error::other("more than is read of one recording"));
        }
        let count = self.bytes.read(into)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Source<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<'_, R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// Names of recordings end so.
const ENDINGS: [&str; 11] = [
    "aac", "aif", "aifc", "aiff", "flac", "m4a", "m4b", "mp3", "oga", "ogg", "wav",
];

/// Returns whether a name says that a file is a recording of a kind that is decoded.
pub(crate) fn is_recording(name: &[u8]) -> bool {
    ends_in(name, &ENDINGS)
}
