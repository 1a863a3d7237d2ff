//! What a worker may open.

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

/// The paths a worker may open, and how. Everything else is closed to it.
///
/// A path that is a symbolic link stands for what it leads to at the moment of [`confine`]; a
/// link found later inside a granted folder leads nowhere unless its target is granted too.
/// In JSON a path is a string, or an array of bytes when it is not UTF-8.
///
/// [`confine`]: crate::confine
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// Folders that may be listed, with every folder beneath them. Their files stay closed.
    #[serde(default, with = "paths")]
    pub list: Vec<PathBuf>,
    /// What may be read: a file, or a folder with everything beneath it, listing included.
    #[serde(default, with = "paths")]
    pub read: Vec<PathBuf>,
    /// Folders beneath which files may be made, written, moved and removed. Empty for every
    /// reader: anything here also opens the system calls that change files, so that the rest of
    /// the disk is then guarded by Landlock alone.
    #[serde(default, with = "paths")]
    pub write: Vec<PathBuf>,
    /// Whether what is there may be acted on beneath `write`: links made, names exchanged, leases and
    /// locks taken, bytes shared, and of any file that is open, also one that may only be read, owner,
    /// mode, times and attributes changed. Landlock guards none of the last.
    #[serde(default)]
    pub act: bool,
    /// Whether files beneath `write` may be locked, as a database does that several processes use.
    #[serde(default)]
    pub lock: bool,
    /// TCP ports that may be connected to, at any address. Empty for every reader: then there is no network
    /// at all. Anything here also lets names be resolved, by datagrams. Nothing can be listened to, and no
    /// other protocol be spoken.
    ///
    /// TCP is held to these ports from Landlock 4 (Linux 6.7) on, see
    /// [`InForce::holds_tcp`](crate::InForce::holds_tcp); datagrams are held to port 53 from Landlock 10 on,
    /// and before that may go to any port.
    #[serde(default)]
    pub connect: Vec<u16>,
}

/// Paths in JSON: a string, or an array of bytes when it is not UTF-8.
pub(crate) mod paths {
    use super::{Deserialize, OsStrExt, OsString, OsStringExt, PathBuf, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Raw(Vec<u8>),
    }

    pub(crate) fn serialize<S: serde::Serializer>(
        paths: &[PathBuf],
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_seq(paths.iter().map(|path| match path.to_str() {
            Some(text) => Form::Text(text.to_owned()),
            None => Form::Raw(path.as_os_str().as_bytes().to_vec()),
        }))
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<PathBuf>, D::Error> {
        let forms = Vec::<Form>::deserialize(from)?;
        let path = |form| match form {
            Form::Text(text) => PathBuf::from(text),
            Form::Raw(bytes) => PathBuf::from(OsString::from_vec(bytes)),
        };
        Ok(forms.into_iter().map(path).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_survive_json_whatever_bytes_a_path_has() {
        let odd = PathBuf::from(OsString::from_vec(b"/home/\xff\xfe".to_vec()));
        let rights = Rights {
            read: vec!["/home/ada".into(), odd],
            ..Rights::default()
        };
        let json = serde_json::to_string(&rights).unwrap();
        assert_eq!(
            serde_json::from_str::<Rights>(&json).unwrap(),
            rights,
            "{json}"
        );
    }

    #[test]
    fn an_unknown_right_is_refused() {
        assert!(serde_json::from_str::<Rights>(r#"{"read": [], "net": ["*"]}"#).is_err());
    }
}
