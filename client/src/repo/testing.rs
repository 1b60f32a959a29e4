//! A project whose keys are in software, for tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use privyseal_tuf::{
    Algorithm, Document, Draft, Expires, Key, KeyId, PublicKey, Role, RoleType, Signature, Signing,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use tempfile::TempDir;

use super::{
    BinsChange, Delegated, Holder, KeySettings, NewDelegation, Project, Publication, Publishing,
    RoleSettings, Roles, RootChange, Scope, Settings, Work, delegate, draft_root, edit_targets,
    place_bins, publish,
};
use crate::destination::Interrupt;
use crate::show::Progress;

/// 2026-11-22T00:00:00Z
pub(crate) const NOW: i64 = 1_795_305_600;

/// A key made from one byte.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    pub(crate) key: Key,
}

impl Signer {
    pub(crate) fn new(seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
        Self {
            pair,
            key: Key::from_public(&PublicKey::ed25519(&public)),
        }
    }

    pub(crate) fn keyid(&self) -> KeyId {
        self.key.keyid().clone()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        Signature::from_raw(Algorithm::Ed25519, self.pair.sign(message).as_ref()).unwrap()
    }

    fn settings(&self, name: &str) -> KeySettings {
        KeySettings {
            holder: Some(Holder {
                agent: "a".to_owned(),
                name: name.to_owned(),
            }),
            owner: None,
            keyid: self.keyid(),
        }
    }
}

/// Runs what waits for nothing but itself.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The public keys of these seeds.
pub(crate) fn known(seeds: &[u8]) -> BTreeMap<KeyId, Key> {
    let keys = seeds.iter().map(|seed| Signer::new(*seed).key);
    keys.map(|key| (key.keyid().clone(), key)).collect()
}

