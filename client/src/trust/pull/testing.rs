//! Repositories made in memory, as a notary-server would hold them, with keys of their own.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use privyseal_tuf::Sha256Digest;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, PublicKeyData, date_time_ymd};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Map, Value, json};

use super::{Source, SourceError};

pub(in crate::trust) const NOW: i64 = 1_800_000_000;
pub(in crate::trust) const LATER: &str = "2036-11-19T00:34:08.547354299Z";
pub(in crate::trust) const GUN: &str = "reg.example.test/team/app";

/// A P-256 key, bare or with a certificate.
#[derive(Debug)]
pub(in crate::trust) struct Signer {
    pair: EcdsaKeyPair,
    pub(in crate::trust) key: Value,
    pub(in crate::trust) id: String,
}

impl Signer {
    pub(in crate::trust) fn bare() -> Self {
        Self::new(|key| ("ecdsa", key.subject_public_key_info()))
    }

    /// With a certificate of this common name.
    pub(in crate::trust) fn named(name: &str) -> Self {
        Self::certified(name, |_| ())
    }

    pub(in crate::trust) fn certified(
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        Self::new(|key| {
            let mut params = CertificateParams::new([]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::ExplicitNoCa;
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2040, 1, 1);
            change(&mut params);
            let pem = params.self_signed(key).unwrap().pem();
            ("ecdsa-x509", pem.into_bytes())
        })
    }

