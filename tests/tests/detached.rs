//! Signers in different places: draft files that travel, and signatures by other tools that come
//! back. Each place has a client and an agent of its own; they share nothing but files.

use std::fs;
use std::path::{Path, PathBuf};

use privyseal_tests::agent::Agent;
use privyseal_tests::client::{Answer, Client};
use privyseal_tests::elsewhere::{FileKey, Kind, TokenKey};
use privyseal_tests::python::Python;
use privyseal_tests::require;
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::setup::{AUTHORITY, Setup};
use privyseal_tests::stage::Stage;
use privyseal_tests::token::{Token, Tokens};
use privyseal_tuf::Document;

const NAME: &str = "example.org/app";

/// A place with a token, an agent and a person.
struct Place {
    client: Client,
    _agent: Agent,
    token: Token,
}

impl Place {
    fn new(sandbox: &Sandbox, name: &str) -> Self {
        let token = Tokens::new(sandbox, &format!("{name}-tokens")).token(name);
        let agent = Agent::running(sandbox, &format!("{name}-agent"), &Setup::new(&token));
        let client = Client::new(sandbox, &format!("{name}-home"), &agent);
        Self {
            client,
            _agent: agent,
            token,
        }
    }

    /// Generates a key, and writes its public key to a file that the others get.
    fn key(&self, name: &str) -> PathBuf {
        generate(&self.client, name);
        let shown = self.client.ok(&format!("key show {name} --json"));
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        let path = self.client.home().join(format!("{name}.pem"));
        fs::write(&path, shown["public_key"].as_str().unwrap()).unwrap();
        path
    }
}

fn generate(client: &Client, name: &str) {
    client.ok(&format!(
        "key generate {name} --keystore hsm --authority {AUTHORITY} --repository {NAME}"
    ));
}

/// The place where the project is.
struct Office {
    client: Client,
    project: PathBuf,
    /// What was sent and came back.
    post: PathBuf,
}

impl Office {
    fn new(sandbox: &Sandbox, client: &Client) -> Self {
        for key in ["targets", "online"] {
            generate(client, key);
        }
        Self {
            client: client.clone(),
            project: sandbox.directory("project"),
            post: sandbox.directory("post"),
        }
    }

    /// A project with these root keys, of which so many must sign.
    fn init(&self, root: &[(&str, &Path)], threshold: usize) {
        let keys = root
            .iter()
            .map(|(owner, file)| format!("{owner}={}", file.display()));
        let keys = keys.collect::<Vec<_>>().join(" ");
        self.repo(&format!(
            "init --authority {AUTHORITY} --repository {NAME} --root {keys} \
             --root-threshold {threshold} --targets targets --snapshot online --timestamp online"
        ));
    }

    fn command(&self, words: &str) -> String {
        format!("repo -C {} {words}", self.project.display())
    }

    fn repo(&self, words: &str) -> String {
        self.client.ok(&self.command(words))
    }

    fn try_repo(&self, words: &str) -> Answer {
        self.client.run(&self.command(words))
    }

    /// Makes another draft of the root, which expires after so long.
    fn expire(&self, period: &str) {
        let path = self.project.join("privyseal.toml");
        let text = fs::read_to_string(&path).unwrap();
        let new = format!("expires = \"{period}\"");
        fs::write(&path, text.replacen("expires = \"365d\"", &new, 1)).unwrap();
        self.repo("renew root");
    }

    /// Exports the root draft and its payload.
    fn export(&self, name: &str) -> (PathBuf, PathBuf) {
        let draft = self.post.join(format!("{name}.draft.json"));
        let payload = self.post.join(format!("{name}.payload"));
        self.repo(&format!(
            "draft export root -o {} --payload {}",
            draft.display(),
            payload.display()
        ));
        (draft, payload)
    }

    fn attach(&self, files: &[&Path]) -> Answer {
        let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        self.try_repo(&format!("attach {}", files.join(" ")))
    }

    fn attached(&self, files: &[&Path]) -> String {
        let answer = self.attach(files);
        assert_eq!(answer.status, 0, "{answer:#?}");
        answer.stdout
    }

    fn root_signatures(&self) -> usize {
        let draft = fs::read(self.project.join("draft/root.json")).unwrap();
        Document::parse(&draft).unwrap().signatures().len()
    }

