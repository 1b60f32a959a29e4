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
