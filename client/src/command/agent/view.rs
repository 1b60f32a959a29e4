use std::io::{self, Write};

use privyseal_proto::v1::keystore_status::State;
use privyseal_proto::v1::waiting::Kind;
use privyseal_proto::v1::{KeystoreStatus, StatusReply, Waiting};
use serde::Serialize;

use crate::agent::{Agent, PIV};
use crate::show::{absolute, escape, print_fields, print_table};

/// An agent's state as it is printed. The ledger's head is the one that this client proved.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StatusView {
    agent: String,
    address: String,
    version: String,
    started: String,
    operator: bool,
    /// Of ours, by which the agent knows this caller; null on a Unix socket, where the kernel says it.
    certificate: Option<String>,
    genesis: String,
    records: u64,
    root: String,
    ledger_fault: Option<String>,
    keystores: Vec<KeystoreView>,
}

/// A keystore's state as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct KeystoreView {
    pub(super) name: String,
    state: &'static str,
    detail: String,
    token_label: String,
    token_serial: String,
    keys: u32,
    /// "pkcs11" or "piv".
    kind: String,
    /// What it waits for a person to do.
    waiting: Vec<WaitView>,
}

/// A request that waits for a person, as it is printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct WaitView {
    /// "PIN" or "touch".
    kind: &'static str,
    device: String,
    about: String,
    until: String,
}

const HEADER: [&str; 6] = ["keystore", "kind", "state", "token", "keys", "detail"];

impl StatusView {
    pub(super) fn new(agent: &Agent, status: StatusReply) -> Self {
        let known = agent.known();
        Self {
            agent: agent.name().to_owned(),
            address: agent.address().to_string(),
            version: status.version,
            started: absolute(status.started),
            operator: status.operator,
            certificate: agent
                .certificate()
                .map(|certificate| certificate.to_string()),
            genesis: known.genesis.to_string(),
            records: known.head.size,
            root: known.head.root.to_string(),
            ledger_fault: Some(status.ledger_fault).filter(|fault| !fault.is_empty()),
            keystores: status
                .keystores
                .into_iter()
                .map(KeystoreView::from)
                .collect(),
        }
    }

    pub(super) fn keystores(&self) -> &[KeystoreView] {
        &self.keystores
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let ledger = match &self.ledger_fault {
            None => format!("takes records, {} so far", self.records),
            Some(fault) => format!("FAULT: {}", escape(fault)),
        };
        let you = match self.operator {
            true => "an operator",
            false => "a caller",
        };
        let you = match &self.certificate {
            Some(certificate) => format!("{you}, by {certificate}"),
            None => you.to_owned(),
        };
        print_fields(
            out,
            &[
                ("agent", format!("{} {}", self.agent, escape(&self.version))),
                ("address", escape(&self.address)),
                ("started", self.started.clone()),
                ("you are", you),
                ("ledger", ledger),
                ("genesis", self.genesis.clone()),
                ("root hash", self.root.clone()),
            ],
        )?;
        let rows = self.keystores.iter().map(KeystoreView::row);
        print_table(out, &HEADER, rows)?;
        let mut waits = self.keystores.iter().flat_map(KeystoreView::waits);
        waits.try_for_each(|wait| writeln!(out, "waits: {wait}"))
    }
}

impl KeystoreView {
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        print_fields(
            out,
            &[
                ("keystore", escape(&self.name)),
                ("kind", escape(&self.kind)),
                ("state", self.state.to_owned()),
                ("token", self.token()),
                ("detail", escape(&self.detail)),
            ],
        )
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state == "ready"
    }

    /// State and detail in a line; of a YubiKey in words that are about it.
    pub(super) fn line(&self) -> String {
        let state = match (self.kind.as_str(), self.state) {
            (PIV, "absent") => "not plugged in",
            (_, state) => state,
        };
        let name = escape(&self.name);
        match (self.token().as_str(), self.detail.as_str()) {
            ("-", "") => format!("{name}: {state}"),
            ("-", detail) => format!("{name}: {state}: {}", escape(detail)),
            (token, "") => format!("{name}: {state}, {token}"),
            (token, detail) => format!("{name}: {state}, {token}: {}", escape(detail)),
        }
    }

    /// What it waits for, by the words that tell it.
    pub(super) fn waits(&self) -> impl Iterator<Item = String> {
        self.waiting.iter().map(WaitView::line)
    }

    fn row(&self) -> Vec<String> {
        let keys = self.keys.to_string();
        vec![
            escape(&self.name),
            escape(&self.kind),
            self.state.to_owned(),
            self.token(),
            keys,
            escape(&self.detail),
        ]
    }

    fn token(&self) -> String {
        match (self.token_label.as_str(), self.token_serial.as_str()) {
            ("", "") => "-".to_owned(),
            (_, serial) if self.kind == PIV => escape(&format!("YubiKey {serial}")),
            (label, serial) => escape(&format!("{label} ({serial})")),
        }
    }
}

impl WaitView {
    fn line(&self) -> String {
        let (device, about) = (escape(&self.device), escape(&self.about));
        let until = &self.until;
        match self.kind {
            "touch" => format!("{device} wants a touch until {until}, to sign {about}"),
            kind => format!("{device} wants its {kind} until {until}, to sign {about}"),
        }
    }
}

impl From<Waiting> for WaitView {
    fn from(waiting: Waiting) -> Self {
        let kind = match waiting.kind() {
            Kind::Pin => "PIN",
            Kind::Touch => "touch",
            Kind::Unspecified => "person",
        };
        Self {
            kind,
            device: waiting.device,
            about: waiting.about,
            until: absolute(waiting.until),
        }
    }
}

impl From<KeystoreStatus> for KeystoreView {
    fn from(status: KeystoreStatus) -> Self {
        let state = match status.state() {
            State::Unspecified => "unknown",
            State::Absent => "absent",
            State::Locked => "locked",
            State::Ready => "ready",
            State::Faulted => "faulted",
            State::PinRefused => "PIN refused",
        };
        Self {
            name: status.name,
            state,
            detail: status.detail,
            token_label: status.token_label,
            token_serial: status.token_serial,
            keys: status.keys,
            kind: status.kind,
            waiting: status.waiting.into_iter().map(WaitView::from).collect(),
        }
    }
}
