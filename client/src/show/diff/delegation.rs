use privyseal_tuf::{Bins, RolePlace, ScopeEntry};

use super::field::{changed, old_and_new};
use super::key::of_role;
use super::line::{Line, Sign};
use crate::show::quote;

pub(super) fn added(role: &RolePlace, before: Option<&str>) -> Line {
    let text = format!("{}{}", placed(role), asked_before(before));
    Line::new(Sign::Added, "delegation", text)
}

pub(super) fn removed(role: &RolePlace) -> Line {
    Line::new(Sign::Removed, "delegation", placed(role))
}

pub(super) fn moved(role: &RolePlace, from: usize, before: Option<&str>) -> Line {
    let (placed, was) = (placed(role), from + 1);
    let text = format!("{placed}, was number {was}{}", asked_before(before));
    Line::new(Sign::Changed, "delegation", text)
}

pub(super) fn terminating(role: &RolePlace, old: Option<bool>, new: Option<bool>) -> Line {
    let said = |terminating: bool| if terminating { "yes" } else { "no" }.to_owned();
    changed("terminating", role, old.map(said), new.map(said))
}

/// Patterns have a line each; hash prefixes of one role share theirs.
pub(super) fn scope(sign: Sign, role: &RolePlace, entry: &ScopeEntry) -> Line {
    match entry {
        ScopeEntry::Path(pattern) => {
            Line::new(sign, "paths", of_role(role, &quote(pattern.as_str())))
        }
        ScopeEntry::HashPrefix(prefix) => {
            Line::of_group(sign, "paths", of_role(role, "hashes"), prefix.as_str())
        }
    }
}

pub(super) fn bins(old: Option<&Bins>, new: Option<&Bins>) -> Line {
    let said = |bins: &Bins| {
        let count = u32::try_from(bins.bit_length).ok();
        let count = count.and_then(|bits| 1_u64.checked_shl(bits));
        let count = count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        let names = quote(&format!("{}-*", bins.name_prefix));
        format!("{count} (bit_length {}) named {names}", bins.bit_length)
    };
    old_and_new("bins", "", old.map(said), new.map(said))
}

/// The role and its place in the order.
fn placed(role: &RolePlace) -> String {
    match role {
        RolePlace::Delegated { index, .. } => of_role(role, &format!("number {}", index + 1)),
        RolePlace::Top(_) | RolePlace::Bins => of_role(role, "-"),
    }
}

fn asked_before(other: Option<&str>) -> String {
    let other = other.map(|other| format!(", asked before {}", quote(other)));
    other.unwrap_or_default()
}
