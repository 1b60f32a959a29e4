use std::collections::BTreeMap;

use privyseal_proto::ledger::v1::DelegationFacts;
use privyseal_tuf::{
    Draft, Expires, Key, PublicKey, RoleKeys, RoleName, Scope, SuccinctRoles, Targets,
};
use prost::Message;

use super::*;

fn key(seed: u8) -> Key {
    Key::from_public(&PublicKey::ed25519(&[seed; 32]))
}

fn name(text: &str) -> RoleName {
    text.parse().unwrap()
}

fn document(edit: impl FnOnce(&mut Draft<Targets>)) -> Targets {
    let expires = Expires::from_seconds(2_000_000_000).unwrap();
    let mut draft = Draft::targets(1, &expires);
    edit(&mut draft);
    draft.finish().unwrap().targets().unwrap()
}

fn role(draft: &mut Draft<Targets>, text: &str, seeds: &[u8], scope: Scope) -> DelegatedRole {
    let keyids = seeds
        .iter()
        .map(|seed| draft.add_delegation_key(&key(*seed)));
    DelegatedRole {
        name: name(text),
        keys: RoleKeys {
            keyids: keyids.collect(),
            threshold: 1,
        },
        terminating: text.len() == 3,
        scope,
    }
}

fn prefixes(all: &[&str]) -> Scope {
    Scope::HashPrefixes(all.iter().map(|prefix| prefix.parse().unwrap()).collect())
}

fn round_trip(known: &KnownDelegations) -> (KnownDelegations, usize) {
    let bytes = known.to_record().encode_to_vec();
    let record = DelegationFacts::decode(bytes.as_slice()).unwrap();
    (KnownDelegations::from_record(&record).unwrap(), bytes.len())
}

#[test]
fn a_record_holds_all_that_checks_need() {
    let long = "ab".repeat(32);
    let targets = document(|draft| {
        let all = [
            role(
                draft,
                "app",
                &[1, 2],
                Scope::Paths(vec!["app/*".into(), "x".into()]),
            ),
            role(draft, "none", &[], Scope::Paths(vec![])),
            role(
                draft,
                "runs",
                &[2],
                prefixes(&["00", "01", "02", "ff", "0a0", "0a1"]),
            ),
            role(draft, "long", &[2, 1], prefixes(&[&long, "1", "0"])),
            role(
                draft,
                "edge",
                &[3],
                prefixes(&["fffffffe", "ffffffff", "00000000"]),
            ),
        ];
        draft.set_delegations(&all);
    });
    let known = KnownDelegations::of(&targets);
    let (again, _) = round_trip(&known);
    assert_eq!(again, known);
    assert_eq!(again.view(), targets.delegations.as_ref());
    assert_eq!(again.count(), 5);
    let runs = again.role(&name("runs")).unwrap();
    assert_eq!(again.keys(&runs.keys).count(), 1);
    assert_eq!(again.role(&name("ap")), None);
}

#[test]
fn succinct_roles_are_one_entry() {
    let targets = document(|draft| {
        let keyids = vec![draft.add_delegation_key(&key(1))];
        let keys = RoleKeys {
            keyids,
            threshold: 1,
        };
        let bins = SuccinctRoles::new(keys, 14, name("bins")).unwrap();
        draft.set_succinct_roles(&bins);
    });
    let known = KnownDelegations::of(&targets);
    let (again, length) = round_trip(&known);
    assert_eq!(again, known);
    assert!(length < 1_000, "{length}");
    assert_eq!(again.count(), 16_384);
    assert!(again.role(&name("bins-3fff")).is_some());
    assert_eq!(again.role(&name("bins-4000")), None);
}

#[test]
fn sixteen_thousand_listed_bins_fit_into_half_a_record() {
    let bins = (0..16_384).map(|bin| {
        let first = bin * 4;
        let all = (first..first + 4).map(|prefix| format!("{prefix:04x}").parse().unwrap());
        DelegatedRole {
            name: name(&format!("hashed-bins-{bin:04x}")),
            keys: RoleKeys {
                keyids: vec![key(1).keyid().clone()],
                threshold: 1,
            },
            terminating: false,
            scope: Scope::HashPrefixes(all.collect()),
        }
    });
    let known = KnownDelegations::new(Delegations {
        keys: BTreeMap::from([(key(1).keyid().clone(), key(1))]),
        roles: DelegatedRoles::Listed(bins.collect()),
    });
    let (again, length) = round_trip(&known);
    assert_eq!(again, known);
    assert!(length < privyseal_ledger::MAX_RECORD / 2, "{length}");
}

#[test]
fn no_delegations_are_recorded_as_none() {
    let none = KnownDelegations::of(&document(|_| {}));
    assert_eq!(none, KnownDelegations::default());
    assert_eq!(round_trip(&none), (none.clone(), 0));
    assert_eq!(none.count(), 0);
}

#[test]
fn a_record_that_makes_no_sense_says_nothing() {
    use privyseal_proto::ledger::v1::delegation_facts::Listed;

    let listed = Listed {
        name: "app".to_owned(),
        signers: 1,
        ..Listed::default()
    };
    let record = DelegationFacts {
        roles: vec![listed],
        ..DelegationFacts::default()
    };
    assert_eq!(KnownDelegations::from_record(&record), None);
}
