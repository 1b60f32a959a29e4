use std::collections::BTreeSet;

use crate::json::{Object, Value};

/// The keyids that roles name.
pub(super) fn keyids<'a>(roles: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let lists = roles.filter_map(|role| role.as_object()?.get("keyids")?.as_array());
    let keyids = lists.flatten().filter_map(Value::as_str);
    keyids.map(str::to_owned).collect()
}

/// The keyids of the `keys` beside roles that none of them names.
pub(super) fn idle_keyids(beside: &Object, used: &BTreeSet<String>) -> BTreeSet<String> {
    let keys = beside.get("keys").and_then(Value::as_object);
    let keyids = keys.into_iter().flat_map(Object::keys);
    let idle = keyids.filter(|keyid| !used.contains(*keyid));
    idle.map(str::to_owned).collect()
}
