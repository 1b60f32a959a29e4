mod attach;
#[cfg(test)]
mod tests;

use crate::{Document, Key, KeyId, KeyProblem, Payload, Requirement, Signature, Tally};

pub use attach::{Attached, Known, KnownKey, KnownPayload};

/// Collects detached signatures for a document, which can come on different days and from
/// different machines. Between them the document is kept as it stands:
/// [`document`](Self::document), and [`new`](Self::new) again.
#[derive(Clone, Debug)]
pub struct Signing {
    document: Document,
    requirements: Vec<Requirement>,
}

/// How far one requirement is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The requirement's label.
    pub label: String,
    /// Who signed, who is missing, and how many it takes.
    pub tally: Tally,
}

/// Why a signature was not added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// No requirement names the key.
    #[error("keyid {0} is no key of this document's role: its signature would count for nothing")]
    UnknownKey(KeyId),
    /// The signature is good, but by another key.
    #[error("the signature was made by key {actual}, not by {claimed}: was the wrong token used?")]
    WrongKey {
        /// The keyid that came with the signature.
        claimed: KeyId,
        /// The keyid of the key that made it.
        actual: KeyId,
    },
    /// No key of the role made the signature over this payload.
    #[error("the signature by {0} does not verify: it is damaged, or over other bytes")]
    BadSignature(KeyId),
    /// The signature is good, but by a key that this document does not ask.
    #[error("it is a good signature, but by {key} ({keyid}), which this document does not ask")]
    OtherKey {
        /// The key's computed keyid.
        keyid: KeyId,
        /// What the key is.
        key: String,
    },
    /// A key of the role made it over something else.
    #[error("key {keyid} made it over {payload}, not over this document")]
    OtherPayload {
        /// The key.
        keyid: KeyId,
        /// What it signed.
        payload: String,
    },
    /// Another key made it over something else.
    #[error("{key} made it over {payload}: neither the key nor the content is this document's")]
    OtherKeyAndPayload {
        /// What the key is.
        key: String,
        /// What it signed.
        payload: String,
    },
    /// Nothing that is known leads to it.
    #[error(
        "no key that is known here made it over this document: it is damaged, over other bytes, or by a stranger's key"
    )]
    Unexplained,
    /// The key can't verify anything.
    #[error("key {keyid} can't be used: {problem}")]
    UnusableKey {
        /// The key.
        keyid: KeyId,
        /// Why.
        problem: KeyProblem,
    },
}

/// Signatures are missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("signatures are missing: {}", describe(.0))]
pub struct Unfinished(pub Vec<Status>);

impl Signing {
    /// Begins, or goes on with a document that has some signatures already.
    pub fn new(document: Document, requirements: Vec<Requirement>) -> Self {
        Self {
            document,
            requirements,
        }
    }

    /// What every key signs.
    pub fn payload(&self) -> &Payload {
        self.document.payload()
    }

    /// The document with the signatures that it has so far.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Whose signatures the document needs.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Adds a signature after verifying it.
    pub fn add(&mut self, keyid: &KeyId, signature: &Signature) -> Result<(), SigningError> {
        let claimed: Vec<&Key> = self
            .keys()
            .filter(|(name, _)| *name == keyid)
            .map(|(_, key)| key)
            .collect();
        if claimed.is_empty() {
            return Err(SigningError::UnknownKey(keyid.clone()));
        }
        if !claimed.iter().any(|key| self.made_by(key, signature)) {
            return Err(self.explain(keyid, signature));
        }
        self.document.put_signature(keyid, signature);
        Ok(())
    }

    /// How far each requirement is met.
    pub fn status(&self) -> Vec<Status> {
        let requirements = self.requirements.iter();
        requirements
            .map(|requirement| Status {
                label: requirement.label.clone(),
                tally: requirement.tally(&self.document),
            })
            .collect()
    }

    /// The final document, once every requirement is met.
    pub fn finish(self) -> Result<Document, Unfinished> {
        let status = self.status();
        if status.iter().all(|status| status.tally.is_met()) {
            Ok(self.document)
        } else {
            Err(Unfinished(status))
        }
    }

    /// The keys that the document asks, by keyid. A key can be asked twice: of a new root, by the old
    /// one and by itself.
    pub fn keys(&self) -> impl Iterator<Item = (&KeyId, &Key)> {
        self.requirements
            .iter()
            .flat_map(|requirement| &requirement.keys)
    }

    fn made_by(&self, key: &Key, signature: &Signature) -> bool {
        key.public()
            .is_ok_and(|public| public.verify(&self.payload().bytes(), signature).is_ok())
    }

    fn explain(&self, claimed: &KeyId, signature: &Signature) -> SigningError {
        if let Some((actual, _)) = self.keys().find(|(_, key)| self.made_by(key, signature)) {
            return SigningError::WrongKey {
                claimed: claimed.clone(),
                actual: actual.clone(),
            };
        }
        let mut keys = self.keys().filter(|(keyid, _)| *keyid == claimed);
        match keys.find_map(|(_, key)| key.public().err()) {
            Some(problem) => SigningError::UnusableKey {
                keyid: claimed.clone(),
                problem: problem.clone(),
            },
            None => SigningError::BadSignature(claimed.clone()),
        }
    }
}

fn describe(statuses: &[Status]) -> String {
    let open = statuses.iter().filter(|status| !status.tally.is_met());
    let texts: Vec<String> = open
        .map(|status| format!("{} ({})", status.label, status.tally))
        .collect();
    texts.join(", ")
}
