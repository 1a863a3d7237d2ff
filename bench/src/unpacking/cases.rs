//! What is measured: each case is an input, a command that packs it, and what is asked of candor.

use std::fmt;

use clap::ValueEnum;

use super::inputs::Input;

/// A case of `candor-bench unpack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// Zip with Deflate, many files
    Zip,
    /// Zip without compression, many files
    ZipStored,
    /// Tar without compression, many files
    Tar,
    /// Tar in one gzip member
    TarGz,
    /// Tar in many gzip members
    TarGzMembers,
    /// Tar in bzip2
    TarBz2,
    /// Tar in xz, one block
    TarXz,
    /// Tar in xz, a block for each 4 MiB
    TarXzBlocks,
    /// Tar in Zstandard
    TarZst,
    /// 7z in one solid block
    #[value(name = "7z")]
    SevenZip,
    /// 7z in several blocks
    #[value(name = "7z-blocks")]
    SevenZipBlocks,
    /// One large text in a zip
    TextZip,
    /// One large text in gzip
    TextGz,
    /// One large text in Zstandard
    TextZst,
    /// Programs and data in a zip
    BinariesZip,
    /// Programs and data in a 7z
    #[value(name = "binaries-7z")]
    Binaries7z,
    /// Test a zip of many files
    TestZip,
    /// List a zip of very many entries
    ListZip,
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no case is skipped");
        out.write_str(value.get_name())
    }
}

/// Returns the cases to measure, each once, in the order of the help; all when none is named.
pub(crate) fn wanted(named: &[Case]) -> impl Iterator<Item = Case> {
    let is_wanted = move |case: &Case| named.is_empty() || named.contains(case);
    Case::value_variants().iter().copied().filter(is_wanted)
}

/// What programs are asked to do with an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Unpack,
    Test,
    List,
}

/// All that a case is.
pub(crate) struct Recipe {
    pub(crate) about: &'static str,
    pub(crate) input: Input,
    /// The archive's name, which says what it is.
    pub(crate) file: &'static str,
    /// Packs the folder it is run in into `$OUT`; run by sh.
    pub(crate) command: &'static str,
    pub(crate) act: Act,
    /// How many times as quick as a peer candor should be.
    pub(crate) targets: &'static [(&'static str, f64)],
    /// How many seconds it may take at full scale.
    pub(crate) seconds: Option<f64>,
    /// Bytes of what a decoder must remember.
    pub(crate) dictionary: u64,
}

/// In [`Recipe::targets`]: whoever is quickest.
pub(crate) const QUICKEST: &str = "";

const MIB: u64 = 1 << 20;

/// The tar that is packed further, to stdout.
macro_rules! tar {
    ($rest:literal) => {
        concat!(
            "tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner --format=gnu -cf - . ",
            $rest
        )
    };
}

impl Case {
    /// Returns what this case is.
    pub(crate) fn recipe(self) -> Recipe {
        let many = |file, command, targets, dictionary| Recipe {
            about: "Files like a source tree.",
            input: Input::Source,
            file,
            command,
            act: Act::Unpack,
            targets,
            seconds: None,
            dictionary,
        };
        let one = |input, file, command, dictionary| Recipe {
            about: match input {
                Input::Text => "One text.",
                _ => "Programs and data.",
            },
            input,
            ..many(file, command, &[], dictionary)
        };
        match self {
            Self::Zip => many(
                "source.zip",
                "zip -qrX $OUT .",
                &[(QUICKEST, 1.5), ("unar", 2.5)],
                0,
            ),
            Self::ZipStored => many("stored.zip", "zip -qrX -0 $OUT .", &[(QUICKEST, 1.5)], 0),
            Self::Tar => many("plain.tar", tar!("> $OUT"), &[(QUICKEST, 1.5)], 0),
            Self::TarGz => many(
                "source.tar.gz",
                tar!("| gzip -n > $OUT"),
                &[(QUICKEST, 1.3), ("unar", 2.0)],
                0,
            ),
            Self::TarGzMembers => many(
                "members.tar.gz",
                tar!("| split -b 1M --filter='gzip -n' > $OUT"),
                &[(QUICKEST, 1.5)],
                0,
            ),
            Self::TarBz2 => many(
                "source.tar.bz2",
                tar!("| bzip2 > $OUT"),
                &[("bsdtar", 1.5), ("unar", 1.5), ("7zz", 0.95)],
                0,
            ),
            Self::TarXz => many(
                "source.tar.xz",
                tar!("| xz -T1 > $OUT"),
                &[(QUICKEST, 0.9)],
                8 * MIB,
            ),
            Self::TarXzBlocks => many(
                "blocks.tar.xz",
                tar!("| xz -T2 --block-size=4MiB > $OUT"),
                &[("bsdtar", 1.5), ("unar", 1.5), ("7zz", 0.95)],
                8 * MIB,
            ),
            Self::TarZst => many(
                "source.tar.zst",
                tar!("| zstd -q > $OUT"),
                &[("bsdtar", 0.95), ("zstd | tar", 0.95)],
                8 * MIB,
            ),
            Self::SevenZip => many(
                "source.7z",
                "7zz a -bso0 -bsp0 -md=16m -ms=on $OUT .",
                &[("7zz", 0.9), ("unar", 1.5)],
                16 * MIB,
            ),
            Self::SevenZipBlocks => many(
                "blocks.7z",
                "7zz a -bso0 -bsp0 -md=4m -ms=8m $OUT .",
                &[("7zz", 0.9), ("unar", 1.5)],
                4 * MIB,
            ),
            Self::TextZip => one(Input::Text, "text.zip", "zip -qrX $OUT .", 0),
            Self::TextGz => one(Input::Text, "text.txt.gz", "gzip -nc text.txt > $OUT", 0),
            Self::TextZst => one(
                Input::Text,
                "text.txt.zst",
                "zstd -qc text.txt > $OUT",
                8 * MIB,
            ),
            Self::BinariesZip => one(Input::Binaries, "binaries.zip", "zip -qrX $OUT .", 0),
            Self::Binaries7z => one(
                Input::Binaries,
                "binaries.7z",
                "7zz a -bso0 -bsp0 -md=16m $OUT .",
                16 * MIB,
            ),
            Self::TestZip => Recipe {
                act: Act::Test,
                targets: &[("7zz", 1.5)],
                ..Self::Zip.recipe()
            },
            Self::ListZip => Recipe {
                about: "Very many small files.",
                input: Input::Entries,
                act: Act::List,
                seconds: Some(0.15),
                ..many("entries.zip", "zip -qrX $OUT .", &[], 0)
            },
        }
    }
}

/// What the name of each entry of [`Input::Entries`] begins with.
pub(crate) const ENTRY: &str = "entry-";

/// Returns how many entries a listing names.
pub(crate) fn entries_in(listing: &[u8]) -> usize {
    let mark = ENTRY.as_bytes();
    listing.windows(mark.len()).filter(|it| *it == mark).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cases_share_an_archive_only_when_they_pack_it_alike() {
        let recipes: Vec<Recipe> = wanted(&[]).map(Case::recipe).collect();
        for one in &recipes {
            for other in recipes.iter().filter(|it| it.file == one.file) {
                assert_eq!(one.command, other.command);
            }
            assert!(one.command.contains("$OUT"), "{}", one.command);
        }
    }

    #[test]
    fn entries_are_counted_wherever_they_stand() {
        assert_eq!(entries_in(b"a/entry-1 12\nb/entry-2\nentr"), 2);
        assert_eq!(entries_in(b""), 0);
    }
}
