use privyseal_proto::v1::NotaryUse;
use serde::Serialize;

use crate::show::absolute;

/// The last document that a notary key signed, as it is printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct NotaryUseView {
    version: u64,
    /// UTC, to the second.
    expires: String,
    restored: bool,
}

impl NotaryUseView {
    pub(super) fn brief(&self) -> String {
        let next = match self.restored {
            true => ", RESTORED: any version may be next",
            false => "",
        };
        format!("version {}, expires {}{next}", self.version, self.expires)
    }
}

impl From<NotaryUse> for NotaryUseView {
    fn from(used: NotaryUse) -> Self {
        Self {
            version: used.version,
            expires: absolute(used.expires),
            restored: used.restored,
        }
    }
}