    /// Signs what comes after a finished root, and publishes all of it.
    fn sign_and_publish(&self) {
        let original = self.post.join("hello.txt");
        if !original.exists() {
            fs::write(&original, "hello\n").unwrap();
            self.repo(&format!("add {}", original.display()));
        }
        self.repo("sign --yes");
        self.repo("publish");
        self.repo("verify");
    }

    /// python-tuf begins with the first root, accepts the last one, and downloads the target.
    fn assert_accepted(&self, python: &Python, root: u64) {
        let repository = self.project.join("repository");
        let said = python.script("tuf_client.py", [repository.to_str().unwrap()], "");
        let expected = format!("downloaded 1 targets (root {root},");
        assert!(
            said.status == 0 && said.stdout.contains(&expected),
            "{said:?}"
        );
    }
}

/// A copy of a file, as it arrives by mail.
fn sent(file: &Path, place: &Place) -> PathBuf {
    let copy = place.client.home().join(file.file_name().unwrap());
    fs::copy(file, &copy).unwrap();
    copy
}

#[test]
fn a_root_of_six_keys_is_signed_by_six_kinds_of_signers() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    if !require::program("pkcs11-tool") {
        return;
    }
    let sandbox = &stage.sandbox;
    let keys = sandbox.directory("keys");
    let tool = Tokens::new(sandbox, "tool-tokens").token("tool");
    let (raw, der) = (
        TokenKey::generate(&tool, "01", &keys),
        TokenKey::generate(&tool, "02", &keys),
    );
    let rsa = FileKey::generate(&keys, "rsa", Kind::Rsa);
    let ed25519 = FileKey::generate(&keys, "ed25519", Kind::Ed25519);
    let library = FileKey::generate(&keys, "library", Kind::P256);
    let other = Place::new(sandbox, "other");
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(
        &[
            ("raw", &raw.public),
            ("der", &der.public),
            ("rsa", &rsa.public),
            ("ed", &ed25519.public),
            ("library", &library.public),
            ("other", &other.key("root")),
        ],
        6,
    );
    let (draft, payload) = office.export("root-1");
    let again = office.post.join("again.payload");
    let (draft_text, again_text) = (draft.display(), again.display());
    let told = office
        .client
        .ok(&format!("draft payload {draft_text} -o {again_text}"));
    assert_eq!(fs::read(&again).unwrap(), fs::read(&payload).unwrap());
    let digest = privyseal_tuf::Sha256Digest::of(&fs::read(&payload).unwrap()).to_string();
    assert!(
        told.replace(' ', "").contains(&format!("SHA-256{digest}")),
        "{told}"
    );

    let file = |name: &str| office.post.join(name);
    raw.sign(&payload, &file("raw.sig"), "rs");
    der.sign(&payload, &file("der.sig"), "openssl");
    assert_eq!(fs::read(file("raw.sig")).unwrap().len(), 64);
    assert_eq!(fs::read(file("der.sig")).unwrap()[0], 0x30);
    rsa.sign(&payload, &file("rsa.bin"), &[]);
    // As people wrap it.
    let base64 = std::process::Command::new("openssl")
        .args(["base64", "-in", file("rsa.bin").to_str().unwrap()])
        .output()
        .unwrap();
    let base64 = String::from_utf8(base64.stdout).unwrap();
    let pem = format!("-----BEGIN SIGNATURE-----\n{base64}-----END SIGNATURE-----\n");
    fs::write(file("rsa.pem"), pem).unwrap();
    ed25519.sign(&payload, &file("ed.bin"), &[]);
    let hex = hex::encode_upper(fs::read(file("ed.bin")).unwrap());
    fs::write(file("ed.hex"), format!("{hex}\r\n")).unwrap();
    library.sign_with_python(&python, &payload, &file("library.json"));

    // Another agent, which gets the draft alone.
    let there = sent(&draft, &other);
    let shown = other.client.ok("draft show root-1.draft.json");
    for expected in [
        "root keys of root version 1: 0 of 6 signatures",
        "missing  other (",
        "threshold 6",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    other.client.ok("draft sign root-1.draft.json --yes");

    let first = office.attached(&[&file("raw.sig"), &file("der.sig"), &file("rsa.pem")]);
    assert!(
        first.contains("root keys of root version 1: 3 of 6 signatures\n"),
        "{first}"
    );
    assert!(first.contains("missing  ed ("), "{first}");
    let rest = office.attached(&[&file("ed.hex"), &file("library.json"), &there]);
    let expected = format!(
        "signed by other ({}), token other (serial {}), as the file says",
        keyid(&office, "other"),
        other.token.serial()
    );
    assert!(rest.contains(&expected), "{expected}: {rest}");
    assert!(
        rest.contains("root keys of root version 1: 6 of 6 signatures, enough"),
        "{rest}"
    );
    // Once more changes nothing.
    let draft = fs::read(office.project.join("draft/root.json")).unwrap();
    let again = office.attached(&[&file("raw.sig")]);
    assert!(again.contains("was signed already by raw"), "{again}");
    assert_eq!(
        fs::read(office.project.join("draft/root.json")).unwrap(),
        draft
    );

    office.repo("enroll");
    office.sign_and_publish();
    office.assert_accepted(&python, 1);

    // Every other encoding of pkcs11-tool and openssl, on the next root.
    office.repo("renew root");
    let (draft, payload) = office.export("root-2");
    raw.sign(&payload, &file("raw.sig"), "sequence");
    der.sign(&payload, &file("der.sig"), "rs");
    rsa.sign(&payload, &file("rsa.bin"), &[]);
    ed25519.sign(&payload, &file("ed.bin"), &[]);
    library.sign(&payload, &file("library.hex"), &["-hex"]);
    sent(&draft, &other);
    other.client.ok("draft sign root-2.draft.json --yes");
    let back = other.client.home().join("root-2.draft.json");
    let files = ["raw.sig", "der.sig", "rsa.bin", "ed.bin", "library.hex"].map(file);
    let mut files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    files.push(&back);
    let told = office.attached(&files);
    for version in [1, 2] {
        let expected = format!("root keys of root version {version}: 6 of 6 signatures, enough");
        assert!(told.contains(&expected), "{expected}: {told}");
    }
    office.sign_and_publish();
    office.assert_accepted(&python, 2);
}

