//! What clients take, or some of them, and a person should know.

use std::collections::BTreeMap;

use privyseal_tuf::{DelegatedRoles, Delegations, Key, KeyId, Role, RoleType, Root};

use super::report::Report;

/// python-tuf's clients read no more of a snapshot whose length the timestamp leaves out.
const SNAPSHOT_BYTES: usize = 2_000_000;

/// python-tuf's clients read no more of a targets metadata whose length the snapshot leaves out.
const TARGETS_BYTES: usize = 5_000_000;

/// Whether a keyid that is not its key's own is a fault: the specification lets clients compute
/// keyids, and some refuse what differs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyids {
    pub(super) strict: bool,
}

impl Keyids {
    pub(super) fn of_root(self, root: &Root, report: &mut Report) {
        let version = root.header.version;
        let here = format!("root {version}");
        let then = match version {
            1 => "they can't start from it".to_owned(),
            _ => format!("they stop at root {}", version - 1),
        };
        self.of_keys(&root.keys, &here, &then, report);
        if root.consistent_snapshot.is_none() {
            let text =
                format!("{here} leaves out consistent_snapshot: tuf-js and tough refuse that");
            report.warn("no-consistent-snapshot", text);
        }
    }

    pub(super) fn of_delegations(
        self,
        role: &Role,
        delegations: &Delegations,
        report: &mut Report,
    ) {
        let here = role.to_string();
        self.of_keys(
            &delegations.keys,
            &here,
            "they find no target below it",
            report,
        );
        if let DelegatedRoles::Succinct(_) = delegations.roles {
            let text = format!("{here} delegates to succinct bins (TAP 15): tough reads none");
            report.warn("succinct-bins", text);
        }
    }

    fn of_keys(self, keys: &BTreeMap<KeyId, Key>, here: &str, then: &str, report: &mut Report) {
        for (keyid, key) in keys {
            if key.keyid() != keyid {
                let text = format!(
                    "{here} names a key {keyid} whose own keyid is {}: clients that compare them, as tough does, refuse it; {then}",
                    key.keyid()
                );
                match self.strict {
                    true => report.problems.push(text),
                    false => report.warn("keyid-mismatch", text),
                }
            }
            if let Err(problem) = key.public() {
                let text = format!(
                    "{here} has a key {keyid} that can't be used ({problem}): python-tuf and tough refuse the whole file where they don't know a key's type"
                );
                report.warn("unusable-key", text);
            }
        }
    }
}

/// A file whose length nobody vouches for, and that is longer than clients read then.
pub(super) fn unbounded(role: &Role, length: Option<u64>, found: usize, report: &mut Report) {
    let (most, above) = match role {
        Role::Top(RoleType::Snapshot) => (SNAPSHOT_BYTES, "timestamp"),
        _ => (TARGETS_BYTES, "snapshot"),
    };
    if length.is_none() && found > most {
        let text = format!(
            "{role} has {found} bytes, and the {above} does not say so: python-tuf's clients read {most}"
        );
        report.warn("unbounded-length", text);
    }
}
