use std::io::Write;

use privyseal_tuf::{Document, KeyId};
use serde_json::{Value, json};

use crate::Exit;
use crate::repo::{DraftFile, SignatureStatus};
use crate::show::{
    Comparison, DangerCounts, DiffContext, aloud, escape, print_danger_counts, print_fields,
    print_signatures,
};

/// A draft file as it is shown.
pub(super) struct Shown<'a> {
    file: &'a DraftFile,
    before: Option<&'a Document>,
    /// Whether what it is compared with is really what was published, as far as signatures say it.
    is_compared: bool,
    context: DiffContext,
    signatures: Vec<SignatureStatus>,
}

impl<'a> Shown<'a> {
    /// `given`: the person gave what the draft is compared with. `now` is in Unix seconds.
    pub(super) fn of(
        file: &'a DraftFile,
        before: Option<&'a Document>,
        given: bool,
        now: i64,
    ) -> anyhow::Result<Self> {
        let requirements = file.requirements()?;
        let status = |asked| SignatureStatus::of(asked, &file.document, |key| owner(file, key));
        Ok(Self {
            file,
            before,
            is_compared: given || file.before_is_signed()?,
            context: DiffContext {
                owners: file.owners.clone(),
                now,
                ..DiffContext::default()
            },
            signatures: requirements.iter().map(status).collect(),
        })
    }

    /// Whether what changes is all that changes, as far as signatures say it.
    pub(super) fn is_compared(&self) -> bool {
        self.is_compared
    }

    /// How a command ends that shows it.
    pub(super) fn exit(&self) -> Exit {
        if self.is_compared && self.dangers().is_empty() {
            Exit::Done
        } else {
            Exit::NeedsPerson
        }
    }

    /// What is dangerous about it.
    pub(super) fn dangers(&self) -> DangerCounts {
        self.comparison().dangers()
    }

    pub(super) fn print(&self, out: &mut dyn Write) -> anyhow::Result<()> {
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
        let comparison = self.comparison();
        comparison.print(out)?;
        print_danger_counts(out, &comparison.dangers())?;
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
        let mut compared = serde_json::to_value(self.comparison())?;
        let mut part = |name| compared.get_mut(name).map(Value::take);
        Ok(json!({
            "authority": file.authority,
            "repository": file.repository,
            "first_root": file.first_root.to_string(),
            "role": file.role.as_str(),
            "version": view.version(),
            "expires": view.expires().as_str(),
            "payload_sha256": file.document.payload().digest.to_string(),
            "before_is_signed": self.is_compared,
            "changes": part("changes"),
            "dangers": part("dangers"),
            "signatures": self.signatures,
            "complete": self.signatures.iter().all(SignatureStatus::is_met),
        }))
    }

    fn comparison(&self) -> Comparison<'_> {
        let file = self.file;
        Comparison::of(&self.context, &file.role, self.before, &file.document)
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
