#![allow(missing_docs)]
fn main() {
    let mut seeds: Vec<Vec<u8>> = std::env::args()
        .skip(1)
        .map(|p| std::fs::read(p).unwrap())
        .collect();
    for s in &mut seeds {
        s.truncate(60_000)
    }
    let mut c: u64 = 88172645463325252;
    let mut r = move |n: usize| {
        c ^= c << 13;
        c ^= c >> 7;
        c ^= c << 17;
        (c % n as u64) as usize
    };
    let mut slow = std::time::Duration::ZERO;
    for _ in 0..60000 {
        let mut b = seeds[r(seeds.len())].clone();
        for _ in 0..1 + r(4) {
            let at = r(b.len());
            match r(4) {
                0 => b[at] = r(256) as u8,
                1 => b[at] ^= 1 << r(8),
                2 => {
                    let e = (at + r(40)).min(b.len());
                    b[at..e].fill([0, 255][r(2)])
                }
                _ => {
                    let at = r(b.len().min(400));
                    b[at] = r(256) as u8
                }
            }
        }
        // ARJ: mend the checksums of headers, so that what is in them is read.
        if b[0] == 0x60 {
            let mut p = 0;
            while p + 8 < b.len() && b[p] == 0x60 && b[p + 1] == 0xea {
                let n = u16::from_le_bytes([b[p + 2], b[p + 3]]) as usize;
                if n < 30 || p + 8 + n > b.len() {
                    break;
                }
                let s = crc(&b[p + 4..p + 4 + n]);
                b[p + 4 + n..p + 8 + n].copy_from_slice(&s.to_le_bytes());
                let pk = u32::from_le_bytes(b[p + 16..p + 20].try_into().unwrap()) as usize;
                p += 10 + n + if b[p + 10] == 2 { 0 } else { pk.min(1 << 20) };
            }
        }
        let t = std::time::Instant::now();
        candor_formats::fuzz::archive(&b);
        slow = slow.max(t.elapsed());
    }
    println!("slowest {slow:?}");
}
fn crc(b: &[u8]) -> u32 {
    !b.iter().fold(!0u32, |s, x| {
        (0..8).fold(s ^ u32::from(*x), |s, _| (s >> 1) ^ ((s & 1) * 0xedb8_8320))
    })
}
