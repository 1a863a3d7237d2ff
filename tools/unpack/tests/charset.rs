//! Names in encodings of old systems come out as they were.
//!
//! `charset/` has everyday words of each language; lists of names are made of them, written in each encoding, and read
//! again by what was guessed from the bytes alone. Words that the guess has been taught are left out. Every second word
//! is for those who change the guess (`CANDOR_CHARSET_HALF=even`), the others are what counts.
//! `CANDOR_CHARSET_LISTS=500` makes more lists, `CANDOR_CHARSET_SHOW=1` shows those that went wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::{collections::BTreeSet, env, fs, path::Path};

use candor_unpack::{Charset, Names};

/// Each encoding, with the languages that are written in it here.
const COUNTED: [(&str, &[&str]); 12] = [
    ("Shift_JIS", &["japanese"]),
    ("EUC-JP", &["japanese"]),
    ("GBK", &["simplified"]),
    ("Big5", &["traditional"]),
    ("EUC-KR", &["korean"]),
    ("windows-1251", &["russian"]),
    ("IBM866", &["russian"]),
    ("KOI8-R", &["russian"]),
    ("windows-1252", &["german", "french", "spanish"]),
    ("CP437", &["german", "french", "spanish"]),
    ("CP850", &["german", "french", "spanish"]),
    ("macintosh", &["german", "french", "spanish"]),
];
/// These too, beyond what was promised.
const BEYOND: [(&str, &[&str]); 4] = [
    ("windows-1250", &["polish"]),
    ("windows-1253", &["greek"]),
    ("windows-1255", &["hebrew"]),
    ("windows-1256", &["arabic"]),
];
/// How many names lists have, by turns.
const LENGTHS: [usize; 3] = [1, 5, 50];

#[test]
fn names_of_twelve_encodings_come_out_right() {
    let lists = env::var("CANDOR_CHARSET_LISTS").map_or(50, |it| it.parse().unwrap());
    let of_twelve = share_of_all(&COUNTED, lists);
    let of_others = share_of_all(&BEYOND, lists);
    assert!(of_twelve >= 0.95, "{:.1} % are right", of_twelve * 100.0);
    assert!(of_others >= 0.95, "{:.1} % are right", of_others * 100.0);
}

/// Prints the share of lists that came out right, of each encoding and length; returns that of all.
fn share_of_all(encodings: &[(&str, &[&str])], lists: usize) -> f64 {
    println!(
        "{:14}{:>9}{:>9}{:>9}{:>9}",
        "right in %", "1 name", "5", "50", "all"
    );
    let mut of_all = [(0, 0); LENGTHS.len()];
    for (encoding, languages) in encodings {
        let mut of_one = [(0, 0); LENGTHS.len()];
        for list in 0..lists {
            let which = list % LENGTHS.len();
            let words = words(languages[list / LENGTHS.len() % languages.len()]);
            let mut dice = Dice::seeded(encoding, list as u64);
            let names = names(&words, LENGTHS[which], encoding, &mut dice);
            of_one[which].0 += usize::from(is_right(encoding, &names));
            of_one[which].1 += 1;
        }
        print_row(encoding, &of_one);
        for (sum, one) in of_all.iter_mut().zip(of_one) {
            *sum = (sum.0 + one.0, sum.1 + one.1);
        }
    }
    print_row("all", &of_all);
    let right: usize = of_all.iter().map(|it| it.0).sum();
    let all: usize = of_all.iter().map(|it| it.1).sum();
    right as f64 / all as f64
}

fn print_row(title: &str, shares: &[(usize, usize)]) {
    let all = shares.iter().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let cells = shares
        .iter()
        .chain([&all])
        .map(|(right, of)| format!("{:9.1}", 100.0 * *right as f64 / (*of).max(1) as f64));
    println!("{title:14}{}", cells.collect::<String>());
}

/// Whether each name is read as it was, from the bytes alone.
fn is_right(encoding: &str, list: &[String]) -> bool {
    let bytes: Vec<Vec<u8>> = list
        .iter()
        .map(|it| written(it, encoding).unwrap())
        .collect();
    let mut names = Names::default();
    for name in &bytes {
        names.add(name);
    }
    let charset = names.charset();
    let read: Vec<String> = bytes.iter().map(|it| charset.read_one(it)).collect();
    let wrong = read.iter().zip(list).filter(|(read, was)| read != was);
    let wrong: Vec<_> = wrong.take(3).collect();
    if !wrong.is_empty() && env::var_os("CANDOR_CHARSET_SHOW").is_some() {
        println!(
            "{encoding} of {} taken for {}: {wrong:?}",
            list.len(),
            charset.name()
        );
    }
    wrong.is_empty()
}

