use privyseal_tuf::{Role, TrustedRepository, VerifyError};

use super::edition::Edition;
use crate::failure::Advice;

/// Verifies, as a client would at `now`, what is to be shown: every root, timestamp, snapshot and
/// top-level targets. A delegated role's document is only among the finished ones with every
/// signature that its delegators ask for.
pub(super) fn verify(edition: &Edition<'_>, now: i64) -> anyhow::Result<()> {
    let version = edition.meta.get(&Role::TARGETS.meta_name());
    let version = version.map_or(0, |entry| entry.version);
    let targets = edition.targets(&Role::TARGETS, version)?;
    let verified = || {
        let mut roots = edition.roots.iter();
        let first = roots.next().map(|root| root.bytes()).unwrap_or_default();
        let mut trusted = TrustedRepository::new(&first, now)?;
        roots.try_for_each(|root| trusted.update_root(&root.bytes()))?;
        trusted.update_timestamp(&edition.timestamp.bytes())?;
        trusted.update_snapshot(&edition.snapshot.bytes())?;
        trusted.take_targets(&targets)
    };
    verified().map_err(|error: VerifyError| {
        Advice::needs_person(
            format!("nothing was published: clients would refuse the repository: {error}"),
            "`privyseal repo status` and `privyseal repo diff` show how it stands",
        )
        .into()
    })
}
