use privyseal_tuf::{DelegatedRoles, Document, Draft, Key, PublicKey, Requirement, Role};
use privyseal_tuf::{RoleType, Scope, Targets};

use super::*;
use crate::trust::change::{Change, TargetContent};

const NOW: i64 = 1_800_000_000;

struct Signer {
    key: Key,
    pem: String,
}

/// Of the scalar that is a number.
fn signer(number: u8) -> Signer {
    let mut scalar = [0; 32];
    scalar[31] = number + 1;
    let secret = p256::SecretKey::from_slice(&scalar).unwrap();
    let point = secret.public_key().to_sec1_bytes();
    let public = PublicKey::ecdsa_p256(&point).unwrap();
    Signer {
        key: Key::of_notary(&public),
        pem: public.to_spki_pem(),
    }
}

/// A repository with these signers, each with `targets/NAME` and `targets/releases`.
fn base(signers: &[(&str, &Signer)]) -> Base {
    let owner = signer(0);
    let mut empty = Base::default();
    let mut edition = Edition::over(&empty, NOW);
    for role in RoleType::ALL {
        let keys = std::slice::from_ref(&owner.key);
        edition.set_role(role, keys, 1).unwrap();
    }
    edition.begin_targets().unwrap();
    for (name, signer) in signers {
        for role in [format!("targets/{name}"), "targets/releases".to_owned()] {
            edition.apply(&delegate(&role, &signer.pem)).unwrap();
        }
    }
    let drafted = edition.finish(Lifetimes::default()).unwrap();
    for drafted in drafted.documents {
        learn(&mut empty, &drafted.role, drafted.document);
    }
    empty
}

fn learn(base: &mut Base, role: &Role, document: Document) {
    match role {
        Role::Top(RoleType::Root) => {
            let view = document.root().unwrap();
            base.root = Some((document, view));
        }
        role => {
            let view = document.targets().unwrap();
            base.targets.insert(role.clone(), (document, view));
        }
    }
}

/// With one more published document of a role, which nobody signed.
fn with(mut base: Base, role: &str, targets: &[&str]) -> Base {
    let expires = privyseal_tuf::Expires::from_seconds(NOW).unwrap();
    let mut draft = Draft::<Targets>::notary_targets(4, &expires);
    for target in targets {
        let content = privyseal_tuf::Target::of(target.as_bytes());
        draft.set_target(&target.parse().unwrap(), &content);
    }
    learn(&mut base, &role.parse().unwrap(), draft.finish().unwrap());
    base
}

fn delegate(role: &str, pem: &str) -> Change {
    Change::Delegate {
        role: role.to_owned(),
        keys: vec![pem.to_owned()],
        paths: vec![String::new()],
        threshold: None,
    }
}

fn set(role: &str, target: &str) -> Change {
    Change::SetTarget {
        role: role.to_owned(),
        target: target.to_owned(),
        content: TargetContent {
            length: 3,
            sha256: "ab".repeat(32),
            sha512: None,
            custom: None,
        },
    }
}