/// The keyid of an owner, as privyseal.toml has it.
fn keyid(office: &Office, owner: &str) -> String {
    let text = fs::read_to_string(office.project.join("privyseal.toml")).unwrap();
    let settings: toml::Value = toml::from_str(&text).unwrap();
    let keys = settings["root"]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["owner"].as_str() == Some(owner));
    key.unwrap()["keyid"].as_str().unwrap().to_owned()
}

#[test]
fn what_belongs_elsewhere_is_named_and_loses_nothing() {
    let Some(stage) = Stage::new().filter(|_| require::program("pkcs11-tool")) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let keys = sandbox.directory("keys");
    let [alice, bob, stranger] =
        ["alice", "bob", "stranger"].map(|name| FileKey::generate(&keys, name, Kind::P256));
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(&[("alice", &alice.public), ("bob", &bob.public)], 2);
    let (old_draft, old_payload) = office.export("old");
    let file = |name: &str| office.post.join(name);
    alice.sign(&old_payload, &file("old.sig"), &[]);

    // The draft changes in the meantime: another expiry.
    office.expire("370d");
    let (draft, payload) = office.export("new");
    alice.sign(&payload, &file("alice.sig"), &[]);
    bob.sign(&payload, &file("bob.sig"), &[]);
    stranger.sign(&payload, &file("stranger.sig"), &[]);
    // The wrong token: the agent's, whose targets key signs for root.
    let id = stage.client("office").ok("key show targets --json");
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let targets = TokenKey::of(&stage.token, id["object_id"].as_str().unwrap(), &keys);
    targets.sign(&payload, &file("targets.sig"), "rs");
    // The digest, signed as if it were the payload.
    let digest = privyseal_tuf::Sha256Digest::of(&fs::read(&payload).unwrap());
    fs::write(file("digest"), digest.as_bytes()).unwrap();
    alice.sign(&file("digest"), &file("digest.sig"), &[]);

    let told = |files: &[&Path], expected: &str| {
        let before = office.root_signatures();
        let answer = office.attach(files);
        assert_eq!(answer.status, 3, "{answer:#?}");
        assert!(answer.stderr.contains(expected), "{expected}: {answer:#?}");
        assert_eq!(office.root_signatures(), before);
    };
    told(
        &[&file("old.sig")],
        "made it over root 1, an earlier draft (SHA-256 ",
    );
    told(
        &[&file("old.sig")],
        "old.sig: no signature of root: alice, ",
    );
    let serial = stage.token.serial();
    told(
        &[&file("targets.sig")],
        &format!("by default:targets on token one (serial {serial})"),
    );
    told(
        &[&file("stranger.sig")],
        "no key that is known here made it",
    );
    told(&[&file("digest.sig")], "over the digest of the payload");
    told(
        &[&old_draft],
        "there are two drafts of root 1: the one here has SHA-256",
    );
    let nothing = office.attach(&[&alice.public]);
    assert_eq!(nothing.status, 1, "{nothing:#?}");
    assert!(
        nothing
            .stderr
            .contains("it holds a public key, not a signature"),
        "{nothing:#?}"
    );

    // Among several files the good ones are kept, wherever they stand.
    let answer = office.attach(&[
        &file("old.sig"),
        &file("alice.sig"),
        &file("missing.sig"),
        &file("bob.sig"),
        &file("targets.sig"),
    ]);
    assert_eq!(
        (answer.status, office.root_signatures()),
        (3, 2),
        "{answer:#?}"
    );
    assert!(
        answer.stderr.contains("missing.sig: cannot read"),
        "{answer:#?}"
    );
    assert!(
        answer.stdout.contains("2 of 2 signatures, enough"),
        "{answer:#?}"
    );

    // The right signature, but not the one that was announced.
    office.repo("renew root --correct");
    let wrong = office.try_repo(&format!(
        "attach --role root --key {} {}",
        keyid(&office, "alice"),
        file("bob.sig").display()
    ));
    assert_eq!(wrong.status, 3, "{wrong:#?}");
    assert!(wrong.stderr.contains("said to be by alice"), "{wrong:#?}");

    // The other draft can be kept, too; then an operator must see to it.
    let adopted = office.repo(&format!("attach --adopt {}", old_draft.display()));
    assert!(
        adopted.contains("took root 1 from") && adopted.contains("repo supersede root"),
        "{adopted}"
    );

    // A file that was edited on its way.
    let text = fs::read_to_string(&draft).unwrap();
    let edited = office.post.join("edited.draft.json");
    fs::write(
        &edited,
        text.replacen("\"threshold\": 2", "\"threshold\": 1", 1),
    )
    .unwrap();
    for words in ["draft show", "draft sign --yes"] {
        let answer = office.client.run(&format!("{words} {}", edited.display()));
        assert_eq!(answer.status, 1, "{answer:#?}");
        assert!(
            answer.stderr.contains("edited or damaged on its way"),
            "{answer:#?}"
        );
    }
}

