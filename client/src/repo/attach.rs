//! Signatures that were made elsewhere, for the drafts of a project.

mod adopt;
mod content;
mod explain;
mod known;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use privyseal_tuf::{
    Attached, DetachedSignature, Document, KeyId, Known, KnownKey, Role, RoleType, Signing,
};

use super::draft_file::Signer;
use super::project::Project;
use super::signatures::SignatureStatus;
use super::work::Work;
use crate::failure::Advice;
use explain::{no_draft, no_drafts, too_many};
use source::Source;

pub use adopt::{Adopted, adopt};
pub use known::held_keys;

/// More drafts than a signature without a name is tried on.
const MOST_DRAFTS: usize = 64;

/// Attaches signatures to the drafts of a project.
pub struct Attaching<'a> {
    project: &'a Project,
    work: &'a Work,
    signings: BTreeMap<Role, Signing>,
    owners: BTreeMap<KeyId, String>,
    /// Whose signature the person says it is.
    key: Option<KeyId>,
    /// Keys that agents hold, to name a wrong one.
    held: Vec<KnownKey>,
}

/// What became of a good signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The draft has it now.
    Added,
    /// The draft had one by this key already, which it keeps.
    Known,
    /// The draft has enough without it. Only roots collect more: another signature would change the
    /// file that a snapshot or timestamp names.
    NotNeeded,
}

/// A good signature over a draft.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The draft's role.
    pub role: Role,
    /// The draft's version.
    pub version: u64,
    /// The key that made it.
    pub keyid: KeyId,
    /// What became of it.
    pub outcome: Outcome,
    /// Whose key that is.
    pub owner: Option<String>,
    /// Where it was made, as its file says.
    pub signer: Option<Signer>,
}

impl<'a> Attaching<'a> {
    /// Begins with the drafts of a project, or with the draft of one role.
    pub fn new(project: &'a Project, work: &'a Work, role: Option<&Role>) -> anyhow::Result<Self> {
        let roles: Vec<Role> = match role {
            Some(role) if work.draft(role).is_none() => return Err(no_draft(role).into()),
            Some(role) => vec![role.clone()],
            None => work.drafted().cloned().collect(),
        };
        match roles.len() {
            0 => return Err(no_drafts().into()),
            1..=MOST_DRAFTS => {}
            many => return Err(too_many(many).into()),
        }
        let mut signings = BTreeMap::new();
        for role in roles {
            if let Some(draft) = work.draft(&role)
                && work.is_delegated(&role)?
            {
                let signing = Signing::new(Document::clone(draft), work.requirements(&role)?);
                signings.insert(role, signing);
            }
        }
        Ok(Self {
            project,
            work,
            signings,
            owners: project.owners().by_keyid(project.settings())?,
            key: None,
            held: Vec::new(),
        })
    }

    /// Takes only signatures by this key: a whole keyid, or the beginning of one that the drafts
    /// ask.
    pub fn only_by(&mut self, keyid: &str) -> Result<(), Advice> {
        let asked = self.signings.values().flat_map(Signing::keys);
        let asked = asked.map(|(asked, _)| asked);
        let mut found: Vec<&KeyId> = asked
            .filter(|key| key.as_str().starts_with(keyid))
            .collect();
        found.sort();
        found.dedup();
        match found[..] {
            [one] => {
                self.key = Some(one.clone());
                Ok(())
            }
            _ => Err(explain::which_key(keyid, found.len())),
        }
    }

    /// Learns which keys agents hold.
    pub fn know(&mut self, held: Vec<KnownKey>) {
        self.held = held;
    }

    /// Adds what a file holds, and keeps what is good of it at once. The answers are in the file's
    /// order; of signatures that a document has from elsewhere, placeholders are passed over.
    pub fn add(&mut self, bytes: &[u8]) -> anyhow::Result<Vec<anyhow::Result<Taken>>> {
        let (role, signatures, signers) = match Source::read(bytes)? {
            Source::Signatures(signatures) => (None, signatures, BTreeMap::new()),
            Source::Document(document) => {
                let role = self.role_of(&document)?;
                (Some(role), source::entries(&document), BTreeMap::new())
            }
            Source::Draft(file) => {
                self.check_repository(&file)?;
                self.check_content(&file.role, &file.document)?;
                (
                    Some(file.role),
                    source::entries(&file.document),
                    file.signers,
                )
            }
        };
        let taken = signatures.into_iter().map(|signature| {
            let signature = match &self.key {
                Some(keyid) => signature.claimed_by(keyid),
                None => signature,
            };
            let mut taken = self.attach(role.as_ref(), &signature)?;
            taken.signer = signers.get(&taken.keyid).cloned();
            Ok(taken)
        });
        let taken: Vec<anyhow::Result<Taken>> = taken.collect();
        self.keep(&taken)?;
        Ok(taken)
    }

    /// How far the draft of a role is.
    pub fn status(&self, role: &Role) -> Vec<SignatureStatus> {
        let Some(signing) = self.signings.get(role) else {
            return Vec::new();
        };
        let owner = |keyid: &KeyId| self.owner(keyid);
        let requirements = signing.requirements().iter();
        let status = |asked| SignatureStatus::of(asked, signing.document(), owner);
        requirements.map(status).collect()
    }

    /// Whose a key is, or was.
    fn owner(&self, keyid: &KeyId) -> Option<String> {
        self.owners.get(keyid).cloned()
    }

    fn attach(
        &mut self,
        role: Option<&Role>,
        signature: &DetachedSignature,
    ) -> anyhow::Result<Taken> {
        let nothing = Known::default();
        let signings = self.signings.iter_mut();
        for (role, signing) in signings.filter(|(of, _)| role.is_none_or(|role| role == *of)) {
            let mut signed = signing.clone();
            let Ok(Attached { keyid, is_new }) = signed.attach(signature, &nothing) else {
                continue;
            };
            let outcome = match is_new {
                true if role.kind() != RoleType::Root && is_met(signing) => Outcome::NotNeeded,
                true => Outcome::Added,
                false => Outcome::Known,
            };
            if outcome == Outcome::Added {
                *signing = signed;
            }
            return Ok(Taken {
                role: role.clone(),
                version: signing.document().view(role.kind())?.version(),
                owner: self.owners.get(&keyid).cloned(),
                keyid,
                outcome,
                signer: None,
            });
        }
        Err(self.refused(role, signature))
    }

    /// Writes the drafts that got signatures.
    fn keep(&self, taken: &[anyhow::Result<Taken>]) -> anyhow::Result<()> {
        for (role, signing) in &self.signings {
            let added = |taken: &Taken| taken.outcome == Outcome::Added && taken.role == *role;
            if taken.iter().flatten().any(added) {
                self.project.drafts().write(role, signing.document())?;
            }
        }
        Ok(())
    }
}

/// Whether a draft has the signatures that it needs.
fn is_met(signing: &Signing) -> bool {
    signing.status().iter().all(|status| status.tally.is_met())
}
