//! Login attempts: a PIN is a scarce thing.

use std::collections::BTreeSet;

use privyseal_proto::ledger::v1::{DeviceChanged, LoginClosed, LoginOpened};

use super::Memory;
use crate::keystore::KeystoreName;

/// What the ledger says of the last login to a keystore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LoginMemory {
    /// There was none.
    #[default]
    None,
    /// One was opened and never closed: the agent ended in the middle of it.
    Open,
    /// The token accepted the PIN.
    Accepted,
    /// The token refused it.
    Refused {
        /// The token's answer.
        answer: String,
    },
    /// An operator locked the keystore.
    Locked,
}

/// What is known of the configured PINs of keystores, by the keystores' names.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The login that is open is with the source's PIN.
    open: BTreeSet<String>,
    /// The source's PIN was refused, or the token got another one, since it last worked.
    doubted: BTreeSet<String>,
}

impl Sources {
    pub(super) fn opened(&mut self, login: &LoginOpened) {
        match login.operator {
            None => self.open.insert(login.keystore.clone()),
            Some(_) => self.open.remove(&login.keystore),
        };
    }

    pub(super) fn closed(&mut self, login: &LoginClosed) {
        if !self.open.remove(&login.keystore) {
            return;
        }
        match login.accepted {
            true => self.doubted.remove(&login.keystore),
            false => self.doubted.insert(login.keystore.clone()),
        };
    }

    pub(super) fn changed(&mut self, changed: &DeviceChanged) -> Option<()> {
        if matches!(changed.change.as_str(), "change-pin" | "unblock-pin") {
            self.doubted.insert(changed.keystore.clone());
        }
        None
    }
}

impl Memory {
    /// Was a keystore's PIN changed through the agent, or its configured one refused, since the
    /// configured one last worked?
    #[must_use]
    pub fn doubts_source(&self, keystore: &KeystoreName) -> bool {
        self.state
            .read()
            .sources
            .doubted
            .contains(keystore.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(sources: &mut Sources, operator: bool, accepted: bool) {
        sources.opened(&LoginOpened {
            keystore: "root-a".to_owned(),
            operator: operator.then(Default::default),
            ..LoginOpened::default()
        });
        sources.closed(&LoginClosed {
            keystore: "root-a".to_owned(),
            accepted,
            ..LoginClosed::default()
        });
    }

    #[test]
    fn only_the_sources_own_success_clears_a_doubt_about_it() {
        let mut sources = Sources::default();
        login(&mut sources, false, false);
        assert!(sources.doubted.contains("root-a"));
        login(&mut sources, true, true);
        assert!(sources.doubted.contains("root-a"));
        login(&mut sources, false, true);
        assert!(sources.doubted.is_empty());
        for (change, doubted) in [("change-puk", false), ("change-pin", true)] {
            sources.changed(&DeviceChanged {
                keystore: "root-a".to_owned(),
                change: change.to_owned(),
                ..DeviceChanged::default()
            });
            login(&mut sources, true, true);
            assert_eq!(sources.doubted.contains("root-a"), doubted, "{change}");
        }
    }
}
