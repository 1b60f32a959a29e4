use super::error::{Fault, Problem};
use super::fields::{required, text, version};
use crate::json::{Object, Value};
use crate::{Dialect, Expires, RoleType, notary};

/// The fields that all roles have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The dialect of the document.
    pub dialect: Dialect,
    /// Version of the specification, of which the major version is 1. Notary's dialect has none.
    pub spec_version: Option<String>,
    /// 1 to 2⁵³−1.
    pub version: u64,
    /// When it expires.
    pub expires: Expires,
}

impl Header {
    pub(super) fn parse(signed: &Object, expected: RoleType) -> Result<Self, Fault> {
        let found = required(signed, "_type", |value| text(value).map(str::to_owned))?;
        let dialect = Dialect::of(signed);
        if found != dialect.type_name(expected) {
            return Err(Fault::WrongType { expected, found });
        }
        Ok(Self {
            dialect,
            spec_version: match dialect {
                Dialect::Spec => Some(required(signed, "spec_version", spec_version)?),
                Dialect::Notary => None,
            },
            version: required(signed, "version", version)?,
            expires: required(signed, "expires", |value| -> Result<_, Problem> {
                Ok(match dialect {
                    Dialect::Spec => text(value)?.parse()?,
                    Dialect::Notary => notary::expires::parse(text(value)?)?,
                })
            })?,
        })
    }
}

fn spec_version(value: &Value) -> Result<String, Problem> {
    let version = text(value)?;
    let numbers = version.split('.').all(|part| part.parse::<u32>().is_ok());
    if numbers && version.split('.').next() == Some("1") {
        Ok(version.to_owned())
    } else {
        Err(Problem::SpecVersion(version.to_owned()))
    }
}
