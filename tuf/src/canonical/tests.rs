use proptest::prelude::*;

use super::*;
use crate::json::tests::any_value;

fn canonical(json: &str) -> String {
    String::from_utf8(encode(&Value::parse(json.as_bytes()).unwrap())).unwrap()
}

#[test]
fn escapes_two_characters_and_no_other() {
    let json = r#""\"\\\/\b\f\n\r\t\u0000\u001f\u007f\u2028é""#;
    assert_eq!(
        canonical(json),
        "\"\\\"\\\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}\u{2028}é\""
    );
}

#[test]
fn sorts_by_code_point_and_not_by_utf16_unit() {
    let json = r#"{"🔑": 1, "\uff5e": 2, "b": 3, "a": 4, "aa": 5, "B": 6, "": 7}"#;
    assert_eq!(
        canonical(json),
        r#"{"":7,"B":6,"a":4,"aa":5,"b":3,"～":2,"🔑":1}"#
    );
}

#[test]
fn writes_no_whitespace() {
    let json = "{ \"a\" : [ 1 , -2 , { } , [ ] , null , true , false ] }\n";
    assert_eq!(canonical(json), r#"{"a":[1,-2,{},[],null,true,false]}"#);
}

#[test]
fn does_not_normalise() {
    assert_eq!(canonical(r#""e\u0301""#), "\"e\u{301}\"");
}

/// The form of the same value as another writer makes it: serde_json's compact text with sorted
/// keys, where each escape but `\"` and `\\` is undone.
fn oracle(value: &Value) -> Vec<u8> {
    let compact = serde_json::to_value(value).unwrap().to_string();
    let mut out = String::new();
    let mut rest = compact.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut after = after.chars();
        match after.next().unwrap() {
            kept @ ('"' | '\\') => out.extend(['\\', kept]),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let digits: String = after.by_ref().take(4).collect();
                out.push(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()).unwrap());
            }
            other => panic!("serde_json wrote \\{other}"),
        }
        rest = after.as_str();
    }
    out.push_str(rest);
    out.into_bytes()
}

/// Makes JSON of a canonical form: only control characters need an escape.
fn to_json(canonical: &[u8]) -> String {
    let text = std::str::from_utf8(canonical).unwrap();
    text.chars()
        .map(|c| {
            if c < ' ' {
                format!("\\u{:04x}", c as u32)
            } else {
                c.to_string()
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn agrees_with_another_writer(value in any_value()) {
        prop_assert_eq!(encode(&value), oracle(&value));
    }

    #[test]
    fn reading_it_back_and_writing_it_again_changes_nothing(value in any_value()) {
        let bytes = encode(&value);
        let read = Value::parse(to_json(&bytes).as_bytes()).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(encode(&read), bytes);
    }

    #[test]
    fn whitespace_and_order_of_the_source_do_not_matter(value in any_value()) {
        let read = Value::parse(&value.to_pretty()).unwrap();
        prop_assert_eq!(encode(&read), encode(&value));
    }
}
