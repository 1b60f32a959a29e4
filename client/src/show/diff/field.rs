use privyseal_tuf::json::{JsonPath, Segment, Value};
use privyseal_tuf::{Deception, Expires, RolePlace};

use super::DiffContext;
use super::key::of_role;
use super::line::{Line, Sign};
use crate::show::escape::ascii_json;
use crate::show::{in_days, quote};

pub(super) fn version(old: Option<i64>, new: Option<i64>) -> Line {
    let said = |version: i64| version.to_string();
    old_and_new("version", "", old.map(said), new.map(said))
}

pub(super) fn expires(context: &DiffContext, old: Option<&str>, new: Option<&str>) -> Line {
    let day = |text: &str| match text.parse::<Expires>() {
        Ok(expires) => format!("{text} ({})", in_days(expires.seconds(), context.now)),
        Err(_) => quote(text),
    };
    old_and_new("expires", "", old.map(day), new.map(day))
}

/// Unknown fields and all that has no words of its own.
pub(super) fn field(path: &JsonPath, old: Option<&Value>, new: Option<&Value>) -> Line {
    let place = place(path);
    match (old, new) {
        (None, Some(new)) => text(Sign::Added, format!("{place} = {}", json_text(new))),
        (Some(old), None) => text(Sign::Removed, format!("{place} = {}", json_text(old))),
        (old, new) => {
            let json = |value: Option<&Value>| value.map(json_text).unwrap_or_default();
            text(
                Sign::Changed,
                format!("{place}: {} -> {}", json(old), json(new)),
            )
        }
    }
}

fn text(sign: Sign, text: String) -> Line {
    Line::new(sign, "field", text)
}

/// What was and what is said of a role.
pub(super) fn changed(
    subject: &'static str,
    role: &RolePlace,
    old: Option<String>,
    new: Option<String>,
) -> Line {
    old_and_new(subject, &of_role(role, ""), old, new)
}

/// A line with what was and what is, behind `before`.
pub(super) fn old_and_new(
    subject: &'static str,
    before: &str,
    old: Option<String>,
    new: Option<String>,
) -> Line {
    let (sign, said) = match (old, new) {
        (None, new) => (Sign::Added, new.unwrap_or_default()),
        (Some(old), None) => (Sign::Removed, old),
        (Some(old), Some(new)) => (Sign::Changed, format!("{old} -> {new}")),
    };
    Line::new(sign, subject, format!("{before}{said}"))
}

/// A place such as `signed.delegations.roles[0]["x y"]`.
pub(super) fn place(path: &JsonPath) -> String {
    let mut text = String::new();
    for segment in path.segments() {
        match segment {
            Segment::Index(index) => text.push_str(&format!("[{index}]")),
            Segment::Key(key) if is_plain(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Key(key) => text.push_str(&match quote(key) {
                quoted if quoted.starts_with('"') => format!("[{quoted}]"),
                bare => format!("[\"{bare}\"]"),
            }),
        }
    }
    text
}

fn is_plain(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !key.is_empty() && key.bytes().all(plain)
}

/// JSON on one line. Where some text in it deceives, everything beyond ASCII is an escape.
fn json_text(value: &Value) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    if deceives(value) {
        ascii_json(&json)
    } else {
        json
    }
}

fn deceives(value: &Value) -> bool {
    match value {
        Value::String(text) => Deception::of_prose(text).is_some(),
        Value::Array(items) => items.iter().any(deceives),
        Value::Object(object) => object
            .iter()
            .any(|(name, value)| Deception::of_name(name).is_some() || deceives(value)),
        Value::Null | Value::Bool(_) | Value::Integer(_) => false,
    }
}
