use privyseal_tuf::{Draft, Expires, RoleType, Root, json::Value};

use super::*;
use crate::failure::report;
use crate::repo::testing::{Bench, NOW, Signer as TestSigner};
use crate::repo::{DraftFile, place_root, renewed};
use crate::{Exit, agent::HeldKey};

const ROOT: Role = Role::Top(RoleType::Root);

/// What a person is told of a file, and how the command ends.
fn said(error: &anyhow::Error) -> (String, Exit) {
    let mut out = Vec::new();
    let exit = report(error, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), exit)
}

/// The makers, or what was said of those that are none.
fn add(bench: &Bench, file: &[u8]) -> Vec<Result<KeyId, String>> {
    let work = bench.work();
    let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
    let added = match attaching.add(file) {
        Ok(added) => added,
        Err(error) => vec![Err(error)],
    };
    let one = |result: anyhow::Result<Taken>| match result {
        Ok(taken) => Ok(taken.keyid),
        Err(error) => {
            let (text, exit) = said(&error);
            assert_eq!(exit, Exit::NeedsPerson, "{text}");
            Err(text)
        }
    };
    added.into_iter().map(one).collect()
}

fn only(bench: &Bench, file: &[u8]) -> Result<KeyId, String> {
    let [result] = &add(bench, file)[..] else {
        panic!("not one signature");
    };
    result.clone()
}

fn signature(bench: &Bench, seed: u8, role: &Role) -> Vec<u8> {
    let payload = bench.work().draft(role).unwrap().payload().bytes();
    TestSigner::new(seed).sign(&payload).as_raw().to_vec()
}

fn signers(bench: &Bench, role: &Role) -> usize {
    bench.work().draft(role).unwrap().signatures().len()
}

#[test]
fn a_bare_signature_finds_its_draft_and_its_key() {
    let bench = Bench::new();
    for (seed, role, count) in [(2, ROOT, 1), (1, ROOT, 2), (3, Role::TARGETS, 1)] {
        let file = signature(&bench, seed, &role);
        assert_eq!(only(&bench, &file), Ok(TestSigner::new(seed).keyid()));
        assert_eq!(signers(&bench, &role), count, "it is kept");
        assert_eq!(only(&bench, &file), Ok(TestSigner::new(seed).keyid()));
        assert_eq!(signers(&bench, &role), count, "once");
    }
    assert!(bench.work().is_complete(&ROOT).unwrap());
}

#[test]
fn of_several_signatures_the_good_ones_are_kept() {
    let bench = Bench::new();
    let entry = |seed, role| {
        let keyid = TestSigner::new(seed).keyid();
        let sig = hex::encode(signature(&bench, seed, role));
        format!("{{\"keyid\": \"{keyid}\", \"sig\": \"{sig}\"}}")
    };
    let bad = entry(9, &ROOT);
    let file = format!("[{}, {bad}, {}]", entry(1, &ROOT), entry(2, &ROOT));
    let added = add(&bench, file.as_bytes());
    assert!(
        added[0].is_ok() && added[1].is_err() && added[2].is_ok(),
        "{added:?}"
    );
    assert_eq!(signers(&bench, &ROOT), 2);
}

