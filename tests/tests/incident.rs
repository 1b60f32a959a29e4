//! A key that is lost or stolen, a signer who left: one command each, and clients go on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use privyseal_tests::elsewhere::{FileKey, Kind, TokenKey};
use privyseal_tests::project::{Project, files};
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use privyseal_tests::tuf_client::PythonTuf;
use privyseal_tuf::{Document, Draft, Role, RoleType, Timestamp};

const NAME: &str = "example.org/app";

/// What a changed key brings with it, and is meant.
const ACCEPT: &str = "online-key,swapped-key,threshold,concentration,unknown-key";

/// A project at one agent, and its judge.
struct House {
    project: Project,
    python: PythonTuf,
    stage: Stage,
}

impl House {
    /// With these keys at the agent; nothing is made of them yet.
    fn with(keys: &[&str]) -> Option<Self> {
        let (stage, python) = (Stage::new()?, PythonTuf::find()?);
        let project = Project::new(&stage.sandbox, "project", stage.client("client"));
        let house = Self {
            project,
            python,
            stage,
        };
        keys.iter().for_each(|key| house.generate(key));
        Some(house)
    }

    /// Root needs two of `root`; targets, and one key for snapshot and timestamp.
    fn open(&self, root: &str) {
        self.project.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root {root} --root-threshold 2 \
             --targets targets --snapshot online --timestamp online"
        ));
        self.project.add(&[("hello.txt", b"hello\n")], "");
    }

    fn generate(&self, key: &str) {
        self.project.client.ok(&format!(
            "key generate {key} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
        ));
    }

    fn publish(&self) {
        self.project.sign_and_publish("");
    }

    /// Signs what an incident drafted, over as many rounds as delegators ask for, and publishes.
    fn publish_changes(&self) {
        self.project.sign_and_publish(ACCEPT);
    }

    /// A client that began long ago, and one that begins now, get everything.
    fn accepted(&self) -> String {
        let home = self.stage.sandbox.directory("old-client");
        let old = self.python.accepts(&self.project, &[], Some(&home));
        assert_eq!(self.python.accepts(&self.project, &[], None), old);
        old
    }

    /// Every file of the project.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(self.project.directory())
    }
}

fn says(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn a_stolen_online_key_and_a_client_that_was_sent_far_ahead() {
    let keys = ["root-1", "root-2", "targets", "online", "online-2"];
    let Some(house) = House::with(&keys) else {
        return;
    };
    house.open("root-1 root-2");
    house.publish();
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 1, timestamp 1"
    );

    // The thief numbers a timestamp high, and a client takes it.
    let file = house.project.metadata("timestamp.json");
    let ours = fs::read(&file).unwrap();
    let theirs = forged(&house, &ours);
    fs::write(&file, &theirs).unwrap();
    assert_eq!(
        house.accepted(),
        "root 1, targets 1, snapshot 1, timestamp 1000"
    );
    fs::write(&file, &ours).unwrap();
    let home = house.stage.sandbox.directory("old-client");
    let refused = house.python.downloads(&house.project, &[], Some(&home));
    says(&refused.stdout, &["refused"]);

    let before = house.files();
    let unasked = house
        .project
        .try_repo("stolen online --replace-with online-2");
    assert_eq!(unasked.status, 3, "{unasked:#?}");
    says(
        &unasked.stdout,
        &[
            "timestamp: a thief can, alone, hold clients at what they have (freeze)",
            "have every client take it",
            "until root 1 expires",
            "clients that get the new root forget a snapshot and timestamp",
            "ledger show` lists what online signed there",
        ],
    );
    assert_eq!(house.files(), before);
    let lacking = house.project.try_repo("stolen online --yes");
    assert_eq!(lacking.status, 1, "{lacking:#?}");
    says(
        &lacking.stderr,
        &["would be left with 0 keys", "--replace-with"],
    );
    assert_eq!(house.files(), before);

    house
        .project
        .repo("stolen online --replace-with online-2 --yes");
    house.publish_changes();
    assert_eq!(
        house.accepted(),
        "root 2, targets 1, snapshot 2, timestamp 2"
    );
}

