//! Where a secret is that the config may not hold.

use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny};

use crate::keystore::pin::CredentialName;

/// A secret's place: `{ file = "/PATH" }`, a file that belongs to the agent's user and that nobody
/// else may read, or `{ credential = "NAME" }`, a systemd credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFile {
    /// An absolute path.
    File(PathBuf),
    /// The file of that name in `$CREDENTIALS_DIRECTORY`.
    Credential(CredentialName),
}

const USAGE: &str = "a secret never stands in the config; write { file = \"/PATH\" } for a file that \
     only the agent's user may read, or { credential = \"NAME\" } for a systemd credential. If this \
     was the real one, replace it";

/// What may stand there. Whatever else does is skipped: serde's own answer would repeat it.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Given {
    File(FileTable),
    Credential(CredentialTable),
    Other(IgnoredAny),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    file: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialTable {
    credential: String,
}

impl<'de> Deserialize<'de> for SecretFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let usage = || D::Error::custom(USAGE);
        match Given::deserialize(deserializer).map_err(|_| usage())? {
            Given::File(FileTable { file }) => {
                let path = file.starts_with('/') && !file.chars().any(char::is_control);
                path.then(|| Self::File(file.into())).ok_or_else(usage)
            }
            Given::Credential(CredentialTable { credential }) => {
                let name = CredentialName::try_from(credential);
                name.map(Self::Credential).map_err(D::Error::custom)
            }
            Given::Other(_) => Err(usage()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Table {
        key: SecretFile,
    }

    fn parse(key: &str) -> Result<SecretFile, String> {
        let table = toml::from_str::<Table>(&format!("key = {key}"));
        table
            .map(|table| table.key)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn takes_a_file_or_a_credential() {
        let file = SecretFile::File("/etc/agent.key".into());
        assert_eq!(parse("{ file = \"/etc/agent.key\" }"), Ok(file));
        let credential = parse("{ credential = \"agent-tls\" }").unwrap();
        assert!(matches!(credential, SecretFile::Credential(name) if name.as_str() == "agent-tls"));
    }

    #[test]
    fn a_key_in_the_config_is_refused_and_not_repeated() {
        let pem = "-----BEGIN PRIVATE KEY-----\\nMIGHAgEA\\n-----END PRIVATE KEY-----\\n";
        for key in [
            format!("\"{pem}\""),
            format!("{{ file = \"{pem}\" }}"),
            format!("{{ file = \"/{pem}\" }}"),
            format!("{{ credential = \"{pem}/\" }}"),
            format!("{{ pem = \"{pem}\" }}"),
            format!("{{ \"{pem}\" = 1 }}"),
            format!("[\"{pem}\"]"),
            "{ file = \"MIGHAgEA.key\" }".to_owned(),
            "{ file = \"/MIGHAgEA\", credential = \"x\" }".to_owned(),
            "31415926".to_owned(),
        ] {
            let message = parse(&key).unwrap_err();
            assert!(
                !message.contains("MIGH") && !message.contains("1415"),
                "{message}"
            );
        }
    }
}
