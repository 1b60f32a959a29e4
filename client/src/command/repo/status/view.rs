use std::io::{self, Write};

use crate::repo::{BinsStatus, RoleStatus, RoleVersion, Standing, Status};
use crate::show::{escape, in_days, print_table};

/// Prints how the roles stand, who is missing, and what is to be done.
pub(super) fn print_status(out: &mut dyn Write, status: &Status) -> io::Result<()> {
    let now = status.at_seconds;
    let roles = status.roles.iter().map(|role| of_role(role, now));
    let bins = status.bins.iter().map(|bins| of_bins(bins, now));
    let header = [
        "role",
        "published",
        "expires",
        "draft",
        "expires",
        "signatures",
    ];
    print_table(out, &header, roles.chain(bins))?;
    for role in &status.roles {
        print_missing(out, role)?;
    }
    for warning in &status.warnings {
        writeln!(out, "warning: {}", escape(warning))?;
    }
    writeln!(out, "next: {}", escape(&status.next))
}

fn of_role(role: &RoleStatus, now: i64) -> Vec<String> {
    let draft = match (&role.draft, role.follows) {
        (_, true) => "follows".to_owned(),
        (draft, false) => version(draft.as_ref()),
    };
    let next = role.draft.as_ref().or(role.published.as_ref());
    let counts = role
        .signatures
        .iter()
        .map(|s| format!("{} of {}", s.have, s.need));
    vec![
        escape(&role.role),
        version(role.published.as_ref()),
        expiry(role.published.as_ref(), role.standing, now),
        draft,
        expiry(role.draft.as_ref(), None, now),
        next.map_or_else(none, |_| counts.collect::<Vec<_>>().join(", ")),
    ]
}

/// Thousands of bins in one line: how many are published, and which of them expires first.
fn of_bins(bins: &BinsStatus, now: i64) -> Vec<String> {
    let drafts = match (bins.drafts, bins.unfinished) {
        (0, _) => none(),
        (drafts, 0) => format!("{drafts}, signed"),
        (drafts, unfinished) => format!("{drafts}, {unfinished} not signed"),
    };
    vec![
        escape(&bins.bins),
        format!("{} of {}", bins.published, bins.count),
        expiry(bins.first_to_expire.as_ref(), bins.standing, now),
        drafts,
        none(),
        none(),
    ]
}

fn print_missing(out: &mut dyn Write, role: &RoleStatus) -> io::Result<()> {
    for asked in role.signatures.iter().filter(|asked| !asked.is_met()) {
        writeln!(
            out,
            "{}: {} of {} signatures by {}; not yet by:",
            escape(&role.role),
            asked.have,
            asked.need,
            escape(&asked.required_by)
        )?;
        for key in &asked.missing {
            let owner = key.owner.as_deref().unwrap_or("not in privyseal.toml");
            writeln!(out, "  {} ({})", escape(owner), escape(&key.keyid))?;
        }
    }
    Ok(())
}

fn none() -> String {
    "-".to_owned()
}

fn version(version: Option<&RoleVersion>) -> String {
    version.map_or_else(none, |version| version.version.to_string())
}

fn expiry(version: Option<&RoleVersion>, standing: Option<Standing>, now: i64) -> String {
    let Some(version) = version else {
        return none();
    };
    let mark = match standing {
        Some(Standing::Expired) => "EXPIRED ",
        Some(Standing::Due) => "due: ",
        _ if version.expires_seconds <= now => "EXPIRED ",
        _ => "",
    };
    format!(
        "{mark}{} ({})",
        version.expires,
        in_days(version.expires_seconds, now)
    )
}
