//! Keys that callers who are no operators have made.

use privyseal_proto::v1::{AttestRequest, DeviceAccess, GenerateKeyRequest, RemoveKeyRequest};
use privyseal_tests::rpc::Rpc;

use crate::stage::{GLOB, GUN, Stage, reason, wanted};

#[test]
fn a_grant_with_generate_in_makes_keys_of_targets_and_snapshot() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let ci = stage.ci();
    for (name, role) in [("team-t", "targets"), ("team-s", "snapshot")] {
        let key = ci.generate_as(wanted(name, role, GUN)).unwrap();
        assert_eq!((&*key.role, &*key.repository), (role, GUN));
    }
    let beside = "reg.example.test/team/web";
    ci.generate_as(wanted("team-web", "targets", beside))
        .unwrap();
    for (name, role, repository) in [
        ("root-x", "root", GUN),
        ("signer-x", "delegation", GUN),
        ("signer-x", "delegation", GLOB),
        ("team-x", "targets", GLOB),
        ("team-x", "targets", "reg.example.test/team/*"),
        ("team-x", "targets", "reg.example.test/app"),
        ("team-x", "targets", "reg.example.test/team/a/b"),
        ("mine", "targets", GUN),
    ] {
        let refused = reason(ci.generate_as(wanted(name, role, repository)));
        assert_eq!(refused, "OPERATOR_ONLY", "{name} {role} {repository}");
    }
    let elsewhere = GenerateKeyRequest {
        keystore: "safe".to_owned(),
        ..wanted("team-x", "targets", GUN)
    };
    assert_eq!(reason(ci.generate_as(elsewhere)), "OPERATOR_ONLY");
    // Where a key goes on a device, and what opens that to its administrator.
    let plain = || wanted("team-x", "targets", GUN);
    let access = Some(DeviceAccess {
        pin: "123456".to_owned(),
        management_key: String::new(),
    });
    for device in [
        GenerateKeyRequest {
            slot: "9c".to_owned(),
            ..plain()
        },
        GenerateKeyRequest {
            replace: true,
            ..plain()
        },
        GenerateKeyRequest { access, ..plain() },
    ] {
        assert_eq!(reason(ci.generate_as(device)), "OPERATOR_ONLY");
    }
    let other = stage.other();
    let there = wanted("team-x", "targets", "elsewhere.test/x");
    assert_eq!(reason(other.generate_as(there)), "OPERATOR_ONLY");
    let object_id = stage.listed("team-t").object_id;
    let enrol = ci.enroll_key(privyseal_proto::v1::EnrollKeyRequest {
        keystore: "hsm".to_owned(),
        name: "team-y".to_owned(),
        object_id,
        purpose: "trust".to_owned(),
        authority: crate::stage::IMAGES.to_owned(),
        repository: GUN.to_owned(),
        first_root: String::new(),
        role: "targets".to_owned(),
    });
    assert_eq!(reason(enrol), "OPERATOR_ONLY");
    // What is not proved yet, an operator has the device asked for.
    let attest = AttestRequest {
        key: "team-t".to_owned(),
        again: false,
    };
    let asked = ci.wait(ci.keys_service().attest(attest));
    assert_eq!(reason(asked), "OPERATOR_ONLY");
    // Eight for each repository and role, counted over restarts.
    for number in 2..=8 {
        let name = format!("team-t{number}");
        ci.generate_as(wanted(&name, "targets", GUN)).unwrap();
    }
    assert_eq!(
        reason(ci.generate_as(wanted("team-t9", "targets", GUN))),
        "KEYS_FULL"
    );
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    assert_eq!(
        reason(ci.generate_as(wanted("team-t9", "targets", GUN))),
        "KEYS_FULL"
    );
    ci.generate_as(wanted("team-s2", "snapshot", GUN)).unwrap();
    ci.generate_as(wanted("team-web2", "targets", beside))
        .unwrap();
    let operator = stage.operator();
    operator
        .generate_as(wanted("team-t9", "targets", GUN))
        .unwrap();
}

/// A grant covers names without end, and a token has no room for a key of each.
#[test]
fn keys_that_sign_nothing_are_bounded_over_all_repositories() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    stage.limit_unused_keys(3);
    stage.tls.stage.agent.restart();
    let (ci, operator) = (stage.ci(), stage.operator());
    let repository = |name: &str| format!("reg.example.test/team/{name}");
    let made = |rpc: &Rpc, key: &str, name: &str| {
        rpc.generate_as(wanted(key, "targets", &repository(name)))
    };
    for name in ["Upper", "with space", "a__b__", "a:v1"] {
        assert_eq!(reason(made(&ci, "team-x", name)), "REQUEST_MALFORMED");
    }
    // What signs no targets or snapshot is an operator's to make, and does not count.
    operator.generate_as(wanted("root-a", "root", GUN)).unwrap();
    operator
        .generate_as(wanted("signer-a", "delegation", GUN))
        .unwrap();
    for name in ["a", "b", "c"] {
        made(&ci, &format!("team-{name}"), name).unwrap();
    }
    let refusal = made(&ci, "team-d", "d").unwrap_err();
    assert_eq!(refusal.reason, "KEYS_FULL");
    assert!(refusal.remedy.contains("unused_keys"), "{refusal:?}");
    // An operator may, by whatever name; and what an operator removes makes room.
    made(&operator, "team-e", "Upper").unwrap();
    for name in ["team-a", "team-e"] {
        let removed = operator.wait(operator.keys_service().remove(RemoveKeyRequest {
            name: name.to_owned(),
            unused: true,
        }));
        removed.unwrap();
    }
    made(&ci, "team-d", "d").unwrap();
    stage.limit_unused_keys(4);
    stage.tls.stage.agent.restart();
    let ci = stage.ci();
    made(&ci, "team-f", "f").unwrap();
    assert_eq!(reason(made(&ci, "team-g", "g")), "KEYS_FULL");
}
