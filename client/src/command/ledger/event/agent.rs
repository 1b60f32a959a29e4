use privyseal_proto::ledger::v1::record::Event;

use super::{RecordView, short, token};

impl RecordView {
    /// What the agent, its config, its ledger and its logins went through.
    pub(super) fn describe_agent(&mut self, event: &Event) {
        match event {
            Event::Genesis(genesis) => {
                self.event = "genesis";
                self.key.clone_from(&genesis.key);
                self.detail = token(&genesis.keystore, &genesis.token_serial);
            }
            Event::Checkpoint(checkpoint) => {
                self.event = "checkpoint";
                self.detail = format!("over {} records", checkpoint.size);
            }
            Event::AgentStarted(started) => {
                self.event = "agent started";
                self.detail = started_detail(&started.version, started.after_crash, started.torn);
            }
            Event::AgentStopped(_) => self.event = "agent stopped",
            Event::ConfigReloaded(config) if config.refused.is_empty() => {
                self.event = "config reloaded";
                self.detail = short(&hex::encode(&config.config));
            }
            Event::ConfigReloaded(config) => {
                self.event = "config NOT reloaded";
                self.detail.clone_from(&config.refused);
            }
            Event::LedgerResumed(_) => self.event = "ledger resumed",
            Event::LoginOpened(login) => {
                self.event = "login attempt";
                self.who = "PIN source".to_owned();
                self.by(login.operator.as_ref());
                self.detail = token(&login.keystore, &login.token_serial);
            }
            Event::LoginClosed(login) => {
                self.event = if login.accepted {
                    "login accepted"
                } else {
                    "login REFUSED"
                };
                let token = token(&login.keystore, &login.token_serial);
                self.detail = format!("{token} {}", login.answer).trim_end().to_owned();
            }
            Event::KeystoreLocked(locked) => {
                self.event = "keystore locked";
                self.by(locked.operator.as_ref());
                self.detail.clone_from(&locked.keystore);
            }
            Event::DeviceChanged(changed) => {
                self.event = "device change";
                self.by(changed.operator.as_ref());
                let detail = [&changed.keystore, &changed.change, &changed.slot];
                self.detail = detail.map(String::as_str).join(" ").trim_end().to_owned();
            }
            _ => {}
        }
    }
}

fn started_detail(version: &str, after_crash: bool, torn: u64) -> String {
    let crash = if after_crash { ", after a crash" } else { "" };
    let torn = if torn == 0 {
        String::new()
    } else {
        format!(", {torn} torn bytes dropped")
    };
    format!("version {version}{crash}{torn}")
}
