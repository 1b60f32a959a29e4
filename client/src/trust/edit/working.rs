use std::collections::BTreeSet;

use privyseal_tuf::{Document, Draft, Expires, Target, TargetPath, Targets};

use super::EditError;

/// Targets metadata that is being changed, with what it says so far.
#[derive(Clone, Debug)]
pub(super) struct Working {
    draft: Draft<Targets>,
    view: Targets,
}

impl Working {
    pub(super) fn edit(document: &Document) -> Result<Self, EditError> {
        Self::of(Draft::edit(document)?)
    }

    /// Metadata without targets. Version and expiry are set at the end.
    pub(super) fn fresh() -> Result<Self, EditError> {
        Self::of(Draft::notary_targets(1, &Expires::from_seconds(0)?))
    }

    fn of(draft: Draft<Targets>) -> Result<Self, EditError> {
        let view = draft.clone().finish()?.targets()?;
        Ok(Self { draft, view })
    }

    pub(super) fn view(&self) -> &Targets {
        &self.view
    }

    pub(super) fn set_target(&mut self, path: &TargetPath, target: &Target) {
        self.draft.set_target(path, target);
        self.view.targets.insert(path.clone(), target.clone());
    }

    /// False where there was none.
    pub(super) fn remove_target(&mut self, path: &TargetPath) -> bool {
        self.view.targets.remove(path);
        self.draft.remove_targets(&BTreeSet::from([path.clone()])) == 1
    }

    /// Changes its delegations.
    pub(super) fn redelegate(
        &mut self,
        change: impl FnOnce(&mut Draft<Targets>),
    ) -> Result<(), EditError> {
        let mut draft = self.draft.clone();
        change(&mut draft);
        draft.remove_unused_delegation_keys();
        *self = Self::of(draft)?;
        Ok(())
    }

    /// The document of this version, which expires then; unsigned.
    pub(super) fn finish(mut self, version: u64, expires: &Expires) -> Result<Document, EditError> {
        self.draft.set_version(version);
        self.draft.set_expires(expires);
        Ok(self.draft.finish()?)
    }
}
