//! Repositories whose keys are files, as they were before there was Privy Seal.

use std::fs;
use std::path::{Path, PathBuf};

use super::notary_cli::Notary;
use crate::images::Image;

/// A repository that a user of [`Docker`](super::Docker) or [`Notary`] made and published, with encrypted keys in
/// files whose passphrase is [`super::PASSPHRASE`].
///
/// Made by [`super::TrustStage::docker_signed`] and [`super::TrustStage::notary_signed`].
#[derive(Debug, Clone)]
pub struct FileKeyRepository<User> {
    /// Who has the keys, and may go on.
    pub user: User,
    /// The repository's name: an image without its tag.
    pub gun: String,
    /// The trust directory, as `~/.docker/trust` and `~/.notary` are: `private/KEYID.key` and
    /// `tuf/GUN/{metadata,changelist}`.
    pub trust: PathBuf,
    /// What is signed.
    pub tags: Vec<Image>,
}

impl FileKeyRepository<Notary> {
    /// A new delegation of this role (`targets/bob`) for all names, published, with a key that the
    /// user has in a file.
    pub fn delegate(&self, role: &str) {
        let public = self.user.generate_key(role);
        let role = [
            "delegation",
            "add",
            &self.gun,
            role,
            public.to_str().unwrap(),
        ];
        self.user
            .ok(&[&role[..], &["--all-paths", "--publish"]].concat());
    }
}

impl<User> FileKeyRepository<User> {
    pub(super) fn new(gun: &str, user: User, trust: PathBuf, tags: Vec<Image>) -> Self {
        let gun = gun.to_owned();
        Self {
            user,
            gun,
            trust,
            tags,
        }
    }

    /// `NAME:TAG` of each image that is signed.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let name = |image: &Image| format!("{}:{}", self.gun, image.tag);
        self.tags.iter().map(name).collect()
    }

    /// The files of private keys, each with its role (`root`, `targets`, `snapshot`, or a signer's
    /// name), sorted by role.
    #[must_use]
    pub fn keys(&self) -> Vec<(String, PathBuf)> {
        let files = fs::read_dir(self.trust.join("private")).unwrap();
        let mut keys: Vec<_> = files
            .map(|file| file.unwrap().path())
            .map(|file| (role(&file), file))
            .collect();
        keys.sort();
        keys
    }

    /// What the user last saw of a role, such as `root` or `targets/releases`.
    #[must_use]
    pub fn metadata(&self, role: &str) -> PathBuf {
        let metadata = self.trust.join("tuf").join(&self.gun).join("metadata");
        metadata.join(format!("{role}.json"))
    }
}

fn role(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let role = text.lines().find_map(|line| line.strip_prefix("role: "));
    role.expect("a header that names the role").to_owned()
}