#[test]
fn five_places_share_a_root_over_files_alone() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let names = ["a", "b", "c", "d", "e"];
    let places = names.map(|name| Place::new(sandbox, name));
    let keys: Vec<PathBuf> = places.iter().map(|place| place.key("root")).collect();
    let office = Office::new(sandbox, &stage.client("office"));
    let of = |index: usize| (names[index], keys[index].as_path());
    // The fifth comes later.
    office.init(&[of(0), of(1), of(2), of(3)], 3);
    let sign = |draft: &Path, index: usize| {
        let there = sent(draft, &places[index]);
        let name = there.file_name().unwrap().to_str().unwrap();
        let answer = places[index]
            .client
            .run(&format!("draft sign {name} --yes"));
        (answer, there)
    };
    let attach_of = |draft: &Path, index: usize| {
        let (answer, back) = sign(draft, index);
        assert_eq!(answer.status, 0, "{answer:#?}");
        office.attached(&[&back])
    };

    let (draft, _) = office.export("root-1");
    attach_of(&draft, 0);
    attach_of(&draft, 1);
    let done = attach_of(&draft, 2);
    assert!(done.contains("3 of 3 signatures, enough"), "{done}");
    office.repo("enroll");
    office.sign_and_publish();
    office.assert_accepted(&python, 1);

    // Root 2: a goes, e comes. d never heard of the repository, nor did e.
    office.repo(&format!(
        "rotate root --add e={} --remove a",
        keys[4].display()
    ));
    let (draft, _) = office.export("root-2");
    assert!(
        fs::metadata(&draft).unwrap().len() < 32 << 10,
        "it is small"
    );
    attach_of(&draft, 1);
    let (refused, _) = sign(&draft, 4);
    refused.assert_refused(4, "UNKNOWN_LINEAGE");
    for index in [3, 4] {
        let name = draft.file_name().unwrap().to_str().unwrap();
        sent(&draft, &places[index]);
        places[index].client.ok(&format!("draft enroll {name}"));
    }
    let after_d = attach_of(&draft, 3);
    for expected in [
        "root keys of root version 1: 2 of 3 signatures\n",
        "root keys of root version 2: 2 of 3 signatures\n",
        "missing  a (",
        "missing  e (",
    ] {
        assert!(after_d.contains(expected), "{expected}: {after_d}");
    }
    // The new root is met with e, the old one is not.
    let after_e = attach_of(&draft, 4);
    assert!(
        after_e.contains("root keys of root version 1: 2 of 3 signatures\n"),
        "{after_e}"
    );
    assert!(
        after_e.contains("root keys of root version 2: 3 of 3 signatures, enough"),
        "{after_e}"
    );
    let done = attach_of(&draft, 2);
    assert!(
        done.contains("root keys of root version 1: 3 of 3 signatures, enough"),
        "{done}"
    );
    office.sign_and_publish();
    office.assert_accepted(&python, 2);

    // Root 3 gets two drafts: c signed the first one elsewhere, then it was corrected.
    office.repo("renew root");
    let (wrong, _) = office.export("wrong");
    let (signed, back) = sign(&wrong, 2);
    assert_eq!(signed.status, 0, "{signed:#?}");
    office.expire("370d");
    let (draft, _) = office.export("root-3");
    let two = office.attach(&[&back]);
    assert_eq!(two.status, 3, "{two:#?}");
    assert!(
        two.stderr.contains("there are two drafts of root 3"),
        "{two:#?}"
    );
    assert!(two.stderr.contains("(signed by c)"), "{two:#?}");
    let (refused, there) = sign(&draft, 2);
    refused.assert_refused(4, "VERSION_REUSED");
    let there = there.file_name().unwrap().to_str().unwrap();
    let c = &places[2].client;
    let gave_up = c.ok(&format!("draft supersede {there} --yes --reason wrong"));
    assert!(gave_up.contains("gave up the other draft"), "{gave_up}");
    // a has no key in it any more; b missed root 2, which the file brings.
    let (nothing, _) = sign(&draft, 0);
    assert_eq!(nothing.status, 3, "{nothing:#?}");
    assert!(
        nothing.stderr.contains("no agent here lists a key"),
        "{nothing:#?}"
    );
    for index in [1, 2, 4] {
        attach_of(&draft, index);
    }
    office.sign_and_publish();
    office.assert_accepted(&python, 3);
    let history = places[1].client.ok("ledger show");
    assert!(history.contains("root"), "{history}");
    for place in &places {
        place.client.ok("ledger verify");
    }
}

