use std::collections::BTreeMap;

use bytes::Bytes;
use privyseal_tuf::notary::{FileMeta, Snapshot, Timestamp};
use privyseal_tuf::{Root, Sha256Digest, Targets};
use sha2::{Digest, Sha512};

use super::verified::{Metadata, Verified, verify};
use super::{Pull, PullError, rollback};
use crate::trust::home::Kept;

/// What was seen of each role.
pub(super) type Seen<'a> = Option<&'a BTreeMap<String, Kept>>;

const SNAPSHOT: &str = "snapshot";
const TIMESTAMP: &str = "timestamp";
const TARGETS: &str = "targets";

impl Pull<'_> {
    pub(super) async fn timestamp(
        &self,
        root: &Verified<Root>,
        seen: Seen<'_>,
    ) -> Result<Verified<Timestamp>, PullError> {
        let Some(bytes) = self.source.latest(TIMESTAMP).await? else {
            // A root is there, and it is of no use without.
            return Err(PullError::unreadable(
                TIMESTAMP,
                "the trust server has none",
            ));
        };
        match self.current::<Timestamp>(TIMESTAMP, root, &bytes, seen) {
            Ok(timestamp) => Ok(timestamp),
            Err(error) => Err(self.explain(root, error).await),
        }
    }

    pub(super) async fn snapshot(
        &self,
        root: &Verified<Root>,
        timestamp: &Verified<Timestamp>,
        seen: Seen<'_>,
    ) -> Result<Verified<Snapshot>, PullError> {
        let meta = &timestamp.view.snapshot;
        let bytes = self.named(SNAPSHOT, TIMESTAMP, meta, seen).await?;
        let snapshot = self.current::<Snapshot>(SNAPSHOT, root, &bytes, seen)?;
        matches(ROOT, SNAPSHOT, &snapshot.view.root, &root.bytes())?;
        Ok(snapshot)
    }

    pub(super) async fn targets(
        &self,
        root: &Verified<Root>,
        snapshot: &Verified<Snapshot>,
        seen: Seen<'_>,
    ) -> Result<Verified<Targets>, PullError> {
        let meta = &snapshot.view.targets;
        let bytes = self.named(TARGETS, SNAPSHOT, meta, seen).await?;
        self.current(TARGETS, root, &bytes, seen)
    }

    /// The file that a timestamp or snapshot names, without asking for it where it is remembered.
    pub(super) async fn named(
        &self,
        role: &str,
        named_by: &'static str,
        meta: &FileMeta,
        seen: Seen<'_>,
    ) -> Result<Bytes, PullError> {
        let known = seen.and_then(|seen| seen.get(role));
        if let Some(kept) = known.filter(|kept| kept.sha256() == meta.sha256) {
            let bytes = Bytes::copy_from_slice(&kept.bytes);
            matches(role, named_by, meta, &bytes)?;
            return Ok(bytes);
        }
        let Some(bytes) = self.source.by_hash(role, &meta.sha256).await? else {
            return Err(PullError::Mismatch {
                role: role.to_owned(),
                named_by,
                what: "the trust server does not have that file",
            });
        };
        matches(role, named_by, meta, &bytes)?;
        Ok(bytes)
    }

    /// Verifies metadata of a top-level role, which is not out of date and not older than was seen.
    fn current<V: Metadata>(
        &self,
        role: &str,
        root: &Verified<Root>,
        bytes: &[u8],
        seen: Seen<'_>,
    ) -> Result<Verified<V>, PullError> {
        let keys = &root.view.keys;
        let role_keys = root.view.roles.get(V::ROLE);
        let verified = verify(role, bytes, keys, role_keys)?;
        let seen = seen.and_then(|seen| seen.get(role));
        rollback::check(role, seen, &verified, keys, role_keys)?;
        self.check_expiry(role, &verified)?;
        Ok(verified)
    }
}

const ROOT: &str = "root";

/// Whether a file is the one that a timestamp or snapshot names.
pub(super) fn matches(
    role: &str,
    named_by: &'static str,
    meta: &FileMeta,
    bytes: &[u8],
) -> Result<(), PullError> {
    let differs = |what| PullError::Mismatch {
        role: role.to_owned(),
        named_by,
        what,
    };
    if bytes.len() as u64 != meta.length {
        return Err(differs("its length differs"));
    }
    if Sha256Digest::of(bytes) != meta.sha256 {
        return Err(differs("its SHA-256 differs"));
    }
    let sha512 = |expected: &[u8; 64]| Sha512::digest(bytes).as_slice() == expected.as_slice();
    match &meta.sha512 {
        Some(expected) if !sha512(expected) => Err(differs("its SHA-512 differs")),
        _ => Ok(()),
    }
}
