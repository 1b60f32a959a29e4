//! What a YubiKey proves of a key, as far as it can be checked without trusting the agent.

mod files;
mod leaf;

use std::io::{self, Write};

use anyhow::Context as _;
use privyseal_proto::v1::{AttestRequest, Attestation};
use privyseal_tuf::{PublicKey, Sha256Digest};
use serde::Serialize;
use x509_cert::Certificate;
use x509_cert::der::{DecodePem, Encode};

use crate::agent::{Agents, HeldKey};
use crate::show::{escape, print_fields};
use leaf::Leaf;

pub(super) use files::ProofFiles;

/// More certificates than stand between any key and its root.
const LONGEST_CHAIN: usize = 16;

/// The attestation of a key that an agent holds. Its first certificate is of that very key, and says
/// itself what the agent says of it; who signed the chain is for other programs to verify.
#[derive(Clone, Debug)]
pub(super) struct Proof {
    held: HeldKey,
    attestation: Attestation,
    /// The attestation first, then what leads to the root.
    chain: Vec<Certificate>,
    root: Certificate,
}

/// As it is printed for scripts.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ProofView<'a> {
    agent: &'a str,
    key: &'a str,
    keyid: &'a str,
    serial: &'a str,
    firmware: &'a str,
    slot: &'a str,
    pin_policy: &'a str,
    touch_policy: &'a str,
    root_name: &'a str,
    root_sha256: &'a str,
    warnings: &'a [String],
    authority: &'a str,
    repository: &'a str,
    first_root: &'a str,
    record: u64,
    chain: &'a str,
    root: &'a str,
}

impl Proof {
    /// Asks the agent of a key for its attestation, and checks it. Where it is `again`, the device
    /// makes a new one.
    ///
    /// # Errors
    /// Where there is none, or it is not of this key, or not what the agent says.
    pub(super) async fn ask(
        agents: &mut Agents,
        held: &HeldKey,
        again: bool,
    ) -> anyhow::Result<Self> {
        let agent = agents.named_mut(&held.agent);
        let agent = agent.context("its agent is gone")?;
        let request = AttestRequest {
            key: held.key.name.clone(),
            again,
        };
        let reply = agent.keys().attest(request).await;
        let reply = reply.map_err(|status| agent.error(&status))?.into_inner();
        let attestation = reply.attestation.unwrap_or_default();
        let proof = Self::check(held.clone(), attestation);
        let proof = proof.map_err(|error| agent.wrong_answer(error))?;
        agent.prove(reply.head.as_slice()).await?;
        Ok(proof)
    }

    fn check(held: HeldKey, attestation: Attestation) -> Result<Self, String> {
        let chain = Certificate::load_pem_chain(attestation.chain.as_bytes());
        let chain = chain.map_err(|error| format!("the attestation can't be read: {error}"))?;
        let root = Certificate::from_pem(&attestation.root);
        let root = root.map_err(|error| format!("the root certificate can't be read: {error}"))?;
        let first = match chain.first() {
            Some(first) if (2..=LONGEST_CHAIN).contains(&chain.len()) => first,
            _ => return Err(format!("an attestation of {} certificates", chain.len())),
        };
        let leaf = Leaf::read(first)?;
        let key = PublicKey::from_spki_pem(&held.key.public_key);
        let key = key.map_err(|error| error.to_string())?;
        if leaf.public_key != key {
            return Err("the attestation is of another key".to_owned());
        }
        leaf.says(&attestation)?;
        let der = root.to_der().map_err(|error| error.to_string())?;
        if Sha256Digest::of(&der).to_string() != attestation.root_sha256 {
            return Err("the root certificate has another SHA-256".to_owned());
        }
        Ok(Self {
            held,
            attestation,
            chain,
            root,
        })
    }

    /// `AGENT:NAME`.
    pub(super) fn name(&self) -> String {
        escape(&format!("{}:{}", self.held.agent, self.held.key.name))
    }

    /// Device, slot and policies in a line.
    pub(super) fn brief(&self) -> String {
        let proved = &self.attestation;
        escape(&format!(
            "YubiKey {}, firmware {}, slot {}, PIN {}, touch {}",
            proved.serial, proved.firmware, proved.slot, proved.pin_policy, proved.touch_policy
        ))
    }

    /// For scripts.
    pub(super) fn view(&self) -> ProofView<'_> {
        let proved = &self.attestation;
        ProofView {
            agent: &self.held.agent,
            key: &self.held.key.name,
            keyid: &proved.keyid,
            serial: &proved.serial,
            firmware: &proved.firmware,
            slot: &proved.slot,
            pin_policy: &proved.pin_policy,
            touch_policy: &proved.touch_policy,
            root_name: &proved.root_name,
            root_sha256: &proved.root_sha256,
            warnings: &proved.warnings,
            authority: &proved.authority,
            repository: &proved.repository,
            first_root: &proved.first_root,
            record: proved.record,
            chain: &proved.chain,
            root: &proved.root,
        }
    }

    /// For a person.
    pub(super) fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let proved = &self.attestation;
        let lineage = match proved.first_root.as_str() {
            "" => format!("{}/{} (no root yet)", proved.authority, proved.repository),
            root => format!("{}/{} {root}", proved.authority, proved.repository),
        };
        let device = format!("YubiKey {}, firmware {}", proved.serial, proved.firmware);
        let root = format!("{} (SHA-256 {})", proved.root_name, proved.root_sha256);
        print_fields(
            out,
            &[
                ("key", self.name()),
                ("keyid", escape(&proved.keyid)),
                ("made on", escape(&device)),
                ("slot", escape(&proved.slot)),
                ("PIN", escape(&proved.pin_policy)),
                ("touch", escape(&proved.touch_policy)),
                ("chain root", escape(&root)),
                ("lineage", escape(&lineage)),
                ("record", proved.record.to_string()),
            ],
        )?;
        self.print_warnings(out)
    }

    /// Known weaknesses of the firmware.
    pub(super) fn print_warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut warnings = self.attestation.warnings.iter();
        warnings.try_for_each(|warning| writeln!(out, "warning: {}", escape(warning)))
    }
}
