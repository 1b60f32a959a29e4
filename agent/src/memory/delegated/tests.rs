use privyseal_tuf::{
    DelegatedRole, Draft, Expires, Key, PublicKey, RoleKeys, Scope, SuccinctRoles, Targets,
};

use super::*;

fn name(text: &str) -> RoleName {
    text.parse().unwrap()
}

fn role(text: &str) -> Role {
    text.parse().unwrap()
}

fn draft(edit: impl FnOnce(&mut Draft<Targets>, RoleKeys)) -> Arc<KnownDelegations> {
    let expires = Expires::from_seconds(2_000_000_000).unwrap();
    let mut draft = Draft::targets(1, &expires);
    let key = Key::from_public(&PublicKey::ed25519(&[1; 32]));
    let keys = RoleKeys {
        keyids: vec![draft.add_delegation_key(&key)],
        threshold: 1,
    };
    edit(&mut draft, keys);
    let targets = draft.finish().unwrap().targets().unwrap();
    Arc::new(KnownDelegations::of(&targets))
}

fn listed(names: &[&str]) -> Arc<KnownDelegations> {
    draft(|draft, keys| {
        for text in names {
            let role = DelegatedRole {
                name: name(text),
                keys: keys.clone(),
                terminating: false,
                scope: Scope::Paths(vec!["*".into()]),
            };
            draft.set_delegations(&[role]);
        }
    })
}

fn bins(bits: u32, prefix: &str) -> Arc<KnownDelegations> {
    draft(|draft, keys| {
        draft.set_succinct_roles(&SuccinctRoles::new(keys, bits, name(prefix)).unwrap());
    })
}

fn delegators(delegated: &Delegated, to: &str) -> Vec<String> {
    let to = name(to);
    let found = delegated.delegators(&to).map(|(role, _)| role.to_string());
    found.collect()
}

#[test]
fn delegators_are_found_by_the_name_of_the_role() {
    let mut delegated = Delegated::default();
    delegated.index(&Role::TARGETS, Some(&listed(&["app", "lib"])));
    delegated.index(&role("app"), Some(&listed(&["lib", "app-x"])));
    assert_eq!(delegators(&delegated, "app"), ["targets"]);
    assert_eq!(delegators(&delegated, "lib"), ["targets", "app"]);
    assert_eq!(delegators(&delegated, "app-x"), ["app"]);
    assert!(delegators(&delegated, "other").is_empty());
}

#[test]
fn bins_are_found_by_their_prefix() {
    let mut delegated = Delegated::default();
    delegated.index(&Role::TARGETS, Some(&bins(8, "a-b")));
    delegated.index(&role("app"), Some(&bins(9, "a-b")));
    delegated.index(&role("lib"), Some(&listed(&["a-b-07"])));
    let of_width = |to: &str, width: usize| {
        let to = name(to);
        let known = delegated.delegators(&to);
        known.filter(|(_, known)| known.role(&to).is_some()).count() == width
    };
    assert!(of_width("a-b-07", 2) && of_width("a-b-007", 1) && of_width("a-b-7", 0));
    assert!(of_width("a-b-1ff", 1) && of_width("a-b-200", 0) && of_width("a-b", 0));
    assert_eq!(delegators(&delegated, "a-b-07"), ["lib", "targets", "app"]);
}

#[test]
fn what_a_delegator_no_longer_says_is_forgotten() {
    let mut delegated = Delegated::default();
    delegated.index(&Role::TARGETS, Some(&listed(&["app", "lib"])));
    delegated.index(&role("app"), Some(&listed(&["lib"])));
    delegated.index(&Role::TARGETS, Some(&listed(&["lib"])));
    assert!(delegators(&delegated, "app").is_empty());
    assert_eq!(delegators(&delegated, "lib"), ["app", "targets"]);
    delegated.index(&Role::TARGETS, Some(&bins(4, "bins")));
    assert_eq!(delegators(&delegated, "lib"), ["app"]);
    assert_eq!(delegators(&delegated, "bins-0"), ["targets"]);
    delegated.index(&Role::TARGETS, Some(&Arc::default()));
    delegated.index(&role("app"), None);
    assert!(delegators(&delegated, "lib").is_empty());
    assert!(delegated.delegators.all.is_empty());
    assert!(delegated.delegators.by_name.is_empty());
}
