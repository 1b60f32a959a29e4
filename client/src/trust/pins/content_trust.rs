use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::Mismatch;
use super::id::PinnedIds;
use super::pattern::{ExactName, SlashPattern, most_specific};
use super::{Candidate, Said, matching};
use crate::trust::home::TrustedBy;
use crate::trust::reference::Gun;

/// The `content-trust` section of `daemon.json`, as Mirantis Container Runtime documents it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ContentTrust {
    /// What is done where a pin is not met.
    pub mode: Mode,
    /// The pins.
    pub trust_pinning: TrustPinning,
    /// Whether cached data may be used after it expired.
    pub allow_expired_cached_trust_data: bool,
}

/// What is done where a pin is not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The section says nothing.
    #[default]
    Disabled,
    /// It is said, and the image is taken.
    Permissive,
    /// It is refused, and so is every repository that is not pinned.
    Enforced,
    /// It is refused; a repository that is not pinned is left to others. Only this client's own
    /// config has it.
    #[serde(skip)]
    Pinned,
}

/// The pins of the section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TrustPinning {
    /// Docker's own key for `docker.io/library/*`. This client has no such key built in: the section
    /// must give it in `root-keys`.
    pub official_library_images: bool,
    /// Ids of bare root keys, by repository or `prefix/*`.
    root_keys: BTreeMap<SlashPattern, PinnedIds>,
    /// Ids of root certificates, by repository.
    cert_ids: BTreeMap<ExactName, PinnedIds>,
}

const OFFICIAL: &str = "docker.io/library/";

impl TrustPinning {
    pub(super) fn new(
        official_library_images: bool,
        root_keys: BTreeMap<SlashPattern, PinnedIds>,
        cert_ids: BTreeMap<ExactName, PinnedIds>,
    ) -> Self {
        Self {
            official_library_images,
            root_keys,
            cert_ids,
        }
    }

    /// Whether it pins anything.
    pub fn is_empty(&self) -> bool {
        !self.official_library_images && self.root_keys.is_empty() && self.cert_ids.is_empty()
    }
}

impl ContentTrust {
    /// Whether anything is held against the section.
    pub fn is_on(&self) -> bool {
        self.mode != Mode::Disabled
    }

    /// What is wrong with the section as a whole.
    pub(super) fn problem(&self) -> Option<&'static str> {
        let bare =
            matches!(self.mode, Mode::Enforced | Mode::Permissive) && self.trust_pinning.is_empty();
        bare.then_some(
            "mode is on and nothing is pinned, so that no image could be taken: give trust-pinning root-keys or cert-ids",
        )
    }

    pub(super) fn check(
        &self,
        gun: &Gun,
        candidates: &[Candidate],
    ) -> Result<Option<Said>, Mismatch> {
        let pins = &self.trust_pinning;
        if !self.is_on() {
            return Ok(None);
        }
        if let Some((_, ids)) = pins.cert_ids.iter().find(|(name, _)| name.is(gun)) {
            let keys = matching(candidates, ids, |it| &it.certificate);
            if keys.is_empty() {
                return Err(Mismatch::certificates(gun.as_str(), ids, candidates));
            }
            let by = TrustedBy::CertIds;
            return Ok(Some(Said { by, keys }));
        }
        if let Some((pattern, ids)) = most_specific(&pins.root_keys, gun) {
            let keys = matching(candidates, ids, |it| &it.canonical);
            if keys.is_empty() {
                return Err(Mismatch::root_keys(pattern, ids, candidates));
            }
            let by = TrustedBy::RootKeys;
            return Ok(Some(Said { by, keys }));
        }
        if pins.official_library_images && gun.as_str().starts_with(OFFICIAL) {
            return Err(Mismatch::NoOfficialKey);
        }
        match self.mode {
            Mode::Pinned => Ok(None),
            _ => Err(Mismatch::NotPinned),
        }
    }
}
