mod building;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Text, Value};

pub(super) use building::Building;

type Member = (Text, Value);

/// The members of an object, sorted by code point (which is the order of their UTF-8 bytes).
///
/// A clone shares the members until one of the two is edited, so that a large document can be kept,
/// edited and compared without a second copy of it. A single [`insert`](Self::insert) takes time in
/// proportion to the members; many at once go through [`extend`](Extend::extend).
#[derive(Clone, Default)]
pub struct Object(Option<Arc<Vec<Member>>>);

impl Object {
    /// An object without members.
    pub const fn new() -> Self {
        Self(None)
    }

    /// What `key` names.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let members = self.members();
        let (_, value) = members.get(find(members, key).ok()?)?;
        Some(value)
    }

    /// What `key` names, to be edited.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = find(self.members(), key).ok()?;
        let (_, value) = self.edited().get_mut(at)?;
        Some(value)
    }

    /// Whether there is a member of that name.
    pub fn contains_key(&self, key: &str) -> bool {
        find(self.members(), key).is_ok()
    }

    /// Sets a member, and returns what the name stood for.
    pub fn insert(&mut self, key: impl Into<Text>, value: Value) -> Option<Value> {
        let key = key.into();
        match find(self.members(), &key) {
            Ok(at) => {
                let (_, place) = self.edited().get_mut(at)?;
                Some(std::mem::replace(place, value))
            }
            Err(at) => {
                self.edited().insert(at, (key, value));
                None
            }
        }
    }

    /// Removes a member, and returns what the name stood for.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = find(self.members(), key).ok()?;
        Some(self.edited().remove(at).1)
    }

    /// Removes the members for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Value) -> bool) {
        self.edited().retain(|(key, value)| keep(key, value));
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members().is_empty()
    }

    /// The members in the order of their names.
    pub fn iter(&self) -> Iter<'_> {
        self.members().iter().map(|(key, value)| (key, value))
    }

    /// The names, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members().iter().map(|(key, _)| &**key)
    }

    /// The values in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.members().iter().map(|(_, value)| value)
    }

    fn members(&self) -> &[Member] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The members as this object's own.
    fn edited(&mut self) -> &mut Vec<Member> {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

fn find(members: &[Member], key: &str) -> Result<usize, usize> {
    members.binary_search_by(|(name, _)| (**name).cmp(key))
}

/// The members of an [`Object`].
pub type Iter<'a> =
    std::iter::Map<std::slice::Iter<'a, Member>, fn(&'a Member) -> (&'a Text, &'a Value)>;

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Text, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl<K: Into<Text>> Extend<(K, Value)> for Object {
    /// Sets many members; of two with one name the later counts.
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, members: I) {
        let members = members.into_iter().map(|(key, value)| (key.into(), value));
        let own = self.edited();
        own.extend(members);
        own.sort_by(|(a, _), (b, _)| a.cmp(b));
        own.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(members: I) -> Self {
        let mut object = Self::new();
        object.extend(members);
        object
    }
}

impl<K: Into<Text>, const N: usize> From<[(K, Value); N]> for Object {
    fn from(members: [(K, Value); N]) -> Self {
        members.into_iter().collect()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.members(), other.members());
        std::ptr::eq(ours, theirs) || ours == theirs
    }
}

impl Eq for Object {}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.iter().map(|(key, value)| (&**key, value));
        serializer.collect_map(members)
    }
}
