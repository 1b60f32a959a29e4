//! Repositories that exist, with their delegated roles.

use std::fs;
use std::path::Path;

use privyseal_proto::ledger::v1::record::Event;
use privyseal_proto::v1::role_memory::State;
use privyseal_proto::v1::{EnrollRepositoryRequest, RoleDocument};
use privyseal_tests::delegation::{delegating, into_bins, to};
use privyseal_tests::metadata::{self, RoleOf, Roles, digest, edited, targets};
use privyseal_tests::python::Python;
use privyseal_tests::records;
use privyseal_tests::repository::Repository;
use privyseal_tests::rpc::Rpc;
use privyseal_tests::software_key::SoftwareKey;
use privyseal_tests::stage::Stage;
use privyseal_tuf::{Delegations, Document, RoleName};
use serde_json::json;
use tonic::Code;

use super::{assert_refused, assert_unfit, assert_unknown, listing, memory, other, version};

/// A repository that was made with a key of its own, whose root lists `here` for targets and
/// snapshot too.
fn made(rpc: &Rpc, elsewhere: &SoftwareKey) -> (Repository, Vec<u8>) {
    let name = "example.org/made";
    let here = rpc.generate("here", "ecdsa-p256", name).unwrap();
    let alone = RoleOf::new(1, std::slice::from_ref(&elsewhere.key));
    let both = RoleOf::new(1, &[elsewhere.key.clone(), here]);
    let roles = Roles {
        root: alone.clone(),
        targets: both.clone(),
        snapshot: both,
        timestamp: alone,
    };
    let root = metadata::root(1, &roles);
    let mut repository = Repository::new(name.to_owned(), roles);
    repository.lineage.first_root = digest(&root).to_string();
    (repository, elsewhere.signed(&root))
}

fn request(root: &[u8], targets: &[u8], delegated: &[(&str, Vec<u8>)]) -> EnrollRepositoryRequest {
    let delegated = delegated.iter().map(|(role, document)| RoleDocument {
        role: (*role).to_owned(),
        document: document.clone(),
    });
    EnrollRepositoryRequest {
        authority: privyseal_tests::setup::AUTHORITY.to_owned(),
        repository: "example.org/made".to_owned(),
        roots: vec![root.to_vec()],
        targets: targets.to_vec(),
        delegated: delegated.collect(),
        ..Default::default()
    }
}

#[test]
fn delegated_documents_are_verified_by_their_delegators() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let (owner, stranger) = (SoftwareKey::generate(), SoftwareKey::generate());
    let (repository, root) = made(&rpc, &owner);
    let here = RoleOf::new(1, &[repository.roles.targets.keys[1].clone()]);
    let theirs = RoleOf::new(1, std::slice::from_ref(&owner.key));
    let top = owner.signed(&delegating(
        &targets(7, &[]),
        &[to("app", &theirs, &["a/*"])],
    ));
    let app = delegating(&listing(5, &["a/x"]), &[to("deep", &here, &["a/?"])]);
    let app = ("app", owner.signed(&app));
    let deep = |key: &SoftwareKey| ("deep", key.signed(&targets(3, &[])));
    let before = records::events(&rpc).len();
    let enrol = |delegated: &[_]| rpc.enroll_repository(request(&root, &top, delegated));
    // Out of order, not delegated to, signed by somebody else, twice, one of the four.
    assert_unknown(enrol(&[deep(&owner), app.clone()]));
    assert_unknown(enrol(&[app.clone(), ("other", app.1.clone())]));
    assert_unfit(
        enrol(&[("app", stranger.signed(&listing(5, &[])))]),
        "INCOMPLETE",
    );
    assert_unfit(enrol(&[app.clone(), deep(&owner)]), "INCOMPLETE");
    for bad in [
        [app.clone(), app.clone()],
        [app.clone(), ("targets", top.clone())],
    ] {
        assert_refused(enrol(&bad), Code::InvalidArgument, "REQUEST_MALFORMED");
    }
    assert_eq!(records::events(&rpc).len(), before);

    enrol(&[app]).unwrap();
    stage.agent.restart();
    let rpc = stage.rpc();
    assert_eq!(version(&rpc, &repository, "app"), (5, State::Final));
    let sign = |version, paths: &[&str]| {
        rpc.sign(repository.request("deep", "here", &listing(version, paths)))
    };
    assert_unfit(sign(1, &["b/x"]), "TARGET_OUTSIDE_DELEGATION");
    sign(1, &["a/x"]).unwrap();
    // What is left out may be shown later.
    let shown = rpc.observe(repository.observation("app", &owner.signed(&listing(6, &[]))));
    assert!(shown.unwrap().recorded);
    assert_unknown(sign(2, &[]));
}

