mod ca;

use std::fs;

use privyseal_tuf::Sha256Digest;

use super::*;

const NOW: i64 = 1_800_000_000;

fn gun(text: &str) -> Gun {
    text.parse().unwrap()
}

/// The id of nothing in particular.
fn id(text: &str) -> String {
    Sha256Digest::of(text.as_bytes()).to_string()
}

fn candidate(name: &str, chain: Vec<Vec<u8>>) -> Candidate {
    Candidate {
        certificate: id(&format!("{name} certificate")).into(),
        canonical: id(&format!("{name} key")).into(),
        chain,
    }
}

fn named(name: &str) -> Candidate {
    candidate(name, Vec::new())
}

fn daemon(section: &str) -> Result<Pins, PinConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("daemon.json");
    fs::write(&path, format!("{{\"debug\": true,\n{section}}}")).unwrap();
    Pins::of(PinSources {
        daemon: Some(path),
        ..PinSources::default()
    })
}

fn pinning(mode: &str, pins: &str) -> Pins {
    daemon(&format!(
        "\"content-trust\": {{\"mode\": \"{mode}\", \"trust-pinning\": {{{pins}}}}}"
    ))
    .unwrap()
}

fn notary(json: &str) -> Pins {
    Pins::none().with_notary("notary", serde_json::from_str(json).unwrap())
}

fn check(pins: &Pins, repository: &str, keys: &[&str]) -> Result<Pinned, String> {
    let keys: Vec<_> = keys.iter().map(|name| named(name)).collect();
    let checked = pins.check(&gun(repository), &keys, true, NOW);
    checked.map_err(|error| error.to_string())
}

fn keys(names: &[&str]) -> BTreeSet<KeyId> {
    names.iter().map(|name| named(name).certificate).collect()
}

#[test]
fn without_pins_the_first_root_is_trusted() {
    for pins in [
        Pins::none(),
        daemon("\"hosts\": []").unwrap(),
        Pins::of(PinSources {
            daemon: Some("/nonexistent/daemon.json".into()),
            notary: Some("/nonexistent/config.json".into()),
            own: None,
        })
        .unwrap(),
        pinning(
            "disabled",
            &format!("\"root-keys\": {{\"*\": [\"{}\"]}}", id("x")),
        ),
    ] {
        let pinned = check(&pins, "reg.example.test/app", &["a", "b"]).unwrap();
        assert_eq!(pinned.by, TrustedBy::FirstUse);
        assert_eq!(pinned.keys, keys(&["a", "b"]));
        assert!(!pins.allow_expired_cache());
    }
}

#[test]
fn the_most_specific_root_key_counts() {
    let pins = pinning(
        "enforced",
        &format!(
            "\"root-keys\": {{\"reg.example.test/*\": [\"{}\"], \"reg.example.test/team/*\": [\"{}\"],
             \"reg.example.test/team/app\": [\"{}\", \"{}\"]}}",
            id("wide key"), id("team key"), id("one key"), id("two key"),
        ),
    );
    let root_keys = |repository: &str, names: &[&str]| check(&pins, repository, names);
    let pinned = root_keys("reg.example.test/other", &["wide", "x"]).unwrap();
    assert_eq!(
        (pinned.by, pinned.keys),
        (TrustedBy::RootKeys, keys(&["wide"]))
    );
    assert!(root_keys("reg.example.test/team/x/y", &["team"]).is_ok());
    let error = root_keys("reg.example.test/team/x", &["wide"]).unwrap_err();
    assert!(
        error.contains("reg.example.test/team/*") && error.contains(&id("wide key")),
        "{error}"
    );
    assert!(error.contains("daemon.json"), "{error}");
    let pinned = root_keys("reg.example.test/team/app", &["two", "one", "team"]).unwrap();
    assert_eq!(pinned.keys, keys(&["one", "two"]));
    assert!(root_keys("reg.example.test/team/app", &["team"]).is_err());
    let error = root_keys("reg.example.testing/app", &["wide"]).unwrap_err();
    assert!(error.contains("not pinned"), "{error}");
}

