use privyseal_tuf::{Draft, Root};
use proptest::prelude::*;

use super::*;
use crate::repo::testing::{Bench, Signer as TestSigner};

/// A project that published twice, with a draft of the third root that root-1 signed.
fn bench() -> Bench {
    let mut bench = Bench::new();
    for _ in 0..2 {
        bench.sign(&[1, 2, 3, 4]);
        bench.publish().unwrap();
        bench.draft_root();
    }
    bench.sign(&[1]);
    bench
}

fn file(bench: &Bench, role: RoleType) -> DraftFile {
    DraftFile::of(&bench.project, &bench.work(), &role.into()).unwrap()
}

fn bytes() -> Vec<u8> {
    file(&bench(), RoleType::Root).to_bytes().unwrap()
}

/// What is said of the file after a text in it was replaced once.
fn refused(from: &str, to: &str) -> DraftFileError {
    let text = String::from_utf8(bytes()).unwrap();
    assert!(text.contains(from), "{from}");
    DraftFile::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
}

#[test]
fn a_root_draft_is_read_back() {
    let bench = bench();
    let made = file(&bench, RoleType::Root);
    let bytes = made.to_bytes().unwrap();
    assert!(DraftFile::is_one(&bytes));
    assert!(bytes.len() < 16 << 10, "{} bytes", bytes.len());
    let read = DraftFile::parse(&bytes).unwrap();
    assert_eq!(read.to_bytes().unwrap(), bytes);
    assert_eq!(read.document.to_bytes(), made.document.to_bytes());
    assert_eq!(read.file_name().unwrap(), "root-3.draft.json");
    let published = bench.project.published().unwrap();
    let roots = |documents: &[Document]| -> Vec<Vec<u8>> {
        documents.iter().map(Document::to_bytes).collect()
    };
    let theirs = published.roots.iter().map(|root| root.to_bytes());
    assert_eq!(roots(&read.roots), theirs.collect::<Vec<_>>());
    assert_eq!(read.first_root, published.roots[0].payload().digest);
    let Before::Document(before) = &read.before else {
        panic!("{:?}", read.before);
    };
    assert_eq!(before.to_bytes(), published.roots[1].to_bytes());
    assert_eq!(read.owners[&TestSigner::new(1).keyid()], "a:root-1");
    let labels: Vec<String> = (read.requirements().unwrap().iter())
        .map(|asked| format!("{}: {}", asked.label, asked.tally(&read.document)))
        .collect();
    assert_eq!(
        labels,
        [
            "root keys of root version 2: 1 of 2 signatures",
            "root keys of root version 3: 1 of 2 signatures"
        ]
    );
}

#[test]
fn the_first_root_and_the_first_targets_have_nothing_before() {
    let bench = Bench::new();
    let root = file(&bench, RoleType::Root);
    assert!(matches!(root.before, Before::Nothing) && root.roots.is_empty());
    assert_eq!(root.first_root, root.document.payload().digest);
    // Who signs targets is settled once the root has its signatures.
    let work = bench.work();
    let role = RoleType::Targets.into();
    let error = DraftFile::of(&bench.project, &work, &role).unwrap_err();
    assert!(
        error.to_string().contains("root misses signatures"),
        "{error}"
    );
    bench.sign(&[1, 2]);
    let targets = file(&bench, RoleType::Targets);
    assert_eq!(targets.roots.len(), 1);
    assert_eq!(
        targets.requirements().unwrap()[0].label,
        "targets keys of root version 1"
    );
}

#[test]
fn earlier_roots_go_as_far_back_as_there_is_room() {
    let mut bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    for version in 2..=4 {
        bench.draft_root();
        if version == 2 {
            // An unknown field, which later versions keep.
            let path = bench.path().join("draft/root.json");
            let text = std::fs::read_to_string(&path).unwrap();
            let long = format!("\"signed\": {{\"x\": \"{}\",", "x".repeat(100 << 10));
            std::fs::write(&path, text.replacen("\"signed\": {", &long, 1)).unwrap();
        }
        bench.sign(&[1, 2]);
        bench.publish().unwrap();
    }
    bench.draft_root();
    let file = file(&bench, RoleType::Root);
    let versions: Vec<u64> = (file.roots.iter())
        .map(|root| root.root().unwrap().header.version)
        .collect();
    assert_eq!(versions, [3, 4]);
}

#[test]
fn what_does_not_belong_is_refused() {
    use DraftFileError as E;
    assert_eq!(DraftFile::parse(b"[]").unwrap_err(), E::Format);
    assert_eq!(refused("privyseal-draft", "other"), E::Format);
    assert_eq!(
        refused("\"format_version\": 1", "\"format_version\": 2"),
        E::FormatVersion(2)
    );
    assert_eq!(
        refused("\"authority\":", "\"more\": 1, \"authority\":"),
        E::Unknown("more".to_owned())
    );
    assert_eq!(refused("\"signers\"", "\"signer\""), E::Member("signers"));
    assert_eq!(
        refused("\"role\": \"root\"", "\"role\": 1"),
        E::Member("role")
    );
    assert!(matches!(
        refused("\"role\": \"root\"", "\"role\": \"\""),
        E::Role(_)
    ));
    let of_other_role = refused("\"role\": \"root\"", "\"role\": \"snapshot\"");
    assert!(matches!(
        of_other_role,
        E::View {
            member: "document",
            ..
        }
    ));
    let duplicate = refused("\"authority\":", "\"authority\": \"x\", \"authority\":");
    assert!(matches!(duplicate, E::Json(_)));
}

