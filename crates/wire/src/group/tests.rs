//! The vectors of RFC 9497 for ristretto255-SHA512, modes VOPRF and POPRF.

use std::collections::BTreeMap;

use rand_core::{CryptoRng, Error, RngCore};

use super::*;

const VECTORS: &str = include_str!("../../tests/vectors/rfc9497-ristretto255.txt");

/// One mode: its keys, and its vectors.
struct Mode {
    head: BTreeMap<String, String>,
    vectors: Vec<BTreeMap<String, String>>,
}

/// `Name = value`, with values that go on in lines without a name.
fn modes() -> [Mode; 2] {
    let mut modes: Vec<Mode> = Vec::new();
    let mut last: Option<String> = None;
    for line in VECTORS.lines() {
        let new = || BTreeMap::new();
        if line.starts_with("A.1.") {
            match line.contains("Mode") {
                true => modes.push(Mode {
                    head: new(),
                    vectors: Vec::new(),
                }),
                false => modes.last_mut().unwrap().vectors.push(new()),
            }
            last = None;
            continue;
        }
        let Some(mode) = modes.last_mut() else {
            continue;
        };
        let fields = mode.vectors.last_mut().unwrap_or(&mut mode.head);
        if let Some((name, value)) = line.split_once(" = ") {
            fields.insert(name.to_owned(), value.to_owned());
            last = Some(name.to_owned());
        } else if let Some(name) = last.as_ref().filter(|_| !line.is_empty()) {
            fields.get_mut(name).unwrap().push_str(line);
        }
    }
    modes.try_into().ok().expect("two modes")
}

fn bytes(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

fn list(text: &str) -> Vec<Vec<u8>> {
    text.split(',').map(bytes).collect()
}

/// Gives scalars: a random scalar is 64 bytes, of which the upper 32 are zero here.
struct Scalars(Vec<u8>);

impl Scalars {
    fn of(scalars: &[Vec<u8>]) -> Self {
        let wide = scalars
            .iter()
            .flat_map(|it| [it.as_slice(), &[0; 32]].concat());
        Self(wide.collect())
    }
}

impl CryptoRng for Scalars {}

impl RngCore for Scalars {
    fn next_u32(&mut self) -> u32 {
        unreachable!("only bytes are asked for")
    }
    fn next_u64(&mut self) -> u64 {
        unreachable!("only bytes are asked for")
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        let rest = self.0.split_off(dest.len());
        dest.copy_from_slice(&std::mem::replace(&mut self.0, rest));
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

#[test]
fn the_vectors_of_mode_voprf_hold() {
    let [mode, _] = modes();
    let seed: [u8; 32] = bytes(&mode.head["Seed"]).try_into().unwrap();
    let server = voprf_key(&seed, &bytes(&mode.head["KeyInfo"]));
    assert_eq!(
        public_key(server.get_public_key()).to_string(),
        mode.head["pkSm"]
    );
    assert_eq!(mode.vectors.len(), 3);
    for vector in &mode.vectors {
        let inputs = list(&vector["Input"]);
        let mut blinds = Scalars::of(&list(&vector["Blind"]));
        let blinded = inputs
            .iter()
            .map(|input| VoprfClient::blind(input, &mut blinds).unwrap());
        let (clients, points): (Vec<_>, Vec<_>) = blinded.map(|it| (it.state, it.message)).unzip();
        let written: Vec<_> = points.iter().map(|it| it.serialize().to_vec()).collect();
        assert_eq!(written, list(&vector["BlindedElement"]));
        let prepared: Vec<_> = server.batch_blind_evaluate_prepare(points.iter()).collect();
        let mut random = Scalars::of(&list(&vector["ProofRandomScalar"]));
        let answer = server
            .batch_blind_evaluate_finish(&mut random, points.iter(), &prepared)
            .unwrap();
        let (messages, proof): (Vec<_>, _) = (answer.messages.collect(), answer.proof);
        let written: Vec<_> = messages.iter().map(|it| it.serialize().to_vec()).collect();
        assert_eq!(written, list(&vector["EvaluationElement"]));
        assert_eq!(proof.serialize().to_vec(), bytes(&vector["Proof"]));
        let inputs: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
        let key = server.get_public_key();
        let outputs =
            VoprfClient::batch_finalize(&inputs, &clients, &messages, &proof, key).unwrap();
        let outputs: Vec<_> = outputs.map(|it| it.unwrap().to_vec()).collect();
        assert_eq!(outputs, list(&vector["Output"]));
    }
}

#[test]
fn the_vectors_of_mode_poprf_hold() {
    let [_, mode] = modes();
    let seed: [u8; 32] = bytes(&mode.head["Seed"]).try_into().unwrap();
    let server = poprf_key(&seed, &bytes(&mode.head["KeyInfo"]));
    assert_eq!(
        public_key(server.get_public_key()).to_string(),
        mode.head["pkSm"]
    );
    // Tokens come one a proof; the third vector, a batch of two, is not what we use.
    for vector in &mode.vectors[..2] {
        let (input, info) = (bytes(&vector["Input"]), bytes(&vector["Info"]));
        let mut blind = Scalars::of(&list(&vector["Blind"]));
        let blinded = PoprfClient::blind(&input, &mut blind).unwrap();
        assert_eq!(
            blinded.message.serialize().to_vec(),
            bytes(&vector["BlindedElement"])
        );
        let mut random = Scalars::of(&list(&vector["ProofRandomScalar"]));
        let answer = server
            .blind_evaluate(&mut random, &blinded.message, Some(&info))
            .unwrap();
        assert_eq!(
            answer.message.serialize().to_vec(),
            bytes(&vector["EvaluationElement"])
        );
        assert_eq!(answer.proof.serialize().to_vec(), bytes(&vector["Proof"]));
        let key = server.get_public_key();
        let output = blinded
            .state
            .finalize(&input, &answer.message, &answer.proof, key, Some(&info))
            .unwrap();
        assert_eq!(output.to_vec(), bytes(&vector["Output"]));
        assert_eq!(server.evaluate(&input, Some(&info)).unwrap(), output);
    }
}

#[test]
fn the_identity_and_a_second_form_of_a_point_are_none() {
    assert!(point(&PublicKey([0; 32])).is_none(), "the identity");
    let mut high = [0xff; 32];
    assert!(point(&PublicKey(high)).is_none(), "beyond the field");
    // p itself: zero, written a second time.
    high[0] = 0xed;
    high[31] = 0x7f;
    assert!(point(&PublicKey(high)).is_none(), "the field's order");
    assert!(!is_scalar(&[0xff; 32]));
}