/// A timestamp of version 1000, signed with the stolen token.
fn forged(house: &House, ours: &[u8]) -> Vec<u8> {
    let mut draft = Draft::<Timestamp>::edit(&Document::parse(ours).unwrap()).unwrap();
    draft.set_version(1000);
    let document = draft.finish().unwrap();
    let keys = house.stage.rpc().keys().unwrap();
    let online = keys.iter().find(|key| key.name == "online").unwrap();
    let scratch = house.stage.sandbox.directory("thief");
    let stolen = TokenKey::of(&house.stage.token, &online.object_id, &scratch);
    let (payload, signature) = (scratch.join("payload"), scratch.join("signature"));
    fs::write(&payload, document.payload().bytes()).unwrap();
    stolen.sign(&payload, &signature, "openssl");
    let mut json: serde_json::Value = serde_json::from_slice(&document.to_bytes()).unwrap();
    json["signatures"] = serde_json::json!([{
        "keyid": online.keyid,
        "sig": hex::encode(fs::read(signature).unwrap()),
    }]);
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn a_root_key_is_stolen_and_then_another_is_lost() {
    let keys = ["root-1", "root-2", "root-3", "root-4", "targets", "online"];
    let Some(house) = House::with(&keys) else {
        return;
    };
    house.open("root-1 root-2 root-3");
    house.publish();
    house.accepted();
    let said = house
        .project
        .repo("stolen root-1 --replace-with root-4 --yes");
    says(
        &said,
        &[
            "root: nothing alone; with one more of its keys a thief can replace every key",
            "root 2: 2 of default:root-2, default:root-3, as root 1 asks",
            "root 2: 2 of default:root-4, default:root-2, default:root-3, as itself asks",
        ],
    );
    // Root 1 and root 2 are both satisfied without the stolen key.
    house.publish_changes();
    assert_eq!(
        house.accepted(),
        "root 2, targets 1, snapshot 1, timestamp 1"
    );
    let root = read(&house.project.metadata("2.root.json"));
    assert_eq!(root.signatures().len(), 3, "the stolen key was not asked");

    let said = house.project.repo("lost root-2 --yes");
    says(
        &said,
        &[
            "no hurry",
            "one more lost key and root can never be signed again",
        ],
    );
    house.publish_changes();
    assert_eq!(
        house.accepted(),
        "root 3, targets 1, snapshot 1, timestamp 1"
    );

    // Now each of the two keys that are left is needed.
    let before = house.files();
    let stuck = house
        .project
        .try_repo("lost root-3 --replace-with root-1 --yes");
    assert_eq!(stuck.status, 3, "{stuck:#?}");
    says(
        &stuck.stderr,
        &["no next root can be made", "first root by other means"],
    );
    assert_eq!(house.files(), before);
}

fn read(path: &Path) -> Document {
    Document::parse(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_keys_of_delegated_roles_and_bins() {
    let keys = [
        "root-1", "root-2", "targets", "online", "app", "app-2", "bins", "bins-2",
    ];
    let Some(house) = House::with(&keys) else {
        return;
    };
    house.open("root-1 root-2");
    let project = &house.project;
    project.repo("delegate app --key app --path app/*");
    project.add(&[("app/a", b"a")], "--role app");
    project.repo("delegate mirror --key targets --path mirror/*");
    project.repo("bins 4 --by mirror --key bins");
    project.add(
        &[("mirror/one", b"1"), ("mirror/two", b"2")],
        "--role mirror",
    );
    house.publish();
    assert!(
        house
            .accepted()
            .starts_with("root 1, targets 1, snapshot 1, timestamp 1; app 1, ")
    );

    let said = project.repo("stolen app --replace-with app-2 --yes");
    says(
        &said,
        &[
            "app: 1 of 1: default:app -> 1 of 1: default:app-2",
            "app: a thief can, alone, sign any target file under app/*, which clients see only with",
            "app 1 is published with its signature, with 1 target: app/a",
            "targets 2, which gives out the other keys: 1 of default:targets",
            "drafted: targets;",
        ],
    );
    // Root has nothing to do with it.
    house.publish_changes();
    let clients = house.accepted();
    assert!(
        clients.starts_with("root 1, targets 2, snapshot 2, timestamp 2; app 2, "),
        "{clients}"
    );

    let said = project.repo("lost bins --replace-with bins-2 --yes");
    says(
        &said,
        &[
            "bins-*: 1 of 1: default:bins -> 1 of 1: default:bins-2",
            "mirror 2, which",
        ],
    );
    house.publish_changes();
    let clients = house.accepted();
    assert!(
        clients.starts_with("root 1, targets 2, snapshot 3, timestamp 3; app 2, "),
        "{clients}"
    );
    let bins = ["mirror", "bins-0", "bins-3"].map(|role| versions(project, role));
    assert_eq!(bins, [2; 3]);
    let roles = project.repo("roles");
    says(
        &roles,
        &[
            "4 hashed bins in short form, all published",
            "1 of 1: default:bins-2",
        ],
    );
}

/// The version of a role by the published snapshot.
fn versions(project: &Project, role: &str) -> u64 {
    let timestamp = read(&project.metadata("timestamp.json"))
        .timestamp()
        .unwrap();
    let name = Role::from(RoleType::Snapshot).file_name(timestamp.snapshot.version);
    read(&project.metadata(&name)).snapshot().unwrap().meta[&format!("{role}.json")].version
}

#[test]
fn a_signer_who_left_is_out_of_every_role() {
    let keys = ["root-1", "root-2", "targets", "online"];
    let Some(house) = House::with(&keys) else {
        return;
    };
    let project = &house.project;
    let keys = house.stage.sandbox.directory("keys");
    let [alice, carol] =
        ["alice", "carol"].map(|name| FileKey::generate(&keys, name, Kind::Ed25519));
    house.open(&format!("root-1 root-2 alice={}", alice.public.display()));
    house.publish();
    project.repo(&format!(
        "delegate docs --key alice={} targets --path docs/*",
        alice.public.display()
    ));
    house.publish();
    assert_eq!(
        house.accepted(),
        "root 1, targets 2, snapshot 2, timestamp 2"
    );

    let replaced = format!(
        "left alice --replace-with carol={} --yes",
        carol.public.display()
    );
    let said = project.repo(&replaced);
    says(
        &said,
        &[
            "root: 2 of 3: default:root-1, default:root-2, alice (no agent) -> 2 of 3: \
             default:root-1, default:root-2, carol (no agent)",
            "docs: 1 of 2: alice (no agent), default:targets -> 1 of 2: carol (no agent), \
             default:targets",
            "drafted: root, targets;",
        ],
    );
    assert!(!said.contains("at the agents"), "{said}");
    house.publish_changes();
    assert_eq!(
        house.accepted(),
        "root 2, targets 3, snapshot 3, timestamp 3"
    );
    let toml = fs::read_to_string(project.directory().join("privyseal.toml")).unwrap();
    assert!(!toml.contains("alice") && toml.contains("carol"), "{toml}");
    let again = project.try_repo(&replaced);
    assert_eq!(again.status, 1, "{again:#?}");
    says(&again.stderr, &["no role has a key alice"]);
}
