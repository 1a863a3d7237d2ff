//! sta-rs 0.3.3 on the instances that `crates/wire/examples/measure` opens: tags of 20 reports
//! each, K = 20, a host and one byte of associated data.
//!
//! ```text
//! cargo run --release [TAGS]
//! ```
//!
//! Only its local randomness (STARlite) compiles in this release; so it is spared the oblivious
//! function that our devices and servers pay for. Times are those that the processor spent.
#![forbid(unsafe_code)]

#[path = "../../../../crates/wire/examples/measure/spent.rs"]
mod spent;

use std::{hint::black_box, panic, time::Duration};

use sta_rs::{
    AssociatedData, Message, MessageGenerator, Share, SingleMeasurement, derive_ske_key,
    share_recover,
};

use spent::Spent;

const EPOCH: &[u8] = b"2900";
const THRESHOLD: u32 = 20;
const REPORTS: usize = 20;

fn main() {
    let asked = std::env::args().nth(1);
    let tags: usize = asked.map_or(50_000, |text| text.parse().expect("a number of tags"));
    device();
    million(tags);
    poisoned();
    hostile();
}

/// A report of one host.
fn message(host: &str, aux: u8) -> Message {
    let generator =
        MessageGenerator::new(SingleMeasurement::new(host.as_bytes()), THRESHOLD, EPOCH);
    let mut randomness = [0; 32];
    generator.sample_local_randomness(&mut randomness);
    Message::generate(
        &generator,
        &mut randomness,
        Some(AssociatedData::new(&[aux])),
    )
    .expect("a message")
}

fn device() {
    let begun = Spent::now();
    for _ in 0..500 {
        black_box(message("harm.example", 7));
    }
    let each = begun.elapsed() / 500;
    let length = message("harm.example", 7).to_bytes().len();
    println!("device, a report ({length} bytes), no oblivious function: {each:.2?}");
}

/// Opens tags: recovers the key from 20 shares and decrypts 20 bodies.
fn million(tags: usize) {
    let (mut opening, mut opened, mut made) = (Duration::ZERO, 0, 0);
    while made < tags {
        let batch: Vec<Vec<Message>> = (made..tags.min(made + 1000))
            .map(|number| {
                let host = format!("h{number}.example");
                (0..REPORTS).map(|_| message(&host, 7)).collect()
            })
            .collect();
        made += batch.len();
        let begun = Spent::now();
        for messages in &batch {
            opened += open(messages).expect("twenty good reports");
        }
        opening += begun.elapsed();
    }
    println!("opening {opened} reports of {tags} tags on one core: {opening:.2?}");
}

fn open(messages: &[Message]) -> Option<usize> {
    let shares: Vec<Share> = messages.iter().map(|it| it.share.clone()).collect();
    let secret = share_recover(&shares).ok()?.get_message();
    let mut key = [0; 16];
    derive_ske_key(&secret, EPOCH, &mut key);
    let bodies = messages
        .iter()
        .map(|it| it.ciphertext.decrypt(&key, "star_encrypt"));
    Some(bodies.filter(|body| !black_box(body).is_empty()).count())
}

/// One bad share among the first 20 of 25.
fn poisoned() {
    let mut messages: Vec<Message> = (0..25).map(|_| message("harm.example", 7)).collect();
    let mut bytes = messages[3].share.to_bytes();
    // Threshold 4, length 4, place 24, value 24.
    bytes[40] ^= 1;
    if let Some(share) = Share::from_bytes(&bytes) {
        messages[3].share = share;
    }
    let said = match open(&messages) {
        Some(_) => "opened",
        None => "not opened",
    };
    println!("25 reports, one share bad: {said}");
}

/// A share of three bytes.
fn hostile() {
    panic::set_hook(Box::new(|_| {}));
    let said = match panic::catch_unwind(|| Share::from_bytes(&[1, 2, 3]).is_some()) {
        Ok(_) => "refused",
        Err(_) => "a panic",
    };
    println!("a share of three bytes: {said}");
}
