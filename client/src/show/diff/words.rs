use privyseal_tuf::{Change, Review};

use super::line::{Line, Sign};
use super::{DiffContext, delegation, entry, field, key};

/// A change as a line.
pub(super) fn line(context: &DiffContext, review: &Review, change: &Change) -> Line {
    use Sign::{Added, Changed, Removed};
    let names = key::Names { context, review };
    match change {
        Change::Version { old, new } => field::version(*old, *new),
        Change::Expires { old, new } => field::expires(context, old.as_deref(), new.as_deref()),
        Change::Field { path, old, new } => field::field(path, old.as_ref(), new.as_ref()),
        Change::KeyAdded { keyid, .. } => names.key(Added, keyid),
        Change::KeyRemoved { keyid, .. } => names.key(Removed, keyid),
        Change::KeyReplaced {
            keyid, old, new, ..
        } => names.key(Changed, keyid).with_details(vec![
            format!("old public key {}", old.fingerprint()),
            format!("new public key {}", new.fingerprint()),
        ]),
        Change::RoleKeyAdded { role, keyid } => names.signer(Added, role, keyid),
        Change::RoleKeyRemoved { role, keyid } => names.signer(Removed, role, keyid),
        Change::Quorum { role, old, new } => key::threshold(role, old.as_ref(), new.as_ref()),
        Change::DelegationAdded { role, before } => delegation::added(role, before.as_deref()),
        Change::DelegationRemoved { role } => delegation::removed(role),
        Change::DelegationMoved { role, from, before } => {
            delegation::moved(role, *from, before.as_deref())
        }
        Change::Terminating { role, old, new } => delegation::terminating(role, *old, *new),
        Change::ScopeAdded { role, entry } => delegation::scope(Added, role, entry),
        Change::ScopeRemoved { role, entry } => delegation::scope(Removed, role, entry),
        Change::Bins { old, new } => delegation::bins(old.as_ref(), new.as_ref()),
        Change::TargetAdded { path, file } => entry::target(Added, path, file),
        Change::TargetRemoved { path, file } => entry::target(Removed, path, file),
        Change::TargetReplaced { path, old, new } => entry::replaced(path, old, new),
        Change::MetaAdded { name, file } => entry::meta(Added, name, file),
        Change::MetaRemoved { name, file } => entry::meta(Removed, name, file),
        Change::MetaChanged { name, old, new } => entry::meta_changed(name, old, new),
    }
}