#[test]
fn a_draft_file_and_a_signed_document_come_back() {
    let bench = Bench::new();
    let file = DraftFile::of(&bench.project, &bench.work(), &ROOT).unwrap();
    let mut signing = Signing::new(file.document.clone(), file.requirements().unwrap());
    let signer = TestSigner::new(1);
    let made = signer.sign(&signing.payload().bytes());
    signing.add(&signer.keyid(), &made).unwrap();
    let mut back = file.clone();
    back.document = signing.document().clone();
    let note = Signer {
        agent: "safe".to_owned(),
        key: "root-1".to_owned(),
        token: "T".to_owned(),
        serial: "01".to_owned(),
    };
    back.signers.insert(signer.keyid(), note.clone());
    let work = bench.work();
    let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
    let taken = attaching.add(&back.to_bytes().unwrap()).unwrap();
    assert_eq!(taken[0].as_ref().unwrap().signer, Some(note));
    assert_eq!(signers(&bench, &ROOT), 1);
    // The document alone, with a placeholder as other tools write them.
    let made = TestSigner::new(2).sign(&signing.payload().bytes());
    signing.add(&TestSigner::new(2).keyid(), &made).unwrap();
    let text = String::from_utf8(signing.document().to_bytes()).unwrap();
    let placeholder = "\"signatures\": [{\"keyid\": \"later\", \"sig\": \"\"},";
    let text = text.replacen("\"signatures\": [", placeholder, 1);
    let added = add(&bench, text.as_bytes());
    assert_eq!(added, [1, 2].map(|seed| Ok(TestSigner::new(seed).keyid())));
    assert!(bench.work().is_complete(&ROOT).unwrap());
}

#[test]
fn the_wrong_key_is_named_with_its_token() {
    let bench = Bench::new();
    let file = signature(&bench, 4, &ROOT);
    let told = only(&bench, &file).unwrap_err();
    assert!(
        told.contains("a:online, snapshot and timestamp in root 1"),
        "{told}"
    );
    let work = bench.work();
    let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
    let key = privyseal_proto::v1::Key {
        name: "online".to_owned(),
        keyid: TestSigner::new(4).keyid().to_string(),
        public_key: TestSigner::new(4).key.public().unwrap().to_spki_pem(),
        token_label: "YubiHSM".to_owned(),
        token_serial: "0123".to_owned(),
        ..Default::default()
    };
    let agent = "safe".to_owned();
    attaching.know(held_keys(&[HeldKey { agent, key }]));
    let refused = attaching.add(&file).unwrap().remove(0).unwrap_err();
    let (told, _) = said(&refused);
    assert!(
        told.contains("by safe:online on token YubiHSM (serial 0123)"),
        "{told}"
    );
    assert_eq!(signers(&bench, &ROOT), 0);
}

#[test]
fn a_person_can_say_whose_it_must_be() {
    let bench = Bench::new();
    let (one, two) = (TestSigner::new(1).keyid(), TestSigner::new(2).keyid());
    let work = bench.work();
    let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
    assert!(attaching.only_by("none").is_err());
    assert!(attaching.only_by("").is_err());
    attaching.only_by(&one.as_str()[..10]).unwrap();
    let refused = attaching
        .add(&signature(&bench, 2, &ROOT))
        .unwrap()
        .remove(0);
    let (told, exit) = said(&refused.unwrap_err());
    let expected = format!("said to be by a:root-1, {one}, but a:root-2, {two} made it");
    assert!(
        told.contains(&expected) && exit == Exit::NeedsPerson,
        "{told}"
    );
    assert!(attaching.add(&signature(&bench, 1, &ROOT)).unwrap()[0].is_ok());
}

#[test]
fn a_signature_of_an_earlier_draft_is_named() {
    let mut bench = Bench::new();
    let old = bench.work().draft(&ROOT).unwrap().clone();
    let file = signature(&bench, 1, &ROOT);
    bench.project.exported().keep(&ROOT, &old).unwrap();
    bench.set_role(RoleType::Root, |role| role.threshold = 1);
    bench.draft_root();
    let told = only(&bench, &file).unwrap_err();
    let digest = crate::show::aloud(&old.payload().digest);
    let expected = format!(
        "a:root-1, {} made it over root 1, an earlier draft (SHA-256 {} ...)",
        TestSigner::new(1).keyid(),
        &digest[..19]
    );
    assert!(told.contains(&expected), "{told}\n{expected}");
    // And of another role's draft.
    let told = only(&bench, &signature(&bench, 1, &Role::TARGETS)).unwrap_err();
    assert!(
        told.contains("made it over targets 1, another draft of this project"),
        "{told}"
    );
}

