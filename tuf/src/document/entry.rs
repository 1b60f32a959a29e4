use crate::KeyId;
use crate::json::{Object, Value};

/// One entry of `signatures`, with every field that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureEntry {
    keyid: KeyId,
    sig: String,
    unknown: Object,
}

impl SignatureEntry {
    pub(super) fn new(keyid: KeyId, sig: String) -> Self {
        Self {
            keyid,
            sig,
            unknown: Object::new(),
        }
    }

    pub(super) fn parse(value: Value) -> Option<Self> {
        let Value::Object(mut unknown) = value else {
            return None;
        };
        match (unknown.remove("keyid")?, unknown.remove("sig")?) {
            (Value::String(keyid), Value::String(sig)) => Some(Self {
                keyid: keyid.into(),
                sig,
                unknown,
            }),
            _ => None,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let mut object = self.unknown.clone();
        object.insert("keyid".to_owned(), Value::from(self.keyid.as_str()));
        object.insert("sig".to_owned(), Value::from(self.sig.as_str()));
        Value::Object(object)
    }

    pub(super) fn set_sig(&mut self, sig: String) {
        self.sig = sig;
    }

    /// Whose signature it says it is.
    pub fn keyid(&self) -> &KeyId {
        &self.keyid
    }

    /// The signature as it stands in the document: hex, empty, or anything else.
    pub fn sig(&self) -> &str {
        &self.sig
    }
}
