use privyseal_tuf::json::MAX_BYTES;
use privyseal_tuf::{MetaFile, Role, RoleType, TrustedRepository, VerifyError};

use super::report::{Report, Stop, describe};
use super::warnings::unbounded;
use crate::fetch::{FetchError, Source};

/// The longest timestamp that is read: python-tuf's clients read no more either.
const TIMESTAMP_BYTES: u64 = 16_384;

/// The files of a repository by role.
#[derive(Clone, Copy)]
pub(super) struct Files<'a> {
    pub(super) source: &'a Source,
    /// Whether names begin with versions and hashes.
    pub(super) consistent: bool,
}

impl Files<'_> {
    /// The document that `file` names.
    pub(super) fn metadata(&self, role: &Role, file: &MetaFile) -> Result<Vec<u8>, FetchError> {
        let limit = file.length.unwrap_or(u64::MAX).min(MAX_BYTES as u64);
        let versioned = role.file_name(file.version);
        let plain = versioned.split_once('.').map(|(_, name)| name);
        let name = match plain {
            Some(plain) if !self.consistent => plain,
            _ => &versioned,
        };
        self.source.metadata(name, limit)
    }

    /// Verifies timestamp, snapshot and top-level targets under the last root.
    pub(super) fn top(
        &self,
        trusted: &mut TrustedRepository,
        report: &mut Report,
        now: i64,
    ) -> Result<(), Stop> {
        let refused = |error: VerifyError| Stop::Problem(describe(&error, now));
        add(report, trusted, RoleType::Root);

        let bytes = self.source.metadata("timestamp.json", TIMESTAMP_BYTES)?;
        trusted.update_timestamp(&bytes).map_err(refused)?;
        add(report, trusted, RoleType::Timestamp);

        let role = Role::from(RoleType::Snapshot);
        let timestamp = trusted
            .timestamp()
            .map(|timestamp| timestamp.snapshot.clone());
        let file = timestamp.unwrap_or_else(|| MetaFile::of_version(1));
        let bytes = self.metadata(&role, &file)?;
        trusted.update_snapshot(&bytes).map_err(refused)?;
        unbounded(&role, file.length, bytes.len(), report);
        add(report, trusted, RoleType::Snapshot);

        let file = trusted.targets_entry().map_err(refused)?.clone();
        let bytes = self.metadata(&Role::TARGETS, &file)?;
        trusted.update_targets(&bytes).map_err(refused)?;
        unbounded(&Role::TARGETS, file.length, bytes.len(), report);
        add(report, trusted, RoleType::Targets);
        Ok(())
    }
}

fn add(report: &mut Report, trusted: &TrustedRepository, role: RoleType) {
    let header = match role {
        RoleType::Root => Some(&trusted.root().header),
        RoleType::Targets => trusted.targets().map(|targets| &targets.header),
        RoleType::Snapshot => trusted.snapshot().map(|snapshot| &snapshot.header),
        RoleType::Timestamp => trusted.timestamp().map(|timestamp| &timestamp.header),
    };
    if let Some((header, tally)) = header.zip(trusted.tally(role)) {
        report.add_role(role.into(), None, header, tally);
    }
}
