use super::Draft;
use crate::json::{self, Object, Value};
use crate::{Expires, Target, TargetPath, Targets};

impl Draft<Targets> {
    /// Targets metadata without a target.
    pub fn targets(version: u64, expires: &Expires) -> Self {
        let mut draft = Self::fresh(version, expires);
        draft.put("targets", Value::Object(Object::new()));
        draft
    }

    /// Adds a target, or gives another content to the one of that path. Fields of it that this
    /// crate does not know stay.
    pub fn set_target(&mut self, path: &TargetPath, target: &Target) {
        json::edit(&mut self.signed, "targets", |targets| {
            json::edit(targets, path.as_str(), |entry| target.write(entry));
        });
    }

    /// Removes a target; says whether there was one.
    pub fn remove_target(&mut self, path: &TargetPath) -> bool {
        let mut removed = None;
        json::edit(&mut self.signed, "targets", |targets| {
            removed = targets.remove(path.as_str())
        });
        removed.is_some()
    }
}
