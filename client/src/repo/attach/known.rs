//! What is known beside a draft, to name what does not belong to it.

use std::collections::BTreeSet;

use privyseal_tuf::{Document, Key, KeyId, Known, KnownKey, KnownPayload, Role, RoleType, Root};

use super::Attaching;
use crate::agent::HeldKey;
use crate::show::aloud;

/// The keys that agents hold for TUF, each with its token.
pub fn held_keys(held: &[HeldKey]) -> Vec<KnownKey> {
    let known = |held: &HeldKey| {
        let key = &held.key;
        Some(KnownKey {
            label: format!(
                "{}:{} on token {} (serial {})",
                held.agent, key.name, key.token_label, key.token_serial
            ),
            key: held.tuf_key().ok()?,
        })
    };
    held.iter().filter_map(known).collect()
}

impl Attaching<'_> {
    /// Keys and contents that signers may have taken for the right ones.
    pub(super) fn known(&self, role: &Role) -> anyhow::Result<Known> {
        let mut known = Known {
            keys: self.held.clone(),
            payloads: Vec::new(),
        };
        // An agent's key is named with its token; the others by what roots say of them.
        let mut seen: BTreeSet<KeyId> = self.held.iter().map(|k| k.key.keyid().clone()).collect();
        let drafted = self.work.draft(&RoleType::Root.into());
        let roots = self.work.published().roots.iter().chain(drafted).rev();
        for root in roots.filter_map(|root| root.root().ok()) {
            for (keyid, key) in &root.keys {
                if seen.insert(key.keyid().clone()) {
                    known.keys.push(self.of_root(&root, keyid, key));
                }
            }
        }
        known.payloads = self.payloads(role)?;
        Ok(known)
    }

    fn of_root(&self, root: &Root, keyid: &KeyId, key: &Key) -> KnownKey {
        let has = |(role, keys): (RoleType, &privyseal_tuf::RoleKeys)| {
            keys.keyids.contains(keyid).then(|| role.to_string())
        };
        let roles: Vec<String> = root.roles.iter().filter_map(has).collect();
        let owner = self.owner(keyid);
        let owner = owner.unwrap_or_else(|| "a key that privyseal.toml does not name".to_owned());
        KnownKey {
            label: format!(
                "{owner}, {} in root {}",
                roles.join(" and "),
                root.header.version
            ),
            key: key.clone(),
        }
    }

    fn payloads(&self, role: &Role) -> anyhow::Result<Vec<KnownPayload>> {
        let mut payloads = Vec::new();
        let mut add = |what: &str, document: &Document, of: &Role| {
            let version = document.view(of.kind()).map_or(0, |view| view.version());
            let digest = aloud(&document.payload().digest);
            let digest = digest.get(..19).unwrap_or_default();
            payloads.push(KnownPayload {
                label: format!("{of} {version}, {what} (SHA-256 {digest} ...)"),
                bytes: document.payload().bytes(),
            });
        };
        let current = self.work.draft(role).map(|draft| draft.payload().digest);
        for document in self.project.exported().of(role)?.iter().rev() {
            if Some(document.payload().digest) != current {
                add("an earlier draft", document, role);
            }
        }
        if *role == RoleType::Root.into() {
            if let Some(document) = self.project.drafts().read_correction()? {
                add("the correction that waits for supersede", &document, role);
            }
            for document in self.work.published().roots.iter().rev() {
                add("which is published", document, role);
            }
        } else if let Some(document) = self.work.published().document(role)? {
            add("which is published", &document, role);
        }
        for (other, signing) in self.signings.iter().filter(|(other, _)| *other != role) {
            add("another draft of this project", signing.document(), other);
        }
        Ok(payloads)
    }
}
