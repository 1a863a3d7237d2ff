//! Formats, told by their bytes.

use super::{arj, compound, lzop, mac, pbzx, sit, times, zoo};

/// So many first bytes tell every format that is known.
pub(super) const HEAD: usize = 1024;

/// A format of archives, or of compression around one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Unix ar: static libraries, Debian packages.
    Ar,
    /// AppleSingle: both forks of a Macintosh file.
    AppleSingle,
    /// ARC of System Enhancement Associates, `.arc`.
    Arc,
    /// ARJ.
    Arj,
    /// BinHex 4.0, `.hqx`.
    BinHex,
    /// Brotli, which nothing tells but what it unpacks to.
    Brotli,
    /// bzip2.
    Bzip2,
    /// Cabinets of Windows.
    Cab,
    /// Compound files: old documents of Office.
    Compound,
    /// Unix compress, `.Z`.
    Compress,
    /// cpio: binary of both byte orders, odc, newc, crc.
    Cpio,
    /// gzip.
    Gzip,
    /// Optical discs: ISO 9660 with Joliet and Rock Ridge.
    Iso,
    /// LHA, LZH.
    Lha,
    /// LZ4 frames.
    Lz4,
    /// LZ4 as Linux kernels are packed, `lz4 -l`.
    Lz4Legacy,
    /// lzip.
    Lzip,
    /// LZMA alone, `.lzma`.
    Lzma,
    /// lzop.
    Lzop,
    /// MacBinary: both forks of a Macintosh file.
    MacBinary,
    /// Installers of Windows: compound files with tables.
    Msi,
    /// pbzx: the payload of Apple's packages.
    Pbzx,
    /// RAR: 1.3 to 7.
    Rar,
    /// RPM packages.
    Rpm,
    /// A program or script that carries an archive.
    SelfExtractor,
    /// 7z.
    SevenZip,
    /// Snappy frames.
    Snappy,
    /// SquashFS, version 4.
    SquashFs,
    /// StuffIt before version 5.
    StuffIt,
    /// tar: v7, ustar, pax, GNU.
    Tar,
    /// WIM: images of Windows, and ESD.
    Wim,
    /// xar: packages of macOS.
    Xar,
    /// xz.
    Xz,
    /// zip.
    Zip,
    /// Zoo.
    Zoo,
    /// Zstandard.
    Zstandard,
}

