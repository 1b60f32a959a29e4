use privyseal_proto::v1::NotaryUse;

use super::*;

fn protection(sensitive: bool, extractable: bool, local: bool) -> String {
    let brief = ProtectionView {
        sensitive,
        extractable,
        always_sensitive: sensitive,
        never_extractable: !extractable,
        local,
    };
    brief.brief()
}

#[test]
fn weak_protection_stands_out() {
    assert_eq!(
        protection(true, false, true),
        "sensitive, never extractable, made on device"
    );
    assert_eq!(
        protection(false, true, false),
        "NOT SENSITIVE, EXTRACTABLE, NOT MADE ON DEVICE"
    );
}

#[test]
fn a_row_is_short_and_escaped() {
    let key = Key {
        name: "a\u{202e}b".to_owned(),
        keyid: "0123456789abcdef".to_owned(),
        authority: "prod".to_owned(),
        repository: "example.org".to_owned(),
        ..Key::default()
    };
    let view = KeyView::new("agent", key);
    let row = view.row(false, false, false);
    assert_eq!(row[0], "agent:a\\u{202e}b");
    assert_eq!(row[2], "01234567");
    assert_eq!(row[4], "prod/example.org (no root yet)");
    assert_eq!(view.row(true, false, false)[2], "0123456789abcdef");
}

fn notary_key(used: Option<NotaryUse>) -> KeyView {
    KeyView::new(
        "agent",
        Key {
            name: "notary-snapshot-1".to_owned(),
            purpose: "notary".to_owned(),
            role: "snapshot".to_owned(),
            authority: "prod".to_owned(),
            repository: "reg.test/app".to_owned(),
            notary_use: used,
            ..Key::default()
        },
    )
}

#[test]
fn a_notary_key_shows_what_it_signed_last() {
    let used = |restored| {
        notary_key(Some(NotaryUse {
            version: 7,
            expires: 1_795_316_295,
            restored,
        }))
    };
    let row = used(false).row(false, true, false);
    assert_eq!(
        row[3..6],
        [
            "notary snapshot",
            "prod/reg.test/app",
            "version 7, expires 2026-11-22T02:58:15Z"
        ]
    );
    assert!(used(true).row(false, true, false)[5].contains("RESTORED"));
    assert_eq!(notary_key(None).row(false, true, false)[5], "UNUSED");
    let json = serde_json::to_value(used(false)).unwrap();
    assert_eq!(json["role"], "snapshot");
    assert_eq!(json["notary_use"]["version"], 7);
    assert_eq!(json["notary_use"]["expires"], "2026-11-22T02:58:15Z");
    assert!(serde_json::to_value(notary_key(None)).unwrap()["notary_use"].is_null());
}

#[test]
fn a_key_for_images_has_a_role_and_any_root() {
    let key = Key {
        name: "root-a".to_owned(),
        purpose: "trust".to_owned(),
        role: "root".to_owned(),
        authority: "images".to_owned(),
        repository: "reg.test/**".to_owned(),
        ..Key::default()
    };
    let view = KeyView::new("agent", key);
    assert_eq!(
        view.row(false, false, false)[3..5],
        ["trust root", "images/reg.test/**"]
    );
    assert_eq!(view.row(false, true, false)[5], "-");
}

#[test]
fn other_keys_have_no_column_for_it() {
    let print = |views: &[KeyView]| {
        let mut out = Vec::new();
        KeyView::print_table(views, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let tuf = KeyView::new("agent", Key::default());
    assert!(!print(std::slice::from_ref(&tuf)).contains("LAST SIGNED"));
    assert!(print(&[tuf, notary_key(None)]).contains("LAST SIGNED"));
}
