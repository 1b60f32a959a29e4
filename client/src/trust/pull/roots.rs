use bytes::Bytes;
use privyseal_tuf::{Document, RoleKeys, Root, Sha256Digest, Tally};

use super::verified::{Verified, read};
use super::{Pull, PullError, certificates};
use crate::trust::home::{Memory, TrustedSince};
use crate::trust::pins::Pinned;

/// The most roots that are followed.
const MOST_ROOTS: usize = 1024;

const ROLE: &str = "root";

impl Pull<'_> {
    /// Follows the roots from those that are known, or from the newest where none is, to the last.
    pub(super) async fn roots(
        &self,
        memory: Option<&Memory>,
    ) -> Result<(Vec<Verified<Root>>, TrustedSince, Pinned), PullError> {
        let mut roots = match memory {
            Some(memory) => known(memory)?,
            None => vec![self.first().await?],
        };
        while let Some(last) = roots.last() {
            let version = last.view.header.version + 1;
            let Some(bytes) = self.source.root(version).await? else {
                break;
            };
            if roots.len() >= MOST_ROOTS {
                let text = format!("there are more than the {MOST_ROOTS} roots that are followed");
                return Err(PullError::TooMuch(text));
            }
            let next = follow(last, version, &bytes)?;
            roots.push(next);
        }
        let (pinned, trusted) = self.accept(&roots, memory)?;
        Ok((roots, trusted, pinned))
    }

    /// Holds the newest root against its dates, its certificates and the pins.
    fn accept(
        &self,
        roots: &[Verified<Root>],
        memory: Option<&Memory>,
    ) -> Result<(Pinned, TrustedSince), PullError> {
        let gun = self.home.gun();
        let (Some(first), Some(root)) = (roots.first(), roots.last()) else {
            return Err(PullError::NoTrustData(gun.clone()));
        };
        self.check_expiry(ROLE, root)?;
        let now = self.dated.then_some(self.now);
        let candidates = certificates::candidates(&root.view, gun, now)?;
        let pinned = self
            .pins
            .check(gun, &candidates, memory.is_none(), self.now)?;
        // The keys that are pinned must reach the threshold by themselves: whoever made the root
        // could have written others beside them.
        let role = &root.view.roles.root;
        let allowed = role.keyids.iter().filter(|id| pinned.keys.contains(*id));
        let allowed = RoleKeys {
            keyids: allowed.cloned().collect(),
            threshold: role.threshold,
        };
        require(root, &root.view, &allowed)?;
        let trusted = match memory {
            Some(memory) => memory.trusted.clone(),
            None => TrustedSince {
                version: first.view.header.version,
                sha256: Sha256Digest::of(&first.bytes()),
                at: self.now,
                by: pinned.by,
            },
        };
        Ok((pinned, trusted))
    }

    async fn first(&self) -> Result<Verified<Root>, PullError> {
        let Some(bytes) = self.source.latest(ROLE).await? else {
            return Err(PullError::NoTrustData(self.home.gun().clone()));
        };
        own(&bytes)
    }

    /// The error for metadata that the known root does not allow: where the server's root is another
    /// one, that is what is wrong.
    pub(super) async fn explain(&self, root: &Verified<Root>, error: PullError) -> PullError {
        if !matches!(error, PullError::BelowThreshold { .. }) {
            return error;
        }
        let Ok(Some(bytes)) = self.source.latest(ROLE).await else {
            return error;
        };
        match read::<Root>(ROLE, &bytes) {
            Ok((document, shown)) if document.bytes() != root.bytes() => PullError::OtherRoot {
                gun: self.home.gun().clone(),
                shown: shown.header.version,
            },
            _ => error,
        }
    }
}

/// Verifies roots that a server keeps from before the first that is trusted: each allows the next,
/// and the last of them that first one. Their versions follow each other.
///
/// # Errors
/// Where one does not.
pub fn check_before(roots: &[Bytes], first: &Verified<Root>) -> Result<Vec<Document>, PullError> {
    let mut before: Option<Verified<Root>> = None;
    let mut documents = Vec::new();
    let first = Bytes::from(first.bytes().into_owned());
    for bytes in roots.iter().chain([&first]) {
        let next = match &before {
            Some(before) => follow(before, before.view.header.version + 1, bytes)?,
            None => own(bytes)?,
        };
        documents.push(next.document.clone());
        before = Some(next);
    }
    // The trusted one itself is known.
    documents.pop();
    Ok(documents)
}

/// The roots that are remembered. They were verified when they came, and are as they were.
fn known(memory: &Memory) -> Result<Vec<Verified<Root>>, PullError> {
    let roots = memory.roots.iter();
    roots.map(|kept| own(&kept.bytes)).collect()
}

/// A root that a threshold of its own keys signed.
fn own(bytes: &[u8]) -> Result<Verified<Root>, PullError> {
    let (document, view) = read::<Root>(ROLE, bytes)?;
    let tally = Tally::of(&document, &view.keys, &view.roles.root);
    let root = Verified {
        document,
        tally,
        view,
    };
    if root.tally.is_met() {
        return Ok(root);
    }
    Err(PullError::BelowThreshold {
        role: ROLE.to_owned(),
        tally: Box::new(root.tally),
    })
}

/// The root of a version, which the one before allows.
fn follow(
    before: &Verified<Root>,
    version: u64,
    bytes: &[u8],
) -> Result<Verified<Root>, PullError> {
    let next = own(bytes)?;
    let found = next.view.header.version;
    if found != version {
        return Err(PullError::RootVersion {
            expected: version,
            found,
        });
    }
    let role = &before.view.roles.root;
    let tally = Tally::of(&next.document, &before.view.keys, role);
    if tally.is_met() {
        return Ok(next);
    }
    Err(PullError::NotAllowed {
        version,
        tally: Box::new(tally),
    })
}

fn require(root: &Verified<Root>, by: &Root, role: &RoleKeys) -> Result<(), PullError> {
    let tally = Tally::of(&root.document, &by.keys, role);
    if tally.is_met() {
        return Ok(());
    }
    Err(PullError::BelowThreshold {
        role: ROLE.to_owned(),
        tally: Box::new(tally),
    })
}
