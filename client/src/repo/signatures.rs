use privyseal_tuf::{Document, KeyId, Requirement};
use serde::Serialize;

/// How far a requirement is met.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureStatus {
    /// Whose keys.
    pub required_by: String,
    /// How many signed.
    pub have: usize,
    /// How many must.
    pub need: u32,
    /// Who did.
    pub signed: Vec<KeyName>,
    /// Who did not.
    pub missing: Vec<KeyName>,
}

/// A key and whose it is.
#[derive(Clone, Debug, Serialize)]
pub struct KeyName {
    /// Its keyid.
    pub keyid: String,
    /// A person, or `agent:name`, where that is known.
    pub owner: Option<String>,
}

impl SignatureStatus {
    /// How far a document meets a requirement.
    pub fn of(
        requirement: &Requirement,
        document: &Document,
        owner: impl Fn(&KeyId) -> Option<String>,
    ) -> Self {
        let tally = requirement.tally(document);
        let names = |keyids: &[KeyId]| {
            let name = |keyid: &KeyId| KeyName {
                keyid: keyid.to_string(),
                owner: owner(keyid),
            };
            keyids.iter().map(name).collect()
        };
        Self {
            required_by: requirement.label.clone(),
            have: tally.count,
            need: tally.threshold,
            signed: names(&tally.signed),
            missing: names(&tally.missing),
        }
    }

    /// Whether enough signed.
    pub fn is_met(&self) -> bool {
        self.have >= self.need as usize
    }
}