#[test]
fn nobody_signs_what_can_not_be_compared() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let sandbox = &stage.sandbox;
    let client = stage.client("office");
    generate(&client, "root");
    let office = Office::new(sandbox, &client);
    office.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    office.sign_and_publish();
    fs::write(office.post.join("evil.txt"), "evil\n").unwrap();
    office.repo(&format!("add {}", office.post.join("evil.txt").display()));
    let draft = office.post.join("targets.draft.json");
    office.repo(&format!("draft export targets -o {}", draft.display()));
    let words = draft.display();
    let shown = client.ok(&format!("draft show {words}"));
    assert!(shown.contains("evil.txt"), "{shown}");

    // Somebody makes the change invisible: it stands in what is said to be published, too.
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&draft).unwrap()).unwrap();
    let evil = file["document"]["signed"]["targets"]["evil.txt"].clone();
    file["before"]["signed"]["targets"]["evil.txt"] = evil;
    fs::write(&draft, serde_json::to_vec(&file).unwrap()).unwrap();
    let shown = client.run(&format!("draft show {words}"));
    assert!(
        shown.status == 3 && shown.stdout.contains("DANGER"),
        "{shown:#?}"
    );
    let signed = client.run(&format!("draft sign {words} --yes"));
    assert!(
        signed.status == 3 && signed.stderr.contains("nothing was signed"),
        "{signed:#?}"
    );
    // What is really published tells.
    let published = office.project.join("repository/metadata/1.targets.json");
    let with = format!("draft show {words} --before {}", published.display());
    let shown = client.run(&with);
    assert_eq!(shown.status, 3, "{shown:#?}");
    assert!(
        shown.stderr.contains("made over another targets"),
        "{shown:#?}"
    );
}

