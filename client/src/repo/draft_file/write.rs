use privyseal_tuf::Document;
use privyseal_tuf::json::{MAX_BYTES, Object, Value};

use super::error::DraftFileError;
use super::{Before, DraftFile, FORMAT, FORMAT_VERSION};

impl DraftFile {
    /// The file's bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DraftFileError> {
        let text = |text: &str| Value::from(text);
        let mut members: Vec<(&str, Value)> = vec![
            ("format", text(FORMAT)),
            ("format_version", Value::Integer(FORMAT_VERSION)),
            ("authority", text(&self.authority)),
            ("repository", text(&self.repository)),
            ("first_root", text(&self.first_root.to_string())),
            ("role", text(self.role.as_str())),
            (
                "payload_sha256",
                text(&self.document.payload().digest.to_string()),
            ),
            ("document", value(&self.document)?),
            ("roots", self.roots()?),
            ("delegators", self.delegators()?),
            ("owners", self.owners()),
            ("signers", self.signers()),
        ];
        members.push(match &self.before {
            Before::Nothing => ("before", Value::Null),
            Before::Document(document) => ("before", value(document)?),
            Before::Omitted { version, digest } => {
                let members = Object::from([
                    ("version", Value::from(*version)),
                    ("payload_sha256", text(&digest.to_string())),
                ]);
                ("before_omitted", Value::Object(members))
            }
        });
        let bytes = Value::Object(members.into_iter().collect()).to_file();
        if bytes.len() > MAX_BYTES {
            return Err(DraftFileError::TooLarge);
        }
        Ok(bytes)
    }

    fn roots(&self) -> Result<Value, DraftFileError> {
        let roots = self.roots.iter().map(value);
        Ok(Value::Array(roots.collect::<Result<_, _>>()?))
    }

    fn delegators(&self) -> Result<Value, DraftFileError> {
        let delegators = self.delegators.iter().map(|(role, document)| {
            let members = Object::from([
                ("role", Value::from(role.as_str())),
                ("document", value(document)?),
            ]);
            Ok(Value::Object(members))
        });
        let delegators = delegators.collect::<Result<_, DraftFileError>>()?;
        Ok(Value::Array(delegators))
    }

    fn owners(&self) -> Value {
        let owners = self.owners.iter();
        let owners = owners.map(|(keyid, owner)| (keyid.as_str(), Value::from(owner.as_str())));
        Value::Object(owners.collect())
    }

    fn signers(&self) -> Value {
        let signers = self.signers.iter().map(|(keyid, signer)| {
            let members = Object::from([
                ("agent", Value::from(signer.agent.as_str())),
                ("key", Value::from(signer.key.as_str())),
                ("token", Value::from(signer.token.as_str())),
                ("serial", Value::from(signer.serial.as_str())),
            ]);
            (keyid.as_str(), Value::Object(members))
        });
        Value::Object(signers.collect())
    }
}

/// A document as a value, so that people and other tools can read it where it stands.
fn value(document: &Document) -> Result<Value, DraftFileError> {
    Ok(Value::parse(&document.bytes())?)
}