    /// With two certificates that are no CA's.
    pub(in crate::trust) fn of_two_leaves(name: &str) -> Self {
        Self::new(|key| {
            let mut params = CertificateParams::new([]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.not_after = date_time_ymd(2040, 1, 1);
            let pem = params.self_signed(key).unwrap().pem();
            ("ecdsa-x509", pem.repeat(2).into_bytes())
        })
    }

    fn new(public: impl FnOnce(&rcgen::KeyPair) -> (&'static str, Vec<u8>)) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let der = key.serialize_der();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &der, &SystemRandom::new()).unwrap();
        let (keytype, public) = public(&key);
        let public = BASE64_STANDARD.encode(public);
        let key = json!({ "keytype": keytype, "keyval": { "private": null, "public": public } });
        Self {
            pair,
            id: Sha256Digest::of(key.to_string().as_bytes()).to_string(),
            key,
        }
    }

    fn sign(&self, signed: &Value) -> Value {
        let content = signed.to_string();
        let sig = self.pair.sign(&SystemRandom::new(), content.as_bytes());
        let sig = BASE64_STANDARD.encode(sig.unwrap());
        json!({ "keyid": self.id, "method": "ecdsa", "sig": sig })
    }
}

pub(in crate::trust) fn is_ca(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

/// serde_json's maps are sorted, and nothing here needs an escape: its text is canonical.
pub(in crate::trust) fn document(signed: &Value, signers: &[&Signer]) -> Bytes {
    let signatures: Vec<Value> = signers.iter().map(|it| it.sign(signed)).collect();
    let text = format!(
        "{{\"signed\":{signed},\"signatures\":{}}}",
        json!(signatures)
    );
    text.into()
}

pub(in crate::trust) fn role(signers: &[&Signer], threshold: u32) -> Value {
    let ids: Vec<&str> = signers.iter().map(|it| it.id.as_str()).collect();
    json!({ "keyids": ids, "threshold": threshold })
}

pub(in crate::trust) fn keys(signers: &[&Signer]) -> Value {
    let keys = signers.iter().map(|it| (it.id.clone(), it.key.clone()));
    Value::Object(keys.collect::<Map<_, _>>())
}

fn meta(file: &[u8]) -> Value {
    let sha256 = BASE64_STANDARD.encode(Sha256Digest::of(file).as_bytes());
    json!({ "hashes": { "sha256": sha256 }, "length": file.len() })
}

/// A tag whose manifest is this text.
pub(in crate::trust) fn tag(content: &str) -> Value {
    meta(content.as_bytes())
}

/// A repository and the server that holds it.
#[derive(Debug)]
pub(in crate::trust) struct Repository {
    pub(in crate::trust) root: Signer,
    pub(in crate::trust) targets: Signer,
    pub(in crate::trust) snapshot: Signer,
    pub(in crate::trust) timestamp: Signer,
    pub(in crate::trust) served: Served,
    pub(in crate::trust) versions: BTreeMap<&'static str, u64>,
    pub(in crate::trust) expires: BTreeMap<&'static str, &'static str>,
}

/// What a server answers.
#[derive(Debug, Default)]
pub(in crate::trust) struct Served {
    pub(in crate::trust) roots: BTreeMap<u64, Bytes>,
    pub(in crate::trust) latest: BTreeMap<String, Bytes>,
    pub(in crate::trust) by_hash: BTreeMap<(String, String), Bytes>,
    pub(in crate::trust) down: bool,
    pub(in crate::trust) asked: Mutex<Vec<String>>,
}

impl Repository {
    /// With a root, empty targets, and what else there must be.
    pub(in crate::trust) fn new() -> Self {
        Self::of(Signer::named(GUN))
    }

    pub(in crate::trust) fn of(root: Signer) -> Self {
        let mut repository = Self {
            root,
            targets: Signer::bare(),
            snapshot: Signer::bare(),
            timestamp: Signer::bare(),
            served: Served::default(),
            versions: BTreeMap::new(),
            expires: BTreeMap::new(),
        };
        let signed = repository.root_signed(1);
        repository.serve_root(1, document(&signed, &[&repository.root]));
        repository.publish(json!({}), &[], &[]);
        repository
    }

    pub(in crate::trust) fn expiry(&self, role: &str) -> &'static str {
        self.expires.get(role).copied().unwrap_or(LATER)
    }

    pub(in crate::trust) fn root_signed(&self, version: u64) -> Value {
        let (snapshot, timestamp) = (&self.snapshot, &self.timestamp);
        json!({
            "_type": "Root",
            "consistent_snapshot": false,
            "expires": self.expiry("root"),
            "keys": keys(&[&self.root, &self.targets, snapshot, timestamp]),
            "roles": {
                "root": role(&[&self.root], 1),
                "targets": role(&[&self.targets], 1),
                "snapshot": role(&[snapshot], 1),
                "timestamp": role(&[timestamp], 1),
            },
            "version": version,
        })
    }

    pub(in crate::trust) fn serve_root(&mut self, version: u64, bytes: Bytes) {
        self.served.roots.insert(version, bytes.clone());
        self.served.latest.insert("root".to_owned(), bytes);
    }

    pub(in crate::trust) fn next(&mut self, role: &'static str) -> u64 {
        let version = self.versions.entry(role).or_default();
        *version += 1;
        *version
    }

    pub(in crate::trust) fn targets_signed(
        version: u64,
        expires: &str,
        tags: Value,
        to: &[Delegation<'_>],
    ) -> Value {
        let signers: Vec<&Signer> = to.iter().flat_map(|it| it.signers.clone()).collect();
        let roles: Vec<Value> = to.iter().map(Delegation::to_json).collect();
        json!({
            "_type": "Targets",
            "delegations": { "keys": keys(&signers), "roles": roles },
            "expires": expires,
            "targets": tags,
            "version": version,
        })
    }

    /// Publishes targets of these tags and delegations, with these files of delegated roles, a
    /// snapshot and a timestamp.
    pub(in crate::trust) fn publish(
        &mut self,
        tags: Value,
        to: &[Delegation<'_>],
        delegated: &[(&str, Bytes)],
    ) {
        let version = self.next("targets");
        let signed = Self::targets_signed(version, self.expiry("targets"), tags, to);
        let targets = document(&signed, &[&self.targets]);
        let mut files = vec![("targets", targets)];
        files.extend(delegated.iter().cloned());
        self.serve(&files);
    }

    /// Serves files with a new snapshot and timestamp.
    pub(in crate::trust) fn serve(&mut self, files: &[(&str, Bytes)]) {
        let mut entries = Map::new();
        entries.insert("root".to_owned(), meta(&self.served.latest["root"]));
        for (role, bytes) in files {
            entries.insert((*role).to_owned(), meta(bytes));
            self.serve_hashed(role, bytes);
        }
        let version = self.next("snapshot");
        let snapshot = json!({
            "_type": "Snapshot", "expires": self.expiry("snapshot"), "meta": entries,
            "version": version,
        });
        let snapshot = document(&snapshot, &[&self.snapshot]);
        self.serve_hashed("snapshot", &snapshot);
        self.stamp(&snapshot);
    }

    pub(in crate::trust) fn serve_hashed(&mut self, role: &str, bytes: &Bytes) {
        let digest = Sha256Digest::of(bytes).to_string();
        let name = (role.to_owned(), digest);
        self.served.by_hash.insert(name, bytes.clone());
    }

    /// Serves a new timestamp of this snapshot.
    pub(in crate::trust) fn stamp(&mut self, snapshot: &Bytes) {
        let version = self.next("timestamp");
        let timestamp = json!({
            "_type": "Timestamp", "expires": self.expiry("timestamp"),
            "meta": { "snapshot": meta(snapshot) }, "version": version,
        });
        let timestamp = document(&timestamp, &[&self.timestamp]);
        self.served.latest.insert("timestamp".to_owned(), timestamp);
    }
}

/// A delegation to a role.
pub(in crate::trust) struct Delegation<'a> {
    pub(in crate::trust) name: &'a str,
    pub(in crate::trust) signers: Vec<&'a Signer>,
    pub(in crate::trust) threshold: u32,
    pub(in crate::trust) paths: &'a [&'a str],
}

impl<'a> Delegation<'a> {
    /// Of all tags to one signer.
    pub(in crate::trust) fn to(name: &'a str, signer: &'a Signer) -> Self {
        Self {
            name,
            signers: vec![signer],
            threshold: 1,
            paths: &[""],
        }
    }

    fn to_json(&self) -> Value {
        let mut value = role(&self.signers, self.threshold);
        value["name"] = json!(self.name);
        value["paths"] = json!(self.paths);
        value
    }
}

/// The file of a delegated role.
pub(in crate::trust) fn delegated(version: u64, tags: Value, signers: &[&Signer]) -> Bytes {
    document(
        &Repository::targets_signed(version, LATER, tags, &[]),
        signers,
    )
}

impl Served {
    fn ask(&self, what: String) -> Result<(), SourceError> {
        self.asked.lock().unwrap().push(what);
        match self.down {
            true => Err(SourceError::Unreachable("nobody is there".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait(?Send)]
impl Source for Served {
    async fn latest(&self, role: &str) -> Result<Option<Bytes>, SourceError> {
        self.ask(role.to_owned())?;
        Ok(self.latest.get(role).cloned())
    }

    async fn by_hash(
        &self,
        role: &str,
        sha256: &Sha256Digest,
    ) -> Result<Option<Bytes>, SourceError> {
        self.ask(format!("{role} by hash"))?;
        let name = (role.to_owned(), sha256.to_string());
        Ok(self.by_hash.get(&name).cloned())
    }

    async fn root(&self, version: u64) -> Result<Option<Bytes>, SourceError> {
        self.ask(format!("root {version}"))?;
        Ok(self.roots.get(&version).cloned())
    }
}
