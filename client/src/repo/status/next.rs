use super::bins::BinsStatus;
use super::due::Standing;
use super::role::{RoleStatus, RoleVersion};
use crate::show::{absolute, in_days};

/// What somebody should see to, the worst first.
pub(super) fn warnings(
    roles: &[RoleStatus],
    bins: &[BinsStatus],
    clock: Option<String>,
    now: i64,
) -> Vec<String> {
    let mut warnings: Vec<String> = clock.into_iter().collect();
    for (name, version) in standing(roles, bins, Standing::Expired) {
        warnings.push(format!(
            "{name} {} EXPIRED {} ({}): clients refuse it",
            version.version,
            version.expires,
            in_days(version.expires_seconds, now)
        ));
    }
    for role in roles {
        warnings.extend(of_draft(role, now));
    }
    warnings
}

/// A draft that lives too short: signatures over days make it shorter still.
fn of_draft(role: &RoleStatus, now: i64) -> Option<String> {
    let draft = role.draft.as_ref().filter(|_| !role.follows)?;
    let named = format!("the draft of {} {}", role.role, draft.version);
    let again = format!(
        "make it anew (privyseal repo renew {}{})",
        role.role,
        if role.role == "root" {
            " --correct"
        } else {
            ""
        }
    );
    let left = in_days(draft.expires_seconds, now);
    if draft.expires_seconds <= now {
        return Some(format!(
            "{named} has expired before it was published: {again}"
        ));
    }
    if draft.due_seconds <= now {
        return Some(format!(
            "{named} expires {left}, soon after it is published: {again}"
        ));
    }
    let published = role.published.as_ref()?;
    if draft.expires_seconds < published.expires_seconds {
        return Some(format!(
            "{named} expires {left}, before the published version does ({}): the period in \
             privyseal.toml is shorter now, or a clock was wrong",
            published.expires
        ));
    }
    let waits = role.is_unfinished() && role.standing == Some(Standing::Due);
    waits.then(|| {
        format!(
            "{} expires {}, and {named} still misses signatures",
            role.role,
            in_days(published.expires_seconds, now)
        )
    })
}

/// What to do next, in one line.
pub(super) fn next(
    roles: &[RoleStatus],
    bins: &[BinsStatus],
    correction: bool,
    now: i64,
) -> String {
    if correction {
        return "an operator runs privyseal repo supersede root --reason TEXT: a correction of \
                the root draft waits"
            .to_owned();
    }
    let drafts =
        roles.iter().any(|role| role.draft.is_some()) || bins.iter().any(|bins| bins.drafts > 0);
    let unfinished =
        roles.iter().any(RoleStatus::is_unfinished) || bins.iter().any(|bins| bins.unfinished > 0);
    if unfinished {
        return "privyseal repo sign; signers elsewhere get privyseal repo draft export".to_owned();
    }
    if drafts {
        return "privyseal repo publish: everything is signed".to_owned();
    }
    let mut due = standing(roles, bins, Standing::Expired);
    due.extend(standing(roles, bins, Standing::Due));
    if !due.is_empty() {
        return renew(&due);
    }
    let published = versions(roles, bins).min_by_key(|(_, version, _)| version.due_seconds);
    match published {
        Some((name, version, _)) => format!(
            "nothing before {} ({}), when {name} is due to be renewed",
            absolute(version.due_seconds),
            in_days(version.due_seconds, now)
        ),
        None => "privyseal repo add FILE, then privyseal repo sign".to_owned(),
    }
}

fn renew(due: &[(&str, &RoleVersion)]) -> String {
    let names: Vec<&str> = due
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.ends_with("-*"))
        .collect();
    let bins = if names.len() < due.len() {
        " --bins --within 30d"
    } else {
        ""
    };
    let names = names.iter().map(|name| format!(" {name}"));
    format!(
        "privyseal repo renew{}{bins}, then privyseal repo sign",
        names.collect::<String>()
    )
}

fn standing<'a>(
    roles: &'a [RoleStatus],
    bins: &'a [BinsStatus],
    wanted: Standing,
) -> Vec<(&'a str, &'a RoleVersion)> {
    let found = versions(roles, bins).filter(|(_, _, standing)| *standing == wanted);
    found.map(|(name, version, _)| (name, version)).collect()
}

/// Name, version and standing of what is published.
fn versions<'a>(
    roles: &'a [RoleStatus],
    bins: &'a [BinsStatus],
) -> impl Iterator<Item = (&'a str, &'a RoleVersion, Standing)> {
    let roles = roles.iter().filter(|role| !role.is_bin);
    let roles = roles.map(|role| (role.role.as_str(), role.published.as_ref(), role.standing));
    let bins = bins.iter();
    let bins = bins.map(|bins| {
        (
            bins.bins.as_str(),
            bins.first_to_expire.as_ref(),
            bins.standing,
        )
    });
    roles
        .chain(bins)
        .filter_map(|(name, version, standing)| Some((name, version?, standing?)))
}
