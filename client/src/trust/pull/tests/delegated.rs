//! Delegated roles.

use super::*;

fn release(tag_name: &str, content: &str) -> Value {
    json!({ tag_name: tag(content) })
}

#[test]
fn delegations_are_followed_in_their_order() {
    let mut repository = Repository::new();
    let (bob, releases, nested) = (Signer::bare(), Signer::named("alice"), Signer::bare());
    let below = Repository::targets_signed(
        1,
        LATER,
        release("v1", "one"),
        &[Delegation::to("targets/bob/ci", &nested)],
    );
    let files = [
        ("targets/bob", document(&below, &[&bob])),
        (
            "targets/bob/ci",
            delegated(1, release("v1", "one"), &[&nested]),
        ),
        (
            "targets/releases",
            delegated(1, release("v1", "one"), &[&releases]),
        ),
    ];
    let to = [
        Delegation::to("targets/bob", &bob),
        Delegation::to("targets/releases", &releases),
        Delegation::to("targets/idle", &bob),
    ];
    repository.publish(json!({}), &to, &files);
    let client = Client::new();
    let pulled = client.pull(&repository).unwrap();
    let names: Vec<_> = pulled
        .delegations
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "targets/bob",
            "targets/releases",
            "targets/idle",
            "targets/bob/ci"
        ]
    );
    assert_eq!(
        pulled.delegations[2].metadata.as_ref().unwrap_err(),
        &Unused::Unpublished
    );
    assert_eq!(pulled.delegations[3].delegator, "targets/bob");
    assert_eq!(
        pulled.delegation("targets/releases").unwrap().tally.count,
        1
    );
    assert_eq!(pulled.delegations[1].target("v1").unwrap().length, 3);
    let memory = client.home.recall().unwrap().unwrap();
    assert_eq!(memory.files.len(), 6);
}

#[test]
fn a_role_that_too_few_signed_or_that_is_out_of_date_says_nothing() {
    let mut repository = Repository::new();
    let (bob, carol, thief) = (Signer::bare(), Signer::bare(), Signer::bare());
    let old = Repository::targets_signed(1, "2026-01-01T00:00:00Z", release("v1", "x"), &[]);
    let to = [
        Delegation::to("targets/stolen", &bob),
        Delegation {
            signers: vec![&bob, &carol],
            threshold: 2,
            ..Delegation::to("targets/both", &bob)
        },
        Delegation::to("targets/old", &bob),
        Delegation::to("targets/good", &bob),
    ];
    let files = [
        (
            "targets/stolen",
            delegated(1, release("v1", "x"), &[&thief]),
        ),
        ("targets/both", delegated(1, release("v1", "x"), &[&bob])),
        ("targets/old", document(&old, &[&bob])),
        ("targets/good", delegated(1, release("v1", "x"), &[&bob])),
    ];
    repository.publish(json!({}), &to, &files);
    let pulled = Client::new().pull(&repository).unwrap();
    let why: Vec<_> = pulled
        .delegations
        .iter()
        .map(|it| it.metadata.as_ref().err())
        .collect();
    assert!(matches!(why[0], Some(Unused::BelowThreshold(_))));
    assert!(matches!(why[1], Some(Unused::BelowThreshold(_))));
    assert!(matches!(why[2], Some(Unused::Expired(_))));
    assert!(why[3].is_none());
    assert!(pulled.delegations[0].target("v1").is_none());
}

#[test]
fn a_role_speaks_for_its_own_tags_alone() {
    let mut repository = Repository::new();
    let (bob, carol) = (Signer::bare(), Signer::bare());
    let below = |paths: &'static [&'static str]| {
        let mut tags = release("v1-x", "one");
        tags["w1"] = tag("two");
        let delegation = Delegation {
            paths,
            ..Delegation::to("targets/bob/ci", &carol)
        };
        document(
            &Repository::targets_signed(1, LATER, tags, &[delegation]),
            &[&bob],
        )
    };
    let to = [Delegation {
        paths: &["v1"],
        ..Delegation::to("targets/bob", &bob)
    }];
    let files = [
        ("targets/bob", below(&["v", "v1-", "w"])),
        (
            "targets/bob/ci",
            delegated(1, release("v1-x", "one"), &[&carol]),
        ),
    ];
    repository.publish(json!({}), &to, &files);
    let pulled = Client::new().pull(&repository).unwrap();
    let (bob, ci) = (&pulled.delegations[0], &pulled.delegations[1]);
    assert!(bob.target("v1-x").is_some() && bob.target("w1").is_none());
    // Paths wider than the delegator's own are none at all.
    assert_eq!(ci.paths, ["v1-"]);
    assert!(ci.target("v1-x").is_some() && !ci.covers("v2") && !ci.covers("w1"));
}

#[test]
fn roles_elsewhere_in_the_tree_are_no_ones_to_delegate() {
    let mut repository = Repository::new();
    let (bob, thief) = (Signer::bare(), Signer::bare());
    let theirs = Repository::targets_signed(
        1,
        LATER,
        json!({}),
        &[
            Delegation::to("targets/releases", &thief),
            Delegation::to("targets/a/b/c", &thief),
        ],
    );
    let files = [
        ("targets/bob", document(&theirs, &[&bob])),
        (
            "targets/releases",
            delegated(1, release("v1", "evil"), &[&thief]),
        ),
    ];
    repository.publish(json!({}), &[Delegation::to("targets/bob", &bob)], &files);
    let pulled = Client::new().pull(&repository).unwrap();
    assert_eq!(pulled.delegations.len(), 1);
}

#[test]
fn delegated_roles_are_not_rolled_back_forked_or_dropped() {
    let bob = Signer::bare();
    let to = || [Delegation::to("targets/bob", &bob)];
    let file = |version, content| delegated(version, release("v1", content), &[&bob]);
    let seen = || {
        let mut repository = Repository::new();
        repository.publish(json!({}), &to(), &[("targets/bob", file(2, "two"))]);
        let client = Client::new();
        client.pull(&repository).unwrap();
        (client, repository)
    };
    let (client, mut repository) = seen();
    repository.publish(json!({}), &to(), &[("targets/bob", file(1, "one"))]);
    let error = client.refused(&repository);
    assert!(
        matches!(
            error,
            PullError::RolledBack {
                seen: 2,
                shown: 1,
                ..
            }
        ),
        "{error}"
    );

    let (client, mut repository) = seen();
    repository.publish(json!({}), &to(), &[("targets/bob", file(2, "evil"))]);
    assert!(matches!(
        client.refused(&repository),
        PullError::Forked { version: 2, .. }
    ));

    let (client, mut repository) = seen();
    repository.publish(json!({}), &to(), &[]);
    let error = client.refused(&repository);
    assert!(
        matches!(error, PullError::Dropped { seen: 2, .. }),
        "{error}"
    );
    // Whoever may take the delegation back may take the role away.
    repository.publish(json!({}), &[], &[]);
    assert!(client.pull(&repository).is_ok());
}

#[test]
fn floods_of_roles_are_refused() {
    let mut repository = Repository::new();
    let bob = Signer::bare();
    let names: Vec<String> = (0..=MOST_ROLES).map(|n| format!("targets/{n}")).collect();
    let to: Vec<_> = names
        .iter()
        .map(|name| Delegation::to(name, &bob))
        .collect();
    repository.publish(json!({}), &to, &[]);
    assert!(matches!(
        Client::new().refused(&repository),
        PullError::TooMuch(_)
    ));
}
