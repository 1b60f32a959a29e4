use crate::json::{self, Object, Text, Value};
use crate::{Dialect, KeyId, Signature};

const METHOD: &str = "method";

/// One entry of `signatures`, with every field that it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureEntry {
    keyid: KeyId,
    sig: Text,
    unknown: Object,
}

impl SignatureEntry {
    pub(super) fn new(keyid: KeyId) -> Self {
        Self {
            keyid,
            sig: "".into(),
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

    pub(crate) fn to_value(&self) -> Value {
        let mut object = self.unknown.clone();
        object.insert("keyid", Value::from(self.keyid.as_str()));
        object.insert("sig", Value::String(self.sig.clone()));
        Value::Object(object)
    }

    pub(super) fn set(&mut self, dialect: Dialect, signature: &Signature) {
        self.sig = signature.to_text(dialect).into();
        let method = signature.method(dialect).map(Value::from);
        json::set(&mut self.unknown, METHOD, method);
    }

    /// Of notary's dialect: how the signature was made, as it stands in the file.
    pub fn method(&self) -> Option<&str> {
        self.unknown.get(METHOD)?.as_str()
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
