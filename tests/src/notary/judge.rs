//! OpenSSL as a judge of what a notary-server publishes.

use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use p256::ecdsa::Signature;
use privyseal_proto::v1::{Key, Signed};
use serde_json::Value;

use super::server::NotaryServer;
use crate::openssl;

/// A repository's documents, as a client that has seen nothing is given them.
#[derive(Debug)]
pub struct Published {
    root: Value,
    snapshot: Value,
    timestamp: Value,
}

impl Published {
    /// Fetches the timestamp, the snapshot that it names by its hash, and the root.
    ///
    /// # Panics
    /// Where one is missing.
    #[must_use]
    pub fn read(server: &NotaryServer, repository: &str) -> Self {
        let file = |name: &str| -> Value {
            serde_json::from_slice(&server.file(repository, name)).unwrap()
        };
        let timestamp = file("timestamp.json");
        let sha256 = timestamp["signed"]["meta"]["snapshot"]["hashes"]["sha256"].as_str();
        let sha256 = hex::encode(decoded(sha256.unwrap()));
        Self {
            root: file("root.json"),
            snapshot: file(&format!("snapshot.{sha256}.json")),
            timestamp,
        }
    }

    /// The version of `root`, `snapshot` or `timestamp`.
    #[must_use]
    pub fn version(&self, role: &str) -> u64 {
        self.document(role)["signed"]["version"].as_u64().unwrap()
    }

    /// The ids of the keys that the root names for a role.
    #[must_use]
    pub fn keyids(&self, role: &str) -> Vec<String> {
        let named = &self.root["signed"]["roles"][role]["keyids"];
        let named = named.as_array().unwrap().iter();
        named.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// The public key of an id, PEM.
    #[must_use]
    pub fn public_key(&self, keyid: &str) -> String {
        let key = &self.root["signed"]["keys"][keyid];
        assert_eq!(key["keytype"], "ecdsa", "{key}");
        // The standard's own base64 of the DER; PEM's lines may be longer than 64 letters.
        let body = key["keyval"]["public"].as_str().unwrap();
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// The keys of a role that the root names and under which OpenSSL verifies a signature of the
    /// role's document: their ids.
    #[must_use]
    pub fn verified_by(&self, role: &str) -> Vec<String> {
        let mut ids = self.keyids(role);
        ids.retain(|id| self.is_verified(role, id));
        ids
    }

    fn is_verified(&self, role: &str, keyid: &str) -> bool {
        let document = self.document(role);
        let key = Key {
            algorithm: "ecdsa-p256".to_owned(),
            public_key: self.public_key(keyid),
            ..Key::default()
        };
        // Keys in order and no spaces: canonical for whatever the tests publish, which has no
        // control characters.
        let message = document["signed"].to_string();
        let signatures = document["signatures"].as_array().unwrap();
        let mut of_key = signatures.iter().filter(|one| one["keyid"] == keyid);
        of_key.any(|one| {
            assert_eq!(one["method"], "ecdsa", "{one}");
            let raw = decoded(one["sig"].as_str().unwrap());
            let sig = hex::encode(der(&raw));
            let signed = Signed {
                sig,
                ..Signed::default()
            };
            openssl::verifies_bytes(&key, message.as_bytes(), &signed)
        })
    }

    fn document(&self, role: &str) -> &Value {
        match role {
            "root" => &self.root,
            "snapshot" => &self.snapshot,
            "timestamp" => &self.timestamp,
            other => panic!("no role {other}"),
        }
    }
}

/// r||s as the DER that OpenSSL reads.
fn der(raw: &[u8]) -> Vec<u8> {
    let signature = Signature::from_slice(raw).expect("r||s on P-256, 64 bytes");
    signature.to_der().as_bytes().to_vec()
}

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}
