use privyseal_proto::ledger::v1::KeyEnrolled;
use privyseal_proto::ledger::v1::record::Event;

use super::{RecordView, short, token};
use crate::show::absolute;

impl RecordView {
    /// What became of keys.
    pub(super) fn describe_keys(&mut self, event: &Event) {
        match event {
            Event::KeyEnrolled(key) => {
                self.event = match (key.generated, key.imported) {
                    (true, _) => "key generated",
                    (false, true) => "key IMPORTED",
                    (false, false) => "key enrolled",
                };
                self.by(key.operator.as_ref());
                self.subject = format!("{}/{}", key.authority, key.repository);
                self.key.clone_from(&key.name);
                let token = token(&key.keystore, &key.token_serial);
                self.detail = format!("{} for {}, {token}", key.algorithm, purpose(key));
            }
            Event::KeyRemoved(key) => {
                self.event = "key REMOVED";
                self.by(key.operator.as_ref());
                self.key.clone_from(&key.name);
            }
            Event::KeyAttested(proved) => {
                self.event = "key attested";
                self.by(proved.caller.as_ref());
                if let Some(lineage) = &proved.lineage {
                    self.subject = format!("{}/{}", lineage.authority, lineage.repository);
                }
                self.key.clone_from(&proved.key);
                self.detail = format!(
                    "device {}, firmware {}, slot {}, PIN {}, touch {}",
                    proved.serial,
                    proved.firmware,
                    proved.slot,
                    proved.pin_policy,
                    proved.touch_policy
                );
            }
            Event::KeyCertified(certified) => {
                self.event = "will certify";
                self.by(certified.caller.as_ref());
                self.subject.clone_from(&certified.common_name);
                self.key.clone_from(&certified.key);
                let digest = short(&hex::encode(&certified.digest));
                let expires = match certified.not_after {
                    0 => String::new(),
                    seconds => format!(", expires {}", absolute(seconds)),
                };
                self.detail = format!("{} {digest}{expires}", certified.kind);
            }
            Event::NotaryRestored(restored) => {
                self.event = "notary RESTORED";
                self.by(restored.operator.as_ref());
                self.subject.clone_from(&restored.authority);
                self.keys.clone_from(&restored.keys);
                self.detail = format!("any version may be next: {}", restored.reason);
            }
            _ => {}
        }
    }
}

fn purpose(key: &KeyEnrolled) -> String {
    match key.role.as_str() {
        "" => key.purpose.clone(),
        role => format!("{} {role}", key.purpose),
    }
}