#[test]
fn two_drafts_of_one_version_are_told_apart() {
    let mut bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    bench.draft_root();
    let exported = DraftFile::of(&bench.project, &bench.work(), &ROOT).unwrap();
    let mut signing = Signing::new(exported.document.clone(), exported.requirements().unwrap());
    let made = TestSigner::new(2).sign(&signing.payload().bytes());
    signing.add(&TestSigner::new(2).keyid(), &made).unwrap();
    let theirs = DraftFile {
        document: signing.document().clone(),
        ..exported
    };
    bench.set_role(RoleType::Root, |role| role.threshold = 1);
    bench.draft_root();
    bench.sign(&[1]);
    let told = only(&bench, &theirs.to_bytes().unwrap()).unwrap_err();
    let digest = |document: &Document| crate::show::aloud(&document.payload().digest);
    let ours = bench.work().draft(&ROOT).unwrap().clone();
    for expected in [
        "there are two drafts of root 2".to_owned(),
        format!(
            "the one here has SHA-256 {} (signed by a:root-1)",
            digest(&ours)
        ),
        format!(
            "in the file has SHA-256 {} (signed by a:root-2)",
            digest(&theirs.document)
        ),
        "privyseal draft supersede".to_owned(),
    ] {
        assert!(told.contains(&expected), "{told}\n{expected}");
    }
    // The same of the bare document.
    let told = only(&bench, &theirs.document.to_bytes()).unwrap_err();
    assert!(told.contains("there are two drafts of root 2"), "{told}");
    assert_eq!(signers(&bench, &ROOT), 1);
}

#[test]
fn an_old_and_a_newer_draft_are_told_apart() {
    let bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    let targets = |version: u64| {
        let mut draft = crate::repo::edit_targets(&bench.work(), &Role::TARGETS).unwrap();
        draft.set_version(version);
        draft.set_expires(&Expires::from_seconds(NOW + 100 + version as i64).unwrap());
        draft.finish().unwrap()
    };
    bench
        .project
        .drafts()
        .write(&Role::TARGETS, &targets(3))
        .unwrap();
    let told = |version| only(&bench, &targets(version).to_bytes()).unwrap_err();
    assert!(
        told(2).contains("an old draft: it is targets 2 (signed by nobody)"),
        "{}",
        told(2)
    );
    bench
        .project
        .exported()
        .keep(&Role::TARGETS, &targets(2))
        .unwrap();
    assert!(
        told(2).contains("targets 2, a draft that was given away here before"),
        "{}",
        told(2)
    );
    assert!(
        told(4).contains("a newer draft than the one here"),
        "{}",
        told(4)
    );
}

#[test]
fn a_draft_of_another_repository_is_refused() {
    let bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    let root = renewed(&bench.project, &bench.work(), &ROOT).unwrap();
    place_root(&bench.project, &bench.work(), &root, false).unwrap();
    let mut file = DraftFile::of(&bench.project, &bench.work(), &ROOT).unwrap();
    file.repository = "example.org/other".to_owned();
    let told = only(&bench, &file.to_bytes().unwrap()).unwrap_err();
    assert!(
        told.contains("a draft of another repository: example.org/other"),
        "{told}"
    );
}

#[test]
fn what_can_not_be_read_is_no_danger() {
    let bench = Bench::new();
    let work = bench.work();
    let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
    for file in [&b""[..], b"{}", b"-----BEGIN PUBLIC KEY-----\n"] {
        let (told, exit) = said(&attaching.add(file).unwrap_err());
        assert_eq!(exit, Exit::Failed, "{told}");
    }
    let root = Draft::<Root>::edit(work.draft(&ROOT).unwrap()).unwrap();
    let value = Value::parse(&root.finish().unwrap().to_bytes()).unwrap();
    let text = String::from_utf8(value.to_pretty()).unwrap();
    let other = text.replace("\"_type\": \"root\"", "\"_type\": \"mirrors\"");
    let (told, _) = said(&attaching.add(other.as_bytes()).unwrap_err());
    assert!(told.contains("of no role that is known"), "{told}");
    let nothing = Attaching::new(&bench.project, &work, Some(&"app".parse().unwrap()));
    assert!(nothing.is_err(), "a role without a draft");
}