/// Returns a name in an encoding; `None` where it has no such letters.
fn written(name: &str, encoding: &str) -> Option<Vec<u8>> {
    let charset = Charset::named(encoding).unwrap();
    if let Charset::Of(encoding) = charset {
        let (bytes, _, is_lossy) = encoding.encode(name);
        return (!is_lossy).then(|| bytes.into_owned());
    }
    let upper: Vec<char> = charset
        .read(&(0x80..=0xff).collect::<Vec<u8>>())
        .chars()
        .collect();
    let byte = |it: char| match it.is_ascii() {
        true => Some(it as u8),
        false => Some(0x80 + upper.iter().position(|of| *of == it)? as u8),
    };
    name.chars().map(byte).collect()
}

/// Returns the words of a language that names are made of.
fn words(language: &str) -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |at: &str| fs::read_to_string(here.join(at).join(language).with_extension("txt"));
    let taught = read("src/charset/words").unwrap();
    let taught: BTreeSet<&str> = taught.split_whitespace().collect();
    let all = read("tests/charset").unwrap();
    let mut all: Vec<&str> = all
        .split_whitespace()
        .filter(|it| !taught.contains(it))
        .collect();
    let mut seen = BTreeSet::new();
    all.retain(|it| seen.insert(*it));
    assert!(all.len() >= 150, "only {} words of {language}", all.len());
    let odd = usize::from(env::var("CANDOR_CHARSET_HALF").as_deref() != Ok("even"));
    all.into_iter()
        .skip(odd)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Returns so many names that this encoding can write, one of them at least with letters beyond ASCII.
fn names(words: &[String], count: usize, encoding: &str, dice: &mut Dice) -> Vec<String> {
    loop {
        let mut names = Vec::new();
        while names.len() < count {
            let name = name(words, dice);
            if written(&name, encoding).is_some() {
                names.push(name);
            }
        }
        if names.iter().any(|it| !it.is_ascii()) {
            return names;
        }
    }
}

/// Returns a name as people give them.
fn name(words: &[String], dice: &mut Dice) -> String {
    let is_unparted = words[0].chars().any(|it| it >= '\u{3000}');
    let space = if is_unparted {
        ""
    } else {
        *dice.one(&[" ", " ", "_", "-"])
    };
    let case = dice.below(10);
    let mut word = || {
        let word = dice.one(words);
        match case {
            0 => word.to_uppercase(),
            1..=5 => capital(word),
            _ => word.clone(),
        }
    };
    let (first, second, third) = (word(), word(), word());
    let year = 1995 + dice.below(25);
    let (month, day, number) = (1 + dice.below(12), 1 + dice.below(28), 1 + dice.below(400));
    let ending = *dice.one(&[
        ".txt", ".doc", ".docx", ".pdf", ".jpg", ".JPG", ".png", ".mp3", ".xls", ".zip", ".html",
        "",
    ]);
    let stem = match dice.below(14) {
        0..=2 => first,
        3..=5 => format!("{first}{space}{second}"),
        6 => format!("{first}{space}{second}{space}{third}"),
        7 => format!("{first}_{year}"),
        8 => format!("{year}-{month:02}-{day:02} {first}"),
        9 => format!("{first} {number:02}"),
        10 => format!("{first}{space}{second} ({})", number % 9 + 1),
        11 => format!("IMG_{number:04} {first}"),
        12 => format!("{first} & {second} final v{}", number % 9 + 1),
        _ => format!("{number:02}. {first}{space}{second}"),
    };
    match dice.below(6) {
        0 => format!("{}/{stem}{ending}", dice.one(words)),
        1 => format!(
            "{}/{year}/{stem}{ending}",
            capital(dice.one::<String>(words))
        ),
        2 => format!("backup/{stem}{ending}"),
        _ => format!("{stem}{ending}"),
    }
}

/// Returns a word with a capital before it.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Numbers that are the same in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn seeded(text: &str, number: u64) -> Self {
        let seed = text.bytes().fold(number, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut dice = Self(seed | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}
