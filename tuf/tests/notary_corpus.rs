//! Reads and verifies what the real components of Docker Content Trust wrote. See
//! corpus/notary/README.md.

// clippy.toml frees test functions from these; this file's helpers are test code as well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::PathBuf;

use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::{
    Dialect, Document, Draft, Requirement, RoleType, Root, Sha256Digest, Targets, View, diff,
};

/// The one document whose keys are of no kind that this crate knows.
const UNKNOWN: &str = "p-521/targets.json";

#[test]
fn payloads_are_those_of_the_script_that_made_them() {
    for entry in manifest() {
        let document = entry.document();
        assert_eq!(document.dialect(), Dialect::Notary, "{}", entry.file);
        let payload = document.payload().clone();
        let length = payload.bytes().len() as i64;
        assert_eq!(length, entry.integer("canonical_length"), "{}", entry.file);
        let digest: Sha256Digest = entry.text("canonical_sha256").parse().unwrap();
        assert_eq!(payload.digest, digest, "{}", entry.file);
    }
}

#[test]
fn documents_that_were_only_read_are_written_as_they_came() {
    for entry in manifest() {
        let document = entry.document();
        assert_eq!(document.to_bytes(), read(&entry.file), "{}", entry.file);
    }
}

#[test]
fn documents_that_were_edited_are_written_as_go_writes_them() {
    for entry in manifest() {
        let document = entry.document();
        let again = match entry.role() {
            RoleType::Root => Draft::<Root>::edit(&document).unwrap().finish(),
            RoleType::Targets => Draft::<Targets>::edit(&document).unwrap().finish(),
            RoleType::Snapshot | RoleType::Timestamp => continue,
        };
        let again = again.unwrap();
        assert_eq!(diff(Some(&document), &again), [], "{}", entry.file);
        let file = String::from_utf8(read(&entry.file)).unwrap();
        let (signed, _) = file.split_once(",\"signatures\":[").unwrap();
        let written = String::from_utf8(again.to_bytes()).unwrap();
        assert_eq!(written, format!("{signed},\"signatures\":[]}}"));
    }
}

#[test]
fn every_signature_verifies_and_none_does_with_another_version() {
    for entry in manifest() {
        let signers = entry.list("signers");
        let requirement = entry.requirement();
        let tally = requirement.tally(&entry.document());
        let expected = if entry.file == UNKNOWN {
            0
        } else {
            let counts = |signer: &&Object| {
                let keyid = text(signer, "keyid");
                let mut keyids = requirement.role.keyids.iter();
                keyids.any(|one| one.as_str() == keyid)
            };
            signers.iter().filter(counts).count()
        };
        assert_eq!(tally.count, expected, "{}: {tally:?}", entry.file);
        assert_eq!(tally.is_met(), entry.file != UNKNOWN, "{}", entry.file);

        let file = String::from_utf8(read(&entry.file)).unwrap();
        let at = file.rfind("\"version\":").unwrap() + "\"version\":".len();
        let changed = format!("{}9{}", &file[..at], &file[at..]);
        let changed = Document::parse(changed.as_bytes()).unwrap();
        assert_eq!(requirement.tally(&changed).count, 0, "{}", entry.file);
    }
}

#[test]
fn ids_and_methods_are_those_of_the_script() {
    for entry in manifest() {
        let document = entry.document();
        let signers = entry.list("signers");
        assert_eq!(document.signatures().len(), signers.len(), "{}", entry.file);
        let keys = entry.requirement().keys;
        for (signature, signer) in document.signatures().iter().zip(&signers) {
            assert_eq!(signature.keyid().as_str(), text(signer, "keyid"));
            assert_eq!(signature.method(), Some(&*text(signer, "method")));
            let Some(key) = keys.get(signature.keyid()) else {
                continue;
            };
            assert_eq!(key.keyid(), signature.keyid(), "{}", entry.file);
            let canonical = key.canonical_keyid().map(|id| id.to_string());
            let expected = (entry.file != UNKNOWN).then(|| text(signer, "canonical_keyid"));
            assert_eq!(canonical, expected, "{}", entry.file);
        }
    }
}

#[test]
fn every_document_has_a_view_of_its_role_and_of_no_other() {
    for entry in manifest() {
        for role in RoleType::ALL {
            let view = entry.document().view(role);
            assert_eq!(
                view.is_ok(),
                role == entry.role(),
                "{}: {view:?}",
                entry.file
            );
        }
    }
}

#[test]
fn root_keys_are_certificates_that_name_their_repository() {
    for entry in manifest() {
        let Ok(View::Root(root)) = entry.document().view(RoleType::Root) else {
            continue;
        };
        for keyid in &root.roles.root.keyids {
            let certificate = root.keys[keyid].certificate().unwrap();
            assert!(certificate.names(&entry.text("gun")), "{}", entry.file);
            assert!(!certificate.is_ca && !certificate.is_weak, "{}", entry.file);
        }
    }
}

/// An entry of the manifest: what Python says of a document.
struct Entry {
    file: String,
    fields: Object,
}

impl Entry {
    fn text(&self, name: &str) -> String {
        text(&self.fields, name)
    }

    fn integer(&self, name: &str) -> i64 {
        self.fields.get(name).unwrap().as_integer().unwrap()
    }

    fn list(&self, name: &str) -> Vec<Object> {
        let list = self.fields.get(name).unwrap().as_array().unwrap();
        let objects = list.iter().map(|value| value.as_object().unwrap().clone());
        objects.collect()
    }

    fn document(&self) -> Document {
        Document::parse(&read(&self.file)).unwrap_or_else(|error| panic!("{}: {error}", self.file))
    }

    fn role(&self) -> RoleType {
        match &*self.text("role") {
            "delegated" => RoleType::Targets,
            role => role.parse().unwrap(),
        }
    }

    /// The keys that must have signed the document.
    fn requirement(&self) -> Requirement {
        if self.text("role") == "delegated" {
            return self.requirement_of_delegator();
        }
        let root = Document::parse(&read(&self.text("root"))).unwrap();
        Requirement::of(&root.root().unwrap(), self.role())
    }

    fn requirement_of_delegator(&self) -> Requirement {
        let (case, name) = self.file.split_once('/').unwrap();
        let name = name.strip_suffix(".json").unwrap();
        let (by, _) = name.rsplit_once('/').unwrap();
        let delegator = Document::parse(&read(&format!("{case}/{by}.json"))).unwrap();
        let delegations = delegator.targets().unwrap().delegations.unwrap();
        let role = delegations.role(&name.parse().unwrap()).unwrap();
        Requirement::of_delegation(by, &role, &delegations)
    }
}

fn manifest() -> Vec<Entry> {
    let manifest = Value::parse(&read("manifest.json")).unwrap();
    let documents = manifest.as_object().unwrap().get("documents").unwrap();
    let entries: Vec<_> = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|value| {
            let fields = value.as_object().unwrap().clone();
            let file = text(&fields, "file");
            Entry { file, fields }
        })
        .collect();
    let count = entries.len();
    assert!(count >= 70, "the corpus has {count} documents");
    entries
}

fn text(object: &Object, name: &str) -> String {
    object.get(name).unwrap().as_str().unwrap().to_owned()
}

fn read(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("corpus/notary")
        .join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
