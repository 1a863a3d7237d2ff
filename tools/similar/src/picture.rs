//! From the bytes of a file to a very small grey picture. Bytes are hostile: whatever they are, the answer
//! is a picture or a reason.

use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
};

use image::{DynamicImage, ImageDecoder, ImageReader, Limits, imageops::FilterType};

use crate::{files::ends_in, print::SIDE};

/// Pictures of more pixels are left out: decoding one takes four bytes for each, and time.
pub const MOST_PIXELS: u64 = 80_000_000;
/// Longer files are left out.
pub const MOST_BYTES: u64 = 512 << 20;
/// What a decoder may take of memory.
const MOST_MEMORY: u64 = 640 << 20;

/// A picture made small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Small {
    /// Its width and height before.
    pub size: (u32, u32),
    /// 32 times 32 shades of grey, row by row.
    pub greys: Vec<u8>,
}

/// Why a file gives no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPicture {
    /// It is none of a kind that is known, whatever its name says.
    Unknown,
    /// It has too many pixels.
    TooLarge,
    /// It cannot be decoded.
    Damaged(String),
}

/// Decodes a picture and makes it small. The first picture of several in a file counts.
///
/// A decoder that gives up by panicking is caught here: such a file is damaged, and no other is lost by it.
///
/// # Errors
/// [`NoPicture`].
pub fn small(bytes: impl Read + Seek) -> Result<Small, NoPicture> {
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(BufReader::new(bytes))));
    decoded.unwrap_or_else(|_| Err(NoPicture::Damaged("its decoder gave up".to_owned())))
}

fn decode(bytes: BufReader<impl Read + Seek>) -> Result<Small, NoPicture> {
    let damaged = |error: &dyn std::fmt::Display| NoPicture::Damaged(error.to_string());
    let mut reader = ImageReader::new(bytes)
        .with_guessed_format()
        .map_err(|error| damaged(&error))?;
    if reader.format().is_none() {
        return Err(NoPicture::Unknown);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| failed(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(NoPicture::TooLarge);
    }
    // Which way up the camera was held is written beside the picture; every way is compared anyhow.
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    decoder.set_limits(limits).map_err(|error| failed(&error))?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| failed(&error))?;
    let side = u32::try_from(SIDE).unwrap_or(u32::MAX);
    // Each small pixel is the mean of those it stands for; what is smaller is drawn larger.
    let small = match width >= side && height >= side {
        true => picture.thumbnail_exact(side, side),
        false => picture.resize_exact(side, side, FilterType::Triangle),
    };
    Ok(Small {
        size: (width, height),
        greys: small.into_luma_alpha8().pixels().map(on_white).collect(),
    })
}

/// Lays a pixel on white paper: what is clear shows no colour, whatever colour is stored for it.
fn on_white(pixel: &image::LumaA<u8>) -> u8 {
    let [grey, opaque] = pixel.0.map(u32::from);
    // At most 255.
    ((grey * opaque + 255 * (255 - opaque)) / 255) as u8
}

fn failed(error: &image::ImageError) -> NoPicture {
    use image::ImageError::{Limits, Unsupported};
    match error {
        Limits(_) => NoPicture::TooLarge,
        Unsupported(_) => NoPicture::Unknown,
        error => NoPicture::Damaged(error.to_string()),
    }
}

/// Names of pictures end so.
const ENDINGS: [&str; 10] = [
    "bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp",
];

/// Returns whether a name says that a file is a picture of a kind that is decoded.
pub(crate) fn is_picture(name: &[u8]) -> bool {
    ends_in(name, &ENDINGS)
}

/// Decodes an open file.
pub(crate) fn of_file(file: &File) -> Result<Small, NoPicture> {
    small(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn names_tell_pictures_in_any_case() {
        for name in ["a.jpg", "A.JPEG", "b.WebP", ".png", "c.x.tiff"] {
            assert!(is_picture(name.as_bytes()), "{name}");
        }
        for name in ["jpg", "a.jp", "a.jpg.txt", "", "a.", "a.svg"] {
            assert!(!is_picture(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_size_that_no_memory_holds_is_too_large_and_nothing_is_taken() {
        // The head of a bitmap of 60,000 by 60,000.
        let mut bytes = b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bytes.extend(60_000_u32.to_le_bytes());
        bytes.extend(60_000_u32.to_le_bytes());
        bytes.extend([1, 0, 24, 0]);
        bytes.extend([0; 24]);
        assert_eq!(small(Cursor::new(bytes)), Err(NoPicture::TooLarge));
        assert_eq!(small(Cursor::new(b"no picture")), Err(NoPicture::Unknown));
    }

    fn encoded(format: image::ImageFormat) -> Vec<u8> {
        let picture =
            image::RgbImage::from_fn(40, 50, |x, y| image::Rgb([x as u8 * 6, y as u8 * 5, 9]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
        #[test]
        fn no_bytes_make_it_panic(
            format in 0..6_usize, at in 0..4000_usize, byte: u8, more in 0..400_usize, length in 0..4000_usize,
        ) {
            use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
            let mut bytes = encoded([Bmp, Gif, Jpeg, Png, Tiff, WebP][format]);
            for at in [at, at + more] {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            let length = bytes.len() - length % bytes.len() / 2;
            bytes.truncate(length);
            let _ = small(Cursor::new(bytes));
        }
    }
}
