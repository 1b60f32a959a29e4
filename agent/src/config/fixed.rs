//! What of a config stays as it is for as long as the agent runs.

use super::{Config, Limits};

/// A change that takes a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} can't change while the agent runs: put it back, or restart the agent")]
pub struct FixedChange(&'static str);

impl Config {
    /// Could `new` take this config's place without a restart?
    ///
    /// # Errors
    /// The first setting that differs and may not.
    pub fn admits(&self, new: &Self) -> Result<(), FixedChange> {
        let (agent, ledger) = (&self.agent, &self.ledger);
        let listens = |config: &Self| {
            let listen = config.listen.iter();
            let mut listen: Vec<_> = listen.map(|l| (l.address, l.serves)).collect();
            listen.sort_by_key(|(address, _)| *address);
            listen
        };
        // All of it, but what is looked up for each request.
        let limits = Limits {
            request_time: self.limits.request_time,
            unused_keys: self.limits.unused_keys,
            ..new.limits
        };
        let fixed = [
            ("agent.socket", agent.socket == new.agent.socket),
            ("agent.mode", agent.mode == new.agent.mode),
            ("agent.group", agent.group == new.agent.group),
            ("agent.log", agent.log == new.agent.log),
            (
                "[limits] besides request_time and unused_keys",
                self.limits == limits,
            ),
            ("ledger.directory", ledger.directory == new.ledger.directory),
            ("ledger.genesis", ledger.genesis == new.ledger.genesis),
            ("ledger.keystore", ledger.keystore == new.ledger.keystore),
            ("ledger.key", ledger.key == new.ledger.key),
            ("ledger.slot", ledger.slot == new.ledger.slot),
            ("[[keystore]]", self.keystores == new.keystores),
            (
                "address or serves of a [[listen]]",
                listens(self) == listens(new),
            ),
        ];
        match fixed.iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(FixedChange(field)),
            None => Ok(()),
        }
    }
}
