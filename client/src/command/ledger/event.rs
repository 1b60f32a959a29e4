#[cfg(test)]
mod tests;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::ledger::v1::{Caller, Lineage, Record};
use serde::Serialize;

use crate::show::{absolute, escape};

/// A record as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RecordView {
    index: u64,
    /// UTC, to the second.
    time: String,
    event: &'static str,
    who: String,
    subject: String,
    key: String,
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
            subject: String::new(),
            key: String::new(),
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
            cell(&self.key),
            escape(&self.detail),
        ]
    }

    fn describe(&mut self, event: &Event) {
        match event {
            Event::Genesis(genesis) => {
                self.event = "genesis";
                self.key.clone_from(&genesis.key);
                self.detail = token(&genesis.keystore, &genesis.token_serial);
            }
            Event::Checkpoint(checkpoint) => {
                self.event = "checkpoint";
                self.detail = format!("over {} records", checkpoint.size);
            }
            Event::AgentStarted(started) => {
                self.event = "agent started";
                self.detail = started_detail(&started.version, started.after_crash, started.torn);
            }
            Event::AgentStopped(_) => self.event = "agent stopped",
            Event::LoginOpened(login) => {
                self.event = "login attempt";
                self.who = login
                    .operator
                    .as_ref()
                    .map_or("PIN source".to_owned(), caller);
                self.detail = token(&login.keystore, &login.token_serial);
            }
            Event::LoginClosed(login) => {
                self.event = if login.accepted {
                    "login accepted"
                } else {
                    "login REFUSED"
                };
                let token = token(&login.keystore, &login.token_serial);
                self.detail = format!("{token} {}", login.answer).trim_end().to_owned();
            }
            Event::KeystoreLocked(locked) => {
                self.event = "keystore locked";
                self.who = locked.operator.as_ref().map_or(String::new(), caller);
                self.detail.clone_from(&locked.keystore);
            }
            other => self.describe_signing(other),
        }
    }

    fn describe_signing(&mut self, event: &Event) {
        match event {
            Event::KeyEnrolled(key) => {
                self.event = if key.generated {
                    "key generated"
                } else {
                    "key enrolled"
                };
                self.who = key.operator.as_ref().map_or(String::new(), caller);
                self.subject = format!("{}/{}", key.authority, key.repository);
                self.key.clone_from(&key.name);
                let token = token(&key.keystore, &key.token_serial);
                self.detail = format!("{} for {}, {token}", key.algorithm, key.purpose);
            }
            Event::Decision(decision) => {
                self.event = "will sign";
                self.who = decision.caller.as_ref().map_or(String::new(), caller);
                self.subject = subject(&decision.lineage, &decision.role, decision.version);
                self.key.clone_from(&decision.key);
                let digest = hex::encode(&decision.digest);
                let opens = if decision.opens_lineage {
                    ", opens the lineage"
                } else {
                    ""
                };
                let completes = if decision.completes {
                    ", completes the document"
                } else {
                    ""
                };
                self.detail = format!("{}{opens}{completes}", short(&digest));
            }
            Event::Outcome(outcome) if outcome.fault.is_empty() => {
                self.event = "signed";
                self.detail = format!("decision {}", outcome.decision);
            }
            Event::Outcome(outcome) => {
                self.event = "NOT signed";
                self.detail = format!("decision {}: {}", outcome.decision, outcome.fault);
            }
            Event::Observed(observed) => {
                self.event = "observed";
                self.who = observed.caller.as_ref().map_or(String::new(), caller);
                self.subject = subject(&observed.lineage, &observed.role, observed.version);
                self.detail = short(&hex::encode(&observed.digest));
            }
            Event::RepositoryEnrolled(enrolled) => {
                self.event = "repository enrolled";
                self.who = enrolled.operator.as_ref().map_or(String::new(), caller);
                self.subject = subject(&enrolled.lineage, "root", enrolled.roots);
                let parts = match enrolled.parts {
                    0 => String::new(),
                    parts => format!(", and those of {parts} parts before"),
                };
                self.detail = format!("{} documents{parts}", enrolled.documents.len());
            }
            Event::EnrollmentPart(part) => {
                self.event = "enrollment part";
                self.subject = lineage(&part.lineage);
                self.detail = format!("{}: {} documents", part.number, part.documents.len());
            }
            Event::LedgerResumed(_) => self.event = "ledger resumed",
            Event::Superseded(superseded) => {
                self.event = "SUPERSEDED";
                self.who = superseded.operator.as_ref().map_or(String::new(), caller);
                self.subject = subject(&superseded.lineage, &superseded.role, superseded.version);
                let (old, new) = (
                    hex::encode(&superseded.old_digest),
                    hex::encode(&superseded.new_digest),
                );
                self.detail = format!("{} -> {}: {}", short(&old), short(&new), superseded.reason);
            }
            Event::Refusals(refusals) => {
                self.event = "refused";
                self.who = refusals.caller.as_ref().map_or(String::new(), caller);
                let counts = refusals.counts.iter();
                let counts = counts.map(|count| format!("{} × {}", count.count, count.reason));
                self.detail = counts.collect::<Vec<_>>().join(", ");
            }
            _ => {}
        }
    }
}

fn caller(caller: &Caller) -> String {
    match caller.name.as_str() {
        "" => format!("uid {}", caller.uid),
        name => format!("{name} ({})", caller.uid),
    }
}

fn token(keystore: &str, serial: &str) -> String {
    format!("{keystore}, token {serial}")
}

fn subject(of: &Option<Lineage>, role: &str, version: u64) -> String {
    format!("{} {role} {version}", lineage(of))
        .trim_start()
        .to_owned()
}

fn lineage(lineage: &Option<Lineage>) -> String {
    let names = lineage.as_ref();
    names.map_or(String::new(), |names| {
        format!("{}/{}", names.authority, names.repository)
    })
}

fn started_detail(version: &str, after_crash: bool, torn: u64) -> String {
    let crash = if after_crash { ", after a crash" } else { "" };
    let torn = if torn == 0 {
        String::new()
    } else {
        format!(", {torn} torn bytes dropped")
    };
    format!("version {version}{crash}{torn}")
}

fn short(hex: &str) -> String {
    hex.chars().take(8).collect()
}
