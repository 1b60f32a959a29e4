//! The names in a certificate, as Go reads them.

use spki::ObjectIdentifier;
use spki::der::{Tag, Tagged};
use x509_cert::Certificate as X509;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::Name;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Whether Go reads subject and issuer: one character that a string of its kind can't have, and it
/// reads nothing of the certificate.
pub(super) fn go_reads(certificate: &X509) -> bool {
    let tbs = certificate.tbs_certificate();
    let names = [tbs.subject(), tbs.issuer()].into_iter();
    names.flat_map(attributes).all(|attribute| {
        let value = attribute.value.value();
        match attribute.value.tag() {
            Tag::Utf8String => std::str::from_utf8(value).is_ok(),
            Tag::PrintableString => value.iter().copied().all(is_printable),
            _ => true,
        }
    })
}

/// The last common name of the subject. What stands in another kind of string is read one way here
/// and another there, and counts as none.
pub(super) fn common_name(certificate: &X509) -> String {
    let subject = certificate.tbs_certificate().subject();
    let names = attributes(subject).filter(|attribute| attribute.oid == COMMON_NAME);
    let last = names.last().map(|attribute| &attribute.value);
    let last = last.filter(|value| matches!(value.tag(), Tag::Utf8String | Tag::PrintableString));
    let text = last.and_then(|value| String::from_utf8(value.value().to_vec()).ok());
    text.unwrap_or_default()
}

fn attributes(name: &Name) -> impl Iterator<Item = &AttributeTypeAndValue> {
    name.iter_rdn().flat_map(|rdn| rdn.iter())
}

/// A PrintableString's characters (X.680, section 41.4), and the two that Go takes as well: `*` and
/// `&`.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&byte)
}
