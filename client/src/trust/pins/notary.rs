use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::Mismatch;
use super::id::PinnedIds;
use super::pattern::{StarPattern, longest_prefix, most_specific};
use super::{Candidate, Said, ca, matching};
use crate::trust::home::TrustedBy;
use crate::trust::reference::Gun;

/// `trust_pinning` of notary's `config.json`. Of its three rules one applies to a repository: that
/// of its certificates, else that of its CA, else first use; where that one fails, no other is
/// tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotaryPinning {
    /// Ids of root certificates, by repository or `prefix*`.
    certs: BTreeMap<StarPattern, PinnedIds>,
    /// PEM files of certificate authorities, by the beginning of repositories' names.
    ca: BTreeMap<String, PathBuf>,
    /// Refuses repositories of which nothing is pinned and nothing is known.
    pub disable_tofu: bool,
}

impl NotaryPinning {
    pub(super) fn new(
        certs: BTreeMap<StarPattern, PinnedIds>,
        ca: BTreeMap<String, PathBuf>,
        disable_tofu: bool,
    ) -> Self {
        Self {
            certs,
            ca,
            disable_tofu,
        }
    }

    /// With the files that it names read as relative to a directory: that of the config.
    #[must_use]
    pub fn relative_to(mut self, directory: &Path) -> Self {
        for path in self.ca.values_mut() {
            *path = directory.join(&*path);
        }
        self
    }

    pub(super) fn check(
        &self,
        gun: &Gun,
        candidates: &[Candidate],
        now: i64,
    ) -> Result<Option<Said>, Mismatch> {
        if let Some((pattern, ids)) = most_specific(&self.certs, gun) {
            let keys = matching(candidates, ids, |it| &it.certificate);
            if keys.is_empty() {
                return Err(Mismatch::certificates(pattern, ids, candidates));
            }
            let by = TrustedBy::CertIds;
            return Ok(Some(Said { by, keys }));
        }
        if let Some((_, path)) = longest_prefix(&self.ca, gun) {
            let keys = ca::issued(path, candidates, now)?;
            let by = TrustedBy::Ca;
            return Ok(Some(Said { by, keys }));
        }
        Ok(None)
    }
}
