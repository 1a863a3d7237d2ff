//! The options of `candor similar`.

use std::path::PathBuf;

use clap::Args;

use super::Shared;

#[derive(Args, Debug)]
pub(crate) struct Similar {
    /// Files and folders whose pictures, or recordings, are compared
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// In how many of 64 bits two pictures may differ: 0 for almost the same, 12 for faintly alike
    #[arg(long, value_name = "BITS", default_value_t = ::similar::USUAL_DISTANCE, value_parser = clap::value_parser!(u8).range(0..=20))]
    pub(crate) distance: u8,
    /// Compare recordings instead of pictures, by how their first two minutes sound: MP3, AAC, ALAC, FLAC, Ogg
    /// Vorbis, WAV, AIFF. No picture is opened then
    #[arg(long, conflicts_with = "distance")]
    pub(crate) recordings: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
}
