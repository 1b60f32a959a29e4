//! Reads and verifies what real tools wrote. See corpus/README.md.

// clippy.toml frees test functions from these; this file's helpers are test code as well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{
    Authority, Document, Draft, Key, KeyId, Role, RoleKeys, RoleType, Root, Sha256Digest, Snapshot,
    Targets, Timestamp, TrustedRepository, VerifyError, View, diff, verify_threshold,
};

/// 2027-01-15, before anything in the corpus expires.
const NOW: i64 = 1_800_000_000;

#[test]
fn payloads_are_those_of_securesystemslib() {
    for entry in manifest() {
        let payload = entry.document().payload().clone();
        assert_eq!(
            payload.bytes().len() as i64,
            entry.canonical_length,
            "{}",
            entry.file
        );
        assert_eq!(payload.digest, entry.canonical_sha256, "{}", entry.file);
    }
}

#[test]
fn documents_that_were_only_read_are_written_as_they_came() {
    for entry in manifest() {
        assert_eq!(
            entry.document().to_bytes(),
            read(&entry.file),
            "{}",
            entry.file
        );
    }
}

#[test]
fn every_document_verifies_against_its_keys() {
    for entry in manifest() {
        let (keys, role) = entry.signers();
        let tally = verify_threshold(&entry.document(), &keys, &role);
        assert!(tally.is_ok(), "{}: {tally:?}", entry.file);
    }
}

#[test]
fn no_document_verifies_with_another_expiry() {
    for entry in manifest() {
        let text = String::from_utf8(read(&entry.file)).unwrap();
        let changed = text.replace("2040-01-02T03:04:05Z", "2041-01-02T03:04:05Z");
        let document = Document::parse(changed.as_bytes()).unwrap();
        let (keys, role) = entry.signers();
        let tally = verify_threshold(&document, &keys, &role).unwrap_err().0;
        assert_eq!(tally.count, 0, "{}", entry.file);
    }
}

#[test]
fn every_document_has_a_view_of_its_role_and_of_no_other() {
    for entry in manifest() {
        let document = entry.document();
        for role in RoleType::ALL {
            let view = document.view(role);
            assert_eq!(view.is_ok(), role == entry.role, "{}: {view:?}", entry.file);
        }
        let view = document.view(entry.role).unwrap();
        assert_eq!(view.expires().as_str(), "2040-01-02T03:04:05Z");
    }
}

#[test]
fn a_draft_that_changes_nothing_has_the_same_payload() {
    for entry in manifest() {
        let document = entry.document();
        let again = match entry.role {
            RoleType::Root => Draft::<Root>::edit(&document).unwrap().finish(),
            RoleType::Targets => Draft::<Targets>::edit(&document).unwrap().finish(),
            RoleType::Snapshot => Draft::<Snapshot>::edit(&document).unwrap().finish(),
            RoleType::Timestamp => Draft::<Timestamp>::edit(&document).unwrap().finish(),
        }
        .unwrap();
        assert_eq!(again.payload(), document.payload(), "{}", entry.file);
        assert_eq!(diff(Some(&document), &again), [], "{}", entry.file);
        assert!(!diff(None, &document).is_empty(), "{}", entry.file);
    }
}

#[test]
fn keyids_are_computed_as_the_tools_compute_them() {
    let mut others = Vec::new();
    for entry in manifest() {
        if let Ok(View::Root(root)) = entry.document().view(RoleType::Root) {
            for (keyid, key) in &root.keys {
                if key.keyid() != keyid {
                    others.push((entry.file.clone(), keyid.to_string()));
                }
            }
        }
    }
    let legacy = "python-tuf/legacy/1.root.json".to_owned();
    let unknown = "python-tuf/unknown-fields/1.root.json".to_owned();
    let expected = [
        (unknown, "x-post-quantum".into()),
        (legacy.clone(), "00".repeat(32)),
        (legacy, "my-key".into()),
    ];
    assert_eq!(others, expected);
}

#[test]
fn whole_repositories_verify() {
    for (case, targets) in [
        ("rotation", 2),
        ("paths", 1),
        ("bins", 0),
        ("succinct", 0),
        ("strange-names", 6),
    ] {
        let repository = load(&format!("python-tuf/{case}"), 1, 1).unwrap();
        assert_eq!(
            repository.targets().unwrap().targets.len(),
            targets,
            "{case}"
        );
    }
    for (case, roles) in [("paths", 1), ("bins", 4), ("succinct", 4)] {
        let repository = load(&format!("python-tuf/{case}"), 1, 1).unwrap();
        let mut walk = repository.walk().unwrap();
        let mut verified = 0;
        while let Some(link) = walk.next() {
            let link = link.unwrap();
            let name = Role::from(link.role().clone()).file_name(link.file().unwrap().version);
            let role = link
                .verify(&read(&format!("python-tuf/{case}/{name}")))
                .unwrap();
            assert!(walk.enter(&link, &role), "{name}");
            verified += 1;
        }
        assert_eq!(verified, roles, "{case}");
    }
    let repository = load("tuftool", 2, 3).unwrap();
    assert_eq!(repository.targets().unwrap().targets.len(), 2);
    let hello = &repository.targets().unwrap().targets["hello.txt"];
    assert!(hello.matches(b"hello\n"));
}

