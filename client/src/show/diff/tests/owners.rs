use super::house::{key_json, keyid};
use super::*;

#[test]
fn an_owner_whose_name_looks_like_anothers_is_marked() {
    let mut house = House::new();
    house.context.owners.insert(keyid(66), "aIice".to_owned());
    let new = house.next(RoleType::Root, |root| {
        root["keys"][keyid(66).as_str()] = key_json(66);
        let keyids = root["roles"]["root"]["keyids"].as_array_mut().unwrap();
        keyids.push(keyid(66).as_str().into());
    });
    let role = Role::from(RoleType::Root);
    let old = house.root();
    let comparison = Comparison::of(&house.context, &role, Some(&old), &new);
    let kinds: Vec<DangerKind> = comparison.dangers().into_keys().collect();
    assert_eq!(kinds, [DangerKind::LookAlike]);
    assert_golden("owner-like-another", &shown(&comparison));
}

#[test]
fn where_nobody_is_known_a_first_root_is_no_danger_and_a_new_key_is_one() {
    let house = House::new();
    let context = DiffContext {
        now: house.context.now,
        ..DiffContext::default()
    };
    let role = Role::from(RoleType::Root);
    let mut first: serde_json::Value = serde_json::from_slice(&house.root().to_bytes()).unwrap();
    first["signed"]["version"] = 1.into();
    let first = Document::parse(first.to_string().as_bytes()).unwrap();
    let comparison = Comparison::of(&context, &role, None, &first);
    assert!(comparison.dangers().is_empty());
    let new = house.next(RoleType::Root, |root| {
        root["keys"][keyid(7).as_str()] = key_json(7);
        let keyids = root["roles"]["root"]["keyids"].as_array_mut().unwrap();
        keyids.push(keyid(7).as_str().into());
    });
    let old = house.root();
    let comparison = Comparison::of(&context, &role, Some(&old), &new);
    let kinds: Vec<DangerKind> = comparison.dangers().into_keys().collect();
    assert_eq!(kinds, [DangerKind::UnknownKey]);
}
