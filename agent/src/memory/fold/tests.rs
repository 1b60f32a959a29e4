use std::collections::BTreeMap;

use super::*;
use crate::memory::{
    VersionState,
    testing::{BEFORE_DELEGATIONS, lineage, replayed},
};
use privyseal_proto::ledger::v1::{
    DelegationFacts, Facts, TargetsFacts, delegation_facts::Listed, facts::Content,
    targets_facts::Delegations,
};

fn role(text: &str) -> Role {
    text.parse().unwrap()
}

fn record_lineage(id: &LineageId) -> Option<record::Lineage> {
    Some(record::Lineage {
        authority: id.authority.clone(),
        repository: id.repository.clone(),
        first_root: id.first_root.as_bytes().to_vec(),
    })
}

fn apply(memory: &Memory, event: Event) {
    let event = Some(event);
    memory.apply(0, &Record { time: 0, event });
}

fn targets_facts(delegations: Option<Delegations>) -> Option<Facts> {
    let targets = TargetsFacts {
        targets: 1,
        delegations,
    };
    Some(Facts {
        expires: 2_000_000_000,
        content: Some(Content::Targets(targets)),
    })
}

fn delegating_to(name: &str) -> Delegations {
    Delegations::Changed(DelegationFacts {
        signers: vec![Default::default()],
        roles: vec![Listed {
            name: name.to_owned(),
            ..Listed::default()
        }],
        ..DelegationFacts::default()
    })
}

#[test]
fn an_old_ledger_replays() {
    let (memory, count) = replayed(BEFORE_DELEGATIONS);
    assert_eq!(count, 33);
    let app = lineage(&memory, "example.org/app");
    let state = app.facts();
    let version = |role: RoleType| {
        let last = state.history(role).last.as_ref().unwrap();
        (last.version, last.state, last.known)
    };
    assert_eq!(version(RoleType::Root), (2, VersionState::Committed, false));
    for role in [RoleType::Targets, RoleType::Snapshot, RoleType::Timestamp] {
        assert_eq!(version(role), (2, VersionState::Final, true));
    }
    let entries = [("targets.json", 2), ("team.json", 3)];
    let entries = entries.map(|(name, version)| (name.to_owned(), version));
    assert_eq!(*state.snapshot_entries, BTreeMap::from(entries));
    let made = lineage(&memory, "example.org/made").facts();
    assert_eq!(made.history(RoleType::Targets).version(), 7);

    // Nobody recorded whom the targets delegate to, until they are shown once more.
    let targets = state.history(RoleType::Targets).last.clone().unwrap();
    assert_eq!(targets.delegations, None);
    let edges = |name: &str| {
        let known = app.known(&role(name));
        known.ancestry.to(&name.parse().unwrap()).count()
    };
    assert_eq!(edges("team"), 0);
    apply(
        &memory,
        Event::Observed(Observed {
            lineage: record_lineage(app.id()),
            role: "targets".to_owned(),
            version: 2,
            digest: targets.digest.as_bytes().to_vec(),
            facts: targets_facts(Some(delegating_to("team"))),
            ..Observed::default()
        }),
    );
    assert_eq!(edges("team"), 1);
    assert_eq!(app.facts().history(RoleType::Targets).version(), 2);
}

fn made(id: &LineageId, parts: u32, roles: &[&str]) -> RepositoryEnrolled {
    RepositoryEnrolled {
        lineage: record_lineage(id),
        documents: documents(roles),
        parts,
        ..RepositoryEnrolled::default()
    }
}

fn documents(roles: &[&str]) -> Vec<Observed> {
    let documents = roles.iter().map(|role| Observed {
        role: (*role).to_owned(),
        version: 3,
        digest: vec![7; 32],
        facts: targets_facts(Some(delegating_to("below"))),
        ..Observed::default()
    });
    documents.collect()
}

fn part(id: &LineageId, number: u32, roles: &[&str]) -> EnrollmentPart {
    EnrollmentPart {
        lineage: record_lineage(id),
        number,
        documents: documents(roles),
    }
}

fn id(repository: &str) -> LineageId {
    LineageId {
        authority: "production".to_owned(),
        repository: repository.to_owned(),
        first_root: Sha256Digest::of(repository.as_bytes()),
    }
}

