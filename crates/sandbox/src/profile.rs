//! The same rights as a macOS sandbox profile.

use std::{fmt::Write as _, path::Path};

use crate::Rights;

/// Returns the rights as a profile for the macOS sandbox, in its own language (SBPL).
///
/// Everything is denied that is not named; `system.sb` adds what any process needs to run. A
/// path that is not UTF-8 cannot be written in this language and is left out, which denies it.
/// The text is not enforced by this version: see [`confine`](crate::confine).
///
/// Source: `sandbox-exec(1)` and `/System/Library/Sandbox/Profiles` of macOS; the same forms
/// stand in Chromium's `sandbox/policy/mac/common.sb` (both looked up 2026-11).
#[must_use]
pub fn profile_text(rights: &Rights) -> String {
    let mut text = String::from(
        "(version 1)\n(deny default)\n(import \"system.sb\")\n\
         (deny network*)\n(deny process-fork)\n(deny process-exec*)\n(deny mach-lookup)\n\
         (deny signal (target others))\n",
    );
    // Metadata stays open, as it is under Landlock.
    text.push_str("(allow file-read-metadata)\n");
    for path in &rights.list {
        push_rule(&mut text, "file-read-data", path, "(vnode-type DIRECTORY)");
    }
    for path in &rights.read {
        push_rule(&mut text, "file-read*", path, "");
    }
    for path in &rights.write {
        push_rule(&mut text, "file-read* file-write*", path, "");
    }
    for port in &rights.connect {
        let _ = writeln!(text, "(allow network-outbound (remote tcp \"*:{port}\"))");
    }
    if !rights.connect.is_empty() {
        // Names are resolved by a system process there.
        text.push_str("(allow mach-lookup (global-name \"com.apple.dnssd.service\"))\n");
        text.push_str("(allow network-outbound (literal \"/private/var/run/mDNSResponder\"))\n");
    }
    text
}

fn push_rule(text: &mut String, what: &str, path: &Path, kind: &str) {
    let Some(path) = path.to_str() else { return };
    let mut quoted = String::with_capacity(path.len());
    for c in path.chars() {
        // A quote in a folder's name must not end the string and add a rule of its own.
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    let _ = match kind {
        "" => writeln!(text, "(allow {what} (subpath \"{quoted}\"))"),
        kind => writeln!(
            text,
            "(allow {what} (require-all (subpath \"{quoted}\") {kind}))"
        ),
    };
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    use super::*;

    #[test]
    fn a_reader_gets_its_paths_and_no_network() {
        let rights = Rights {
            list: vec!["/Users/ada".into()],
            read: vec!["/Users/ada/Library/Safari/History.db".into()],
            ..Rights::default()
        };
        let expected = "\
(version 1)
(deny default)
(import \"system.sb\")
(deny network*)
(deny process-fork)
(deny process-exec*)
(deny mach-lookup)
(deny signal (target others))
(allow file-read-metadata)
(allow file-read-data (require-all (subpath \"/Users/ada\") (vnode-type DIRECTORY)))
(allow file-read* (subpath \"/Users/ada/Library/Safari/History.db\"))
";
        assert_eq!(profile_text(&rights), expected);
    }

    #[test]
    fn a_client_may_connect_to_its_ports_and_resolve_names() {
        let rights = Rights {
            write: vec!["/Users/ada/.local/state/candor".into()],
            connect: vec![443],
            ..Rights::default()
        };
        let text = profile_text(&rights);
        assert!(text.contains("(deny network*)"), "{text}");
        assert!(text.contains("(remote tcp \"*:443\")"), "{text}");
        assert!(!text.contains("network-inbound"), "{text}");
    }

    #[test]
    fn a_folder_name_cannot_add_a_rule() {
        let hostile = "/Users/x\")) (allow network*) (allow file-read* (subpath \"/\\";
        let rights = Rights {
            read: vec![hostile.into()],
            ..Rights::default()
        };
        let text = profile_text(&rights);
        assert!(text.ends_with(
            "(subpath \"/Users/x\\\")) (allow network*) (allow file-read* (subpath \\\"/\\\\\"))\n"
        ));
    }

    #[test]
    fn what_cannot_be_written_is_denied() {
        let odd = OsString::from_vec(b"/\xff".to_vec()).into();
        let rights = Rights {
            read: vec![odd],
            ..Rights::default()
        };
        assert_eq!(profile_text(&rights), profile_text(&Rights::default()));
    }
}
