use super::walk::{Pair, walk, walk_others};
use super::{Change, Keyring};
use crate::json::JsonPath;
use crate::{Key, KeyId, MAX_KEYS};

/// `signed.keys` and `signed.delegations.keys`
pub(super) fn keys(ring: Keyring, path: &JsonPath, pair: Pair<'_>, changes: &mut Vec<Change>) {
    let members = pair.members().unwrap_or_default();
    // No such document is valid, and to put a curve point on its curve takes time.
    if members.len() > 2 * MAX_KEYS {
        return;
    }
    for (name, pair) in members {
        let (path, keyid) = (path.key(name), KeyId::from(name));
        let Some(keys) = pair.both(|value| Key::parse(value).ok()) else {
            walk(&path, pair, changes);
            continue;
        };
        let usable = [&keys.0, &keys.1].into_iter().flatten();
        let usable = usable.into_iter().all(|key| key.public().is_ok());
        match keys {
            (None, Some(key)) => changes.push(Change::KeyAdded { ring, keyid, key }),
            (Some(key), None) => changes.push(Change::KeyRemoved { ring, keyid, key }),
            (Some(old), Some(new)) if differ(&old, &new) => changes.push(Change::KeyReplaced {
                ring,
                keyid,
                old,
                new,
            }),
            // The same key, written otherwise.
            _ => {
                walk(&path, pair, changes);
                continue;
            }
        }
        walk_others(&path, pair, &["keytype", "scheme", "keyval"], changes);
        if let Some(pair) = pair.member("keyval") {
            let told: &[&str] = if usable { &["public"] } else { &[] };
            walk_others(&path.key("keyval"), pair, told, changes);
        }
    }
}

fn differ(old: &Key, new: &Key) -> bool {
    let described = |key: &Key| {
        let keyval = key.value().as_object().and_then(|key| key.get("keyval"));
        let public = keyval.and_then(|keyval| keyval.as_object()?.get("public").cloned());
        (key.keytype().to_owned(), key.scheme().to_owned(), public)
    };
    described(old) != described(new)
}
