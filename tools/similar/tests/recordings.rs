//! Recordings of a made-up disk: which sound the same, and what is said of those that cannot be decoded.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use candor_similar::{NoRecording, Options, Sound, heard, listen};
use serde_json::Value;
use tool::{
    Machine, Moment, Outcome,
    pass::{Below, Scope, Watch, walk},
};

struct World {
    _disk: tempfile::TempDir,
    root: PathBuf,
}

impl World {
    fn new() -> Self {
        let disk = tempfile::tempdir().unwrap();
        let root = disk.path().canonicalize().unwrap();
        Self { _disk: disk, root }
    }

    fn save(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn outcome(&self, private: &[PathBuf]) -> Outcome {
        outcome_of(std::slice::from_ref(&self.root), private)
    }

    /// Returns the names in each group, sorted.
    fn names(&self, data: &Value) -> Vec<Vec<String>> {
        let name = |it: &Value| {
            let path = PathBuf::from(it["path"].as_str().unwrap());
            path.strip_prefix(&self.root).unwrap().display().to_string()
        };
        let groups = data["recordings"].as_array().unwrap().iter();
        let files = groups.map(|it| it["files"].as_array().unwrap());
        files
            .map(|it| {
                let mut names: Vec<String> = it.iter().map(name).collect();
                names.sort();
                names
            })
            .collect()
    }
}

fn outcome_of(roots: &[PathBuf], private: &[PathBuf]) -> Outcome {
    let watch = Watch::new(&|_| {});
    let scope = Scope {
        roots: roots.to_vec(),
        ..Scope::default()
    };
    let forest = walk(&scope, &watch);
    let options = Options {
        threads: Some(2),
        private: Below::of(&forest, private),
        ..Options::default()
    };
    fixture::whole(|lists| listen(&forest, &options, &watch, lists))
}

/// How a melody is written to a file.
#[derive(Clone, Copy)]
struct Written {
    rate: u32,
    bits: u16,
    channels: u16,
    loudness: f64,
    /// Silence before it begins, in seconds.
    late: f64,
    seconds: f64,
}

const USUAL: Written = Written {
    rate: 22_050,
    bits: 16,
    channels: 2,
    loudness: 0.8,
    late: 0.0,
    seconds: 25.0,
};

/// A melody in two voices, another for each seed: every tone with an overtone, and each as long as it likes.
fn melody(seed: u64, as_it: Written) -> Vec<u8> {
    const ROOM: usize = 128;
    let rate = f64::from(as_it.rate);
    let late = (as_it.late * rate) as usize;
    let mut samples = vec![0.0; late + (as_it.seconds * rate) as usize];
    let tones = fixture::Content::new(seed).bytes(2 * ROOM);
    for (tones, low, usual) in [(&tones[..ROOM], 220.0, 0.15), (&tones[ROOM..], 110.0, 0.35)] {
        let mut begin = 0.0;
        for tone in tones {
            let lasts = usual * (1.0 + f64::from(tone / 64));
            let pitch = low * 2_f64.powf(f64::from(tone % 24) / 12.0);
            let from = ((begin * rate) as usize + late).min(samples.len());
            begin += lasts;
            let to = ((begin * rate) as usize + late).min(samples.len());
            for (at, sample) in samples[from..to].iter_mut().enumerate() {
                let time = at as f64 / rate;
                let (sine, cosine) = (std::f64::consts::TAU * pitch * time).sin_cos();
                // The second part is the overtone: the sine of twice the angle.
                let tone = sine + 0.8 * sine * cosine;
                *sample += (1.0 - 0.6 * time / lasts) * tone * as_it.loudness / 2.8;
            }
        }
    }
    wav(&samples, as_it)
}

fn wav(samples: &[f64], as_it: Written) -> Vec<u8> {
    let wide = u32::from(as_it.bits / 8);
    let frame = wide * u32::from(as_it.channels);
    let length = samples.len() as u32 * frame;
    let mut bytes = b"RIFF".to_vec();
    bytes.reserve(44 + length as usize);
    bytes.extend((36 + length).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    bytes.extend(as_it.channels.to_le_bytes());
    bytes.extend(as_it.rate.to_le_bytes());
    bytes.extend((as_it.rate * frame).to_le_bytes());
    bytes.extend((frame as u16).to_le_bytes());
    bytes.extend(as_it.bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(length.to_le_bytes());
    let full = f64::from(1_u32 << (as_it.bits - 1)) - 1.0;
    for sample in samples {
        let number = (sample * full) as i32;
        // Eight bits have no sign in this format.
        let number = match as_it.bits {
            8 => number + 128,
            _ => number,
        };
        for _ in 0..as_it.channels {
            bytes.extend_from_slice(&number.to_le_bytes()[..wide as usize]);
        }
    }
    bytes
}

#[test]
fn a_melody_at_another_rate_depth_and_loudness_and_a_little_later_sounds_the_same() {
    let world = World::new();
    world.save("song.wav", &melody(1, USUAL));
    let written = Written {
        rate: 16_000,
        bits: 8,
        channels: 1,
        ..USUAL
    };
    world.save("small.WAV", &melody(1, written));
    let written = Written {
        rate: 32_000,
        bits: 24,
        channels: 1,
        loudness: 0.2,
        late: 0.5,
        ..USUAL
    };
    world.save("late and low.wav", &melody(1, written));
    let written = Written {
        seconds: 14.0,
        ..USUAL
    };
    world.save("cut off.wav", &melody(1, written));
    world.save("other.wav", &melody(2, USUAL));
    world.save("another.wav", &melody(3, USUAL));
    let names = ["cut off.wav", "late and low.wav", "small.WAV", "song.wav"];
    let data = fixture::data(&world.outcome(&[]));
    assert_eq!(world.names(&data), [names]);
    let files = data["recordings"][0]["files"].as_array().unwrap();
    let small = files
        .iter()
        .find(|it| it["path"].as_str().unwrap().ends_with("small.WAV"))
        .unwrap();
    assert_eq!(small["encoding"], "pcm_u8", "{small}");
    assert_eq!(small["rate"], 16_000, "{small}");
    assert_eq!(small["channels"], 1, "{small}");
    assert_eq!(small["duration_ms"], 25_000, "{small}");
    assert!(files.iter().all(|it| it["share"].as_u64().unwrap() >= 75));
}

#[test]
fn thirty_other_melodies_do_not() {
    let world = World::new();
    let written = Written {
        rate: 11_025,
        channels: 1,
        seconds: 14.0,
        ..USUAL
    };
    for seed in 0..30 {
        world.save(&format!("{seed}.wav"), &melody(seed, written));
    }
    let data = fixture::data(&world.outcome(&[]));
    assert_eq!(data["heard"], 30);
    assert_eq!(world.names(&data), [[""; 0]; 0]);
}

/// Other encodings are made by their own programs, where these are installed.
#[test]
fn a_melody_in_other_encodings_sounds_the_same() {
    let world = World::new();
    let written = Written {
        rate: 32_000,
        ..USUAL
    };
    let song = world.save("song.wav", &melody(1, written));
    world.save("other.wav", &melody(2, USUAL));
    let encoders: [(&str, &[&str], &str, &str); 4] = [
        ("flac", &["-s", "-o"], "song.flac", "flac"),
        ("lame", &["--quiet", "-b", "64"], "song.mp3", "mp3"),
        ("lame", &["--quiet", "-V", "6"], "varied.mp3", "mp3"),
        ("oggenc", &["-Q", "-q", "0", "-o"], "song.ogg", "vorbis"),
    ];
    let mut made = vec!["song.wav".to_owned()];
    for (program, options, name, _) in encoders {
        if encoded(program, options, &song, &world.root.join(name)) {
            made.push(name.to_owned());
        }
    }
    made.sort();
    if made.len() == 1 {
        return;
    }
    let data = fixture::data(&world.outcome(&[]));
    assert_eq!(world.names(&data), [made]);
    for file in data["recordings"][0]["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        if let Some(it) = encoders.iter().find(|it| path.ends_with(it.2)) {
            assert_eq!(file["encoding"], it.3, "{file}");
            let duration = file["duration_ms"].as_u64().unwrap();
            assert!((24_900..25_200).contains(&duration), "{file}");
        }
    }
}

/// Returns whether a program that may not be here encoded a recording.
fn encoded(program: &str, options: &[&str], from: &Path, to: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(options);
    // It asks for the name of what it makes before what it is made of; LAME the other way round.
    match program {
        "lame" => command.arg(from).arg(to),
        _ => command.arg(to).arg(from),
    };
    match command.status() {
        Ok(status) => {
            assert!(status.success(), "{program}");
            true
        }
        Err(_) => {
            assert!(
                std::env::var_os("CANDOR_REQUIRE_PEERS").is_none(),
                "`{program}` is not installed, and CANDOR_REQUIRE_PEERS is set"
            );
            eprintln!("not looked at: `{program}` is not installed");
            false
        }
    }
}

#[test]
fn what_is_short_silent_private_or_damaged_is_said_and_the_rest_goes_on() {
    let world = World::new();
    let written = Written {
        rate: 8000,
        channels: 1,
        seconds: 12.0,
        ..USUAL
    };
    let song = melody(1, written);
    for name in ["a.wav", "b.wav", "private/c.wav"] {
        world.save(name, &song);
    }
    fs::hard_link(world.root.join("a.wav"), world.root.join("a again.wav")).unwrap();
    let short = Written {
        seconds: 9.5,
        ..written
    };
    world.save("short.wav", &melody(1, short));
    world.save("silent.wav", &wav(&[0.0; 12 * 8000], written));
    world.save("cut off.wav", &song[..50_000]);
    world.save("head alone.wav", &song[..44]);
    world.save("text.mp3", b"no recording");
    world.save("picture.png", &song);
    world.save("empty.flac", b"");
    std::os::unix::fs::symlink("a.wav", world.root.join("link.wav")).unwrap();
    let outcome = world.outcome(&[world.root.join("private")]);
    let data = fixture::data(&outcome);
    let figures = ["heard", "short", "silent", "recordings_private", "pictures"];
    assert_eq!(
        figures.map(|it| data[it].as_u64().unwrap()),
        [4, 1, 1, 1, 0],
        "{data}"
    );
    assert_eq!(data["recordings"][0]["files"][1]["share"], 100, "{data}");
    assert_eq!(data["recordings"][0]["files"].as_array().unwrap().len(), 2);
    let skipped: Vec<_> = outcome
        .skipped
        .iter()
        .map(|it| it.path.0.file_name().unwrap())
        .collect();
    assert_eq!(skipped, ["cut off.wav", "head alone.wav", "text.mp3"]);
}

#[test]
fn heads_that_lie_give_a_reason() {
    let of = |bytes: Vec<u8>| {
        let length = bytes.len() as u64;
        heard(std::io::Cursor::new(bytes), length).1
    };
    let written = Written {
        rate: 8000,
        channels: 1,
        seconds: 1.0,
        ..USUAL
    };
    let song = melody(1, written);
    assert!(matches!(
        of(song.clone()).map(|it| it.sound),
        Ok(Sound::Short)
    ));
    let with = |at: usize, bytes: &[u8]| {
        let mut song = song.clone();
        song[at..at + bytes.len()].copy_from_slice(bytes);
        of(song)
    };
    // No channels, 65,535 of them, a rate of none and of four thousand million, frames of none, 65,535 bits.
    for (at, bytes) in [
        (22, &[0, 0][..]),
        (22, &[255, 255]),
        (24, &[0; 4]),
        (24, &[255; 4]),
        (32, &[0, 0]),
        (34, &[255, 255]),
    ] {
        match with(at, bytes) {
            Err(_) => {}
            // A frame is what channels and bits say.
            Ok(it) => assert_eq!((at, it.sound), (32, Sound::Short)),
        }
    }
    // A file that says to be four gigabytes long.
    let long = with(40, &[254, 255, 255, 255]);
    assert!(matches!(long, Err(NoRecording::Damaged(_))), "{long:?}");
    for head in [
        &b"fLaC\x80\0\0\x22"[..],
        b"OggS\0\x02",
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"\0\0\0\x18ftypM4A \0\0\0\0\xff\xff\xff\xf0moov",
        b"FORM\xff\xff\xff\xffAIFFCOMM\xff\xff\xff\xff",
    ] {
        assert!(of([head, &[0x7f; 3000]].concat()).is_err(), "{head:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]
    #[test]
    fn no_bytes_make_it_panic(
        kind in 0..6_usize, at in 0..200_usize, byte: u8, more in 0..400_usize, noise in proptest::collection::vec(0..=255_u8, 0..600),
    ) {
        let written = Written { rate: 8000, channels: 1, seconds: 0.05, ..USUAL };
        let mut bytes = match kind {
            0 => melody(1, written),
            1 => b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0\x0a\xc4\x42\xf0\0\0\0\0".to_vec(),
            2 => b"OggS\0\x02\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x01vorbis\0\0\0\0".to_vec(),
            3 => b"\xff\xfb\x90\x64".repeat(100),
            4 => b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom\0\0\x01\0moov\0\0\0\x6cmvhd".to_vec(),
            _ => b"FORM\0\0\x10\0AIFFCOMM\0\0\0\x12\0\x01\0\0\x10\0\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0SSND".to_vec(),
        };
        bytes.extend(noise);
        for at in [at, at + more] {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let length = bytes.len() as u64;
        let _ = heard(std::io::Cursor::new(bytes), length);
    }
}

#[test]
fn it_keeps_what_every_tool_keeps() {
    fixture::suite(|machine: &Machine| {
        assert_ne!(machine.now, Moment(1));
        let homes: Vec<PathBuf> = machine.people.iter().map(|it| it.home.clone()).collect();
        outcome_of(&homes, &[])
    });
}
