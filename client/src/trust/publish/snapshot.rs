use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use privyseal_tuf::json::{Object, Value};
use privyseal_tuf::notary::FileMeta;
use privyseal_tuf::{Document, Expires, Requirement, RoleType, Sha256Digest};

use super::{DocumentSigned, Publisher, State};
use crate::trust::edit::{DraftedDocument, expires};
use crate::trust::hands::Hands;

impl Publisher<'_> {
    /// The snapshot over new documents, where its key is here; else the server makes it.
    pub(super) async fn sign_snapshot(
        &self,
        state: &State,
        hands: &mut Hands<'_>,
        signed: &[DocumentSigned],
        required: Requirement,
    ) -> anyhow::Result<Option<DocumentSigned>> {
        if !hands.has_any(&required) {
            return Ok(None);
        }
        let role = RoleType::Snapshot.into();
        let mut entries = entries(state);
        for new in signed {
            let bytes = new.document.bytes();
            entries.insert(
                new.role.to_string(),
                entry(&FileMeta {
                    length: bytes.len() as u64,
                    sha256: Sha256Digest::of(&bytes),
                    sha512: None,
                }),
            );
        }
        let before = state
            .pulled
            .as_ref()
            .map_or(0, |it| it.snapshot.view.version);
        let signed_before = hands
            .versions(&state.known, std::slice::from_ref(&role))
            .await;
        let floor = signed_before.get(&role).copied().unwrap_or_default();
        let version = before.max(floor).saturating_add(1);
        let expires = expires(self.now, self.lifetimes.snapshot)?;
        let document = snapshot(version, &expires, entries)?;
        let drafted = DraftedDocument {
            role,
            document,
            requirements: vec![required],
        };
        self.sign(state, hands, &drafted).await.map(Some)
    }
}

/// What the published snapshot says. No entry of it ever disappears.
fn entries(state: &State) -> BTreeMap<String, Value> {
    let Some(pulled) = &state.pulled else {
        return BTreeMap::new();
    };
    let view = &pulled.snapshot.view;
    let delegated = view.delegations.iter();
    let delegated = delegated.map(|(name, meta)| (name.as_str().to_owned(), entry(meta)));
    let top = [
        ("root".to_owned(), entry(&view.root)),
        ("targets".to_owned(), entry(&view.targets)),
    ];
    top.into_iter().chain(delegated).collect()
}

/// The SHA-256 alone: agents, which remember that of every file, refuse what they can't compare.
fn entry(meta: &FileMeta) -> Value {
    let sha256 = BASE64_STANDARD.encode(meta.sha256.as_bytes());
    let hashes = Object::from([("sha256", Value::from(sha256.as_str()))]);
    Value::Object(Object::from([
        ("hashes", Value::Object(hashes)),
        ("length", Value::from(meta.length)),
    ]))
}

fn snapshot(
    version: u64,
    expires: &Expires,
    entries: BTreeMap<String, Value>,
) -> anyhow::Result<Document> {
    let mut meta = Object::new();
    for (role, entry) in entries {
        meta.insert(role.as_str(), entry);
    }
    let signed = Object::from([
        ("_type", Value::from("Snapshot")),
        ("expires", Value::from(expires.as_str())),
        ("meta", Value::Object(meta)),
        ("version", Value::from(version)),
    ]);
    let envelope = Object::from([
        ("signatures", Value::Array(Vec::new())),
        ("signed", Value::Object(signed)),
    ]);
    let document = Document::parse(&Value::Object(envelope).to_file())?;
    document.view(RoleType::Snapshot)?;
    Ok(document)
}
