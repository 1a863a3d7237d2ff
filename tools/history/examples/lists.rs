//! Measures compiling and looking up, by hand: `lists RAW [NAMES]`.
//!
//! RAW is a folder of raw files with their `lists.toml`; NAMES is a file with a host on each line that
//! should neither be listed nor look like another name.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use candor_history::{
    canonical::{Address, canonical},
    lists::{Input, Known, List, make, starter},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let raw = arguments.next().ok_or("name a folder of raw files")?;
    let folder = std::env::temp_dir().join(format!("candor-lists-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let file = folder.join("compiled");
    let done = compile(&raw, &file).and_then(|()| {
        let list = open(&file)?;
        no_entry_is_missed(&list)?;
        look_up(&list)?;
        match arguments.next() {
            Some(names) => names_of_others(&list, &fs::read_to_string(names)?),
            None => Ok(()),
        }
    });
    fs::remove_dir_all(&folder)?;
    done
}

fn compile(raw: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let input = Input {
        raw: Some(raw.into()),
        ..Input::default()
    };
    let begun = Instant::now();
    let made = make(&input)?;
    println!(
        "compiled in {:?}, {:.2} s of one processor, largest memory {}",
        begun.elapsed(),
        processor_seconds(),
        memory()
    );
    let list = List::open(&made.bytes)?;
    let count = list.len().max(1) as f64;
    println!(
        "{} hosts, {} pages, {} bytes: {:.2} bytes an entry; filter {:.3} bits a key",
        list.host_count(),
        list.page_count(),
        made.bytes.len(),
        made.bytes.len() as f64 / count,
        list.filter_bits()
    );
    for (id, tally) in &made.read {
        let odd: BTreeMap<_, _> = tally.odd.iter().map(|(why, it)| (why, it.0)).collect();
        println!(
            "  {id}: {} lines, {} entries, odd {odd:?}",
            tally.lines, tally.entries
        );
    }
    for left_out in &made.left_out {
        println!(
            "  left out: list {}, {:?}: {}",
            left_out.list, left_out.why, left_out.count
        );
    }
    for skipped in &made.skipped {
        println!("  skipped: {skipped:?}");
    }
    let again = make(&input)?;
    println!(
        "a second time the same bytes: {}",
        again.bytes == made.bytes
    );
    fs::write(file, &made.bytes)?;
    Ok(())
}

fn open(file: &Path) -> Result<List<'static>, Box<dyn Error>> {
    let begun = Instant::now();
    let list = List::open_file(file)?;
    let opened = begun.elapsed();
    let begun = Instant::now();
    let address = canonical(b"http://www.example.com/").ok_or("an address")?;
    black_box(list.suffixes());
    let suffixes = begun.elapsed();
    let begun = Instant::now();
    black_box(list.is_silent_about_host(&address));
    println!(
        "opened in {opened:?}, suffixes in {suffixes:?}, filter in {:?}",
        begun.elapsed()
    );
    Ok(list)
}

fn no_entry_is_missed(list: &List<'_>) -> Result<(), Box<dyn Error>> {
    let mut entries = Vec::new();
    list.each(|entry| entries.push(entry.text()))?;
    let mut missed = 0;
    let mut spent = Duration::ZERO;
    for text in &entries {
        let Some(address) = canonical(text.as_bytes()) else {
            missed += 1;
            continue;
        };
        let begun = Instant::now();
        let hits = list.look_up(&address)?;
        spent += begun.elapsed();
        missed += usize::from(!hits.iter().any(|hit| hit.entry == *text));
    }
    println!(
        "{} entries: {missed} not found, {:?} each",
        entries.len(),
        spent / entries.len().max(1) as u32
    );
    Ok(())
}

/// How many addresses are made up for each measure.
const ADDRESSES: u32 = 10_000_000;

/// Measures in time of the processor, so that other work on the machine does not count.
fn look_up(list: &List<'_>) -> Result<(), Box<dyn Error>> {
    let none = each_address(|address| {
        black_box(address);
    });
    let mut passed = 0;
    let probe = each_address(|address| passed += usize::from(list.may_have(&address.host)));
    let silent = each_address(|address| {
        black_box(list.is_silent_about_host(address));
    });
    let mut found = 0;
    let whole = each_address(|address| {
        found += usize::from(list.look_up(address).is_ok_and(|hits| !hits.is_empty()));
    });
    let nanoseconds = |took: f64| (took - none).max(0.0) * 1e9 / f64::from(ADDRESSES);
    println!(
        "{ADDRESSES} random hosts: {found} found, {passed} let pass by the filter; a probe {:.0} ns, a host \
         with its parents {:.0} ns, a look-up {:.0} ns",
        nanoseconds(probe),
        nanoseconds(silent),
        nanoseconds(whole)
    );
    let text = "https://user:pw@www.example.co.uk:8080/a/./b/../c%20d/index.html?q=1#top";
    let begun = processor_seconds();
    let checks = 1_000_000;
    for _ in 0..checks {
        let address = canonical(black_box(text).as_bytes()).ok_or("an address")?;
        black_box(list.look_up(&address))?;
    }
    let took = (processor_seconds() - begun) * 1e9 / f64::from(checks);
    println!("a whole check of one address, spelling included: {took:.0} ns");
    Ok(())
}

/// Makes up addresses, the same each time, and says how long the processor was at it.
fn each_address(mut see: impl FnMut(&Address)) -> f64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let begun = processor_seconds();
    let mut address = Address {
        host: String::new(),
        is_ip: false,
        path: "/a/b".into(),
        query: Some("c=1".into()),
    };
    for _ in 0..ADDRESSES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        address.host.clear();
        address.host.push_str("www.");
        // Letters of the number, sixteen to choose from: quicker than to write it out.
        let letters = (0..12).map(|at| char::from(b'a' + (state >> (4 * at) & 15) as u8));
        address.host.extend(letters);
        address.host.push_str(".com");
        see(black_box(&address));
    }
    processor_seconds() - begun
}

fn names_of_others(list: &List<'_>, names: &str) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let known = Known::new(starter().suffixes(), []);
    println!("known names in {:?}", begun.elapsed());
    let (mut listed, mut like, mut spent) = (0, 0, Duration::ZERO);
    for name in names.lines() {
        let Some(address) = canonical(name.as_bytes()) else {
            continue;
        };
        let hits = list.look_up(&address)?;
        listed += usize::from(!hits.is_empty());
        let begun = Instant::now();
        let found = known.like(&address.host);
        spent += begun.elapsed();
        if let Some(found) = found {
            like += 1;
            if like <= 60 {
                println!("  {name}: {}", found.words());
            }
        }
    }
    let count = names.lines().count();
    println!(
        "{count} names: {listed} listed, {like} like another, {:?} each",
        spent / count.max(1) as u32
    );
    Ok(())
}

/// Returns how long processors have worked for this process, as Linux tells in hundredths of a second.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .filter_map(|it| it.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Returns the most memory this process had, as Linux tells.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "unknown".to_owned(), |line| line[6..].trim().to_owned())
}
