//! What the administrator of a fleet may say: that nothing is sent. Nothing here can agree.

use std::{fs, io, path::Path};

use serde::Deserialize;

/// The file, for everybody on this machine.
const FILE: &str = "/etc/candor/policy.toml";

/// Longest file that is read.
const LONGEST: u64 = 64 << 10;

/// What the fleet's policy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing is said: each person answers for themselves.
    #[default]
    Silent,
    /// Nothing may be agreed to, put or sent.
    SendingForbidden,
}

/// A policy that cannot be read. Until it is mended nothing is sent.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("cannot read the policy `{path}`; nothing is sent until it can be")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file says something else than a policy can.
    #[error("the policy `{path}` is not valid; nothing is sent until it is\n{message}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong, with line and caret.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    sending: Option<Sending>,
}

/// The one word there is. There is none that agrees: a consent is a person's.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sending {
    Forbidden,
}

impl Policy {
    /// Reads the policy of this machine; where there is no file nothing is said.
    ///
    /// # Errors
    /// [`PolicyError`]. Whoever gets one treats it as [`Policy::SendingForbidden`].
    pub fn of_machine() -> Result<Self, PolicyError> {
        Self::read(Path::new(FILE))
    }

    /// Reads a policy file; where there is none nothing is said.
    ///
    /// # Errors
    /// [`PolicyError`], naming file, line and key.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let shown = path.display().to_string();
        let failed = |source| PolicyError::Read {
            path: shown.clone(),
            source,
        };
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Silent),
            Err(error) => return Err(failed(error)),
            Ok(metadata) if metadata.len() > LONGEST => {
                return Err(failed(io::Error::from(io::ErrorKind::FileTooLarge)));
            }
            Ok(_) => {}
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        Self::parse(&text).map_err(|message| PolicyError::Invalid {
            path: shown.clone(),
            message,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(match document.sending {
            Some(Sending::Forbidden) => Self::SendingForbidden,
            None => Self::Silent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_can_forbid_and_never_agree() {
        assert_eq!(Policy::parse(""), Ok(Policy::Silent));
        assert_eq!(
            Policy::parse("sending = \"forbidden\""),
            Ok(Policy::SendingForbidden)
        );
        for agreeing in [
            "sending = \"allowed\"",
            "sending = \"given\"",
            "sending = true",
            "sending = \"Forbidden\"",
            "consent = \"given\"",
            "[consent]\nthreat-sighting = \"given\"",
            "sending = \"forbidden\"\ngiven = [\"threat-sighting\"]",
        ] {
            let refused = Policy::parse(agreeing).unwrap_err();
            assert!(refused.contains("line "), "{agreeing}: {refused}");
        }
    }

    #[test]
    fn no_file_says_nothing_and_a_wrong_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        assert_eq!(Policy::read(&path).unwrap(), Policy::Silent);
        std::fs::write(&path, "sending = \"maybe\"\n").unwrap();
        let shown = Policy::read(&path).unwrap_err().to_string();
        assert!(
            shown.contains("policy.toml") && shown.contains("line 1"),
            "{shown}"
        );
    }
}