#[test]
fn what_was_odd_before_may_stay_and_nothing_odd_may_come() {
    let Some(stage) = Stage::new() else { return };
    let rpc = stage.rpc();
    let owner = SoftwareKey::generate();
    let (repository, root) = made(&rpc, &owner);
    let theirs = RoleOf::new(1, std::slice::from_ref(&owner.key));
    let odd = delegating(&targets(7, &[]), &[to("app", &theirs, &["/a", ""])]);
    let odd = edited(&odd, |signed| {
        let foreign = json!({ "keytype": "new", "scheme": "newer", "keyval": { "public": "00" } });
        signed["delegations"]["keys"]["my-key"] = foreign;
        let roles = signed["delegations"]["roles"].as_array_mut().unwrap();
        roles.push(json!({
            "name": "ghost", "keyids": ["my-key"], "threshold": 2, "terminating": true,
            "paths": ["../b"],
        }));
    });
    let snapshot = owner.signed(&metadata::snapshot(4, 7));
    rpc.enroll_repository(EnrollRepositoryRequest {
        snapshot,
        ..request(&root, &owner.signed(&odd), &[])
    })
    .unwrap();
    let next = |change: &dyn Fn(&mut serde_json::Value)| {
        let next = edited(&odd, |signed| {
            signed["version"] = 8.into();
            change(&mut signed["delegations"]);
        });
        rpc.sign(repository.request("targets", "here", &next))
    };
    let malformed = |answer, reason| assert_refused::<()>(answer, Code::InvalidArgument, reason);
    let bad = next(&|all| all["roles"][0]["paths"] = json!(["/a", "/b"]));
    malformed(bad.map(drop), "TARGET_PATH_INVALID");
    let bad = next(&|all| all["roles"][0]["threshold"] = 2.into());
    malformed(bad.map(drop), "THRESHOLD_INVALID");
    let bad = next(&|all| all["keys"]["my-key"]["scheme"] = "newest".into());
    malformed(bad.map(drop), "KEYID_MISMATCH");
    let bad = next(&|all| all["roles"][1]["threshold"] = 3.into());
    malformed(bad.map(drop), "THRESHOLD_INVALID");
    next(&|all| all["roles"][0]["terminating"] = true.into()).unwrap();

    // The snapshot was incomplete; it may be renewed, and not go on to the next targets so.
    let sign = |document: &[u8]| rpc.sign(repository.request("snapshot", "here", document));
    sign(&metadata::snapshot(5, 7)).unwrap();
    assert_unfit(sign(&metadata::snapshot(6, 8)), "SNAPSHOT_INCOMPLETE");
}