#[test]
fn certificates_win_over_root_keys_and_know_no_wildcards() {
    let pins = pinning(
        "enforced",
        &format!(
            "\"root-keys\": {{\"r.io/*\": [\"{}\"]}}, \"cert-ids\": {{\"r.io/app\": [\"{}\"]}}",
            id("a key"),
            id("b certificate"),
        ),
    );
    assert_eq!(
        check(&pins, "r.io/app", &["b"]).unwrap().by,
        TrustedBy::CertIds
    );
    // The rule of certificates failed; that of root keys would not have.
    assert!(check(&pins, "r.io/app", &["a"]).is_err());
    assert_eq!(
        check(&pins, "r.io/app2", &["a"]).unwrap().by,
        TrustedBy::RootKeys
    );
}

#[test]
fn permissive_says_what_enforced_would_refuse() {
    let pins = pinning(
        "permissive",
        &format!("\"root-keys\": {{\"r.io/app\": [\"{}\"]}}", id("a key")),
    );
    let pinned = check(&pins, "r.io/app", &["b"]).unwrap();
    assert_eq!(pinned.by, TrustedBy::FirstUse);
    assert_eq!(pinned.keys, keys(&["b"]));
    assert!(pinned.notes[0].contains(&id("b key")), "{:?}", pinned.notes);
    assert_eq!(check(&pins, "r.io/other", &["b"]).unwrap().notes.len(), 1);
    assert_eq!(check(&pins, "r.io/app", &["a"]).unwrap().notes.len(), 0);
}

#[test]
fn official_images_need_a_key_that_somebody_gives() {
    let library = "docker.io/library/alpine";
    let bare = pinning("enforced", "\"official-library-images\": true");
    let error = check(&bare, library, &["a"]).unwrap_err();
    assert!(error.contains("docker.io/library/*"), "{error}");
    let given = pinning(
        "enforced",
        &format!(
            "\"official-library-images\": true, \"root-keys\": {{\"docker.io/library/*\": [\"{}\"]}}",
            id("a key")
        ),
    );
    assert!(check(&given, library, &["a"]).is_ok());
    assert!(check(&given, library, &["b"]).is_err());
}

#[test]
fn notary_takes_certificates_then_ca_then_first_use() {
    let pins = notary(&format!(
        "{{\"certs\": {{\"r.io/app\": [\"{}\"], \"r.io/a*\": [\"{}\"], \"r.io/*\": [\"{}\"]}},
          \"disable_tofu\": true}}",
        id("a certificate"),
        id("b certificate"),
        id("c certificate"),
    ));
    assert_eq!(
        check(&pins, "r.io/app", &["a"]).unwrap().by,
        TrustedBy::CertIds
    );
    assert!(check(&pins, "r.io/app", &["b"]).is_err());
    assert!(check(&pins, "r.io/apple", &["b"]).is_ok());
    assert!(check(&pins, "r.io/apple", &["c"]).is_err());
    assert!(check(&pins, "r.io/x", &["c"]).is_ok());
    let error = check(&pins, "s.io/x", &["c"]).unwrap_err();
    assert!(error.contains("disable_tofu"), "{error}");
    let known = pins.check(&gun("s.io/x"), &[named("c")], false, NOW);
    assert_eq!(known.unwrap().by, TrustedBy::FirstUse);
    // What another file pins is no first use.
    let pins = pins.with_content_trust(
        "daemon",
        serde_json::from_str(&format!(
            "{{\"mode\": \"enforced\", \"trust-pinning\": {{\"root-keys\": {{\"s.io/*\": [\"{}\"]}}}}}}",
            id("c key")
        ))
        .unwrap(),
    );
    assert_eq!(
        check(&pins, "s.io/x", &["c"]).unwrap().by,
        TrustedBy::RootKeys
    );
    // And every file must agree.
    assert!(check(&pins, "r.io/x", &["c"]).is_err());
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (section, what) in [
        (
            "\"content-trust\": {\"mode\": \"enforce\"}",
            "unknown variant `enforce`",
        ),
        (
            "\"content-trust\": {\"mode\": \"pinned\"}",
            "unknown variant",
        ),
        (
            "\"content-trust\": {\"mode\": \"enforced\"}",
            "nothing is pinned",
        ),
        (
            "\"content-trust\": {\"moed\": \"enforced\"}",
            "unknown field `moed`",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"root_keys\": {}}}",
            "unknown field",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"root-keys\": {\"a/*\": []}}}",
            "is empty",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"root-keys\": {\"a/*/b\": [\"0\"]}}}",
            "at the end",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"root-keys\": {\"team*\": [\"0\"]}}}",
            "at the end",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"root-keys\": {\"a\": [\"0b61\"]}}}",
            "64 hex digits",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"cert-ids\": {\"a\": \"0b61\"}}}",
            "invalid type",
        ),
        (
            "\"content-trust\": {\"trust-pinning\": {\"cert-ids\": {\"a/*\": [\"0\"]}}}",
            "a * is for root-keys",
        ),
        ("\"content-trust\": 7", "invalid type"),
        ("\"content-trust\": ", "expected value"),
    ] {
        let error = daemon(section).unwrap_err().to_string();
        assert!(error.contains(what), "{section}: {error}");
        let whole = what == "nothing is pinned";
        assert!(whole || error.contains("line 2"), "{section}: {error}");
    }
}

