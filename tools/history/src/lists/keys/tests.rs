use super::*;
use crate::lists::file::{Error, Source};
use std::collections::BTreeMap;

impl Sorted for Vec<(String, u32)> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> (&[u8], u32) {
        (self[index].0.as_bytes(), self[index].1)
    }
}

/// Codes, index and pages one after the other; where index and pages begin.
fn written(keys: &Vec<(String, u32)>) -> (Vec<u8>, usize, usize) {
    let [codes, index, pages] = write(keys);
    let (a, b) = (codes.len(), codes.len() + index.len());
    ([codes, index, pages].concat(), a, b)
}

fn opened((bytes, index, pages): &(Vec<u8>, usize, usize)) -> Result<Keys<'_>, Error> {
    Keys::of(
        "test",
        &bytes[..*index],
        bytes[*index..*pages].into(),
        *pages as u64,
        (bytes.len() - pages) as u64,
    )
}

fn many() -> Vec<(String, u32)> {
    let hosts = (0..5_000).map(|n| (format!("com.host{}", n * 7919 % 100_003), n * n % 70_000));
    let long = (0..40).map(|n| (format!("zz/{}{n}", "~a!Z".repeat(6 * n as usize)), n));
    let all: BTreeMap<String, u32> = hosts.chain(long).collect();
    all.into_iter().collect()
}

#[test]
fn every_key_is_found_with_its_number_and_no_other_is() {
    let keys = many();
    let file = written(&keys);
    let source = Source::of_bytes(&file.0);
    let opened = opened(&file).unwrap();
    for (key, number) in &keys {
        let found = opened.find(key.as_bytes(), &source).unwrap();
        assert_eq!(found, Some(*number), "{key}");
        for other in [format!("{key}!"), format!("!{key}"), key[1..].to_owned()] {
            assert_eq!(opened.find(other.as_bytes(), &source).unwrap(), None);
        }
    }
    assert_eq!(opened.find(b"", &source).unwrap(), None);
    let mut seen = Vec::new();
    let mut see =
        |key: &[u8], number| seen.push((String::from_utf8(key.to_vec()).unwrap(), number));
    opened.each(&source, &mut see).unwrap();
    assert_eq!(seen, keys);
}

#[test]
fn a_section_without_keys_finds_nothing() {
    let file = written(&Vec::new());
    let source = Source::of_bytes(&file.0);
    assert_eq!(opened(&file).unwrap().find(b"x", &source).unwrap(), None);
}

#[test]
fn the_longest_keys_fit_a_page() {
    // Every letter comes once and the keys share nothing: the longest codes there can be.
    let key = |n: u8| {
        let letters =
            (0..LONGEST_KEY).map(|at| char::from(0x21 + ((at as u8).wrapping_mul(7) ^ n) % 94));
        letters.collect::<String>()
    };
    let all: BTreeMap<String, u32> = (0..50).map(|n| (key(n), u32::from(n))).collect();
    let keys: Vec<_> = all.into_iter().collect();
    let file = written(&keys);
    let (source, opened) = (Source::of_bytes(&file.0), opened(&file).unwrap());
    for (key, number) in &keys {
        assert_eq!(opened.find(key.as_bytes(), &source).unwrap(), Some(*number));
    }
}

#[test]
fn any_changed_byte_of_a_page_is_damage() {
    let keys = many();
    let good = written(&keys);
    let whole = |file: &(Vec<u8>, usize, usize)| {
        let source = Source::of_bytes(&file.0);
        opened(file).and_then(|keys| keys.each(&source, |_, _| {}))
    };
    assert!(whole(&good).is_ok());
    for at in (good.2..good.0.len()).step_by(61) {
        let mut bad = good.clone();
        bad.0[at] ^= 0x55;
        assert!(whole(&bad).is_err(), "{at}");
    }
}

/// Someone who wants to harm writes the right checksums, too.
#[test]
fn hostile_pages_end_in_an_answer_or_an_error() {
    let keys: Vec<_> = many().into_iter().take(900).collect();
    let good = written(&keys);
    let mut random = fixture::Content::new(7);
    let mut next = || random.below(1 << 32) as usize;
    for _ in 0..4_000 {
        let mut bad = good.clone();
        for _ in 0..=next() % 4 {
            let at = next() % bad.0.len();
            bad.0[at] = next() as u8;
        }
        seal(&mut bad.0[good.2..]);
        let source = Source::of_bytes(&bad.0);
        if let Ok(keys) = opened(&bad) {
            let _ = keys.find(b"com.host77", &source);
            let _ = keys.each(&source, |key, _| assert!(key.len() <= LONGEST_KEY));
        }
    }
}
