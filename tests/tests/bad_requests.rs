//! Requests that name nothing, hold no document, or ask for too much: each gets its gRPC code and
//! reason code, and changes nothing.

use privyseal_proto::v1::{GenerateKeyRequest, LineageRef, SignRequest};
use privyseal_tests::bad::{Bad, assert_refused};
use privyseal_tests::memory::Remembered;
use privyseal_tests::metadata;
use privyseal_tests::repository::Repository;
use privyseal_tests::setup::AUTHORITY;
use privyseal_tests::stage::Stage;
use tonic::Code::{AlreadyExists, InvalidArgument, NotFound, OutOfRange, PermissionDenied};

fn targets() -> Vec<u8> {
    metadata::targets(2, &[("a.txt", b"a2")])
}

#[test]
fn names_of_nothing() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let good = app.request("targets", "app-targets", &targets());
    let with = |change: &dyn Fn(&mut SignRequest, &mut LineageRef)| {
        let mut request = good.clone();
        let mut lineage = app.lineage.clone();
        change(&mut request, &mut lineage);
        request.lineage = Some(lineage);
        request
    };
    let other_root = "ab".repeat(32);
    let bad: Vec<Bad> = vec![
        (
            "an unknown key",
            with(&|request, _| request.key = "nobody".into()),
            NotFound,
            "UNKNOWN_KEY",
        ),
        (
            "a key of no possible name",
            with(&|request, _| request.key = "no body".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "an unknown role",
            with(&|request, _| request.role = "mirrors".into()),
            InvalidArgument,
            "UNKNOWN_ROLE",
        ),
        (
            "no role",
            with(&|request, _| request.role.clear()),
            InvalidArgument,
            "UNKNOWN_ROLE",
        ),
        (
            "an unknown first root",
            with(&|_, lineage| lineage.first_root.clone_from(&other_root)),
            NotFound,
            "UNKNOWN_LINEAGE",
        ),
        (
            "a first root that is no digest",
            with(&|_, lineage| lineage.first_root = "ab".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "no first root",
            with(&|_, lineage| lineage.first_root.clear()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "a repository that no grant covers",
            with(&|_, lineage| lineage.repository = "example.com/app".into()),
            PermissionDenied,
            "NO_GRANT",
        ),
        (
            "an authority that no grant covers",
            with(&|_, lineage| lineage.authority = "staging".into()),
            PermissionDenied,
            "NO_GRANT",
        ),
        (
            "a repository's name with a control character",
            with(&|_, lineage| lineage.repository = "example.org/\u{1b}[31m".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "no lineage",
            SignRequest {
                lineage: None,
                ..good.clone()
            },
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
    ];
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn texts_that_are_not_one_json_document() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let good = String::from_utf8(targets()).unwrap();
    let request = |document: String| app.request("targets", "app-targets", document.as_bytes());
    let within = |old: &str, new: &str| {
        assert!(good.contains(old), "{good}");
        request(good.replacen(old, new, 1))
    };
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    let version = "\"version\": 2";
    let cases: Vec<(&str, SignRequest, &str)> = vec![
        ("nothing", request(String::new()), "JSON_INVALID"),
        (
            "half of it",
            request(good[..good.len() / 2].into()),
            "JSON_INVALID",
        ),
        (
            "a key twice",
            within(version, "\"version\": 2, \"version\": 2"),
            "JSON_DUPLICATE_KEY",
        ),
        (
            "a key twice, once as an escape",
            within(version, "\"version\": 2, \"\\u0076ersion\": 3"),
            "JSON_DUPLICATE_KEY",
        ),
        (
            "a float",
            within(version, "\"version\": 2.0"),
            "JSON_NUMBER",
        ),
        (
            "an exponent",
            within(version, "\"version\": 2e0"),
            "JSON_NUMBER",
        ),
        (
            "a version of 2^53",
            within(version, "\"version\": 9007199254740992"),
            "JSON_NUMBER",
        ),
        (
            "a lone surrogate",
            within(version, "\"version\": 2, \"x\": \"\\ud800\""),
            "JSON_INVALID",
        ),
        (
            "depth 10,000",
            within(version, &format!("\"version\": 2, \"x\": {open}{close}")),
            "JSON_TOO_DEEP",
        ),
        ("depth 10,000 alone", request(open.clone()), "JSON_TOO_DEEP"),
        (
            "trailing bytes",
            request(format!("{good}x")),
            "JSON_TRAILING",
        ),
        (
            "two documents",
            request(format!("{good}{good}")),
            "JSON_TRAILING",
        ),
        (
            "trailing NUL",
            request(format!("{good}\0")),
            "JSON_TRAILING",
        ),
        ("an array", request("[]".into()), "METADATA_INVALID"),
        ("no signed part", request("{}".into()), "METADATA_INVALID"),
    ];
    let mut bad: Vec<Bad> = cases
        .into_iter()
        .map(|(what, request, reason)| (what, request, InvalidArgument, reason))
        .collect();
    bad.push((
        "bytes that are no UTF-8",
        app.request("targets", "app-targets", b"{\"signed\": \"\xff\"}"),
        InvalidArgument,
        "JSON_INVALID",
    ));
    assert_refused(&rpc, &[&app], bad);
}

#[test]
fn documents_that_are_too_large() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let before = Remembered::of(&rpc, &[&app]);
    // Within what a message may have, above what a document may; and far above both.
    for size in [10 * 1024 * 1024 + 1, 100 * 1024 * 1024] {
        let mut document = targets();
        document.resize(size, b' ');
        let refusal = app.sign(&rpc, "targets", &document).unwrap_err();
        assert_eq!(
            refusal.codes(),
            (OutOfRange, "DOCUMENT_TOO_LARGE"),
            "{size}"
        );
        let observed = rpc.observe(app.observation("targets", &document));
        assert_eq!(
            observed.unwrap_err().codes(),
            (OutOfRange, "DOCUMENT_TOO_LARGE")
        );
    }
    assert_eq!(Remembered::of(&rpc, &[&app]), before);
    let mut largest = targets();
    largest.resize(10 * 1024 * 1024, b' ');
    app.sign(&rpc, "targets", &largest).unwrap();
}

#[test]
fn keys_that_can_not_be_made() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let app = Repository::complete(&rpc, "app");
    let before = Remembered::of(&rpc, &[&app]);
    let good = GenerateKeyRequest {
        keystore: "hsm".into(),
        name: "new".into(),
        algorithm: "ecdsa-p256".into(),
        purpose: "tuf".into(),
        authority: AUTHORITY.into(),
        repository: app.name.clone(),
        ..GenerateKeyRequest::default()
    };
    let with = |change: &dyn Fn(&mut GenerateKeyRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let bad = [
        (
            with(&|r| r.name = "app-targets".into()),
            AlreadyExists,
            "NAME_TAKEN",
        ),
        (
            with(&|r| r.name = "ledger".into()),
            AlreadyExists,
            "NAME_TAKEN",
        ),
        (
            with(&|r| r.name = "../x".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.algorithm = "rsa-1024".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.purpose = "bytes".into()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            with(&|r| r.keystore = "vault".into()),
            NotFound,
            "UNKNOWN_KEYSTORE",
        ),
        (
            with(&|r| r.authority = "staging".into()),
            NotFound,
            "UNKNOWN_AUTHORITY",
        ),
        (
            with(&|r| r.repository.clear()),
            InvalidArgument,
            "REQUEST_MALFORMED",
        ),
    ];
    for (request, code, reason) in bad {
        let refusal = rpc.generate_as(request.clone()).unwrap_err();
        assert_eq!(refusal.codes(), (code, reason), "{request:?}");
    }
    assert_eq!(Remembered::of(&rpc, &[&app]), before);
}

#[test]
fn positions_that_the_ledger_has_not() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let size = rpc.head(0).unwrap().head.unwrap().size;
    let far = size + 1_000;
    for refusal in [
        rpc.head(far).unwrap_err(),
        rpc.prove(far, 0).unwrap_err(),
        rpc.prove(0, far).unwrap_err(),
        rpc.prove(u64::MAX, u64::MAX).unwrap_err(),
    ] {
        assert_eq!(refusal.codes(), (OutOfRange, "LEDGER_RANGE"), "{refusal:?}");
    }
}