/// A project in a temporary directory: root keys 1 and 2 of which both must sign, 3 for targets, 4
/// for snapshot and timestamp.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) project: Project,
    pub(crate) signers: BTreeMap<KeyId, Signer>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let signers: Vec<Signer> = (1..=5).map(Signer::new).collect();
        let role = |threshold, names: &[(usize, &str)]| RoleSettings {
            threshold,
            expires: "10d".parse().unwrap(),
            keys: names
                .iter()
                .map(|(at, name)| signers[*at].settings(name))
                .collect(),
        };
        let settings = Settings {
            authority: "production".to_owned(),
            repository: "example.org".to_owned(),
            output: "repository".into(),
            publishing: Publishing::default(),
            agents: Vec::new(),
            roles: Roles {
                root: role(2, &[(0, "root-1"), (1, "root-2")]),
                targets: role(1, &[(2, "targets")]),
                snapshot: role(1, &[(3, "online")]),
                timestamp: role(1, &[(3, "online")]),
            },
            delegated: Delegated::default(),
        };
        let dir = tempfile::tempdir().unwrap();
        let project = Project::create(dir.path(), settings).unwrap();
        let signers = signers
            .into_iter()
            .map(|signer| (signer.keyid(), signer))
            .collect();
        let mut bench = Self {
            dir,
            project,
            signers,
        };
        bench.draft_root();
        let targets = Draft::targets(1, &Expires::from_seconds(NOW + 864_000).unwrap());
        bench
            .project
            .drafts()
            .write(&Role::TARGETS, &targets.finish().unwrap())
            .unwrap();
        bench
    }

    /// A project that is there already.
    pub(crate) fn of(dir: TempDir) -> Self {
        let signers = (1..=5).map(Signer::new);
        Self {
            project: Project::open(dir.path()).unwrap(),
            signers: signers.map(|signer| (signer.keyid(), signer)).collect(),
            dir,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn work(&self) -> Work {
        Work::load(&self.project, NOW).unwrap()
    }

    /// Makes the next root draft from the settings.
    pub(crate) fn draft_root(&mut self) {
        let work = self.work();
        let held: BTreeMap<KeyId, Key> = self
            .signers
            .iter()
            .map(|(id, signer)| (id.clone(), signer.key.clone()))
            .collect();
        let change = RootChange {
            published: work.published().last(RoleType::Root).map(AsRef::as_ref),
            drafted: work.draft(&RoleType::Root.into()).map(AsRef::as_ref),
            held: &held,
            expires: Expires::from_seconds(NOW + 864_000).unwrap(),
        };
        let root = draft_root(self.project.settings(), &change).unwrap();
        self.project
            .drafts()
            .write(&RoleType::Root.into(), &root)
            .unwrap();
    }

    /// Changes the settings of a role.
    pub(crate) fn set_role(&mut self, role: RoleType, change: impl Fn(&mut RoleSettings)) {
        let mut new = self.project.settings().role(role).clone();
        change(&mut new);
        let (project, text) = self.project.with_role(role, &new).unwrap();
        project.write_settings(&text).unwrap();
        self.project = project;
    }

    pub(crate) fn key(&self, seed: u8, name: &str) -> KeySettings {
        Signer::new(seed).settings(name)
    }

    /// Reads the settings again, which something else wrote.
    pub(crate) fn reload(&mut self) {
        self.project = Project::open(self.dir.path()).unwrap();
    }

    pub(crate) fn settings_text(&self) -> String {
        fs::read_to_string(self.path().join(crate::repo::SETTINGS)).unwrap()
    }

    /// Adds a target with this content.
    pub(crate) fn add(&self, path: &str, content: &str) {
        self.add_to(&Role::TARGETS, path, content);
    }

    /// Adds a target to a role.
    pub(crate) fn add_to(&self, role: &Role, path: &str, content: &str) {
        let source = self.path().join("source");
        fs::write(&source, content).unwrap();
        let staged = self
            .project
            .staging()
            .add(&source, &Progress::of_bytes(0, ""))
            .unwrap();
        let mut draft = edit_targets(&self.work(), role).unwrap();
        draft.set_target(&path.parse().unwrap(), &staged.target());
        self.project
            .drafts()
            .write(role, &draft.finish().unwrap())
            .unwrap();
    }

    /// Delegates to a role, and goes on with the settings that this wrote.
    pub(crate) fn delegate(&mut self, name: &str, by: &str, seeds: &[u8], paths: &[&str]) {
        let keys = self.keys(seeds);
        let patterns = paths.iter().map(|text| (*text).into()).collect();
        let new = NewDelegation {
            name: &name.parse().unwrap(),
            by: &by.parse().unwrap(),
            keys: &keys,
            threshold: None,
            scope: Some(privyseal_tuf::Scope::Paths(patterns)),
            terminating: None,
            expires: None,
            place: None,
            known: &known(seeds),
        };
        delegate(&self.project, &self.work(), &new).unwrap();
        self.reload();
    }

    /// Makes hashed bins below the top-level targets.
    pub(crate) fn bins(&mut self, bit_length: u32, seeds: &[u8], listed: bool) {
        let change = BinsChange {
            bit_length,
            prefix: &"bins".parse().unwrap(),
            by: &Role::TARGETS,
            keys: &self.keys(seeds),
            threshold: 1,
            listed,
            expires: "10d".parse().unwrap(),
            known: &known(seeds),
        };
        place_bins(&self.project, &self.work(), &change).unwrap();
        self.reload();
    }

    fn keys(&self, seeds: &[u8]) -> Vec<KeySettings> {
        let key = |seed: &u8| self.key(*seed, &format!("key-{seed}"));
        seeds.iter().map(key).collect()
    }

    /// Signs like a round does, with every key in `with`.
    pub(crate) fn sign(&self, with: &[u8]) {
        let mut work = self.work();
        for role in work.order().unwrap() {
            let Some(document) = work.prepare(&role).unwrap() else {
                continue;
            };
            let document = self.sign_document(&work, &role, &document, with);
            self.project.drafts().write(&role, &document).unwrap();
            work.set_draft(role, document);
        }
    }

    fn sign_document(
        &self,
        work: &Work,
        role: &Role,
        document: &Document,
        with: &[u8],
    ) -> Document {
        let mut work = work.clone();
        work.set_draft(role.clone(), document.clone());
        let mut signing = Signing::new(document.clone(), work.requirements(role).unwrap());
        for seed in with {
            let signer = Signer::new(*seed);
            let signature = signer.sign(&signing.payload().bytes());
            // A key that is not of the role is not asked in a round either.
            drop(signing.add(&signer.keyid(), &signature));
        }
        signing.document().clone()
    }

    pub(crate) fn publish(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.publish_with(Scope::Changes)?.written.names().to_vec())
    }

    pub(crate) fn publish_with(&self, scope: Scope) -> anyhow::Result<Publication> {
        let work = Work::load(&self.project, NOW)?;
        block_on(publish(
            &self.project,
            &work,
            scope,
            &Interrupt::never(),
            NOW,
        ))
    }

    pub(crate) fn metadata(&self, name: &str) -> std::path::PathBuf {
        self.project.metadata().join(name)
    }
}