#[test]
fn delegated_roles_are_signed_at_their_places() {
    let (Some(stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let sandbox = &stage.sandbox;
    let client = stage.client("office");
    generate(&client, "root");
    let office = Office::new(sandbox, &client);
    office.repo(&format!(
        "init --authority {AUTHORITY} --repository {NAME} --root root --targets targets \
         --snapshot online --timestamp online"
    ));
    office.sign_and_publish();
    let places = ["app", "beta"].map(|name| Place::new(sandbox, name));
    let keys = places.each_ref().map(|place| place.key("key"));
    let draft_of = |role: &str| {
        let file = office.post.join(format!("{role}.draft.json"));
        office.repo(&format!("draft export {role} -o {}", file.display()));
        file
    };
    let sign_at = |draft: &Path, place: &Place| {
        let there = sent(draft, place);
        let name = there.file_name().unwrap().to_str().unwrap();
        place.client.ok(&format!("draft sign {name} --yes"));
        office.attached(&[&there])
    };
    let unfinished = || {
        let answer = office.try_repo("sign --yes");
        assert_eq!(answer.status, 3, "{answer:#?}");
        answer.stdout
    };

    let key = keys[0].display();
    office.repo(&format!("delegate app --key dev={key} --path app/*"));
    // Nobody elsewhere can rely on a delegator that is not finished.
    let early = office.try_repo("draft export app");
    assert!(early.status != 0, "{early:#?}");
    assert!(unfinished().contains("not finished: app"));
    let draft = draft_of("app");
    sent(&draft, &places[0]);
    places[0].client.ok("draft enroll app.draft.json");
    let told = sign_at(&draft, &places[0]);
    assert!(
        told.contains("app keys of targets version 2: 1 of 1 signatures, enough"),
        "{told}"
    );
    office.sign_and_publish();

    let key = keys[1].display();
    office.repo(&format!(
        "delegate beta --by app --key beta={key} --path app/b*"
    ));
    assert!(unfinished().contains("not finished: app"));
    sign_at(&draft_of("app"), &places[0]);
    assert!(unfinished().contains("not finished: beta"));
    let draft = draft_of("beta");
    let file: serde_json::Value = serde_json::from_slice(&fs::read(&draft).unwrap()).unwrap();
    let delegators: Vec<_> = (file["delegators"].as_array().unwrap().iter())
        .map(|by| {
            (
                by["role"].as_str().unwrap(),
                &by["document"]["signed"]["version"],
            )
        })
        .collect();
    assert_eq!(delegators, [("targets", &2.into()), ("app", &2.into())]);
    sent(&draft, &places[1]);
    places[1].client.ok("draft enroll beta.draft.json");
    let told = sign_at(&draft, &places[1]);
    assert!(
        told.contains("beta keys of app version 2: 1 of 1 signatures, enough"),
        "{told}"
    );
    office.sign_and_publish();
    office.assert_accepted(&python, 1);
}

#[test]
fn a_first_root_is_given_up_for_another_at_its_place() {
    let Some(stage) = Stage::new() else {
        return;
    };
    let sandbox = &stage.sandbox;
    let place = Place::new(sandbox, "place");
    let other = Place::new(sandbox, "other");
    let office = Office::new(sandbox, &stage.client("office"));
    office.init(
        &[("place", &place.key("root")), ("other", &other.key("root"))],
        2,
    );
    let (old, _) = office.export("old");
    sent(&old, &place);
    place.client.ok("draft sign old.draft.json --yes");
    office.expire("370d");
    let (new, _) = office.export("new");
    sent(&new, &place);
    let refused = place.client.run("draft sign new.draft.json --yes");
    refused.assert_refused(4, "KEY_OF_OTHER_LINEAGE");
    let unnamed = place
        .client
        .run("draft supersede new.draft.json --yes --reason dates");
    assert!(
        unnamed.status == 1 && unnamed.stderr.contains("--old FILE"),
        "{unnamed:#?}"
    );
    let words = "draft supersede new.draft.json --old old.draft.json --yes --reason dates";
    let gave_up = place.client.ok(words);
    assert!(gave_up.contains("gave up the other draft"), "{gave_up}");
    place.client.ok("draft sign new.draft.json --yes");
    let back = place.client.home().join("new.draft.json");
    let told = office.attached(&[&back]);
    assert!(
        told.contains("root keys of root version 1: 1 of 2 signatures\n"),
        "{told}"
    );
    // Once it has signed nothing else, there is nothing to give up.
    let again = place
        .client
        .ok("draft supersede new.draft.json --old new.draft.json --yes --reason x");
    assert!(
        again.contains("signed no other draft of this version"),
        "{again}"
    );
}