fn holds<'a>(keys: &'a [&'a Key]) -> impl Fn(&Requirement) -> bool + 'a {
    move |required| {
        let is_held = |key: &&Key| {
            keys.iter()
                .any(|held| held.fingerprint() == key.fingerprint())
        };
        required.keys.values().filter(is_held).count() >= required.role.threshold as usize
    }
}

fn names(roles: &[Role]) -> Vec<&str> {
    roles.iter().map(Role::as_str).collect()
}

#[test]
fn a_tag_is_signed_in_the_roles_of_the_keys_at_hand() {
    let (alice, bob) = (signer(1), signer(2));
    let base = base(&[("alice", &alice), ("bob", &bob)]);
    let edition = Edition::over(&base, NOW);
    let roles = edition.roles_to_sign("v1", &holds(&[&alice.key]));
    assert_eq!(names(&roles), ["targets/alice", "targets/releases"]);
    assert_eq!(edition.roles_to_sign("v1", &holds(&[])), []);
}

#[test]
fn without_signers_a_tag_is_signed_in_targets() {
    let base = base(&[]);
    let edition = Edition::over(&base, NOW);
    assert_eq!(names(&edition.roles_to_sign("v1", &|_| true)), ["targets"]);
}

#[test]
fn a_role_signs_only_what_it_is_trusted_with() {
    let qa = signer(1);
    let base = base(&[]);
    let mut edition = Edition::over(&base, NOW);
    let delegate = |role: &str, paths: &[&str]| Change::Delegate {
        role: role.to_owned(),
        keys: vec![qa.pem.clone()],
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        threshold: None,
    };
    edition.apply(&delegate("targets/qa", &["rc-"])).unwrap();
    edition.apply(&delegate("targets/qa/deep", &[""])).unwrap();
    edition.apply(&set("targets/qa", "rc-1")).unwrap();
    for role in ["targets/qa", "targets/qa/deep"] {
        let error = edition.apply(&set(role, "v1")).unwrap_err();
        assert!(matches!(error, EditError::OutOfScope { .. }), "{error}");
    }
    let error = edition.apply(&set("targets/nobody", "rc-1")).unwrap_err();
    assert_eq!(error, EditError::NotDelegated("targets/nobody".to_owned()));
    // A change that can't be made leaves nothing behind.
    assert_eq!(names(&edition.roles()), ["targets", "targets/qa"]);
}

#[test]
fn a_change_holds_where_the_repository_says_it() {
    let (alice, bob) = (signer(1), signer(2));
    let base = base(&[("alice", &alice)]);
    let keyid = alice.key.keyid().to_string();
    let role = || "targets/alice".to_owned();
    let take = |keyids: &[&str], paths: &[&str]| Change::Undelegate {
        role: role(),
        keyids: keyids.iter().map(|it| (*it).to_owned()).collect(),
        paths: paths.iter().map(|it| (*it).to_owned()).collect(),
        all_paths: false,
    };
    let remove = |target: &str| Change::RemoveTarget {
        role: role(),
        target: target.to_owned(),
    };
    let mut edition = Edition::over(&base, NOW);
    edition.apply(&set("targets/alice", "v1")).unwrap();
    let mut other = set("targets/alice", "v1");
    if let Change::SetTarget { content, .. } = &mut other {
        content.length = 4;
    }
    let name = |name: &str| name.to_owned();
    for (change, holds) in [
        (set("targets/alice", "v1"), true),
        (other, false),
        (set("targets/releases", "v1"), false),
        (set("targets/nobody", "v1"), false),
        (remove("v1"), false),
        (remove("v2"), true),
        (delegate("targets/alice", &alice.pem), true),
        (delegate("targets/alice", &bob.pem), false),
        (delegate("targets/bob", &bob.pem), false),
        (take(&[&keyid], &[]), false),
        (take(&[], &[""]), false),
        (take(&[], &["rc-"]), true),
        (take(&[bob.key.keyid().as_str()], &[]), true),
        (Change::RemoveDelegation { role: role() }, false),
        (
            Change::RemoveDelegation {
                role: name("targets/bob"),
            },
            true,
        ),
        (
            Change::RemoveSigner {
                name: name("alice"),
            },
            false,
        ),
        (Change::RemoveSigner { name: name("bob") }, true),
        (
            Change::Purge {
                keyids: vec![keyid.clone()],
            },
            false,
        ),
        (
            Change::Purge {
                keyids: vec![name("ab")],
            },
            true,
        ),
        (Change::Witness { role: role() }, false),
    ] {
        assert_eq!(edition.holds(&change), holds, "{change}");
    }
}

#[test]
fn what_a_removed_signer_alone_signed_is_signed_anew_or_said_to_be_lost() {
    let (alice, bob) = (signer(1), signer(2));
    let base = with(
        base(&[("alice", &alice), ("bob", &bob)]),
        "targets/releases",
        &["v1", "v2"],
    );
    let remove = Change::RemoveSigner {
        name: "alice".to_owned(),
    };
    let mut edition = Edition::over(&base, NOW);
    edition.apply(&remove).unwrap();
    let left: Vec<String> = edition
        .delegated_roles()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(left, ["targets/bob", "targets/releases"]);
    let mut same = edition.clone();
    same.adopt_orphans(&holds(&[&bob.key])).unwrap();
    assert_eq!(names(&same.roles()), ["targets", "targets/releases"]);
    let drafted = same.finish(Lifetimes::default()).unwrap();
    let releases = &drafted.documents[1];
    assert_eq!(releases.document.targets().unwrap().header.version, 5);
    assert_eq!(releases.document.targets().unwrap().targets.len(), 2);
    assert_eq!(
        releases.requirements[0].role.keyids,
        [bob.key.keyid().clone()]
    );

    let Err(EditError::WouldLose(lost)) = edition.adopt_orphans(&holds(&[])) else {
        panic!("tags would be lost");
    };
    assert_eq!(lost[0].role, "targets/releases");
    assert_eq!(lost[0].targets, ["v1", "v2"]);
}

#[test]
fn a_key_that_two_signers_share_stays_in_releases() {
    let shared = signer(1);
    let base = base(&[("alice", &shared), ("bob", &shared)]);
    let mut edition = Edition::over(&base, NOW);
    let name = "alice".to_owned();
    edition.apply(&Change::RemoveSigner { name }).unwrap();
    let targets = edition.targets_of(&Role::TARGETS).unwrap();
    let delegations = targets.delegations.as_ref().unwrap();
    let releases = delegations.role(&"targets/releases".parse().unwrap());
    assert_eq!(releases.unwrap().keys.keyids, [shared.key.keyid().clone()]);
}

#[test]
fn tags_of_a_role_that_goes_are_named_unless_others_list_them() {
    let (alice, bob) = (signer(1), signer(2));
    let base = base(&[("alice", &alice), ("bob", &bob)]);
    let base = with(base, "targets/alice", &["v1", "only-alice"]);
    let base = with(base, "targets/releases", &["v1"]);
    let mut edition = Edition::over(&base, NOW);
    let name = "alice".to_owned();
    edition.apply(&Change::RemoveSigner { name }).unwrap();
    let lost = edition.taken_back();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].targets, ["only-alice"]);
}

