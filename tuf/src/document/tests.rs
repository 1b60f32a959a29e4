use super::*;
use crate::testing::{TestKey, root_draft, signed};

fn parse(text: &str) -> Result<Document, DocumentError> {
    Document::parse(text.as_bytes())
}

#[test]
fn keeps_what_was_received() {
    let text = r#" {"x-more":[1], "signatures":[{"keyid":"a","sig":"","x":2}], "signed":{"b":1,"a":"\u00e9"}}
"#;
    let document = parse(text).unwrap();
    assert_eq!(document.to_bytes(), text.as_bytes());
    assert_eq!(
        document.payload().bytes(),
        "{\"a\":\"é\",\"b\":1}".as_bytes()
    );
    assert_eq!(
        document.payload().digest,
        crate::Sha256Digest::of(&document.payload().bytes())
    );
    assert_eq!(document.signature(&"a".into()).unwrap().sig(), "");
}

#[test]
fn added_signatures_leave_unknown_fields_in_place() {
    let key = TestKey::ed25519(1);
    let text = format!(
        r#"{{"x-more":[1],"signatures":[{{"keyid":"{}","sig":"","x":2}}],"signed":{{"a":1}}}}"#,
        key.keyid()
    );
    let document = signed(parse(&text).unwrap(), &[&key]);
    let again = Document::parse(&document.to_bytes()).unwrap();
    assert_eq!(again.payload(), document.payload());
    assert_eq!(again.signatures(), document.signatures());
    let Value::Object(envelope) = Value::parse(&again.to_bytes()).unwrap() else {
        panic!()
    };
    let more = Value::Array(vec![Value::Integer(1)]);
    assert_eq!(envelope.get("x-more"), Some(&more));
    let entries = envelope.get("signatures").unwrap().as_array().unwrap();
    let entry = entries[0].as_object().unwrap();
    assert_eq!(entry.get("x"), Some(&Value::Integer(2)));
    assert_eq!(entry.get("sig").unwrap().as_str().unwrap().len(), 128);
}

#[test]
fn the_same_signature_again_changes_no_byte() {
    let key = TestKey::ed25519(1);
    let document = signed(root_draft(1, &[&key], 1).finish().unwrap(), &[&key]);
    let compact = serde_json::to_vec(&Value::parse(&document.to_bytes()).unwrap()).unwrap();
    let document = Document::parse(&compact).unwrap();
    assert_eq!(signed(document, &[&key]).to_bytes(), compact);
}

#[test]
fn refuses_other_envelopes() {
    for text in [
        "[]",
        "{}",
        r#"{"signed":{}}"#,
        r#"{"signatures":[]}"#,
        r#"{"signed":[],"signatures":[]}"#,
        r#"{"signed":{},"signatures":{}}"#,
    ] {
        assert!(
            matches!(parse(text), Err(DocumentError::Envelope(_))),
            "{text}"
        );
    }
}

#[test]
fn refuses_signatures_without_keyid_or_sig() {
    for entry in [
        "1",
        "{}",
        r#"{"keyid":"a"}"#,
        r#"{"sig":"a"}"#,
        r#"{"keyid":1,"sig":"a"}"#,
    ] {
        let text =
            format!(r#"{{"signed":{{}},"signatures":[{{"keyid":"ok","sig":"not hex"}},{entry}]}}"#);
        assert_eq!(
            parse(&text).unwrap_err(),
            DocumentError::SignatureEntry(1),
            "{entry}"
        );
    }
}

#[test]
fn refuses_two_signatures_by_one_keyid() {
    let text = r#"{"signed":{},"signatures":[{"keyid":"a","sig":""},{"keyid":"a","sig":"00"}]}"#;
    assert_eq!(
        parse(text).unwrap_err(),
        DocumentError::DuplicateSignature("a".into())
    );
}

#[test]
fn refuses_floods_of_signatures() {
    let entries: Vec<String> = (0..=MAX_SIGNATURES)
        .map(|n| format!(r#"{{"keyid":"{n}","sig":""}}"#))
        .collect();
    let text = format!(r#"{{"signed":{{}},"signatures":[{}]}}"#, entries.join(","));
    assert_eq!(
        parse(&text).unwrap_err(),
        DocumentError::TooManySignatures(MAX_SIGNATURES + 1)
    );
}

#[test]
fn refuses_json_that_metadata_may_not_use() {
    for signed in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1.5}"#,
        r#"{"a":"\ud800"}"#,
        "{} x",
    ] {
        let text = format!(r#"{{"signatures":[],"signed":{signed}}}"#);
        assert!(
            matches!(parse(&text), Err(DocumentError::Json(_))),
            "{signed}"
        );
    }
}
