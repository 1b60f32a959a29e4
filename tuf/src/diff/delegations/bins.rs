use super::super::walk::{Pair, walk};
use super::super::{Bins, Change, RolePlace, role};
use crate::json::{JsonPath, Value};

/// `signed.delegations.succinct_roles`
pub(super) fn roles(path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    let bins = pair.both(Bins::read);
    let told: &[&str] = match bins {
        Some(_) => &["bit_length", "name_prefix"],
        None => &[],
    };
    if let Some((old, new)) = bins.filter(|(old, new)| old != new) {
        changes.push(Change::Bins { old, new });
    }
    let place = RolePlace::Bins;
    role::role(
        &place,
        path,
        pair,
        told,
        changes,
        |_, path, pair, changes| {
            walk(path, pair, changes);
        },
    );
}

impl Bins {
    fn read(roles: &Value) -> Option<Self> {
        let roles = roles.as_object()?;
        Some(Self {
            bit_length: roles.get("bit_length")?.as_integer()?,
            name_prefix: roles.get("name_prefix")?.as_str()?.to_owned(),
        })
    }
}
