use std::io::Write;

use privyseal_tuf::{Document, Key, KeyId, diff};
use serde_json::{Value, json};

use crate::Exit;
use crate::repo::{DraftFile, SignatureStatus};
use crate::show::{
    DiffContext, aloud, changes_json, escape, print_changes, print_fields, print_signatures,
};

/// A draft file as it is shown.
pub(super) struct Shown<'a> {
    file: &'a DraftFile,
    before: Option<&'a Document>,
    /// Whether what it is compared with is really what was published, as far as signatures say it.
    is_compared: bool,
    signatures: Vec<SignatureStatus>,
}

impl<'a> Shown<'a> {
    /// `given`: the person gave what the draft is compared with.
    pub(super) fn of(
        file: &'a DraftFile,
        before: Option<&'a Document>,
        given: bool,
    ) -> anyhow::Result<Self> {
        let requirements = file.requirements()?;
        let status = |asked| SignatureStatus::of(asked, &file.document, |key| owner(file, key));
        Ok(Self {
            file,
            before,
            is_compared: given || file.before_is_signed()?,
            signatures: requirements.iter().map(status).collect(),
        })
    }

    /// How a command ends that shows it.
    pub(super) fn exit(&self) -> Exit {
        if self.is_compared {
            Exit::Done
        } else {
            Exit::NeedsPerson
        }
    }

    pub(super) fn print(&self, out: &mut dyn Write, now: i64) -> anyhow::Result<()> {
        let file = self.file;
        let (repository, authority) = (escape(&file.repository), escape(&file.authority));
        let fields = [
            (
                "draft",
                format!("{} {}", escape(file.role.as_str()), file.version()?),
            ),
            ("repository", format!("{repository} in {authority}")),
            ("first root", aloud(&file.first_root)),
            ("SHA-256", aloud(&file.document.payload().digest)),
        ];
        print_fields(out, &fields)?;
        writeln!(out)?;
        if !self.is_compared {
            writeln!(
                out,
                "DANGER: what the file says is published is not signed by the keys that it names, so the\nchanges below may not be all of them. Fetch it from the repository, and give --before."
            )?;
        }
        let context = self.context(now);
        print_changes(out, &context, file.role.kind(), self.before, &file.document)?;
        writeln!(out)?;
        self.print_signatures(out)
    }

    pub(super) fn print_signatures(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        print_signatures(out, &self.signatures)?;
        Ok(writeln!(out, "(owners and tokens: as the file says)")?)
    }

    pub(super) fn to_json(&self) -> anyhow::Result<Value> {
        let file = self.file;
        let view = file.document.view(file.role.kind())?;
        Ok(json!({
            "authority": file.authority,
            "repository": file.repository,
            "first_root": file.first_root.to_string(),
            "role": file.role.as_str(),
            "version": view.version(),
            "expires": view.expires().as_str(),
            "payload_sha256": file.document.payload().digest.to_string(),
            "before_is_signed": self.is_compared,
            "changes": changes_json(&diff(self.before, &file.document)),
            "signatures": self.signatures,
            "complete": self.signatures.iter().all(SignatureStatus::is_met),
        }))
    }

    fn context(&self, now: i64) -> DiffContext {
        let file = self.file;
        let known = keys(file).into_iter().map(|(keyid, key)| {
            let name = key.algorithm().map(|algorithm| algorithm.to_string());
            (
                keyid,
                name.unwrap_or_else(|| format!("{}, unusable", key.keytype())),
            )
        });
        DiffContext {
            owners: file.owners.clone(),
            algorithms: known.collect(),
            now,
        }
    }
}

/// Whose a key is, and on which token it signed.
fn owner(file: &DraftFile, keyid: &KeyId) -> Option<String> {
    let signer = file.signers.get(keyid).map(ToString::to_string);
    match (file.owners.get(keyid), signer) {
        (Some(owner), Some(signer)) => Some(format!("{owner}, {signer}")),
        (owner, signer) => owner.cloned().or(signer),
    }
}

/// Every key that the file's documents name.
fn keys(file: &DraftFile) -> Vec<(KeyId, Key)> {
    let drafted = std::iter::once((&file.role, &file.document));
    let delegators = file.delegators.iter().map(|(role, document)| (role, document));
    let roots = file.roots.iter().filter_map(|root| root.root().ok());
    let mut keys: Vec<(KeyId, Key)> = roots.flat_map(|root| root.keys).collect();
    for (_, document) in delegators.chain(drafted) {
        if let Ok(root) = document.root() {
            keys.extend(root.keys);
        }
        if let Ok(targets) = document.targets() {
            keys.extend(targets.delegations.into_iter().flat_map(|d| d.keys));
        }
    }
    keys
}
