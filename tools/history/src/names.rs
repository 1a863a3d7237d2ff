//! What a person calls the profiles of a browser.

use std::{collections::HashMap, path::Path};

use formats::{ini, local_state};
use knowledge::browsers::Engine;
use tool::{Skipped, Why};

use crate::{discover::Profile, engines::safari};

/// Returns the names of profiles by their folders below the browser's, as the file beside them
/// has them, and what could not be read or lies elsewhere.
pub(crate) fn names(profile: &Profile) -> (HashMap<String, String>, Vec<Skipped>) {
    let Some(file) = &profile.names else {
        return (HashMap::new(), Vec::new());
    };
    let path = file.0.as_path();
    let read = match profile.engine {
        Engine::Chromium => local_state::read(path)
            .map(|names| (names.into_iter().collect(), Vec::new()))
            .map_err(|error| words(&error)),
        Engine::Firefox => ini::read(path)
            .map(|ini| of_ini(&ini))
            .map_err(|error| words(&error)),
        Engine::Safari => safari::profile_names(path)
            .map(|names| {
                let folder = |(id, name)| (format!("Profiles/{id}"), name);
                (names.into_iter().map(folder).collect(), Vec::new())
            })
            .map_err(|error| words(&error)),
        _ => Ok((HashMap::new(), Vec::new())),
    };
    read.unwrap_or_else(|detail| {
        (
            HashMap::new(),
            vec![Skipped::new(path, Why::Failed { detail })],
        )
    })
}

/// Writes an error and what caused it in one line.
pub(crate) fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

/// Source: mozilla-central toolkit/profile/nsToolkitProfileService.cpp (2026-11).
fn of_ini(ini: &ini::Ini) -> (HashMap<String, String>, Vec<Skipped>) {
    let (mut names, mut elsewhere) = (HashMap::new(), Vec::new());
    for section in ini
        .sections()
        .iter()
        .filter(|section| section.name().starts_with("Profile"))
    {
        let (Some(path), Some(name)) = (section.get("Path"), section.get("Name")) else {
            continue;
        };
        if section.get("IsRelative") == Some("0") {
            let detail = format!("the profile \"{name}\" lies outside the browser's own folder");
            elsewhere.push(Skipped::new(Path::new(path), Why::Unsupported { detail }));
        } else {
            names.insert(path.to_owned(), name.to_owned());
        }
    }
    (names, elsewhere)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_outside_the_folder_are_said_to_be_there() {
        let text = "[Profile1]\nName=work\nIsRelative=1\nPath=abcd.work\n\n\
                    [Profile0]\nName=far\nIsRelative=0\nPath=/mnt/far\n\n[General]\nVersion=2\n";
        let (names, elsewhere) = of_ini(&ini::parse(text.as_bytes()).unwrap());
        assert_eq!(names, HashMap::from([("abcd.work".into(), "work".into())]));
        assert_eq!(elsewhere.len(), 1);
        assert_eq!(elsewhere[0].path.0, Path::new("/mnt/far"));
    }
}
