use privyseal_proto::ledger::v1::Caller;

use super::{RecordView, short};

impl RecordView {
    /// Who asked. The holder of a certificate has no uid: the 0 in the record is none.
    pub(super) fn by(&mut self, caller: Option<&Caller>) {
        let Some(caller) = caller else {
            return;
        };
        let fingerprint = hex::encode(&caller.certificate);
        self.who = match (caller.name.as_str(), fingerprint.as_str()) {
            ("", "") => format!("uid {}", caller.uid),
            (name, "") => format!("{name} ({})", caller.uid),
            (name, fingerprint) if is_certificate(name) => format!("cert:{}", short(fingerprint)),
            (name, fingerprint) => format!("{name} (cert:{})", short(fingerprint)),
        };
        self.certificate = Some(fingerprint).filter(|fingerprint| !fingerprint.is_empty());
    }
}

/// The name of a certificate that holds no names.
fn is_certificate(name: &str) -> bool {
    name.is_empty() || name.starts_with("cert:")
}
