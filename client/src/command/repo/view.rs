use std::io::{self, Write};

use privyseal_tuf::Role;

use crate::repo::{Project, RoleStatus, RoleVersion, Step, Work};
use crate::show::{DiffContext, escape, in_days, print_changes, print_table};

/// Prints what a round of signatures would change, role by role.
pub(super) fn print_preview(
    out: &mut dyn Write,
    project: &Project,
    work: &Work,
    preview: &[(Role, Step)],
    now: i64,
) -> anyhow::Result<()> {
    let context = diff_context(project, work, now);
    for (role, step) in preview {
        match step {
            Step::Document(document) => {
                let before = work.published().document(role)?;
                print_changes(out, &context, role.kind(), before.as_deref(), document)?;
            }
            Step::Follows { version, expires } => writeln!(
                out,
                "{role}: version {version} follows, over the finished files; it expires {expires} ({})",
                in_days(expires.seconds(), now)
            )?,
        }
    }
    Ok(())
}

/// Whose keys are whose, by privyseal.toml, and their algorithms, by the old and the new root.
fn diff_context(project: &Project, work: &Work, now: i64) -> DiffContext {
    let keys = project.settings().keys();
    let owners = keys.map(|key| (key.keyid.clone(), key.owner())).collect();
    let algorithms = work.roots().flat_map(|root| root.keys).map(|(keyid, key)| {
        let name = key.algorithm().map(|algorithm| algorithm.to_string());
        (
            keyid,
            name.unwrap_or_else(|| format!("{}, unusable", key.keytype())),
        )
    });
    DiffContext {
        owners,
        algorithms: algorithms.collect(),
        now,
    }
}

/// Prints how the roles stand, and who is missing.
pub(super) fn print_status(
    out: &mut dyn Write,
    statuses: &[RoleStatus],
    now: i64,
) -> io::Result<()> {
    let rows = statuses.iter().map(|status| {
        let draft = match (&status.draft, status.follows) {
            (_, true) => "follows".to_owned(),
            (draft, false) => version(draft.as_ref()),
        };
        let next = status.draft.as_ref().or(status.published.as_ref());
        vec![
            status.role.clone(),
            version(status.published.as_ref()),
            expiry(status.published.as_ref(), now),
            draft,
            status
                .draft
                .as_ref()
                .map_or_else(|| "-".to_owned(), |draft| expiry(Some(draft), now)),
            next.map_or_else(|| "-".to_owned(), |_| signatures(status)),
        ]
    });
    let header = [
        "role",
        "published",
        "expires",
        "draft",
        "expires",
        "signatures",
    ];
    print_table(out, &header, rows)?;
    for status in statuses {
        print_missing(out, status)?;
    }
    Ok(())
}

fn print_missing(out: &mut dyn Write, status: &RoleStatus) -> io::Result<()> {
    for requirement in status
        .signatures
        .iter()
        .filter(|s| s.have < s.need as usize)
    {
        writeln!(
            out,
            "{}: {} of {} signatures by {}; not yet by:",
            status.role, requirement.have, requirement.need, requirement.required_by
        )?;
        for key in &requirement.missing {
            let owner = key.owner.as_deref().unwrap_or("not in privyseal.toml");
            writeln!(out, "  {} ({})", escape(owner), escape(&key.keyid))?;
        }
    }
    Ok(())
}

fn version(version: Option<&RoleVersion>) -> String {
    version.map_or_else(|| "-".to_owned(), |version| version.version.to_string())
}

fn expiry(version: Option<&RoleVersion>, now: i64) -> String {
    version.map_or_else(
        || "-".to_owned(),
        |version| {
            let warning = if version.expires_seconds <= now {
                "EXPIRED "
            } else {
                ""
            };
            format!(
                "{warning}{} ({})",
                version.expires,
                in_days(version.expires_seconds, now)
            )
        },
    )
}

fn signatures(status: &RoleStatus) -> String {
    let counts = status
        .signatures
        .iter()
        .map(|s| format!("{} of {}", s.have, s.need));
    counts.collect::<Vec<_>>().join(", ")
}
