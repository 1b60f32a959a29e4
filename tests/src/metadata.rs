//! TUF metadata in the specification's dialect, for raw requests.

use jiff::Timestamp as Clock;
use privyseal_proto::v1;
use privyseal_tuf::json::Value;
use privyseal_tuf::{
    Document, Draft, Expires, Key, MetaFile, RoleType, Root, Sha256Digest, Target,
};

/// The keys and thresholds of a root.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// Root.
    pub root: RoleOf,
    /// Targets.
    pub targets: RoleOf,
    /// Snapshot.
    pub snapshot: RoleOf,
    /// Timestamp.
    pub timestamp: RoleOf,
}

/// The keys and the threshold of a role.
#[derive(Debug, Clone, Default)]
pub struct RoleOf {
    /// Its keys.
    pub keys: Vec<v1::Key>,
    /// How many must sign.
    pub threshold: u32,
}

impl RoleOf {
    /// These keys, of which so many must sign.
    #[must_use]
    pub fn new(threshold: u32, keys: &[v1::Key]) -> Self {
        Self {
            keys: keys.to_vec(),
            threshold,
        }
    }
}

/// An expiry so many days from now, which may be negative: at the day's last second, so that the
/// same document is the same bytes however often a test makes it.
#[must_use]
pub fn in_days(days: i64) -> Expires {
    let today = Clock::now().as_second() / 86_400;
    Expires::from_seconds((today + days + 1) * 86_400 - 1).unwrap()
}

/// A key as TUF metadata has it.
#[must_use]
pub fn tuf_key(key: &v1::Key) -> Key {
    Key::parse(&Value::parse(key.tuf_key.as_bytes()).unwrap()).unwrap()
}

/// A root, without signatures, that expires in 300 days.
#[must_use]
pub fn root(version: u64, roles: &Roles) -> Vec<u8> {
    let mut draft = Draft::<Root>::root(version, &in_days(300));
    let all = [
        (RoleType::Root, &roles.root),
        (RoleType::Targets, &roles.targets),
        (RoleType::Snapshot, &roles.snapshot),
        (RoleType::Timestamp, &roles.timestamp),
    ];
    for (role, of) in all {
        let keyids: Vec<_> = of
            .keys
            .iter()
            .map(|key| draft.add_key(&tuf_key(key)))
            .collect();
        draft.set_role(role, &keyids, of.threshold);
    }
    draft.finish().unwrap().to_bytes()
}

/// Targets metadata of these paths and contents, without signatures, that expires in 90 days.
#[must_use]
pub fn targets(version: u64, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut draft = Draft::targets(version, &in_days(90));
    for (path, content) in files {
        draft.set_target(&path.parse().unwrap(), &Target::of(content));
    }
    draft.finish().unwrap().to_bytes()
}

/// A snapshot that names a version of targets.json, without signatures, that expires in 7 days.
#[must_use]
pub fn snapshot(version: u64, targets: u64) -> Vec<u8> {
    let entry = MetaFile::of_version(targets);
    let draft = Draft::snapshot(version, &in_days(7), &entry);
    draft.finish().unwrap().to_bytes()
}

/// A timestamp that names a version of snapshot.json, without signatures, that expires tomorrow.
#[must_use]
pub fn timestamp(version: u64, snapshot: u64) -> Vec<u8> {
    let entry = MetaFile::of_version(snapshot);
    let draft = Draft::timestamp(version, &in_days(1), &entry);
    draft.finish().unwrap().to_bytes()
}

/// Changes a document's "signed" as JSON, which may make anything of it.
#[must_use]
pub fn edited(document: &[u8], edit: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let mut json: serde_json::Value = serde_json::from_slice(document).unwrap();
    edit(&mut json["signed"]);
    serde_json::to_vec(&json).unwrap()
}

/// The document with signatures added to it.
#[must_use]
pub fn with_signatures<'a>(
    document: &[u8],
    signatures: impl IntoIterator<Item = &'a v1::Signed>,
) -> Vec<u8> {
    let mut json: serde_json::Value = serde_json::from_slice(document).unwrap();
    let list = json["signatures"].as_array_mut().unwrap();
    for signed in signatures {
        list.push(serde_json::json!({ "keyid": signed.keyid, "sig": signed.sig }));
    }
    serde_json::to_vec(&json).unwrap()
}

/// SHA-256 of the canonical form of "signed".
#[must_use]
pub fn digest(document: &[u8]) -> Sha256Digest {
    Document::parse(document).unwrap().payload().digest
}
