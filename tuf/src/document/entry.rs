use crate::KeyId;
use crate::json::{Object, Text, Value};

/// One entry of `signatures`, with every field that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureEntry {
    keyid: KeyId,
    sig: Text,
    unknown: Object,
}

impl SignatureEntry {
    pub(super) fn new(keyid: KeyId, sig: String) -> Self {
        Self {
            keyid,
            sig: sig.into(),
            unknown: Object::new(),
        }
    }

    pub(super) fn parse(value: Value) -> Option<Self> {
        let Value::Object(mut unknown) = value else {
            return None;
        };
        match (unknown.remove("keyid")?, unknown.remove("sig")?) {
            (Value::String(keyid), Value::String(sig)) => Some(Self {
                keyid: KeyId::from(&*keyid),
                sig,
                unknown,
            }),
            _ => None,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        let mut object = self.unknown.clone();
        object.insert("keyid", Value::from(self.keyid.as_str()));
        object.insert("sig", Value::String(self.sig.clone()));
        Value::Object(object)
    }

    pub(super) fn set_sig(&mut self, sig: String) {
        self.sig = sig.into();
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
