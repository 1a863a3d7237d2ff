//! What may stand in the braces of a pattern.

use super::{is_general, is_shared_id};

/// A kind of name that an application has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The identifier of a macOS application: `org.videolan.vlc`.
    Bundle,
    /// The identifier of a freedesktop.org application: `org.gnome.Maps`.
    Desktop,
    /// The name of a file that is the application, or belongs to it by what it says.
    File,
    /// The identifier of a flatpak, which is formed like one of the desktop.
    Flatpak,
    /// The name of a folder that a group of applications of one maker shares on macOS.
    Group,
    /// What an application calls itself: `Slack`, `gimp`.
    Name,
    /// The name of a snap: `spotify`.
    Snap,
    /// 32 hexadecimal digits in five groups.
    Uuid,
    /// What a maker calls itself: `JetBrains`.
    Vendor,
}

impl Key {
    /// Returns the kind of name that a pattern means by a word in braces.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "bundle" => Self::Bundle,
            "desktop" => Self::Desktop,
            "file" => Self::File,
            "flatpak" => Self::Flatpak,
            "group" => Self::Group,
            "name" => Self::Name,
            "snap" => Self::Snap,
            "uuid" => Self::Uuid,
            "vendor" => Self::Vendor,
            _ => return None,
        })
    }

    /// Returns whether a text can be such a name: never an empty one, never one that says nothing.
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Bundle => is_bundle_id(text) && !is_shared_id(text),
            Self::Desktop | Self::Flatpak => {
                is_bundle_id(text) && text.split('.').count() >= 3 && !is_shared_id(text)
            }
            Self::File | Self::Vendor => is_plain(text) && !text.starts_with('.'),
            Self::Group => text
                .split_once('.')
                .is_some_and(|(_, rest)| Self::Bundle.accepts(rest)),
            Self::Name => is_plain(text) && !text.starts_with('.') && !is_general(text),
            Self::Snap => is_snap(text) && !is_general(text),
            Self::Uuid => is_uuid(text),
        }
    }
}

/// At least two parts of letters, digits, `-` and `_`, the first of letters.
///
/// Source: developer.apple.com, CFBundleIdentifier, read 2026-11-25; D-Bus Specification 0.43, names.
fn is_bundle_id(text: &str) -> bool {
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !part.is_empty() && part.chars().all(plain)
    };
    let first = text.split('.').next().unwrap_or_default();
    text.len() <= 155
        && first.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.split('.').count() >= 2
        && text.split('.').all(part)
}

/// Small letters, digits and `-`, with at least one letter.
///
/// Source: snapcraft.io/docs, naming a snap, read 2026-11-25.
fn is_snap(text: &str) -> bool {
    text.len() <= 40
        && text.chars().any(|c| c.is_ascii_lowercase())
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

fn is_uuid(text: &str) -> bool {
    let groups = [8, 4, 4, 4, 12];
    text.split('-').count() == groups.len()
        && text.split('-').zip(groups).all(|(group, length)| {
            group.len() == length && group.chars().all(|c| c.is_ascii_hexdigit())
        })
}

/// One name of a folder: no separator, nothing that can leave the folder, no blank at its ends.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text != "."
        && text != ".."
        && text.trim() == text
        && !text.contains(['/', '\0'])
        && !text.chars().any(char::is_control)
}
