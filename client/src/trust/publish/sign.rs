use privyseal_tuf::notary::{NotAsGoPrints, as_go_prints, go_keeps};
use privyseal_tuf::{Document, Requirement, Role, RoleType};

use super::{PendingRoot, PublishError, Publisher, State};
use crate::failure::Advice;
use crate::trust::edit::{Drafted, DraftedDocument};
use crate::trust::hands::{Hands, SignedBy};

/// A document that was signed here.
#[derive(Clone, Debug)]
pub struct DocumentSigned {
    /// Its role.
    pub role: Role,
    /// Its version.
    pub version: u64,
    /// With what.
    pub by: Vec<SignedBy>,
    pub(super) document: Document,
}

impl Publisher<'_> {
    /// Has the agents sign documents, each after those that it rests on. A root is kept from before
    /// the first agent is asked.
    pub(super) async fn sign_all(
        &self,
        state: &mut State,
        hands: &mut Hands<'_>,
        drafted: Drafted,
        snapshot: &Requirement,
    ) -> anyhow::Result<Vec<DocumentSigned>> {
        for document in &drafted.documents {
            check_content(&document.role, &document.document)?;
        }
        let new = drafted.documents.iter();
        let mut new: Vec<_> = new
            .map(|it| (&it.role, it.requirements.as_slice()))
            .collect();
        let role = RoleType::Snapshot.into();
        new.push((&role, std::slice::from_ref(snapshot)));
        hands.catch_up(&state.known, &new).await;
        let mut signed = Vec::new();
        for drafted in drafted.documents {
            let done = self.sign(state, hands, &drafted).await?;
            state.known.learn(&done.role, &done.document);
            signed.push(done);
        }
        Ok(signed)
    }

    pub(super) async fn sign(
        &self,
        state: &State,
        hands: &mut Hands<'_>,
        drafted: &DraftedDocument,
    ) -> anyhow::Result<DocumentSigned> {
        let role = &drafted.role;
        let pending = PendingRoot::of(self.home);
        let is_root = role.top() == Some(RoleType::Root);
        let mut keep = |document: &Document| -> anyhow::Result<()> {
            match is_root {
                true => Ok(pending.write(document).map_err(Advice::from)?),
                false => Ok(()),
            }
        };
        keep(&drafted.document)?;
        let required = &drafted.requirements;
        let collected = hands.collect(&state.known, role, &drafted.document, required, &mut keep);
        let collected = collected.await?;
        Ok(DocumentSigned {
            role: role.clone(),
            version: collected.document.view(role.kind())?.version(),
            by: collected.signed,
            document: collected.document,
        })
    }
}

/// Whether notary-server would keep all that a document says: known before it is signed.
fn check_content(role: &Role, document: &Document) -> Result<(), Advice> {
    go_keeps(document, role.kind()).map_err(|why| {
        Advice::from(PublishError::Bytes {
            role: role.to_string(),
            why: NotAsGoPrints::from(why),
        })
    })
}

/// Whether notary-server would print a finished document as it is.
pub(super) fn check_bytes(role: &Role, document: &Document) -> Result<(), PublishError> {
    as_go_prints(document, role.kind()).map_err(|why| PublishError::Bytes {
        role: role.to_string(),
        why,
    })
}