#[test]
fn keys_are_taken_by_either_id_and_an_empty_role_goes() {
    let alice = signer(1);
    let base = base(&[("alice", &alice)]);
    let mut edition = Edition::over(&base, NOW);
    let unknown = Change::Purge {
        keyids: vec!["00".repeat(32)],
    };
    assert!(matches!(
        edition.apply(&unknown),
        Err(EditError::NoSuchKey { .. })
    ));
    let keyids = vec![alice.key.keyid().to_string()];
    let last = Change::Undelegate {
        role: "targets/alice".to_owned(),
        keyids: keyids.clone(),
        paths: Vec::new(),
        all_paths: false,
    };
    assert!(matches!(
        edition.apply(&last),
        Err(EditError::Unreachable { .. })
    ));
    edition.apply(&Change::Purge { keyids }).unwrap();
    assert_eq!(edition.delegated_roles(), []);
    let targets = edition.targets_of(&Role::TARGETS).unwrap();
    assert!(targets.delegations.as_ref().unwrap().keys.is_empty());
}

#[test]
fn every_path_stands_for_all_others() {
    let alice = signer(1);
    let base = base(&[]);
    let mut edition = Edition::over(&base, NOW);
    let add = |paths: &[&str]| Change::Delegate {
        role: "targets/a".to_owned(),
        keys: vec![alice.pem.clone()],
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        threshold: None,
    };
    let scope = |edition: &Edition<'_>| {
        let targets = edition.targets_of(&Role::TARGETS).unwrap();
        match &targets.delegations.as_ref().unwrap().roles {
            DelegatedRoles::Listed(roles) => roles[0].scope.clone(),
            DelegatedRoles::Succinct(_) => panic!("listed"),
        }
    };
    let prefixes =
        |paths: &[&str]| Scope::Prefixes(paths.iter().map(|it| (*it).to_owned()).collect());
    edition.apply(&add(&["b", "a"])).unwrap();
    assert_eq!(scope(&edition), prefixes(&["a", "b"]));
    edition.apply(&add(&["c", ""])).unwrap();
    assert_eq!(scope(&edition), prefixes(&[""]));
}

#[test]
fn versions_follow_what_was_published_and_what_was_signed() {
    let alice = signer(1);
    let mut base = with(base(&[("alice", &alice)]), "targets/alice", &["v1"]);
    let role: Role = "targets/alice".parse().unwrap();
    let version = |base: &Base| {
        let mut edition = Edition::over(base, NOW);
        edition.apply(&set("targets/alice", "v2")).unwrap();
        let drafted = edition.finish(Lifetimes::default()).unwrap();
        drafted.documents[0]
            .document
            .targets()
            .unwrap()
            .header
            .version
    };
    assert_eq!(version(&base), 5);
    base.floors.insert(role.clone(), 3);
    assert_eq!(version(&base), 5);
    base.floors.insert(role, 9);
    assert_eq!(version(&base), 10);
}

#[test]
fn names_of_signers_are_those_of_docker() {
    for name in ["alice", "a", "0-x_y"] {
        assert_eq!(
            signer_role(name).unwrap().as_str(),
            format!("targets/{name}")
        );
    }
    for name in ["", "Alice", "-a", "_a", "a/b", "a b", "é", "../x"] {
        assert!(
            matches!(signer_role(name), Err(EditError::Signer(_))),
            "{name}"
        );
    }
    assert!(matches!(
        signer_role("releases"),
        Err(EditError::Reserved(_))
    ));
}
