use super::*;
use crate::Document;

const PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETEXVtJ/VPyr1/mSTFnHmLHkNEHqe
JvosUOZTERLvLoPen3uM3KWXXyH/CdsPKxyBLTU7R/BODWk1M6kz634IUw==
-----END PUBLIC KEY-----
";

fn key(json: &str) -> Key {
    Key::parse(&Value::parse(json.as_bytes()).unwrap()).unwrap()
}

/// The keyids here are computed by Python: sha256(encode_canonical(key)).
#[test]
fn keyids_cover_unknown_fields() {
    let plain = key(
        r#"{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}}"#,
    );
    let extended = key(
        r#"{"keytype":"ed25519","scheme":"ed25519","x":1,"keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}}"#,
    );
    assert_eq!(
        plain.keyid().as_str(),
        "74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"
    );
    assert_eq!(
        extended.keyid().as_str(),
        "73b54b2e26e2f36990c7bcf5bc53779765daaa0974dbbd7553c656f57393a2a4"
    );
    assert_eq!(plain.fingerprint(), extended.fingerprint());
}

#[test]
fn written_keys_read_the_same() {
    let p256 = PublicKey::from_spki_pem(PEM).unwrap();
    for public in [p256, PublicKey::ed25519(&[7; 32])] {
        let written = Key::from_public(&public);
        let read = Key::parse(written.value()).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.public(), Ok(&public));
        assert!(read.keyid().is_compliant());
    }
}

#[test]
fn one_key_in_three_spellings_is_one_key() {
    let public = PublicKey::from_spki_pem(PEM).unwrap();
    let new = Key::from_public(&public);
    assert_eq!(
        (new.keytype(), new.scheme()),
        ("ecdsa", "ecdsa-sha2-nistp256")
    );
    let point = hex::encode(&public.to_spki_der()[26..]);
    let legacy = |public: &str| {
        let keyval = Object::from([("public".to_owned(), Value::from(public))]);
        Key::parse(&Value::Object(Object::from([
            ("keytype".to_owned(), Value::from("ecdsa-sha2-nistp256")),
            ("scheme".to_owned(), Value::from("ecdsa-sha2-nistp256")),
            ("keyval".to_owned(), Value::Object(keyval)),
        ])))
        .unwrap()
    };
    for other in [legacy(PEM), legacy(PEM.trim()), legacy(&point)] {
        assert_eq!(other.fingerprint(), new.fingerprint());
        assert_ne!(other.keyid(), new.keyid());
    }
}

#[test]
fn keys_that_cannot_verify_parse_and_never_do() {
    for (json, problem) in [
        (
            r#"{"keytype":"ml-dsa","scheme":"ml-dsa-65/1","keyval":{"public":"x"}}"#,
            "keytype \"ml-dsa\" with scheme \"ml-dsa-65/1\" is not supported",
        ),
        (
            r#"{"keytype":"sigstore-oidc","scheme":"Fulcio","keyval":{"identity":"x"}}"#,
            "keytype \"sigstore-oidc\" with scheme \"Fulcio\" is not supported",
        ),
        (
            r#"{"keytype":"ed25519","scheme":"ed25519","keyval":{}}"#,
            "keyval has no string \"public\"",
        ),
        (
            r#"{"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"00"}}"#,
            "\"public\" is not the 64 hex digits of an Ed25519 key",
        ),
        (
            r#"{"keytype":"ecdsa","scheme":"ecdsa-sha2-nistp256","keyval":{"public":"no pem"}}"#,
            "not a PEM public key (\"-----BEGIN PUBLIC KEY-----\")",
        ),
    ] {
        let key = key(json);
        assert_eq!(key.public().unwrap_err().to_string(), problem);
        for sig in [String::new(), "00".repeat(64)] {
            let file = format!(r#"{{"signed":{{}},"signatures":[{{"keyid":"a","sig":"{sig}"}}]}}"#);
            let document = Document::parse(file.as_bytes()).unwrap();
            assert!(!key.verifies(b"", &document.signatures()[0]));
        }
    }
}

#[test]
fn the_scheme_must_fit_the_key() {
    let keyval = Object::from([("public".to_owned(), Value::from(PEM))]);
    let value = Value::Object(Object::from([
        ("keytype".to_owned(), Value::from("rsa")),
        ("scheme".to_owned(), Value::from("rsassa-pss-sha256")),
        ("keyval".to_owned(), Value::Object(keyval)),
    ]));
    let key = Key::parse(&value).unwrap();
    assert!(matches!(key.public(), Err(KeyProblem::Unsupported { .. })));
}

#[test]
fn refuses_what_is_no_key_object() {
    for json in [
        "[]",
        "{}",
        r#"{"keytype":"ed25519","scheme":"ed25519"}"#,
        r#"{"keytype":"ed25519","keyval":{}}"#,
        r#"{"keytype":1,"scheme":"ed25519","keyval":{}}"#,
        r#"{"keytype":"ed25519","scheme":"ed25519","keyval":"x"}"#,
    ] {
        assert_eq!(
            Key::parse(&Value::parse(json.as_bytes()).unwrap()),
            Err(NotAKey),
            "{json}"
        );
    }
}
