//! Very many lines, and what scripts read.

use privyseal_tuf::json;

use super::house::target_json;
use super::*;

fn many(context: &DiffContext) -> (String, serde_json::Value) {
    let house = House::new();
    let new = house.next(RoleType::Targets, |targets| {
        for number in 0..60 {
            targets["targets"][format!("file-{number:02}")] = target_json("one");
        }
        targets["targets"]["LICENSE"] = target_json("other");
        targets["targets"]["file-5\u{2024}"] = target_json("evil");
    });
    let role = Role::TARGETS;
    let old = house.targets();
    let comparison = Comparison::of(context, &role, Some(&old), &new);
    (
        shown(&comparison),
        serde_json::to_value(&comparison).unwrap(),
    )
}

#[test]
fn of_very_many_lines_some_are_folded_and_dangers_never() {
    let mut context = House::new().context;
    let (all, _) = many(&context);
    assert_eq!(all.matches(" + target ").count(), 61);
    assert!(
        all.contains("in all: 1 expires changed, 61 target added, 1 target changed"),
        "{all}"
    );
    assert!(!all.contains("more without danger"));
    context.most_lines = Some(5);
    let (some, _) = many(&context);
    assert_golden("folded", &some);
    for dangerous in ["LICENSE", r#""file-5\u{2024}""#] {
        assert!(some.contains(dangerous), "{dangerous}");
    }
}

#[test]
fn scripts_read_changes_and_dangers() {
    let context = House::new().context;
    let (_, value) = many(&context);
    let text = value.to_string();
    assert!(json::Value::parse(text.as_bytes()).is_ok());
    let dangers = value["dangers"].as_array().unwrap();
    let kinds: Vec<&str> = dangers
        .iter()
        .map(|danger| danger["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["replaced-target", "look-alike"]);
    assert_eq!(dangers[0]["path"], "signed.targets.LICENSE");
    let change = &value["changes"][dangers[0]["change"].as_u64().unwrap() as usize];
    assert_eq!(
        (&change["kind"], &change["new"]["length"]),
        (&"target".into(), &5.into())
    );
}

#[test]
fn every_change_has_its_json() {
    let house = House::new();
    for role in RoleType::ALL {
        let role_name = Role::from(role);
        let last = house.last(role);
        let comparison = Comparison::of(&house.context, &role_name, None, &last);
        let value = serde_json::to_value(&comparison).unwrap();
        for change in value["changes"].as_array().unwrap() {
            assert!(
                change["old"].is_null() && !change["new"].is_null(),
                "{change}"
            );
        }
    }
}
