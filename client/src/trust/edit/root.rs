use std::collections::BTreeSet;

use privyseal_tuf::{Document, Draft, Expires, Key, KeyId, RoleType, Root};

use super::{EditError, Edition};

/// A root that is being changed, with what it says so far.
#[derive(Clone, Debug)]
pub struct RootEdit {
    draft: Draft<Root>,
    view: Root,
    /// A document that was begun before, which is signed as it is.
    begun: Option<Document>,
}

impl RootEdit {
    pub(super) fn view(&self) -> &Root {
        &self.view
    }

    fn of(draft: Draft<Root>) -> Result<Self, EditError> {
        let view = draft.clone().finish()?.root()?;
        Ok(Self {
            draft,
            view,
            begun: None,
        })
    }

    /// The document of this version, which expires then; unsigned, unless it was begun before.
    pub(super) fn finish(mut self, version: u64, expires: &Expires) -> Result<Document, EditError> {
        if let Some(begun) = self.begun {
            return Ok(begun);
        }
        self.draft.set_version(version);
        self.draft.set_expires(expires);
        Ok(self.draft.finish()?)
    }
}

impl Edition<'_> {
    /// Gives a role other keys in a new root; a first root where there is none. Keys of the root
    /// role are certificates.
    ///
    /// # Errors
    /// Where nobody could sign for the role.
    pub fn set_role(
        &mut self,
        role: RoleType,
        keys: &[Key],
        threshold: u32,
    ) -> Result<(), EditError> {
        let distinct: BTreeSet<_> = keys.iter().map(Key::fingerprint).collect();
        if threshold == 0 || (threshold as usize) > distinct.len() {
            return Err(EditError::Unreachable {
                role: role.to_string(),
                keys: distinct.len(),
                threshold,
            });
        }
        let mut draft = match (&self.root, &self.base.root) {
            (Some(edit), _) => edit.draft.clone(),
            (None, Some((document, _))) => Draft::edit(document)?,
            (None, None) => Draft::notary_root(1, &Expires::from_seconds(0)?),
        };
        let keyids: Vec<KeyId> = keys.iter().map(|key| draft.add_key(key)).collect();
        draft.set_role(role, &keyids, threshold);
        draft.remove_unused_keys();
        self.root = Some(RootEdit::of(draft)?);
        Ok(())
    }

    /// Signs the root anew, as it is.
    ///
    /// # Errors
    /// Where there is none.
    pub fn renew_root(&mut self) -> Result<(), EditError> {
        if self.root.is_none() {
            let (document, _) = self.base.root.as_ref().ok_or(EditError::NoRepository)?;
            self.root = Some(RootEdit::of(Draft::edit(document)?)?);
        }
        Ok(())
    }

    /// Goes on with a root that was begun before.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn continue_root(&mut self, begun: Document) -> Result<(), EditError> {
        let mut edit = RootEdit::of(Draft::edit(&begun)?)?;
        edit.begun = Some(begun);
        self.root = Some(edit);
        Ok(())
    }

    /// Makes targets metadata that lists nothing, for a repository that has none.
    ///
    /// # Errors
    /// Where there is no root.
    pub fn begin_targets(&mut self) -> Result<(), EditError> {
        self.open(&privyseal_tuf::Role::TARGETS).map(drop)
    }
}
