//! A trust server, or whoever stands before it, that says what is not so.

use privyseal_tests::certificates::Ca;
use privyseal_tests::notary::{NotarySigner, NotaryStack};
use privyseal_tests::sandbox::Sandbox;
use privyseal_tests::{notary, require};
use serde_json::Value;

use crate::liar::{Instead, Liar, Said, hashed};
use crate::reader::Reader;

const GUN: &str = "reg.example.test/team/app";
const NAME: &str = "reg.example.test/team/app:v1";

struct Stage {
    sandbox: Sandbox,
    stack: NotaryStack,
    _signer: NotarySigner,
    liar: Liar,
}

impl Stage {
    fn start() -> Option<Self> {
        if !notary::installed() || !require::program("notary-signer") {
            return None;
        }
        let sandbox = Sandbox::new();
        let ca = Ca::new(&sandbox, "tls");
        let signer = NotarySigner::start(&sandbox, &ca);
        Some(Self {
            stack: NotaryStack::start(&sandbox, &ca, signer.at()),
            _signer: signer,
            sandbox,
            liar: Liar::start(),
        })
    }

    fn said(&self) -> Said {
        Said::of(&self.stack.server, GUN)
    }

    /// Somebody to whom the liar said this, and who believed it.
    fn reader(&self, name: &str, said: &Said) -> Listener<'_> {
        let listener = Listener {
            reader: Reader::new(&self.sandbox, name, &self.stack),
            stage: self,
        };
        listener.stage.liar.say(said);
        let url = self.liar.url();
        listener.reader.ok(&["verify", "--server", &url, NAME]);
        listener
    }
}

struct Listener<'a> {
    reader: Reader,
    stage: &'a Stage,
}

impl Listener<'_> {
    fn refuses(&self, said: &Said, exit: i32) -> String {
        self.stage.liar.say(said);
        let url = self.stage.liar.url();
        let answer = self
            .reader
            .run(&["verify", "--quiet", "--server", &url, NAME]);
        assert_eq!((answer.status, &*answer.stdout), (exit, ""), "{answer:#?}");
        answer.stderr
    }
}

fn json(said: &Said, name: &str) -> Value {
    serde_json::from_slice(&said.files[name]).unwrap()
}

#[test]
fn lies_have_their_exit_codes() {
    let Some(stage) = Stage::start() else {
        return;
    };
    let alice = stage.stack.notary();
    alice.ok(&["init", GUN]);
    alice.stage(GUN, "v1", b"the first release");
    alice.ok(&["publish", GUN]);
    alice.ok(&["key", "rotate", GUN, "snapshot", "-r"]);
    let first = stage.said();
    alice.stage(GUN, "v2", b"the second release");
    alice.ok(&["publish", GUN]);
    let second = stage.said();

    // An older edition, whole and well signed.
    let listener = stage.reader("rolled-back", &second);
    let why = listener.refuses(&first, 14);
    assert!(why.contains("timestamp was rolled back"), "{why}");

    // Not the snapshot that was named, or none.
    let timestamp = json(&second, "timestamp.json");
    let snapshot = hashed("snapshot", &timestamp["signed"]);
    let stranger = Listener {
        reader: Reader::new(&stage.sandbox, "stranger", &stage.stack),
        stage: &stage,
    };
    let mut wrong = second.clone();
    wrong.files.get_mut(&snapshot).unwrap().push(b'\n');
    let why = stranger.refuses(&wrong, 17);
    assert!(why.contains("snapshot"), "{why}");
    let mut missing = second.clone();
    missing.files.remove(&snapshot);
    let why = stranger.refuses(&missing, 17);
    assert!(
        why.contains("snapshot is not the file that timestamp names"),
        "{why}"
    );

    // A signature that is none.
    let mut forged = second.clone();
    let text = String::from_utf8(forged.files["timestamp.json"].clone()).unwrap();
    let version = timestamp["signed"]["version"].as_u64().unwrap();
    let text = text.replace(&format!("\"version\":{version}"), "\"version\":99");
    forged
        .files
        .insert("timestamp.json".to_owned(), text.into_bytes());
    stranger.refuses(&forged, 12);

    // Another repository's data under this name.
    let mallory = stage.stack.notary();
    let other = "reg.example.test/team/other";
    mallory.ok(&["init", other]);
    mallory.stage(other, "v1", b"evil");
    mallory.ok(&["publish", other]);
    let others = Said::of(&stage.stack.server, other);
    let why = stranger.refuses(&others, 17);
    assert!(why.contains("it is for"), "{why}");
    let listener = stage.reader("forked", &second);
    listener.refuses(&others, 15);

    // Nothing at all, garbage, trouble, cuts: who has seen something goes on with it.
    stranger.refuses(&Said::default(), 10);
    let mut garbage = second.clone();
    garbage
        .files
        .insert("root.json".to_owned(), b"<html>\x1b[2J".to_vec());
    let why = stranger.refuses(&garbage, 17);
    assert!(!why.contains('\u{1b}'), "{why:?}");
    for instead in [Instead::Status(500), Instead::Status(503), Instead::Cut] {
        let said = Said {
            instead: Some(instead),
            ..second.clone()
        };
        stranger.refuses(&said, 16);
        stage.liar.say(&said);
        let answer = listener
            .reader
            .run(&["verify", "--server", &stage.liar.url(), NAME]);
        assert_eq!(answer.status, 0, "{instead:?}: {answer:#?}");
        assert!(
            answer.stderr.contains("remembered"),
            "{instead:?}: {answer:#?}"
        );
    }
    listener.refuses(&first, 14);
}