impl Kind {
    /// Returns the format that begins with these bytes. The first kibibyte of a file is enough.
    ///
    /// Plain text is never a format.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        let begins = |magic: &[u8]| head.starts_with(magic);
        // Sources: RFC 1952; bzip2 1.0.8, decompress.c; the .xz file format 1.2.1; lzip manual, "File format"; RFC 8878,
        // 3.1; LZ4 frame format 1.6.4; ncompress; snappy framing_format.txt; PKWARE APPNOTE 6.3.10; 7zFormat.txt; ar(5);
        // cpio(5); RAR 5.0 archive format; rar-research of bitplane, for RE~^; [MS-CAB] 2.1; xarformat; R. Dhesi's
        // zoo, zoo.h; Microsoft, "Windows Imaging File Format (WIM)"; [MS-CFB] 2.2.
        let found = match head {
            _ if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || begins(b"PK\x07\x08") => {
                Self::Zip
            }
            _ if begins(b"7z\xbc\xaf\x27\x1c") => Self::SevenZip,
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(b"1AY&SY") || rest.starts_with(b"\x17\x72\x45\x38\x50\x90") =>
            {
                Self::Bzip2
            }
            _ if begins(b"MSWIM\0\0\0") => Self::Wim,
            _ if begins(b"\xfd7zXZ\0") => Self::Xz,
            _ if begins(b"LZIP\x01") => Self::Lzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstandard,
            [0x04, 0x22, 0x4d, 0x18, ..] => Self::Lz4,
            [0x02, 0x21, 0x4c, 0x18, ..] => Self::Lz4Legacy,
            [0x1f, 0x9d, ..] => Self::Compress,
            _ if begins(b"\xff\x06\0\0sNaPpY") => Self::Snappy,
            _ if begins(lzop::MAGIC) => Self::Lzop,
            _ if begins(pbzx::MAGIC) => Self::Pbzx,
            _ if begins(b"Rar!\x1a\x07\0")
                || begins(b"Rar!\x1a\x07\x01\0")
                || begins(b"RE\x7e\x5e") =>
            {
                Self::Rar
            }
            // Followed by four bytes that are kept free.
            _ if begins(b"MSCF\0\0\0\0") => Self::Cab,
            _ if begins(compound::MAGIC) => Self::Compound,
            _ if begins(mac::APPLE_SINGLE) => Self::AppleSingle,
            _ if mac::is_binhex(head) => Self::BinHex,
            _ if sit::is(head) => Self::StuffIt,
            _ if begins(b"hsqs") => Self::SquashFs,
            _ if begins(b"xar!") => Self::Xar,
            _ if begins(b"!<arch>\n") => Self::Ar,
            [0xed, 0xab, 0xee, 0xdb, ..] => Self::Rpm,
            _ if begins(b"070701") || begins(b"070702") || begins(b"070707") => Self::Cpio,
            [0xc7, 0x71, ..] | [0x71, 0xc7, ..] if is_binary_cpio(head) => Self::Cpio,
            [0x60, 0xea, ..] if is_arj(head) => Self::Arj,
            _ if head.get(20..24) == Some(&zoo::MAGIC[..]) => Self::Zoo,
            _ if is_tar(head) => Self::Tar,
            _ if is_lha(head) => Self::Lha,
            [0x1a, ..] if is_arc(head) => Self::Arc,
            [0, ..] if mac::is_macbinary(head) => Self::MacBinary,
            _ if is_lzma(head) => Self::Lzma,
            _ => return None,
        };
        Some(found)
    }

    /// Returns what people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AppleSingle => "applesingle",
            Self::Ar => "ar",
            Self::Arc => "arc",
            Self::Arj => "arj",
            Self::BinHex => "binhex",
            Self::Brotli => "brotli",
            Self::Bzip2 => "bzip2",
            Self::Cab => "cab",
            Self::Compound => "compound",
            Self::Compress => "compress",
            Self::Cpio => "cpio",
            Self::Gzip => "gzip",
            Self::Iso => "iso",
            Self::Lha => "lha",
            Self::Lz4 => "lz4",
            Self::Lz4Legacy => "lz4 legacy",
            Self::Lzip => "lzip",
            Self::Lzma => "lzma",
            Self::Lzop => "lzop",
            Self::MacBinary => "macbinary",
            Self::Msi => "msi",
            Self::Pbzx => "pbzx",
            Self::Rar => "rar",
            Self::Rpm => "rpm",
            Self::SelfExtractor => "self-extractor",
            Self::SevenZip => "7z",
            Self::Snappy => "snappy",
            Self::SquashFs => "squashfs",
            Self::StuffIt => "stuffit",
            Self::Tar => "tar",
            Self::Wim => "wim",
            Self::Xar => "xar",
            Self::Xz => "xz",
            Self::Zip => "zip",
            Self::Zoo => "zoo",
            Self::Zstandard => "zstd",
        }
    }

    /// Returns whether it packs one stream of bytes, and names nothing.
    #[must_use]
    pub fn is_filter(self) -> bool {
        !matches!(
            self,
            Self::AppleSingle
                | Self::Ar
                | Self::Arc
                | Self::Arj
                | Self::BinHex
                | Self::Cab
                | Self::Compound
                | Self::Cpio
                | Self::Iso
                | Self::Lha
                | Self::MacBinary
                | Self::Msi
                | Self::Rar
                | Self::Rpm
                | Self::SelfExtractor
                | Self::SevenZip
                | Self::SquashFs
                | Self::StuffIt
                | Self::Tar
                | Self::Wim
                | Self::Xar
                | Self::Zip
                | Self::Zoo
        )
    }
}

/// Two bytes are little to go by: the main header must have a length that it can have and say what it is, and its checksum
/// must be right where the comment in it is short enough to see.
///
/// Source: R. K. Jung's unarj, unarj.h, of the lengths; what arj 3.10.22 of Debian 12 writes.
fn is_arj(head: &[u8]) -> bool {
    let Some(start) = head.get(..4 + arj::SHORTEST_HEADER) else {
        return false;
    };
    let length = usize::from(u16::from_le_bytes([start[2], start[3]]));
    let has_lengths = (arj::SHORTEST_HEADER..=arj::LONGEST_HEADER).contains(&length)
        && (arj::SHORTEST_HEADER..length).contains(&usize::from(start[4]));
    let is_main = start[10] == 2;
    let sum = head.get(4 + length..8 + length);
    let is_right = |sum: &[u8]| crc32fast::hash(&head[4..4 + length]).to_le_bytes() == *sum;
    has_lengths && is_main && sum.is_none_or(is_right)
}