#[test]
fn a_rotation_made_by_python_tuf_is_followed() {
    let repository = load("python-tuf/rotation", 2, 1).unwrap();
    assert_eq!(repository.root().header.version, 2);
    let mut skipped = TrustedRepository::new(&read("tuftool/1.root.json"), NOW).unwrap();
    let error = skipped
        .update_root(&read("python-tuf/rotation/2.root.json"))
        .unwrap_err();
    assert!(
        matches!(
            error,
            VerifyError::Threshold {
                by: Authority::Root(1),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn signatures_that_were_never_filled_in_are_tolerated() {
    let document = Document::parse(&read("python-tuf/legacy/1.root.json")).unwrap();
    assert_eq!(
        document
            .signatures()
            .iter()
            .filter(|entry| entry.sig().is_empty())
            .count(),
        2
    );
    let root = document.root().unwrap();
    let tally = verify_threshold(&document, &root.keys, &root.roles.root).unwrap();
    assert_eq!(
        (tally.count, tally.signed.len(), tally.missing.len()),
        (3, 3, 2)
    );
}

/// A line of a manifest: what Python says of a document.
struct Entry {
    file: String,
    role: RoleType,
    delegated: bool,
    root: String,
    canonical_length: i64,
    canonical_sha256: Sha256Digest,
}

impl Entry {
    fn document(&self) -> Document {
        Document::parse(&read(&self.file)).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }

    /// The keys that must have signed the document.
    fn signers(&self) -> (BTreeMap<KeyId, Key>, RoleKeys) {
        if self.delegated {
            return self.delegated_signers();
        }
        let root = Document::parse(&read(&self.root)).unwrap().root().unwrap();
        (root.keys.clone(), root.roles.get(self.role).clone())
    }

    /// Every key that the top-level targets delegate to.
    fn delegated_signers(&self) -> (BTreeMap<KeyId, Key>, RoleKeys) {
        let targets = Path::new(&self.file).with_file_name("1.targets.json");
        let targets = Document::parse(&read(targets.to_str().unwrap())).unwrap();
        let delegations = targets.targets().unwrap().delegations.unwrap();
        let keys = delegations.keys;
        let keyids = keys.keys().cloned().collect();
        (
            keys,
            RoleKeys {
                keyids,
                threshold: 1,
            },
        )
    }
}

fn manifest() -> Vec<Entry> {
    let tools = ["python-tuf/manifest.json", "tuftool/manifest.json"];
    let entries: Vec<Entry> = tools
        .into_iter()
        .flat_map(|path| {
            let list = Value::parse(&read(path)).unwrap();
            list.as_array()
                .unwrap()
                .iter()
                .map(entry)
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(
        entries.len() >= 40,
        "the corpus has {} documents",
        entries.len()
    );
    entries
}

fn entry(value: &Value) -> Entry {
    let object: &Object = value.as_object().unwrap();
    let text = |name: &str| object.get(name).unwrap().as_str().unwrap().to_owned();
    let delegated = text("role") == "delegated";
    Entry {
        file: text("file"),
        role: if delegated {
            RoleType::Targets
        } else {
            text("role").parse().unwrap()
        },
        delegated,
        root: text("root"),
        canonical_length: object
            .get("canonical_length")
            .unwrap()
            .as_integer()
            .unwrap(),
        canonical_sha256: text("canonical_sha256").parse().unwrap(),
    }
}

/// Verifies a repository of the corpus as a client does, over `roots` roots.
fn load(directory: &str, roots: u64, version: u64) -> Result<TrustedRepository, VerifyError> {
    let file = |name: String| read(&format!("{directory}/{name}"));
    let mut repository = TrustedRepository::new(&file("1.root.json".into()), NOW)?;
    for version in 2..=roots {
        repository.update_root(&file(format!("{version}.root.json")))?;
    }
    repository.update_timestamp(&file("timestamp.json".into()))?;
    repository.update_snapshot(&file(format!("{version}.snapshot.json")))?;
    repository.update_targets(&file(format!("{version}.targets.json")))?;
    Ok(repository)
}

fn read(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
