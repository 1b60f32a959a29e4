use std::collections::BTreeMap;

use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{Document, DocumentError, KeyId, Role, Sha256Digest};

use super::check::check;
use super::error::DraftFileError as Error;
use super::{Before, DraftFile, FORMAT, FORMAT_VERSION, Signer};

impl DraftFile {
    /// Whether JSON says of itself that it is a draft file.
    pub fn is_one(bytes: &[u8]) -> bool {
        let value = Value::parse(bytes);
        let object = value.as_ref().ok().and_then(Value::as_object);
        object.and_then(|object| object.get("format")?.as_str()) == Some(FORMAT)
    }

    /// Reads a draft file: at most 16 MiB, strictly, and only where its documents fit together.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let Value::Object(object) = Value::parse(bytes)? else {
            return Err(Error::Format);
        };
        let mut members = Members(object);
        match members.take("format") {
            Some(Value::String(format)) if *format == *FORMAT => {}
            _ => return Err(Error::Format),
        }
        match members.take("format_version") {
            Some(Value::Integer(FORMAT_VERSION)) => {}
            Some(Value::Integer(other)) => return Err(Error::FormatVersion(other)),
            _ => return Err(Error::Member("format_version")),
        }
        let file = Self {
            authority: members.text("authority")?,
            repository: members.text("repository")?,
            first_root: members.digest("first_root")?,
            role: members.text("role")?.parse()?,
            document: members.document("document")?,
            before: members.before()?,
            roots: members.roots()?,
            delegators: members.delegators()?,
            owners: members.owners()?,
            signers: members.signers()?,
        };
        let (said, actual) = (
            members.digest("payload_sha256")?,
            file.document.payload().digest,
        );
        members.end()?;
        if said != actual {
            return Err(Error::Digest { said, actual });
        }
        check(&file)?;
        Ok(file)
    }
}

/// The members that were not read yet.
struct Members(Object);

impl Members {
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    fn text(&mut self, name: &'static str) -> Result<String, Error> {
        match self.take(name) {
            Some(Value::String(text)) => Ok(text.as_ref().to_owned()),
            _ => Err(Error::Member(name)),
        }
    }

    fn digest(&mut self, name: &'static str) -> Result<Sha256Digest, Error> {
        self.text(name)?.parse().map_err(|_| Error::Member(name))
    }

    fn document(&mut self, name: &'static str) -> Result<Document, Error> {
        document(name, self.take(name).ok_or(Error::Member(name))?)
    }

    fn before(&mut self) -> Result<Before, Error> {
        let omitted = self.take("before_omitted");
        match (self.take("before"), omitted) {
            (None | Some(Value::Null), None) => Ok(Before::Nothing),
            (Some(value), None) => Ok(Before::Document(Box::new(document("before", value)?))),
            (None, Some(Value::Object(object))) => {
                let mut members = Members(object);
                let version = members.take("version");
                let version = version.and_then(|value| u64::try_from(value.as_integer()?).ok());
                let before = Before::Omitted {
                    version: version.ok_or(Error::Member("before_omitted"))?,
                    digest: members.digest("payload_sha256")?,
                };
                members.end()?;
                Ok(before)
            }
            _ => Err(Error::Member("before_omitted")),
        }
    }

    fn roots(&mut self) -> Result<Vec<Document>, Error> {
        let documents = self.array("roots")?.into_iter();
        documents.map(|value| document("roots", value)).collect()
    }

    fn delegators(&mut self) -> Result<Vec<(Role, Document)>, Error> {
        let mut delegators = Vec::new();
        for value in self.array("delegators")? {
            let Value::Object(object) = value else {
                return Err(Error::Member("delegators"));
            };
            let mut members = Members(object);
            delegators.push((
                members.text("role")?.parse()?,
                members.document("document")?,
            ));
            members.end()?;
        }
        Ok(delegators)
    }

    fn owners(&mut self) -> Result<BTreeMap<KeyId, String>, Error> {
        let owner = |(keyid, value): (&_, &Value)| {
            let owner = value.as_str().ok_or(Error::Member("owners"))?;
            Ok((keyid_of(keyid), owner.to_owned()))
        };
        self.object("owners")?.iter().map(owner).collect()
    }

    fn signers(&mut self) -> Result<BTreeMap<KeyId, Signer>, Error> {
        let signer = |(keyid, value): (&_, &Value)| {
            let object = value.as_object().ok_or(Error::Member("signers"))?;
            let mut members = Members(object.clone());
            let signer = Signer {
                agent: members.text("agent")?,
                key: members.text("key")?,
                token: members.text("token")?,
                serial: members.text("serial")?,
            };
            members.end()?;
            Ok((keyid_of(keyid), signer))
        };
        self.object("signers")?.iter().map(signer).collect()
    }

    fn array(&mut self, name: &'static str) -> Result<Vec<Value>, Error> {
        match self.take(name) {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(Error::Member(name)),
        }
    }

    fn object(&mut self, name: &'static str) -> Result<Object, Error> {
        match self.take(name) {
            Some(Value::Object(object)) => Ok(object),
            _ => Err(Error::Member(name)),
        }
    }

    /// Nothing else may stand there: a later form says things that must not be passed over.
    fn end(self) -> Result<(), Error> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Error::Unknown(name.to_owned())),
        }
    }
}

fn keyid_of(text: &impl AsRef<str>) -> KeyId {
    KeyId::from(text.as_ref())
}

/// Reads a document from its value. What a project wrote is the same bytes again.
fn document(member: &'static str, value: Value) -> Result<Document, Error> {
    let parsed = Document::parse(&value.to_file());
    parsed.map_err(|source: DocumentError| Error::Document { member, source })
}
