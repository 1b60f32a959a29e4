//! How registries and trust servers say no.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::show::escape;

/// Why a server did not do what it was asked, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::trust) struct Failed {
    /// Such as `INVALID_UPDATE`.
    pub(in crate::trust) code: String,
    /// Of a refused document, such as `ErrBadRoot`.
    pub(in crate::trust) kind: Option<String>,
    /// For a person, safe to show.
    pub(in crate::trust) text: String,
}

#[derive(Deserialize)]
struct Envelope {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: Value,
}

const LONGEST: usize = 500;

impl Failed {
    /// Reads an answer; none where it is not such a server's.
    pub(in crate::trust) fn read(body: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        let entry = envelope.errors.into_iter().next()?;
        let kind = entry.detail.get("Name").and_then(Value::as_str);
        let detail = match entry.detail.pointer("/Error/Msg") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => match &entry.detail {
                Value::Null => None,
                Value::Object(fields) if fields.is_empty() => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
        };
        let parts = [Some(entry.message), detail].into_iter().flatten();
        let parts: Vec<String> = parts.filter(|text| !text.trim().is_empty()).collect();
        Some(Self {
            code: shown(&entry.code),
            kind: kind.map(shown),
            text: shown(&parts.join(": ")),
        })
    }

    /// The server has no such document.
    pub(in crate::trust) fn is_not_found(&self, status: StatusCode) -> bool {
        status == StatusCode::NOT_FOUND && self.code == "METADATA_NOT_FOUND"
    }
}

/// Bounded, and safe for a terminal.
pub(in crate::trust) fn shown(text: &str) -> String {
    let first: String = text.trim().chars().take(LONGEST).collect();
    escape(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read() {
        let failed = Failed::read(
            br#"{"errors":[{"code":"INVALID_UPDATE","message":"Update sent by the client is invalid.",
                "detail":{"Name":"ErrBadRoot","Error":{"Msg":"below threshold"}}}]}"#,
        )
        .unwrap();
        assert_eq!(failed.code, "INVALID_UPDATE");
        assert_eq!(failed.kind.as_deref(), Some("ErrBadRoot"));
        let text = "Update sent by the client is invalid.: below threshold";
        assert_eq!(failed.text, text);
        let failed = Failed::read(br#"{"errors":[{"code":"METADATA_NOT_FOUND","detail":null}]}"#);
        assert!(failed.unwrap().is_not_found(StatusCode::NOT_FOUND));
    }

    #[test]
    fn what_is_no_such_server_s_is_not_read() {
        for body in ["", "404 page not found", "{}", "{\"errors\":[]}", "[1]"] {
            assert_eq!(Failed::read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn terminals_obey_no_server() {
        let body = format!(
            r#"{{"errors":[{{"code":"\u001b[2J","message":"\u202e{}"}}]}}"#,
            "x".repeat(10_000)
        );
        let failed = Failed::read(body.as_bytes()).unwrap();
        assert!(!format!("{}{}", failed.code, failed.text).contains(['\u{1b}', '\u{202e}']));
        assert!(failed.text.len() < 600);
    }
}
