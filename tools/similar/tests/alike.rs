//! Pictures of a made-up disk: which look alike, and what is said of those that cannot be decoded.
#![expect(clippy::unwrap_used, reason = "in a test, also in what it calls")]

use std::{fs, path::PathBuf};

use candor_similar::{Options, USUAL_DISTANCE, look};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops::FilterType};
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

    fn save(&self, name: &str, picture: &DynamicImage) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // JPEG knows no more than three colours.
        picture.to_rgb8().save(path).unwrap();
    }

    fn outcome(&self, distance: u8, private: &[PathBuf]) -> Outcome {
        outcome_of(std::slice::from_ref(&self.root), distance, private)
    }

    fn groups(&self, distance: u8) -> Vec<Vec<String>> {
        let data = fixture::data(&self.outcome(distance, &[]));
        let name = |it: &Value| {
            let path = PathBuf::from(it["path"].as_str().unwrap());
            path.strip_prefix(&self.root).unwrap().display().to_string()
        };
        let groups = data["groups"].as_array().unwrap().iter();
        let pictures = groups.map(|it| it["pictures"].as_array().unwrap());
        pictures
            .map(|it| {
                let mut names: Vec<String> = it.iter().map(name).collect();
                names.sort();
                names
            })
            .collect()
    }
}

fn outcome_of(roots: &[PathBuf], distance: u8, private: &[PathBuf]) -> Outcome {
    let watch = Watch::new(&|_| {});
    let scope = Scope {
        roots: roots.to_vec(),
        ..Scope::default()
    };
    let forest = walk(&scope, &watch);
    let options = Options {
        distance,
        threads: Some(2),
        private: Below::of(&forest, private),
    };
    fixture::whole(|lists| look(&forest, &options, &watch, lists))
}

/// A picture of some soft spots of colour, another for each seed.
fn picture(seed: u64) -> DynamicImage {
    let spots = fixture::Content::new(seed).bytes(25);
    let shade = |x: u32, y: u32, colour: usize| {
        let spot = |it: &[u8]| {
            let (across, down) = (
                x as f32 - f32::from(it[0]),
                y as f32 * 1.3 - f32::from(it[1]),
            );
            let wide = 300.0 + 20.0 * f32::from(it[2]);
            f32::from(it[2 + colour % 3]) * (-(across * across + down * down) / wide).exp()
        };
        spots.chunks_exact(5).map(spot).sum::<f32>().min(255.0) as u8
    };
    let pixel = |x, y| Rgb([shade(x, y, 0), shade(x, y, 1), shade(x, y, 2)]);
    RgbImage::from_fn(256, 192, pixel).into()
}

#[test]
fn a_picture_smaller_turned_mirrored_or_in_another_format_looks_alike() {
    let world = World::new();
    let it = picture(1);
    let smaller = it.resize(90, 90, FilterType::Lanczos3);
    for (name, picture) in [
        ("cat.png", &it),
        ("cat.jpg", &it),
        ("cat.webp", &it),
        ("cat.bmp", &it),
        ("cat.tiff", &it),
        ("small.JPEG", &smaller),
        ("turned.png", &it.rotate90()),
        ("on its head.jpg", &it.rotate180()),
        ("turned back.png", &smaller.rotate270()),
        ("mirrored.png", &it.fliph()),
        ("mirrored and turned.jpg", &it.fliph().rotate90()),
        ("brighter.png", &it.brighten(12)),
        ("other.png", &picture(2)),
        ("another.jpg", &picture(3)),
    ] {
        world.save(name, picture);
    }
    let groups = world.groups(USUAL_DISTANCE);
    assert_eq!(groups.len(), 1, "{groups:?}");
    assert_eq!(groups[0].len(), 12, "{groups:?}");
    assert!(!groups[0].iter().any(|it| it.contains("other")));
}

/// A soft picture of few colours is all dots: more bits of it change.
#[test]
fn few_colours_take_more_distance() {
    let world = World::new();
    world.save("cat.png", &picture(1));
    world.save("cat.gif", &picture(1));
    let data = fixture::data(&world.outcome(14, &[]));
    assert_eq!(data["groups"].as_array().unwrap().len(), 1);
    let distance = data["groups"][0]["pictures"][1]["distance"]
        .as_u64()
        .unwrap();
    assert!((7..=14).contains(&distance), "{distance}");
}

#[test]
fn forty_other_pictures_do_not() {
    let world = World::new();
    for seed in 0..40 {
        world.save(&format!("{seed}.png"), &picture(seed));
    }
    assert_eq!(world.groups(USUAL_DISTANCE), [[""; 0]; 0]);
    assert_eq!(world.groups(0), [[""; 0]; 0]);
}

#[test]
fn what_cannot_be_decoded_is_said_and_the_rest_goes_on() {
    let world = World::new();
    for name in ["a.png", "b.jpg", "private/c.png"] {
        world.save(name, &picture(1));
    }
    world.save(
        "plain.png",
        &RgbImage::from_pixel(64, 64, Rgb([7, 7, 7])).into(),
    );
    fs::hard_link(world.root.join("a.png"), world.root.join("a again.png")).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(2).write_to(&mut bytes, ImageFormat::Png).unwrap();
    fs::write(world.root.join("cut off.png"), &bytes.get_ref()[..200]).unwrap();
    fs::write(world.root.join("text.png"), "no picture").unwrap();
    fs::write(world.root.join("empty.png"), "").unwrap();
    std::os::unix::fs::symlink("a.png", world.root.join("link.png")).unwrap();
    let outcome = world.outcome(USUAL_DISTANCE, &[world.root.join("private")]);
    let data = fixture::data(&outcome);
    let figures = ["pictures", "plain", "pictures_private"].map(|it| data[it].as_u64().unwrap());
    assert_eq!(figures, [3, 1, 1]);
    let group = data["groups"][0]["pictures"].as_array().unwrap();
    assert_eq!(
        (data["groups"].as_array().unwrap().len(), group.len()),
        (1, 2)
    );
    let skipped: Vec<_> = outcome
        .skipped
        .iter()
        .map(|it| it.path.0.file_name().unwrap())
        .collect();
    assert_eq!(skipped, ["cut off.png", "text.png"]);
}

#[test]
fn it_keeps_what_every_tool_keeps() {
    fixture::suite(|machine: &Machine| {
        assert_ne!(machine.now, Moment(1));
        let homes: Vec<PathBuf> = machine.people.iter().map(|it| it.home.clone()).collect();
        outcome_of(&homes, USUAL_DISTANCE, &[])
    });
}
