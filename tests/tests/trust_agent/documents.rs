//! Documents of notary's dialect, for raw requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use privyseal_proto::v1::Signed;
use privyseal_tests::metadata::in_days;
use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::notary::as_go_prints;
use privyseal_tuf::{
    DelegatedRole, Document, Draft, Hashes, Key, KeyId, Role, RoleKeys, RoleType, Root, Scope,
    Sha256Digest, Target, Targets, canonical,
};

/// A root, without signatures: keys of root, targets, snapshot and timestamp, and root's threshold.
pub(crate) fn root(version: u64, keys: [&[Key]; 4], threshold: u32) -> Vec<u8> {
    let mut draft = Draft::<Root>::notary_root(version, &in_days(3_000));
    for (role, keys) in RoleType::ALL.into_iter().zip(keys) {
        let keyids: Vec<_> = keys.iter().map(|key| draft.add_key(key)).collect();
        let threshold = if role == RoleType::Root { threshold } else { 1 };
        draft.set_role(role, &keyids, threshold);
    }
    draft.finish().unwrap().to_bytes()
}

/// A delegation to a role.
pub(crate) struct To<'a>(
    pub(crate) &'a str,
    pub(crate) &'a [Key],
    pub(crate) &'a [&'a str],
);

/// Targets metadata of these tags, without signatures.
pub(crate) fn targets(version: u64, tags: &[&str], delegations: &[To<'_>]) -> Vec<u8> {
    let mut draft = Draft::<Targets>::notary_targets(version, &in_days(1_000));
    for tag in tags {
        let target = Target {
            hashes: Hashes::sha256_of(tag.as_bytes()),
            length: 1_000,
            custom: None,
        };
        draft.set_target(&tag.parse().unwrap(), &target);
    }
    let roles = delegations.iter().map(|To(name, keys, prefixes)| {
        let keyids: Vec<KeyId> = keys
            .iter()
            .map(|key| draft.add_delegation_key(key))
            .collect();
        DelegatedRole {
            name: name.parse().unwrap(),
            keys: RoleKeys {
                keyids,
                threshold: 1,
            },
            terminating: false,
            scope: Scope::Prefixes(prefixes.iter().map(|text| (*text).to_owned()).collect()),
        }
    });
    let roles: Vec<_> = roles.collect();
    draft.set_delegations(&roles);
    draft.finish().unwrap().to_bytes()
}

/// A snapshot of these files, by their roles, without signatures.
pub(crate) fn snapshot(version: u64, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut meta = Object::new();
    for (role, bytes) in files {
        let sha256 = STANDARD.encode(Sha256Digest::of(bytes).as_bytes());
        let hashes = Object::from([("sha256", Value::from(sha256.as_str()))]);
        let entry = [
            ("hashes", Value::Object(hashes)),
            ("length", Value::from(bytes.len() as u64)),
        ];
        meta.insert(*role, Value::Object(Object::from(entry)));
    }
    unsigned(&Object::from([
        ("_type", Value::from("Snapshot")),
        ("expires", Value::from(in_days(1_000).as_str())),
        ("meta", Value::Object(meta)),
        ("version", Value::from(version)),
    ]))
}

/// A timestamp that names nothing of ours, without signatures.
pub(crate) fn timestamp() -> Vec<u8> {
    let text = String::from_utf8(snapshot(1, &[("snapshot", b"")])).unwrap();
    text.replace("\"Snapshot\"", "\"Timestamp\"").into_bytes()
}

fn unsigned(signed: &Object) -> Vec<u8> {
    let mut file = b"{\"signed\":".to_vec();
    canonical::encode_object(signed, &mut file);
    file.extend(b",\"signatures\":[]}");
    file
}

/// The document with another "signed", which may be anything.
pub(crate) fn edited(document: &[u8], edit: impl FnOnce(&mut Object)) -> Vec<u8> {
    let mut signed = Document::parse(document).unwrap().signed().clone();
    edit(&mut signed);
    unsigned(&signed)
}

/// The document with another part of its text, which is there.
pub(crate) fn replaced(document: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(document).unwrap();
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

/// The document with signatures added to it, byte for byte as Go prints it.
pub(crate) fn signed(document: &[u8], role: &str, signatures: &[&Signed]) -> Vec<u8> {
    let mut text = std::str::from_utf8(document).unwrap().to_owned();
    for Signed {
        keyid, method, sig, ..
    } in signatures
    {
        text = text.strip_suffix("]}").unwrap().to_owned();
        let comma = if text.ends_with('[') { "" } else { "," };
        text += &format!(
            "{comma}{{\"keyid\":\"{keyid}\",\"method\":\"{method}\",\"sig\":\"{sig}\"}}]}}"
        );
    }
    let role: Role = role.parse().unwrap();
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(as_go_prints(&document, role.kind()), Ok(()));
    text.into_bytes()
}
