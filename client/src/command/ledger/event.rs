mod agent;
mod caller;
mod keys;
mod signing;
#[cfg(test)]
mod tests;

use privyseal_proto::ledger::v1::Record;
use privyseal_proto::ledger::v1::record::Event;
use serde::Serialize;

use crate::show::{absolute, escape};

/// More keys than this are counted in a table.
const KEYS_SHOWN: usize = 3;

/// A record as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RecordView {
    index: u64,
    /// UTC, to the second.
    time: String,
    event: &'static str,
    who: String,
    /// The fingerprint in full, where `who` is the holder of a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    subject: String,
    key: String,
    /// Where the record is about several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    detail: String,
}

impl RecordView {
    pub(super) const HEADER: [&'static str; 7] = [
        "index",
        "time",
        "what",
        "who",
        "lineage, role, version",
        "key",
        "detail",
    ];

    pub(super) fn new(index: u64, record: &Record) -> Self {
        let seconds = i64::try_from(record.time / 1000).unwrap_or(i64::MAX);
        let mut view = Self {
            index,
            time: absolute(seconds),
            event: "unknown",
            who: String::new(),
            certificate: None,
            subject: String::new(),
            key: String::new(),
            keys: Vec::new(),
            detail: String::new(),
        };
        if let Some(event) = &record.event {
            view.describe(event);
        }
        view
    }

    pub(super) fn row(&self) -> Vec<String> {
        let cell = |text: &str| {
            if text.is_empty() {
                "-".to_owned()
            } else {
                escape(text)
            }
        };
        vec![
            self.index.to_string(),
            self.time.clone(),
            self.event.to_owned(),
            cell(&self.who),
            cell(&self.subject),
            cell(&self.keys_shown()),
            escape(&self.detail),
        ]
    }

    fn keys_shown(&self) -> String {
        let names = self.keys.iter().take(KEYS_SHOWN);
        let names: Vec<&str> = names.map(String::as_str).collect();
        match self.keys.len().saturating_sub(KEYS_SHOWN) {
            _ if names.is_empty() => self.key.clone(),
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }

    /// The events that the topics below know; others stay unknown.
    fn describe(&mut self, event: &Event) {
        self.describe_agent(event);
        self.describe_keys(event);
        self.describe_signing(event);
    }
}

fn token(keystore: &str, serial: &str) -> String {
    format!("{keystore}, token {serial}")
}

fn short(hex: &str) -> String {
    hex.chars().take(8).collect()
}
