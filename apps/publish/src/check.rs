//! `candor-publish check`: what a device would find.

use std::path::PathBuf;

use wire::note::Verifier;

use crate::{
    Failure, describe, pack,
    release::lists,
    web::{Web, blob_of},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The folder that the web server gives out
    web: PathBuf,
    /// What checks the publisher's signatures, as `candor-publish key` printed it
    key: Verifier,
}

impl Check {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let web = Web::at(&self.web)?;
        let Some(release) = web.newest(&self.key)? else {
            let what = format!("there is no release in `{}`", self.web.display());
            return Err(Failure::new(what, "make one with `candor-publish release`"));
        };
        let description = web.blob(&release.description)?;
        let text = String::from_utf8_lossy(&description);
        let sources = describe::read(&text, &self.web.join(release.description.path()))?;
        let mut whole = std::collections::BTreeSet::new();
        for file in &release.files {
            let plain = pack::unpack(&web.blob(&file.packed)?);
            match plain.is_ok_and(|plain| blob_of(&plain) == file.plain) {
                true => whole.insert(file.plain.sha256),
                false => {
                    let what = format!("`{}` does not become its list", file.packed.path());
                    return Err(Failure::new(
                        what,
                        "make the release anew under the next version",
                    ));
                }
            };
        }
        for delta in &release.deltas {
            web.blob(&delta.packed)?;
        }
        for listed in &sources.lists {
            if !describe::published(listed).is_some_and(|it| whole.contains(&it)) {
                let what = format!("the list `{}` is not in the release", listed.facts.id);
                return Err(Failure::new(
                    what,
                    "make the release anew under the next version",
                ));
            }
        }
        println!(
            "version {}: {}, {} deltas, all there and right",
            release.version,
            lists(&release),
            release.deltas.len()
        );
        Ok(())
    }
}
