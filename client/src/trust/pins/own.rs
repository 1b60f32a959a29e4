use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::content_trust::{ContentTrust, Mode, TrustPinning};
use super::error::PinConfigError;
use super::id::PinnedIds;
use super::notary::NotaryPinning;
use super::pattern::{ExactName, SlashPattern, StarPattern};

/// `[trust.pinning]` of the user's `config.toml`: the words of Mirantis' `content-trust` and those
/// of notary's `trust_pinning` in one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct OwnPinning {
    /// Left out, the repositories that are pinned here must meet their pins, and nothing is said of
    /// others.
    mode: Option<Mode>,
    allow_expired_cached_trust_data: bool,
    official_library_images: bool,
    root_keys: BTreeMap<SlashPattern, PinnedIds>,
    cert_ids: BTreeMap<ExactName, PinnedIds>,
    certs: BTreeMap<StarPattern, PinnedIds>,
    ca: BTreeMap<String, PathBuf>,
    #[serde(rename = "disable_tofu", alias = "disable-tofu")]
    disable_tofu: bool,
}

impl OwnPinning {
    /// As the two configs whose words it has. `directory` is that of `config.toml`, `from` its name.
    pub(super) fn split(
        self,
        directory: &Path,
        from: &Path,
    ) -> Result<(ContentTrust, NotaryPinning), PinConfigError> {
        let content_trust = ContentTrust {
            mode: self.mode.unwrap_or(Mode::Pinned),
            trust_pinning: TrustPinning::new(
                self.official_library_images,
                self.root_keys,
                self.cert_ids,
            ),
            allow_expired_cached_trust_data: self.allow_expired_cached_trust_data,
        };
        if let Some(what) = content_trust.problem() {
            return Err(PinConfigError::whole(from, what));
        }
        let notary = NotaryPinning::new(self.certs, self.ca, self.disable_tofu);
        Ok((content_trust, notary.relative_to(directory)))
    }
}
