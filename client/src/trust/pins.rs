//! Which root keys a repository may have, by what people wrote down before anything was fetched.
//!
//! Three files say so, and each that says something of a repository must agree:
//!
//! - `[trust.pinning]` of the user's `config.toml`: [`OwnPinning`], in the words of both others;
//! - the `content-trust` section of Docker's `daemon.json`, as Mirantis Container Runtime reads it:
//!   [`ContentTrust`];
//! - `trust_pinning` of notary's `config.json`: [`NotaryPinning`].
//!
//! Where none says anything, the first root that is seen is trusted, as `docker` does.

mod ca;
mod content_trust;
mod error;
mod id;
mod load;
mod notary;
mod own;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use privyseal_tuf::KeyId;

use super::home::TrustedBy;
use super::reference::Gun;

pub use ca::CaProblem;
pub use content_trust::{ContentTrust, Mode, TrustPinning};
use error::Mismatch;
pub use error::{PinConfigError, PinError};
pub use id::{NotAnId, PinnedId, PinnedIds};
pub use load::PinSources;
pub use notary::NotaryPinning;
pub use own::OwnPinning;
pub use pattern::NotAPattern;

/// All that is pinned on this machine and for this user.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    content_trust: Vec<Sourced<ContentTrust>>,
    notary: Vec<Sourced<NotaryPinning>>,
}

/// A config with the name of where it stands, for messages.
#[derive(Clone, Debug)]
struct Sourced<T> {
    from: String,
    config: T,
}

/// A key of a root's role `root`, whose certificate may be a root certificate of the repository:
/// its name, dates and key were looked at.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The key's id in metadata: the certificate's.
    pub certificate: KeyId,
    /// The id of the bare key.
    pub canonical: KeyId,
    /// The certificate and its intermediates, each in DER.
    pub chain: Vec<Vec<u8>>,
}

/// What pins say of a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Why it is trusted; the strongest reason, where there are several.
    pub by: TrustedBy,
    /// The keys (by their ids in metadata) that the pins allow: the root must be signed by as many
    /// of them as its own threshold asks for.
    pub keys: BTreeSet<KeyId>,
    /// What would have been refused in mode `enforced`.
    pub notes: Vec<String>,
}

impl Pins {
    /// Nothing is pinned.
    pub fn none() -> Self {
        Self::default()
    }

    /// With the `content-trust` section that stands in this place.
    #[must_use]
    pub fn with_content_trust(mut self, from: impl Into<String>, config: ContentTrust) -> Self {
        let from = from.into();
        self.content_trust.push(Sourced { from, config });
        self
    }

    /// With notary's `trust_pinning` that stands in this place.
    #[must_use]
    pub fn with_notary(mut self, from: impl Into<String>, config: NotaryPinning) -> Self {
        let from = from.into();
        self.notary.push(Sourced { from, config });
        self
    }

    /// Whether cached data may be used after it expired: where every section that is not disabled
    /// says so, and there is one.
    pub fn allow_expired_cache(&self) -> bool {
        let mut sections = self.content_trust.iter().filter(|it| it.config.is_on());
        let first = sections.next();
        first.is_some_and(|it| it.config.allow_expired_cached_trust_data)
            && sections.all(|it| it.config.allow_expired_cached_trust_data)
    }

    /// Holds a root's keys against the pins. `first` says that nothing is known of the repository
    /// yet; `now` is unix time in seconds.
    ///
    /// # Errors
    /// Where a pin is not met, or nothing allows to trust the repository.
    pub fn check(
        &self,
        gun: &Gun,
        candidates: &[Candidate],
        first: bool,
        now: i64,
    ) -> Result<Pinned, PinError> {
        let mut pinned = Pinned {
            by: TrustedBy::FirstUse,
            keys: candidates.iter().map(|it| it.certificate.clone()).collect(),
            notes: Vec::new(),
        };
        // Another way to write the registry is no way around a pin.
        let gun = &gun.canonical();
        for Sourced { from, config } in &self.content_trust {
            match config.check(gun, candidates) {
                Ok(Some(said)) => pinned.narrow(said),
                Ok(None) => {}
                Err(why) => {
                    let error = PinError::new(gun, from, why);
                    if config.mode == Mode::Permissive {
                        pinned.notes.push(error.to_string());
                    } else {
                        return Err(error);
                    }
                }
            }
        }
        for Sourced { from, config } in &self.notary {
            let said = config.check(gun, candidates, now);
            if let Some(said) = said.map_err(|why| PinError::new(gun, from, why))? {
                pinned.narrow(said);
            }
        }
        let refuses = self.notary.iter().find(|it| it.config.disable_tofu);
        if let Some(Sourced { from, .. }) = refuses
            && first
            && pinned.by == TrustedBy::FirstUse
        {
            return Err(PinError::new(gun, from, Mismatch::NoFirstUse));
        }
        Ok(pinned)
    }
}

/// What one config says: why, and which keys.
struct Said {
    by: TrustedBy,
    keys: BTreeSet<KeyId>,
}

impl Pinned {
    fn narrow(&mut self, said: Said) {
        self.by = self.by.max(said.by);
        self.keys = &self.keys & &said.keys;
    }
}

/// The candidates of which one of these ids is pinned.
fn matching<'a>(
    candidates: &'a [Candidate],
    ids: &PinnedIds,
    id: impl Fn(&'a Candidate) -> &'a KeyId,
) -> BTreeSet<KeyId> {
    candidates
        .iter()
        .filter(|candidate| ids.contains(id(candidate)))
        .map(|candidate| candidate.certificate.clone())
        .collect()
}