/// One byte is nothing to go by: the first entry must have a method that there is, a name that can be read and ends, a
/// day, and lengths that fit each other; the next header must be where it says, if that can be seen.
///
/// Source: R. A. Freed, "Technical Information for ARC files", 1986, in arc 5.21q of Debian 12, Arcinfo.
fn is_arc(head: &[u8]) -> bool {
    let Some(header) = head.get(..25) else {
        return false;
    };
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let long = |at: &[u8]| u32::from_le_bytes([at[0], at[1], at[2], at[3]]);
    let method = header[1];
    let name = &header[2..15];
    let end = name.iter().position(|it| *it == 0).unwrap_or(0);
    let is_name = end > 0 && !name[..end].iter().any(u8::is_ascii_control);
    let packed = long(&header[15..19]);
    let fits = match (method, head.get(25..29)) {
        (1, _) => true,
        (2, Some(size)) => long(size) == packed,
        (_, Some(size)) => long(size) <= i32::MAX as u32,
        (_, None) => false,
    };
    let length = if method == 1 { 25 } else { 29 };
    let next = head.get(length + packed as usize);
    (1..=11).contains(&method)
        && is_name
        && (word(19) == 0 || times::is_day(word(19)))
        && packed <= i32::MAX as u32
        && fits
        && next.is_none_or(|it| *it == 0x1a)
        && !is_terminal(head)
}

/// What a terminal can do, compiled, begins as an entry of ARC's first version does. The length of its names stands in it,
/// and they end in NUL.
///
/// Source: term(5) of ncurses 6.4.
fn is_terminal(head: &[u8]) -> bool {
    let [0x1a, 1, low, high, ..] = head else {
        return false;
    };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let names = head.get(12..12 + length).and_then(<[u8]>::split_last);
    names.is_some_and(|(end, names)| *end == 0 && !names.iter().any(u8::is_ascii_control))
}

/// The sum over the bytes of the header stands in it. A block of nothing but zeros is no header.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; v7 has the sum in the same place.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512) else {
        return false;
    };
    let stored = &block[148..156];
    let Some(sum) = octal(stored) else {
        return false;
    };
    let plain = |byte: u8| u32::from(byte);
    // Some old writers summed signed bytes.
    let signed = |byte: u8| byte.cast_signed();
    let others = || block[..148].iter().chain(&block[156..]).copied();
    let unsigned_sum: u32 = others().map(plain).sum::<u32>() + 8 * 32;
    let signed_sum: i32 = others().map(|it| i32::from(signed(it))).sum::<i32>() + 8 * 32;
    sum != 8 * 32 && (u64::from(unsigned_sum) == sum || i64::from(signed_sum) == sum.cast_signed())
}

/// Octal digits with spaces before and a space or NUL after.
fn octal(field: &[u8]) -> Option<u64> {
    let text = field.trim_ascii_start();
    let end = text.iter().position(|it| !(b'0'..=b'7').contains(it));
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let is_whole = !digits.is_empty() && rest.iter().all(|it| matches!(it, b' ' | 0));
    let value = digits
        .iter()
        .fold(0, |sum, it| sum * 8 + u64::from(it - b'0'));
    is_whole.then_some(value)
}

/// Two bytes are little to go by: the name must have a length that fits, and end in NUL.
fn is_binary_cpio(head: &[u8]) -> bool {
    let Some(header) = head.get(..26) else {
        return false;
    };
    let is_little = header[0] == 0xc7;
    let word = |at: usize| {
        let pair = [header[at], header[at + 1]];
        match is_little {
            true => u16::from_le_bytes(pair),
            false => u16::from_be_bytes(pair),
        }
    };
    let length = usize::from(word(20));
    length > 1 && head.get(25 + length) == Some(&0)
}

/// LZMA alone has no magic. Its properties, a dictionary of a size that encoders make, and a size that is unknown or
/// below 256 GiB, as xz tells it.
///
/// Source: xz 5.4, src/liblzma/common/alone_decoder.c.
fn is_lzma(head: &[u8]) -> bool {
    let Some(header) = head.get(..13) else {
        return false;
    };
    let dictionary = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    let mut size = [0; 8];
    size.copy_from_slice(&header[5..13]);
    let size = u64::from_le_bytes(size);
    let is_round = |size: u32| {
        size.count_ones() == 1 || (size / 3).count_ones() == 1 && size.is_multiple_of(3)
    };
    header[0] < 225
        // lc + lp is at most four.
        && header[0] % 9 + header[0] / 9 % 5 <= 4
        && dictionary >= 1 << 12
        && (dictionary == u32::MAX || is_round(dictionary))
        && (size == u64::MAX || size < 1 << 38)
        // The first byte of the range coder is always zero.
        && head.get(13) == Some(&0)
}

/// The method stands behind two bytes; its level far behind it.
///
/// Source: the header notes of LHa for UNIX 1.14i.
fn is_lha(head: &[u8]) -> bool {
    let is_method = |method: &[u8]| {
        matches!(
            method,
            [
                b'-',
                b'l',
                b'h' | b'z',
                b'0'..=b'9' | b'd' | b'x' | b's',
                b'-'
            ]
        ) || matches!(method, [b'-', b'p', b'm', b'0'..=b'2', b'-'])
    };
    head.get(2..7).is_some_and(is_method) && head.get(20).is_some_and(|it| *it <= 3)
}
