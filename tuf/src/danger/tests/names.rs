use super::*;
use crate::Target;
use crate::json::{Object, Value};
use crate::testing::{root_draft, targets};

fn adding(old: &[&str], new: &str) -> Vec<Cause> {
    let mut draft = targets(1);
    for path in old {
        draft.set_target(&path.parse().unwrap(), &Target::of(b"1"));
    }
    next(&Room::of(RoleType::Targets), draft, |draft| {
        draft.set_target(&new.parse().unwrap(), &Target::of(b"2"));
    })
}

fn like(text: &str, other: &str) -> Cause {
    let (text, other) = (text.to_owned(), other.to_owned());
    Cause::LooksLike { text, other }
}

#[test]
fn names_that_can_be_taken_for_others() {
    for (old, new) in [
        ("app-1.0", "app-l.0"),
        ("app-1.0", "app-1.O"),
        ("modern", "rnodern"),
        ("Ill", "lIl"),
    ] {
        assert_eq!(adding(&[old, "other"], new), [like(new, old)]);
    }
    let case = Cause::OnlyCase {
        text: "README.txt".to_owned(),
        other: "Readme.TXT".to_owned(),
    };
    assert_eq!(adding(&["Readme.TXT"], "README.txt"), [case]);
    assert_eq!(adding(&["app-1.0", "b"], "app-1.1"), []);
    assert_eq!(adding(&["a/b"], "b/a"), []);
}

#[test]
fn a_name_in_other_letters_deceives_with_or_without_the_other() {
    let fake = "t\u{430}rget";
    let causes = adding(&["target"], fake);
    assert!(
        matches!(&causes[0], Cause::Deceptive { text, .. } if text == fake),
        "{causes:?}"
    );
    assert_eq!(causes[1], like(fake, "target"));
    assert_eq!(adding(&["x"], fake).len(), 1);
}

#[test]
fn what_was_removed_is_compared_too() {
    let mut old = targets(1);
    old.set_target(&"app-1".parse().unwrap(), &Target::of(b"1"));
    let causes = next(&Room::of(RoleType::Targets), old, |draft| {
        draft.remove_target(&"app-1".parse().unwrap());
        draft.set_target(&"app-l".parse().unwrap(), &Target::of(b"1"));
    });
    assert_eq!(causes, [Cause::RemovedTarget, like("app-l", "app-1")]);
}

#[test]
fn unknown_fields_are_read_too() {
    let old = targets(1).finish().unwrap();
    let with = |name: &str, value: Value| {
        let mut signed = old.signed().clone();
        signed.insert("version", Value::Integer(2));
        signed.insert(name, value);
        let dangers = Room::of(RoleType::Targets).review(Some(&old), &Document::unsigned(signed));
        dangers.dangers.iter().map(Danger::kind).collect::<Vec<_>>()
    };
    let hidden = [DangerKind::HiddenCharacters];
    assert_eq!(with("x-note", Value::from("fine\nby me")), []);
    assert_eq!(with("x-note", Value::from("a\u{1b}[2Jb")), hidden);
    assert_eq!(with("x-n\u{200b}ote", Value::from("a")), hidden);
    let deep = Object::from([("a", Value::Array(vec![Value::from("\u{202e}x")]))]);
    assert_eq!(with("x-note", Value::Object(deep)), hidden);
    let alike = [DangerKind::LookAlike];
    assert_eq!(with("Version", Value::Integer(1)), alike);
    let twice = [DangerKind::LookAlike, DangerKind::LookAlike];
    assert_eq!(with("v\u{435}rsion", Value::Integer(1)), twice);
}

#[test]
fn owners_can_look_alike() {
    let room = Room::of(RoleType::Root)
        .with(&crate::testing::online(), "machine")
        .with(&TestKey::p256(1), "alice")
        .with(&TestKey::p256(2), "aIice");
    let causes = next(&room, root_draft(1, &[&TestKey::p256(1)], 1), |draft| {
        let keyid = draft.add_key(&TestKey::p256(2).key());
        draft.set_role(RoleType::Root, &[TestKey::p256(1).keyid(), keyid], 1);
    });
    assert_eq!(causes, [like("aIice", "alice")]);
}
