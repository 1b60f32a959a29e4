use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Text, Value};

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

/// An object whose members come one by one, each name once.
#[derive(Default)]
pub(super) struct Building {
    members: Vec<Member>,
    /// The names, once some did not come in their order and there are too many to look through.
    seen: Option<BTreeSet<Text>>,
    unsorted: bool,
}

/// As many names are compared one by one.
const FEW: usize = 16;

impl Building {
    /// Whether no member of that name came yet.
    pub(super) fn is_new(&mut self, key: &Text) -> bool {
        let Some((last, _)) = self.members.last() else {
            return true;
        };
        if !self.unsorted && last < key {
            return true;
        }
        self.unsorted = true;
        if self.members.len() <= FEW {
            return self.members.iter().all(|(name, _)| name != key);
        }
        let members = &self.members;
        let seen = self
            .seen
            .get_or_insert_with(|| members.iter().map(|(name, _)| name.clone()).collect());
        !seen.contains(key.borrow() as &str)
    }

    /// Adds a member whose name [is new](Self::is_new).
    pub(super) fn push(&mut self, key: Text, value: Value) {
        if let Some(seen) = &mut self.seen {
            seen.insert(key.clone());
        }
        self.members.push((key, value));
    }

    pub(super) fn finish(mut self) -> Object {
        if self.members.is_empty() {
            return Object::new();
        }
        if self.unsorted {
            self.members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        }
        self.members.shrink_to_fit();
        Object(Some(Arc::new(self.members)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn number(number: i64) -> Value {
        Value::Integer(number)
    }

    #[test]
    fn a_clone_that_is_edited_leaves_the_other_alone() {
        let first = Object::from([("a", number(1)), ("b", number(2))]);
        let mut second = first.clone();
        assert_eq!(second.insert("a", number(3)), Some(number(1)));
        assert_eq!(first.get("a"), Some(&number(1)));
        assert_ne!(first, second);
        second.insert("a", number(1));
        assert_eq!(first, second);
    }

    #[test]
    fn an_emptied_object_is_an_empty_one() {
        let mut object = Object::from([("a", number(1))]);
        assert_eq!(object.remove("a"), Some(number(1)));
        assert_eq!(object.remove("a"), None);
        assert_eq!(object, Object::new());
    }

    #[test]
    fn values_are_small() {
        assert_eq!(size_of::<Value>(), 24);
        assert_eq!(size_of::<Object>(), 8);
    }

    #[derive(Clone, Debug)]
    enum Edit {
        Insert(String, i64),
        Remove(String),
        Extend(Vec<(String, i64)>),
        Keep(String),
    }

    fn any_edit() -> impl Strategy<Value = Edit> {
        let name = "[a-cé]{0,2}";
        prop_oneof![
            (name, any::<i64>()).prop_map(|(name, to)| Edit::Insert(name, to)),
            name.prop_map(Edit::Remove),
            prop::collection::vec((name, any::<i64>()), 0..6).prop_map(Edit::Extend),
            name.prop_map(Edit::Keep),
        ]
    }

    proptest! {
        #[test]
        fn it_behaves_like_a_map(edits in prop::collection::vec(any_edit(), 0..24)) {
            let (mut map, mut object) = (BTreeMap::new(), Object::new());
            for edit in edits {
                match edit {
                    Edit::Insert(name, to) => {
                        let old = object.insert(name.as_str(), number(to));
                        prop_assert_eq!(old, map.insert(name, to).map(number));
                    }
                    Edit::Remove(name) => {
                        let old = object.remove(&name);
                        prop_assert_eq!(old, map.remove(&name).map(number));
                    }
                    Edit::Extend(members) => {
                        object.extend(members.iter().map(|(name, to)| (name.as_str(), number(*to))));
                        map.extend(members);
                    }
                    Edit::Keep(name) => {
                        object.retain(|key, _| key >= name.as_str());
                        map.retain(|key, _| *key >= name);
                    }
                }
                let members = object.iter().map(|(name, value)| {
                    (name.to_string(), value.as_integer().unwrap())
                });
                prop_assert_eq!(members.collect::<Vec<_>>(), map.clone().into_iter().collect::<Vec<_>>());
                prop_assert!(map.keys().all(|key| object.contains_key(key)));
            }
        }

        #[test]
        fn members_in_any_order_are_built_alike(mut names in prop::collection::vec("[a-e]{0,3}", 0..60)) {
            let mut building = Building::default();
            let mut map = BTreeMap::new();
            for name in &names {
                let name = Text::from(name.as_str());
                prop_assert_eq!(building.is_new(&name), !map.contains_key(&name));
                if map.insert(name.clone(), ()).is_none() {
                    building.push(name, Value::Null);
                }
            }
            let built = building.finish();
            names.sort();
            prop_assert!(built.keys().eq(map.keys().map(|key| &**key)));
            prop_assert_eq!(built, names.into_iter().map(|name| (name, Value::Null)).collect::<Object>());
        }
    }
}