#[test]
fn expired_cached_data_is_for_those_who_ask_for_it() {
    let pins = |mode: &str| {
        daemon(&format!(
            "\"content-trust\": {{\"mode\": \"{mode}\", \"allow-expired-cached-trust-data\": true,
             \"trust-pinning\": {{\"root-keys\": {{\"*\": [\"{}\"]}}}}}}",
            id("a")
        ))
        .unwrap()
    };
    assert!(pins("enforced").allow_expired_cache());
    assert!(!pins("disabled").allow_expired_cache());
    let strict = pinning(
        "enforced",
        &format!("\"cert-ids\": {{\"a\": [\"{}\"]}}", id("a")),
    );
    let both = pins("enforced");
    let both = both.with_content_trust("x", strict.content_trust[0].config.clone());
    assert!(!both.allow_expired_cache());
}

#[test]
fn the_users_own_config_has_the_words_of_both() {
    let own = |text: &str| {
        let own: OwnPinning = toml::from_str(text).unwrap();
        Pins::of(PinSources {
            own: Some((own, "/home/x/config.toml".into())),
            ..PinSources::default()
        })
    };
    let pins = own(&format!(
        "disable_tofu = true\n[root-keys]\n\"r.io/*\" = [\"{}\"]\n[certs]\n\"s.io/*\" = [\"{}\"]\n",
        id("a key"),
        id("b certificate")
    ))
    .unwrap();
    assert_eq!(
        check(&pins, "r.io/x", &["a"]).unwrap().by,
        TrustedBy::RootKeys
    );
    assert!(check(&pins, "r.io/x", &["b"]).is_err());
    assert_eq!(
        check(&pins, "s.io/x", &["b"]).unwrap().by,
        TrustedBy::CertIds
    );
    assert!(
        check(&pins, "t.io/x", &["b"])
            .unwrap_err()
            .contains("[trust.pinning]")
    );
    assert!(own("mode = \"enforced\"").is_err());
    assert!(toml::from_str::<OwnPinning>("root-key = {}").is_err());
}

#[test]
fn another_way_to_write_the_registry_is_no_way_around_a_pin() {
    let sections = [
        pinning(
            "enforced",
            &format!(
                "\"cert-ids\": {{\"reg.test/app\": [\"{}\"]}}",
                id("a certificate")
            ),
        ),
        pinning(
            "enforced",
            &format!(
                "\"root-keys\": {{\"REG.test:443/*\": [\"{}\"]}}",
                id("a key")
            ),
        ),
        notary(&format!(
            "{{\"certs\": {{\"reg.test/app\": [\"{}\"]}}}}",
            id("a certificate")
        )),
    ];
    for pins in sections {
        for name in [
            "reg.test/app",
            "REG.test/app",
            "reg.test:443/app",
            "Reg.test:0443/app",
        ] {
            assert!(check(&pins, name, &["a"]).is_ok(), "{name}");
            let error = check(&pins, name, &["other"]);
            assert!(error.is_err(), "{name}");
        }
    }
}