#[test]
fn an_edited_draft_is_noticed() {
    // The first "version" is the one of "before", the second the draft's.
    let text = String::from_utf8(bytes()).unwrap();
    let edited = text.replace("\"version\": 3", "\"version\": 4");
    let error = DraftFile::parse(edited.as_bytes()).unwrap_err();
    assert!(matches!(error, DraftFileError::Digest { .. }), "{error}");
}

#[test]
fn roots_must_follow_each_other_signed_by_each_other() {
    let good = file(&bench(), RoleType::Root);
    let fails = |change: &dyn Fn(&mut DraftFile), expected: &str| {
        let mut file = good.clone();
        change(&mut file);
        let error = DraftFile::parse(&file.to_bytes().unwrap()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    fails(
        &|file| drop(file.roots.pop()),
        "root 3 does not follow the last one",
    );
    fails(&|file| file.roots.reverse(), "root 1 stands after root 2");
    fails(
        &|file| file.roots.clear(),
        "root 3 does not follow the last one in the file, which is 0",
    );
    let first_root = |file: &mut DraftFile| file.first_root = file.document.payload().digest;
    fails(&first_root, "the first root is not the one that it names");
    let unsigned = |file: &mut DraftFile| {
        let root = Draft::<Root>::edit(&file.roots[1]).unwrap();
        file.roots[1] = root.finish().unwrap();
    };
    fails(
        &unsigned,
        "root 2 is not signed as the root before it asks for",
    );
    // The files of those that have all of it are read.
    good.to_bytes()
        .map(|bytes| DraftFile::parse(&bytes))
        .unwrap()
        .unwrap();
}

#[test]
fn a_delegated_role_comes_with_all_that_leads_to_it() {
    let mut bench = Bench::new();
    bench.sign(&[1, 2, 3, 4]);
    bench.publish().unwrap();
    bench.delegate("app", "targets", &[5], &["app/*"]);
    bench.sign(&[3]);
    bench.delegate("beta", "app", &[6], &["app/b*"]);
    let of = |bench: &Bench, role: &str| {
        let role = role.parse().unwrap();
        DraftFile::of(&bench.project, &bench.work(), &role)
    };
    let error = of(&bench, "beta").unwrap_err();
    assert!(
        error.to_string().contains("app misses signatures"),
        "{error}"
    );
    bench.sign(&[5]);
    let good = of(&bench, "beta").unwrap();
    let names: Vec<&str> = good
        .delegators
        .iter()
        .map(|(role, _)| role.as_str())
        .collect();
    assert_eq!(names, ["targets", "app"]);
    let asked = good.requirements().unwrap();
    assert_eq!(asked[0].label, "beta keys of app version 1");
    assert!(asked[0].keys.contains_key(&TestSigner::new(6).keyid()));
    assert_eq!(good.file_name().unwrap(), "beta-1.draft.json");

    let fails = |change: &dyn Fn(&mut DraftFile), expected: &str| {
        let mut file = good.clone();
        change(&mut file);
        let error = DraftFile::parse(&file.to_bytes().unwrap()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    fails(
        &|file| file.delegators.reverse(),
        "app is not signed as its delegator asks for",
    );
    fails(
        &|file| drop(file.delegators.pop()),
        "nobody in it delegates to beta",
    );
    fails(
        &|file| file.roots.clear(),
        "targets is not signed as its delegator asks for",
    );
    let snapshot = |file: &mut DraftFile| file.delegators[0].0 = RoleType::Snapshot.into();
    fails(&snapshot, "snapshot delegates to nobody");
}

#[test]
fn a_published_document_that_is_large_is_named_only() {
    let mut file = file(&bench(), RoleType::Root);
    file.before = Before::Omitted {
        version: 2,
        digest: file.first_root,
    };
    let read = DraftFile::parse(&file.to_bytes().unwrap()).unwrap();
    let Before::Omitted { version, digest } = read.before else {
        panic!("{:?}", read.before);
    };
    assert_eq!((version, digest), (2, file.first_root));
}

#[test]
fn signers_are_read_back() {
    let mut file = file(&bench(), RoleType::Root);
    let signer = Signer {
        agent: "safe".to_owned(),
        key: "root-1".to_owned(),
        token: "YubiHSM \u{202e}".to_owned(),
        serial: "0123".to_owned(),
    };
    file.signers.insert(TestSigner::new(1).keyid(), signer);
    let read = DraftFile::parse(&file.to_bytes().unwrap()).unwrap();
    assert_eq!(read.signers, file.signers);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever one byte becomes, the file is refused or says the same of the draft.
    #[test]
    fn a_damaged_file_signs_nothing_else(at in 0usize..16384, byte in any::<u8>()) {
        static GOOD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let good = GOOD.get_or_init(bytes);
        let mut damaged = good.clone();
        let at = at % damaged.len();
        damaged[at] = byte;
        if let Ok(read) = DraftFile::parse(&damaged) {
            let before = DraftFile::parse(good).unwrap();
            prop_assert_eq!(read.document.payload(), before.document.payload());
        }
    }
}