#[test]
fn parts_of_an_enrolment_count_once_it_is_whole() {
    let memory = Memory::default();
    let (a, b) = (id("a"), id("b"));
    // An attempt that came to nothing, then one that did not.
    for event in [part(&a, 0, &["lost"]), part(&a, 0, &["one", "two"])] {
        apply(&memory, Event::EnrollmentPart(event));
    }
    assert!(memory.lineage(&a).is_none());
    apply(&memory, Event::EnrollmentPart(part(&a, 1, &["three"])));
    assert!(memory.lineage(&a).is_none());
    let whole = made(&a, 2, &["targets"]);
    apply(&memory, Event::RepositoryEnrolled(whole));
    let lineage = memory.lineage(&a).unwrap();
    let known = |lineage: &Arc<Lineage>, role: &Role| lineage.known(role).history().version();
    let versions = ["one", "two", "three", "targets", "lost"];
    let versions = versions.map(|name| known(&lineage, &role(name)));
    assert_eq!(versions, [3, 3, 3, 3, 0]);

    // What is left of another repository, or is not all there, says nothing.
    apply(&memory, Event::EnrollmentPart(part(&a, 0, &["stray"])));
    apply(
        &memory,
        Event::RepositoryEnrolled(made(&b, 0, &["targets"])),
    );
    let lineage = memory.lineage(&b).unwrap();
    let versions = ["stray", "targets"].map(|name| known(&lineage, &role(name)));
    assert_eq!(versions, [0, 3]);
    let c = id("c");
    apply(&memory, Event::EnrollmentPart(part(&c, 0, &["one"])));
    apply(
        &memory,
        Event::RepositoryEnrolled(made(&c, 2, &["targets"])),
    );
    assert!(memory.lineage(&c).is_none());
}

#[test]
fn delegations_that_did_not_change_are_those_of_the_last_final_version() {
    let memory = Memory::default();
    let id = id("a");
    apply(
        &memory,
        Event::RepositoryEnrolled(made(&id, 0, &["targets", "app"])),
    );
    let observe = |role: &str, version, delegations| {
        let observed = Observed {
            lineage: record_lineage(&id),
            role: role.to_owned(),
            version,
            digest: vec![version as u8; 32],
            facts: targets_facts(delegations),
            ..Observed::default()
        };
        apply(&memory, Event::Observed(observed));
    };
    let lineage = memory.lineage(&id).unwrap();
    let delegators = || {
        let below = "below".parse().unwrap();
        let delegated = lineage.delegated();
        let mut names: Vec<_> = delegated
            .delegators(&below)
            .map(|(role, _)| role.to_string())
            .collect();
        names.sort();
        names
    };
    assert_eq!(delegators(), ["app", "targets"]);
    for role in ["targets", "app"] {
        observe(role, 4, Some(Delegations::Unchanged(true)));
    }
    assert_eq!(delegators(), ["app", "targets"]);
    observe("targets", 5, Some(delegating_to("other")));
    observe("app", 5, None);
    assert!(delegators().is_empty());
    observe("targets", 6, Some(Delegations::Unchanged(true)));
    assert!(delegators().is_empty());
}

#[test]
fn in_notarys_dialect_an_old_record_delegates_to_nobody_elsewhere() {
    let (memory, _) = replayed(BEFORE_DELEGATIONS);
    let app = lineage(&memory, "example.org/app");
    let observed = |delegator: &str, version, names: &[&str]| {
        let listed = |name: &&str| Listed {
            name: (*name).to_owned(),
            beginnings: true,
            paths: vec![String::new()],
            ..Listed::default()
        };
        let delegations = Delegations::Changed(DelegationFacts {
            signers: vec![Default::default()],
            roles: names.iter().map(listed).collect(),
            ..DelegationFacts::default()
        });
        Event::Observed(Observed {
            lineage: record_lineage(app.id()),
            role: delegator.to_owned(),
            version,
            digest: vec![9; 32],
            facts: targets_facts(Some(delegations)),
            ..Observed::default()
        })
    };
    apply(&memory, observed("targets", 3, &["targets/a"]));
    let rogue = ["targets/b", "targets/a/b/c", "targets/a/b"];
    apply(&memory, observed("targets/a", 1, &rogue));
    let edges = |name: &str| {
        let known = app.known(&role(name));
        known.ancestry.to(&name.parse().unwrap()).count()
    };
    assert_eq!(["targets/a", "targets/a/b"].map(edges), [1, 1]);
    assert_eq!(["targets/b", "targets/a/b/c"].map(edges), [0, 0]);
}
