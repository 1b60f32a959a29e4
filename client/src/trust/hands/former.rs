use privyseal_tuf::{Document, Key, KeyId, Role, RoleType, Signing};

use super::Hands;
use crate::trust::docker_keys::PrivateKey;

impl Hands<'_> {
    /// Has the former root keys of a repository, which are in files, sign the root that takes them
    /// out. They sign nothing else.
    pub fn take_former(&mut self, keys: Vec<PrivateKey>) {
        self.former = keys;
    }

    /// Signs a root with those of its former keys that are not under it yet.
    pub(super) fn sign_as_former(
        &self,
        role: &Role,
        signing: &mut Signing,
        keep: &mut dyn FnMut(&Document) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if role.top() != Some(RoleType::Root) {
            return Ok(());
        }
        for private in &self.former {
            let print = Key::of_notary(private.public()).fingerprint();
            let payload = signing.payload().bytes();
            let unsigned: Vec<KeyId> = signing
                .keys()
                .filter(|(_, key)| key.fingerprint() == print)
                .filter(|(keyid, key)| {
                    let entry = signing.document().signature(keyid);
                    !entry.is_some_and(|entry| key.verifies(&payload, entry))
                })
                .map(|(keyid, _)| keyid.clone())
                .collect();
            if unsigned.is_empty() {
                continue;
            }
            let signature = private.sign(&payload)?;
            for keyid in &unsigned {
                signing.add(keyid, &signature)?;
            }
            keep(signing.document())?;
        }
        Ok(())
    }
}
