use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use privyseal_tuf::KeyId;

use super::settings::Settings;
use crate::failure::Advice;
use crate::file::{self, Access};

/// Who has, or had, which key: `draft/owners.json`.
///
/// `privyseal.toml` forgets a key that is rotated out, but until the next root is published a person
/// must still see whose it was.
#[derive(Clone, Debug)]
pub struct Owners {
    path: PathBuf,
}

impl Owners {
    /// The list in a file, which is made when something is noted.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The owners by keyid: as the settings say, and for other keys as they once said.
    pub fn by_keyid(&self, settings: &Settings) -> anyhow::Result<BTreeMap<KeyId, String>> {
        let former = self.read()?.into_iter();
        let mut owners: BTreeMap<KeyId, String> =
            former.map(|(keyid, owner)| (keyid.into(), owner)).collect();
        owners.extend(settings.keys().map(|key| (key.keyid.clone(), key.owner())));
        Ok(owners)
    }

    /// Notes what the settings say.
    pub fn note(&self, settings: &Settings) -> anyhow::Result<()> {
        let mut owners = self.read()?;
        let before = owners.clone();
        let now = settings.keys();
        owners.extend(now.map(|key| (key.keyid.to_string(), key.owner())));
        if owners == before {
            return Ok(());
        }
        self.write(&owners).map_err(|error| {
            let message = format!("cannot write {}: {error}", self.path.display());
            Advice::failed(message, "make room, or give yourself access to the project").into()
        })
    }

    fn read(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let damaged = |error: &dyn std::fmt::Display| {
            Advice::failed(
                format!("cannot read {}: {error}", self.path.display()),
                "move it away: only the names of former keys are lost with it",
            )
        };
        match fs::read(&self.path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(damaged(&error).into()),
        }
    }

    fn write(&self, owners: &BTreeMap<String, String>) -> io::Result<()> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let mut bytes = serde_json::to_vec_pretty(owners)?;
        bytes.push(b'\n');
        file::write_atomically(&self.path, &bytes, Access::Public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::example_settings;

    #[test]
    fn a_key_that_is_rotated_out_keeps_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let owners = Owners::at(directory.path().join("draft").join("owners.json"));
        let mut settings = example_settings();
        let gone = settings.roles.root.keys[0].clone();
        owners.note(&settings).unwrap();
        settings.roles.root.keys.remove(0);
        owners.note(&settings).unwrap();
        let known = owners.by_keyid(&settings).unwrap();
        assert_eq!(known.get(&gone.keyid), Some(&gone.owner()));
        settings.roles.root.keys[0].owner = Some("another".to_owned());
        let keyid = settings.roles.root.keys[0].keyid.clone();
        let known = owners.by_keyid(&settings).unwrap();
        assert_eq!(known[&keyid], "another", "the settings come first");
    }

    #[test]
    fn a_damaged_list_is_refused_with_advice() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("owners.json");
        fs::write(&path, "[").unwrap();
        let error = Owners::at(path).by_keyid(&example_settings()).unwrap_err();
        assert!(error.to_string().contains("owners.json"), "{error}");
    }
}
