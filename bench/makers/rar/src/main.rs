//! `candor-rar OUT FOLDER VERSION [store] [solid] [headers] [password=WORD] [volume=BYTES part=NUMBER]`
#![forbid(unsafe_code)]

use std::{error::Error, fs, path::Path};

use rars::{ArchiveVersion, Builder};

fn main() -> Result<(), Box<dyn Error>> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let [out, folder, version, options @ ..] = &all[..] else {
        return Err("give OUT FOLDER VERSION".into());
    };
    let version = match version.as_str() {
        "14" => ArchiveVersion::Rar14,
        "15" => ArchiveVersion::Rar15,
        "20" => ArchiveVersion::Rar20,
        "29" => ArchiveVersion::Rar29,
        "40" => ArchiveVersion::Rar40,
        "50" => ArchiveVersion::Rar50,
        "70" => ArchiveVersion::Rar70,
        other => return Err(format!("{other} is no version").into()),
    };
    let has = |what: &str| options.iter().any(|it| it == what);
    let value = |what: &str| options.iter().find_map(|it| it.strip_prefix(what));
    let password = value("password=").map(|it| it.as_bytes().to_vec());
    let volume = value("volume=").map(str::parse).transpose()?;
    let mut builder = Builder::new(version)
        .store(has("store"))
        .solid(has("solid"))
        .header_encryption(has("headers"))
        .password(password)
        .volume_size(volume);
    let folder = Path::new(folder);
    add(&mut builder, folder, folder)?;
    let archive = match value("part=").map(str::parse::<usize>).transpose()? {
        None => builder.to_bytes()?,
        Some(part) => {
            let parts = builder.build_volumes(None)?;
            let part = parts.into_iter().nth(part - 1);
            part.ok_or("there are not so many parts")?
        }
    };
    Ok(fs::write(out, archive)?)
}

fn add(builder: &mut Builder, below: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<Result<_, std::io::Error>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add(builder, below, &path)?;
            continue;
        }
        let name = path.strip_prefix(below)?.to_string_lossy().into_owned();
        builder.add_bytes(name.into_bytes(), fs::read(&path)?, None, None)?;
    }
    Ok(())
}