#[test]
fn a_repository_that_does_not_fit_into_a_record_is_enrolled_whole() {
    const BITS: u32 = 14;
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let rpc = stage.rpc();
    let owner = SoftwareKey::generate();
    let (repository, root) = made(&rpc, &owner);
    let theirs = RoleOf::new(1, std::slice::from_ref(&owner.key));
    let top = owner.signed(&into_bins(&targets(7, &[]), &theirs, BITS, "bins"));
    // Each has its own version, so that each is seen to be remembered as itself.
    let names: Vec<String> = (0..1 << BITS)
        .map(|bin| format!("bins-{bin:04x}"))
        .collect();
    let versions = 1_u64..;
    let bins = names
        .iter()
        .zip(versions)
        .map(|(name, version)| (name.as_str(), owner.signed(&targets(version, &[]))));
    let bins: Vec<_> = bins.collect();
    let mut bad = bins[..100].to_vec();
    bad.push(("bins-0100", targets(1, &[])));
    let before = records::events(&rpc).len();
    let refused = rpc.enroll_repository(request(&root, &top, &bad));
    assert_unfit(refused, "INCOMPLETE");
    assert_eq!(records::events(&rpc).len(), before);

    rpc.enroll_repository(request(&root, &top, &bins)).unwrap();
    let events = records::events(&rpc).split_off(before);
    let parts = |event: &&Event| matches!(event, Event::EnrollmentPart(_));
    assert!(events.iter().filter(parts).count() > 0);
    assert!(matches!(events.last(), Some(Event::RepositoryEnrolled(_))));
    stage.agent.kill();
    stage.agent.start();
    let rpc = stage.rpc();
    for portion in names.chunks(8_192) {
        let wanted: Vec<&str> = portion.iter().map(String::as_str).collect();
        let reply = rpc.lineage_with(&repository.lineage, &wanted).unwrap();
        let known = reply
            .roles
            .iter()
            .filter(|memory| memory.role.starts_with("bins-"));
        let known: Vec<_> = known.collect();
        assert_eq!(known.len(), portion.len());
        for memory in known {
            let bin = u64::from_str_radix(&memory.role["bins-".len()..], 16).unwrap();
            assert_eq!((memory.version, memory.state()), (bin + 1, State::Final));
        }
    }
    let rollback = owner.signed(&other(&targets(1, &[])));
    let shown = rpc.observe(repository.observation("bins-00ff", &rollback));
    assert_unfit(shown, "VERSION_ROLLBACK");
    assert_eq!(memory(&rpc, &repository, "bins-4000"), None);
}

#[test]
fn what_python_tuf_made_is_enrolled_with_its_delegated_roles() {
    let (Some(mut stage), Some(python)) = (Stage::new(), Python::find()) else {
        return;
    };
    let made = stage.sandbox.join("made");
    let arguments = [made.to_str().unwrap(), "12", "7"];
    let said = python.script("make_delegations.py", arguments, "");
    assert_eq!(said.status, 0, "{said:?}");
    let rpc = stage.rpc();
    let mut enrolled = Vec::new();
    for case in fs::read_dir(&made).unwrap() {
        let case = case.unwrap();
        let name = case.file_name().into_string().unwrap();
        let (request, roles) = published(&case.path().join("metadata"), &name);
        match (rpc.enroll_repository(request), name.as_str()) {
            (answer, "wrong-key") => assert_unfit(answer, "INCOMPLETE"),
            (answer, _) => {
                let lineage = answer.unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
                enrolled.push((lineage.lineage.unwrap(), roles));
            }
        }
    }
    assert!(enrolled.len() > 20);
    stage.agent.restart();
    let rpc = stage.rpc();
    for (lineage, roles) in enrolled {
        let names: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
        let reply = rpc.lineage_with(&lineage, &names).unwrap();
        let known = reply
            .roles
            .iter()
            .filter(|known| names.contains(&known.role.as_str()));
        assert_eq!(known.count(), names.len(), "{lineage:?}");
    }
}

/// A request to enrol what stands in a directory, and its delegated roles, from the top.
fn published(metadata: &Path, name: &str) -> (EnrollRepositoryRequest, Vec<RoleName>) {
    let read = |role: &str, version: u64| {
        let plain = metadata.join(format!("{role}.json"));
        fs::read(metadata.join(format!("{version}.{role}.json"))).or_else(|_| fs::read(plain))
    };
    let targets = read("targets", 1).unwrap();
    let mut open = vec![targets.clone()];
    let (mut delegated, mut roles) = (Vec::new(), Vec::new());
    while let Some(document) = open.pop() {
        let view = Document::parse(&document).unwrap().targets().unwrap();
        for role in view.delegations.iter().flat_map(Delegations::names) {
            // A bin that is missing, or a role that is there already.
            let Ok(document) = read(&role.file_stem(), 2) else {
                continue;
            };
            if !roles.contains(&role) {
                open.push(document.clone());
                delegated.push(RoleDocument {
                    role: role.to_string(),
                    document,
                });
                roles.push(role);
            }
        }
    }
    let request = EnrollRepositoryRequest {
        authority: privyseal_tests::setup::AUTHORITY.to_owned(),
        repository: format!("example.org/{name}"),
        roots: vec![read("root", 1).unwrap()],
        targets,
        delegated,
        snapshot: read("snapshot", 1).unwrap(),
        timestamp: read("timestamp", 1).unwrap(),
    };
    (request, roles)
}
