use std::collections::{BTreeMap, BTreeSet};

use super::DangerContext;
use crate::json::{Object, Value};
use crate::{Change, Document, Key, KeyId, MAX_KEYS, RolePlace, RoleType};

/// What every check looks at.
pub(super) struct Case<'a> {
    pub(super) old: Option<&'a Document>,
    pub(super) new: &'a Document,
    pub(super) changes: &'a [Change],
    pub(super) context: DangerContext<'a>,
    keys: Keys,
    owners: BTreeMap<KeyId, Owners>,
}

/// Keys by keyid.
#[derive(Debug)]
pub(super) struct Keys(BTreeMap<KeyId, Key>);

/// Whose a key is.
#[derive(Default)]
pub(super) struct Owners {
    /// As this side knows.
    pub(super) known: Option<String>,
    /// As the key object says of itself.
    pub(super) claimed: Option<String>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        old: Option<&'a Document>,
        new: &'a Document,
        changes: &'a [Change],
        context: DangerContext<'a>,
    ) -> Self {
        let mut keys = BTreeMap::new();
        for document in old.into_iter().chain([new]) {
            keys.extend(keys_of(document.signed()));
        }
        let owners = keys.iter().map(|(keyid, key): (&KeyId, &Key)| {
            let owners = Owners {
                known: (context.owner)(keyid),
                claimed: key.claimed_owner().map(str::to_owned),
            };
            (keyid.clone(), owners)
        });
        Self {
            owners: owners.collect(),
            old,
            new,
            changes,
            context,
            keys: Keys(keys),
        }
    }

    /// The changes with their places.
    pub(super) fn changes(&self) -> impl Iterator<Item = (usize, &'a Change)> {
        self.changes.iter().enumerate()
    }

    pub(super) fn key(&self, keyid: &KeyId) -> Option<&Key> {
        self.keys.get(keyid)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = (&KeyId, &Key)> {
        self.keys.0.iter()
    }

    pub(super) fn owners(&self) -> impl Iterator<Item = (&KeyId, &Owners)> {
        self.owners.iter()
    }

    pub(super) fn owners_of(&self, keyid: &KeyId) -> Option<&Owners> {
        self.owners.get(keyid)
    }

    /// The keys of a role in the new document.
    pub(super) fn keyids(&self, role: &RolePlace) -> BTreeSet<KeyId> {
        let role = role.find(self.new.signed()).into_iter();
        role.flat_map(|role| list_of(role, "keyids"))
            .map(KeyId::from)
            .collect()
    }

    /// How many keys of a role must sign in the new document.
    pub(super) fn threshold(&self, role: &RolePlace) -> Option<usize> {
        let role = role.find(self.new.signed())?;
        usize::try_from(role.get("threshold")?.as_integer()?).ok()
    }

    /// The keys of a top-level role in the new document.
    pub(super) fn top_keyids(&self, role: RoleType) -> BTreeSet<KeyId> {
        self.keyids(&RolePlace::Top(role.to_string()))
    }

    pub(super) fn into_keys(self) -> Keys {
        self.keys
    }
}

impl Keys {
    pub(super) fn get(&self, keyid: &KeyId) -> Option<&Key> {
        self.0.get(keyid)
    }
}

impl Owners {
    /// Every name that the key goes by.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let names = [self.known.as_deref(), self.claimed.as_deref()];
        names.into_iter().flatten()
    }
}
/// The texts of a list member, as far as they are texts.
pub(super) fn list_of<'a>(role: &'a Object, member: &str) -> impl Iterator<Item = &'a str> {
    let items = role.get(member).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str)
}

/// The listed delegations of a document by name.
pub(super) fn delegations_of(signed: &Object) -> BTreeMap<&str, &Object> {
    let roles = member(signed, "delegations").and_then(|d| d.get("roles")?.as_array());
    let roles = roles.into_iter().flatten().filter_map(Value::as_object);
    roles
        .filter_map(|role| Some((role.get("name")?.as_str()?, role)))
        .collect()
}

/// The member of that name, where it is an object.
pub(super) fn member<'a>(object: &'a Object, name: &str) -> Option<&'a Object> {
    object.get(name)?.as_object()
}

fn keys_of(signed: &Object) -> impl Iterator<Item = (KeyId, Key)> {
    let delegations = member(signed, "delegations");
    let rings = [Some(signed), delegations].into_iter().flatten();
    let keys = rings.filter_map(|holder| member(holder, "keys"));
    // A valid document has no more.
    keys.flat_map(|keys| keys.iter().take(MAX_KEYS))
        .filter_map(|(keyid, key)| Some((KeyId::from(&**keyid), Key::parse(key).ok()?)))
}
