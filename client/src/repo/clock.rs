use privyseal_tuf::{Document, Role, RoleType};

use super::drafts::read_document;
use super::project::Project;
use super::published::read_roots;
use crate::failure::Advice;
use crate::show::{absolute, in_days};

/// A clock is allowed to differ so much from the one that signed.
const SLACK: i64 = 86_400;

/// What of the published metadata says when it was signed.
struct Evidence {
    role: RoleType,
    version: u64,
    expires: i64,
    /// By its expiry, and by how long `privyseal.toml` lets it be valid.
    signed: i64,
}

/// Why `now` (Unix seconds) can hardly be the time: by the published metadata. None where nothing
/// speaks against it, or nothing is published.
///
/// The expiry of a draft is counted from the clock: a clock that is a year off makes metadata that
/// no client takes, or that a thief can show for a year.
pub fn clock_doubt(project: &Project, now: i64) -> anyhow::Result<Option<Advice>> {
    let evidence = evidence(project)?;
    if evidence.is_empty() {
        return Ok(None);
    }
    // A root lives so long that its expiry says little of when it was signed.
    let mut online = evidence.iter().filter(|last| last.role != RoleType::Root);
    if online.all(|last| last.signed > now.saturating_add(SLACK)) {
        return Ok(Some(slow(&evidence, now)));
    }
    if evidence.iter().all(|last| last.expires <= now) {
        return Ok(Some(fast(&evidence, now)));
    }
    Ok(None)
}

fn slow(evidence: &[Evidence], now: i64) -> Advice {
    let signed: Vec<String> = evidence
        .iter()
        .filter(|last| last.role != RoleType::Root)
        .map(|last| {
            format!(
                "{} {} was signed about {}",
                last.role,
                last.version,
                absolute(last.signed)
            )
        })
        .collect();
    let message = format!(
        "the clock says {}, but by its expiry {}: the clock is slow, and drafts would expire too soon",
        absolute(now),
        signed.join(" and ")
    );
    advice(message, "the periods in privyseal.toml were shortened")
}

fn fast(evidence: &[Evidence], now: i64) -> Advice {
    let expired: Vec<String> = evidence
        .iter()
        .map(|last| {
            format!(
                "{} {} {}",
                last.role,
                last.version,
                in_days(last.expires, now)
            )
        })
        .collect();
    let message = format!(
        "the clock says {}, when everything that is published has expired ({}): where the clock is \
         fast, drafts would be valid for far too long",
        absolute(now),
        expired.join(", ")
    );
    advice(message, "nobody renewed the repository for so long")
}

fn advice(message: String, unless: &str) -> Advice {
    Advice::needs_person(
        message,
        format!(
            "compare `date -u` with another clock, set it, and try again; agents whose clock differs \
             refuse such drafts too (EXPIRY_PAST, EXPIRY_TOO_FAR). Where it is right, and {unless}, \
             give --clock-is-right"
        ),
    )
}

fn evidence(project: &Project) -> anyhow::Result<Vec<Evidence>> {
    let metadata = project.metadata();
    let mut evidence = Vec::new();
    let mut add = |role: RoleType, document: &Document| {
        let view = document.view(role)?;
        let expires = view.expires().seconds();
        let period = project.settings().role(role).expires.seconds();
        evidence.push(Evidence {
            role,
            version: view.version(),
            expires,
            signed: expires.saturating_sub(period),
        });
        anyhow::Ok(())
    };
    let timestamp = metadata.join(Role::from(RoleType::Timestamp).file_name(1));
    let Some(timestamp) = read_document(&timestamp, RoleType::Timestamp)? else {
        return Ok(evidence);
    };
    if let Some(root) = read_roots(&metadata)?.last() {
        add(RoleType::Root, root)?;
    }
    let version = timestamp.timestamp()?.snapshot.version;
    let snapshot = metadata.join(Role::from(RoleType::Snapshot).file_name(version));
    if let Some(snapshot) = read_document(&snapshot, RoleType::Snapshot)? {
        add(RoleType::Snapshot, &snapshot)?;
    }
    add(RoleType::Timestamp, &timestamp)?;
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::testing::{Bench, NOW};

    const DAY: i64 = 86_400;

    /// Every role is valid for 10 days, from `NOW` on.
    fn published() -> Bench {
        let bench = Bench::new();
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        bench
    }

    fn said(bench: &Bench, now: i64) -> Option<String> {
        let doubt = clock_doubt(&bench.project, now).unwrap()?;
        assert!(doubt.wants_person() && doubt.remedy.contains("EXPIRY_TOO_FAR"));
        Some(doubt.message)
    }

    #[test]
    fn a_clock_that_is_a_year_off_is_noticed() {
        let bench = published();
        let slow = said(&bench, NOW - 365 * DAY).unwrap();
        assert!(
            slow.contains("the clock says 2025-11-22T00:00:00Z"),
            "{slow}"
        );
        assert!(
            slow.contains("timestamp 1 was signed about 2026-11-22T00:00:00Z"),
            "{slow}"
        );
        let fast = said(&bench, NOW + 365 * DAY).unwrap();
        assert!(
            fast.contains("the clock says 2027-11-22T00:00:00Z"),
            "{fast}"
        );
        assert!(fast.contains("root 1 355 days ago"), "{fast}");
    }

    #[test]
    fn a_clock_that_may_be_right_is_believed() {
        let bench = published();
        for now in [NOW - SLACK, NOW, NOW + 9 * DAY] {
            assert_eq!(said(&bench, now), None, "{now}");
        }
        assert_eq!(said(&Bench::new(), NOW - 365 * DAY), None);
    }

    #[test]
    fn an_online_role_that_expired_alone_was_forgotten() {
        let mut bench = Bench::new();
        let text = bench.settings_text();
        let (before, after) = text.split_once("[timestamp]").unwrap();
        let text = format!("{before}[timestamp]{}", after.replacen("10d", "1d", 1));
        bench.project.write_settings(&text).unwrap();
        bench.reload();
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        assert_eq!(said(&bench, NOW + 5 * DAY), None);
        assert!(said(&bench, NOW - 5 * DAY).is_some());
    }
}