#[test]
fn a_finished_document_takes_no_more_signatures_but_a_root_does() {
    let mut bench = Bench::new();
    let more = bench.key(5, "more");
    bench.set_role(RoleType::Root, |role| role.keys.push(more.clone()));
    bench.set_role(RoleType::Targets, |role| role.keys.push(more.clone()));
    bench.draft_root();
    bench.sign(&[1, 2, 3]);
    for (role, outcome) in [(ROOT, Outcome::Added), (Role::TARGETS, Outcome::NotNeeded)] {
        let before = bench.work().draft(&role).unwrap().to_bytes();
        let work = bench.work();
        let mut attaching = Attaching::new(&bench.project, &work, None).unwrap();
        let taken = attaching
            .add(&signature(&bench, 5, &role))
            .unwrap()
            .remove(0)
            .unwrap();
        assert_eq!(taken.outcome, outcome, "{role}");
        let after = bench.work().draft(&role).unwrap().to_bytes();
        assert_eq!(before == after, outcome == Outcome::NotNeeded);
    }
}

#[test]
fn the_other_one_of_two_drafts_is_adopted() {
    let mut bench = Bench::new();
    let exported = DraftFile::of(&bench.project, &bench.work(), &ROOT).unwrap();
    let mut theirs = exported.clone();
    let mut signing = Signing::new(exported.document.clone(), exported.requirements().unwrap());
    let made = TestSigner::new(2).sign(&signing.payload().bytes());
    signing.add(&TestSigner::new(2).keyid(), &made).unwrap();
    let text = String::from_utf8(signing.document().to_bytes()).unwrap();
    let damaged = "\"signatures\": [{\"keyid\": \"stranger\", \"sig\": \"00\"},";
    let text = text.replacen("\"signatures\": [", damaged, 1);
    theirs.document = Document::parse(text.as_bytes()).unwrap();
    bench.set_role(RoleType::Root, |role| role.threshold = 1);
    bench.draft_root();
    let ours = bench.work().draft(&ROOT).unwrap().clone();

    // Nobody signed the one here.
    assert_eq!(
        adopt(&bench.project, &bench.work(), &theirs).unwrap(),
        Adopted::Draft
    );
    let draft = bench.work().draft(&ROOT).unwrap().clone();
    assert_eq!(draft.payload(), theirs.document.payload());
    assert_eq!(draft.signatures().len(), 1, "only what verifies");
    let kept = bench.project.exported().of(&ROOT).unwrap();
    assert!(
        kept.iter()
            .any(|document| document.payload() == ours.payload())
    );

    // Somebody did.
    bench.project.drafts().write(&ROOT, &ours).unwrap();
    bench.sign(&[1]);
    let signed = bench.work().draft(&ROOT).unwrap().to_bytes();
    assert_eq!(
        adopt(&bench.project, &bench.work(), &theirs).unwrap(),
        Adopted::Correction
    );
    assert_eq!(bench.work().draft(&ROOT).unwrap().to_bytes(), signed);
    let correction = bench.project.drafts().read_correction().unwrap().unwrap();
    assert_eq!(correction.payload(), theirs.document.payload());
}

#[test]
fn a_signed_targets_draft_is_not_replaced() {
    let bench = Bench::new();
    bench.sign(&[1, 2]);
    let theirs = DraftFile::of(&bench.project, &bench.work(), &Role::TARGETS).unwrap();
    bench.add("a", "a");
    bench.sign(&[3]);
    let error = adopt(&bench.project, &bench.work(), &theirs).unwrap_err();
    assert!(error.to_string().contains("is signed already"), "{error}");
}
