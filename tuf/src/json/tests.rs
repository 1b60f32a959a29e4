use proptest::prelude::*;

use super::*;
use crate::canonical;

/// Any value that metadata may use, nested a few levels.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::Integer),
        any::<String>().prop_map(|text| Value::from(text.as_str())),
        "[\u{0}-\u{24}\\\\\"\u{7f}-\u{a0}\u{ffff}\u{10000}]{0,8}"
            .prop_map(|text| Value::from(text.as_str())),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn error(text: &str) -> JsonError {
    Value::parse(text.as_bytes()).expect_err(text)
}

fn at(line: usize, column: usize) -> Position {
    Position { line, column }
}

#[test]
fn refuses_duplicate_keys_also_when_they_are_escaped() {
    let key = "a".to_owned();
    assert_eq!(
        error(r#"{"a":1,"a":1}"#),
        JsonError::DuplicateKey { key, at: at(1, 10) }
    );
    assert!(matches!(
        error(r#"{"x":[{"a":1,"\u0061":2}]}"#),
        JsonError::DuplicateKey { .. }
    ));
}

#[test]
fn refuses_floats() {
    for text in [
        "1.0", "1e3", "1E3", "-0", "-0.0", "0.1", "1e-7", "[1e400]", "-1e99", "1.5e300",
    ] {
        assert!(
            matches!(error(text), JsonError::Float(_)),
            "{text}: {:?}",
            error(text)
        );
    }
    assert_eq!(error("{\n \"a\": 1.0}"), JsonError::Float(at(2, 9)));
}

#[test]
fn refuses_integers_that_readers_round() {
    for text in [
        "9007199254740992",
        "-9007199254740992",
        "9223372036854775807",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551616",
        "[1, 100000000000000000000000000000000]",
        "{\"a\":\n99999999999999999999999999999}",
    ] {
        assert!(
            matches!(error(text), JsonError::IntegerRange(_)),
            "{text}: {:?}",
            error(text)
        );
    }
    assert_eq!(
        Value::parse(b"9007199254740991"),
        Ok(Value::Integer(MAX_INTEGER))
    );
    assert_eq!(
        Value::parse(b"-9007199254740991"),
        Ok(Value::Integer(-MAX_INTEGER))
    );
}

#[test]
fn refuses_lone_surrogates() {
    for text in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\ud800\ud800""#,
        r#""\ude00\ud83d""#,
        r#"{"\udfff":1}"#,
    ] {
        assert!(
            matches!(error(text), JsonError::LoneSurrogate(_)),
            "{text}: {:?}",
            error(text)
        );
    }
    assert_eq!(Value::parse(br#""\ud83d\udd11""#), Ok(Value::from("🔑")));
}

#[test]
fn refuses_deep_nesting_without_recursing_into_it() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert!(Value::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(matches!(
        error(&nested(MAX_DEPTH + 1)),
        JsonError::TooDeep(_)
    ));
    assert!(matches!(error(&nested(10_000)), JsonError::TooDeep(_)));
    assert!(matches!(
        error(&"[".repeat(1_000_000)),
        JsonError::TooDeep(_)
    ));
    assert!(matches!(
        error(&"{\"a\":".repeat(10_000)),
        JsonError::TooDeep(_)
    ));
}

#[test]
fn refuses_floods_of_values() {
    let items = |values: usize| vec!["[]"; values - 1].join(",");
    let text = format!("[{}]", items(MAX_VALUES));
    assert!(Value::parse(text.as_bytes()).is_ok());
    let text = format!("[\n{}]", items(MAX_VALUES + 1));
    let before = 3 * (MAX_VALUES - 1);
    assert_eq!(error(&text), JsonError::TooMany(at(2, before)));
}

#[test]
fn refuses_trailing_bytes() {
    for text in ["{} x", "1 2", "{}{}", "null\0", "[]]"] {
        assert!(
            matches!(error(text), JsonError::TrailingBytes(_)),
            "{text}: {:?}",
            error(text)
        );
    }
    assert!(Value::parse(b" {} \n").is_ok());
}

#[test]
fn refuses_invalid_utf8() {
    assert_eq!(Value::parse(b"\"ab\xff\""), Err(JsonError::InvalidUtf8(3)));
    assert_eq!(
        Value::parse(b"\"\xed\xa0\x80\""),
        Err(JsonError::InvalidUtf8(1))
    );
    assert_eq!(
        Value::parse(b"\"\xc0\x80\""),
        Err(JsonError::InvalidUtf8(1))
    );
}

#[test]
fn refuses_what_is_too_long() {
    let long = vec![b' '; MAX_BYTES + 1];
    assert_eq!(Value::parse(&long), Err(JsonError::TooLong(MAX_BYTES + 1)));
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "",
        "{",
        "{\"a\":1,}",
        "[1,]",
        "nul",
        "01",
        "+1",
        ".5",
        "1.",
        "'a'",
        "\"a\nb\"",
        "\"\\x\"",
        "\"\\u12\"",
        "{a:1}",
        "{1:1}",
        "NaN",
        "-",
        "/**/1",
        "\u{feff}{}",
    ] {
        assert!(
            matches!(error(text), JsonError::Syntax { .. }),
            "{text}: {:?}",
            error(text)
        );
    }
}

#[test]
fn paths_read_like_javascript() {
    let path = JsonPath::default()
        .key("signed")
        .key("targets")
        .key("a/b.txt")
        .key("x_1")
        .index(3);
    assert_eq!(path.to_string(), r#"signed.targets["a/b.txt"].x_1[3]"#);
    assert!(JsonPath::default().key("signed").contains(&path));
    assert!(!path.contains(&JsonPath::default().key("signed")));
}

#[test]
fn long_files_have_no_white_space() {
    let items = |count| Value::Array(vec![Value::from("0123456789"); count]);
    let pretty = items(1000).to_file();
    assert_eq!(pretty, items(1000).to_pretty());
    // Indented it would be longer than is read; so it is only longer than is indented.
    let compact = items(MAX_PRETTY / 14).to_file();
    assert!(compact.len() < MAX_PRETTY && !compact.contains(&b'\n'));
    assert_eq!(Value::parse(&compact), Ok(items(MAX_PRETTY / 14)));
}

#[test]
fn what_is_beyond_the_parser_is_not_readable() {
    let nested =
        |depth| (1..depth).fold(Value::Array(vec![]), |inner, _| Value::Array(vec![inner]));
    let wide = |values| Value::Array(vec![Value::Null; values - 1]);
    let long = |bytes| Value::from("x".repeat(bytes - 2).as_str());
    for (good, bad) in [
        (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
        (wide(MAX_VALUES), wide(MAX_VALUES + 1)),
        (long(MAX_BYTES), long(MAX_BYTES + 1)),
        (Value::Integer(MAX_INTEGER), Value::Integer(MAX_INTEGER + 1)),
        (
            Value::Integer(-MAX_INTEGER),
            Value::Integer(-MAX_INTEGER - 1),
        ),
    ] {
        assert!(good.is_readable() && Value::parse(&good.to_file()).is_ok());
        assert!(!bad.is_readable() && Value::parse(&bad.to_file()).is_err());
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(value in any_value()) {
        let read = Value::parse(&value.to_pretty());
        prop_assert_eq!(read.as_ref(), Ok(&value));
        prop_assert!(value.is_readable());
        let read = Value::parse(&value.to_file());
        prop_assert_eq!(read.as_ref(), Ok(&value));
    }

    #[test]
    fn a_digest_is_that_of_the_canonical_form(
        members in prop::collection::vec(("[a-z]{0,3}", "[a-zé\"]{0,300}"), 0..300)
    ) {
        let members = members.into_iter();
        let members = members.map(|(name, text)| (name, Value::from(text.as_str())));
        let object: Object = members.collect();
        let mut bytes = Vec::new();
        canonical::encode_object(&object, &mut bytes);
        prop_assert_eq!(canonical::digest(&object), crate::Sha256Digest::of(&bytes));
    }

    #[test]
    fn parsing_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Value::parse(&bytes);
    }

    #[test]
    fn json_like_bytes_parse_to_something_that_survives(text in r#"[\[\]{}:,"\\u0-9a-f.eE \-]{0,24}"#) {
        if let Ok(value) = Value::parse(text.as_bytes()) {
            let again = Value::parse(&value.to_pretty());
            prop_assert_eq!(again.as_ref(), Ok(&value));
            prop_assert!(!canonical::encode(&value).is_empty());
        }
    }

    #[test]
    fn serde_json_agrees_on_what_is_accepted(value in any_value()) {
        let theirs: serde_json::Value = serde_json::from_slice(&value.to_pretty()).unwrap();
        prop_assert_eq!(serde_json::to_value(&value).unwrap(), theirs);
    }
}
