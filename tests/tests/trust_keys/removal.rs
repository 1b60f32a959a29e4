//! Keys that nobody can rely on yet are removed, others stay.

use privyseal_proto::v1::certify_request::Kind;
use privyseal_proto::v1::{LineageRef, RemoveKeyReply, RemoveKeyRequest, SignRequest};
use privyseal_tests::metadata::in_days;
use privyseal_tests::pkcs11_tool;
use privyseal_tests::rpc::{Answer, Rpc};
use privyseal_tuf::{Draft, Key as TufKey, PublicKey, RoleType};

use crate::stage::{GUN, IMAGES, Stage, asked, certify, reason, wanted};

fn remove(rpc: &Rpc, name: &str) -> Answer<RemoveKeyReply> {
    rpc.wait(rpc.keys_service().remove(RemoveKeyRequest {
        name: name.to_owned(),
        unused: true,
    }))
}

/// A first root of [`GUN`]: `root-a` by its certificate, `team-t` for all else.
fn root(stage: &Stage) -> Vec<u8> {
    let pem = certify(&stage.ci(), "root-a", Kind::Certificate, GUN)
        .unwrap()
        .pem;
    let public = PublicKey::from_spki_pem(&stage.listed("team-t").public_key).unwrap();
    let mut draft = Draft::notary_root(1, &in_days(30));
    let root = draft.add_key(&TufKey::of_certificate(pem.as_bytes()).unwrap());
    let other = draft.add_key(&TufKey::of_notary(&public));
    for role in RoleType::ALL {
        let key = if role == RoleType::Root {
            &root
        } else {
            &other
        };
        draft.set_role(role, std::slice::from_ref(key), 1);
    }
    draft.finish().unwrap().bytes().to_vec()
}

#[test]
fn a_key_that_nobody_relies_on_is_removed_and_another_stays() {
    let Some(mut stage) = Stage::new() else {
        return;
    };
    let operator = stage.operator();
    for (name, role) in [
        ("root-a", "root"),
        ("team-t", "targets"),
        ("signer-a", "delegation"),
        ("signer-b", "delegation"),
    ] {
        operator.generate_as(wanted(name, role, GUN)).unwrap();
    }
    let ci = stage.ci();
    // Who has its certificate may list it at any time.
    certify(&ci, "signer-b", Kind::Certificate, "bob").unwrap();
    let document = root(&stage);
    let signed = ci.sign(SignRequest {
        id: 0,
        lineage: Some(LineageRef {
            authority: IMAGES.to_owned(),
            repository: GUN.to_owned(),
            first_root: String::new(),
        }),
        role: "root".to_owned(),
        key: "root-a".to_owned(),
        document,
    });
    signed.unwrap();
    assert_eq!(reason(remove(&ci, "signer-a")), "OPERATOR_ONLY");
    let on_token = |stage: &Stage, name: &str| {
        let listed = pkcs11_tool::private_keys(&stage.tls.stage.token);
        listed.iter().any(|key| key.contains(name))
    };
    assert!(on_token(&stage, "signer-a"));
    remove(&operator, "signer-a").unwrap();
    assert!(!on_token(&stage, "signer-a"));
    assert_eq!(asked(&ci, "signer-a", "targets/a", GUN), "UNKNOWN_KEY");
    for restarted in [false, true] {
        if restarted {
            stage.tls.stage.agent.restart();
        }
        let operator = stage.operator();
        let refusal = remove(&operator, "root-a").unwrap_err();
        assert_eq!(refusal.reason, "NOT_REMOVABLE");
        assert!(refusal.remedy.contains("rotate"), "{refusal:?}");
        // The root lists it, for all but root, and it signed nothing.
        let refusal = remove(&operator, "team-t").unwrap_err();
        assert_eq!(refusal.reason, "NOT_REMOVABLE");
        assert!(refusal.message.contains(GUN), "{refusal:?}");
        let refusal = remove(&operator, "signer-b").unwrap_err();
        assert_eq!(refusal.reason, "NOT_REMOVABLE");
        assert!(refusal.message.contains("certificate"), "{refusal:?}");
        let again = operator.generate_as(wanted("signer-a", "delegation", GUN));
        assert_eq!(reason(again), "NAME_TAKEN");
        let names: Vec<_> = operator
            .keys()
            .unwrap()
            .into_iter()
            .map(|key| key.name)
            .collect();
        assert!(names.contains(&"root-a".to_owned()) && !names.contains(&"signer-a".to_owned()));
    }
    assert!(on_token(&stage, "root-a") && on_token(&stage, "team-t"));
}
