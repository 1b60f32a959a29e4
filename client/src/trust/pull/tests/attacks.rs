//! What a server could show that is not so.

use super::*;

/// A client who has seen the second edition, and a copy of what the server held before.
fn seen() -> (Client, Repository, Served) {
    let mut repository = Repository::new();
    let first = Served {
        roots: repository.served.roots.clone(),
        latest: repository.served.latest.clone(),
        by_hash: repository.served.by_hash.clone(),
        ..Served::default()
    };
    repository.publish(json!({ "v1": tag("one") }), &[], &[]);
    let client = Client::new();
    client.pull(&repository).unwrap();
    (client, repository, first)
}

#[test]
fn an_older_timestamp_is_refused() {
    let (client, mut repository, first) = seen();
    repository.served = first;
    match client.refused(&repository) {
        PullError::RolledBack { role, seen, shown } => {
            assert_eq!((&*role, seen, shown), ("timestamp", 2, 1));
        }
        other => panic!("{other}"),
    }
    // Whoever has seen nothing can't know.
    assert!(Client::new().pull(&repository).is_ok());
}

#[test]
fn an_older_snapshot_or_targets_under_a_new_timestamp_is_refused() {
    let (client, mut repository, _) = seen();
    // A server that signs snapshots itself makes a new one of old targets.
    let old = Repository::targets_signed(1, LATER, json!({}), &[]);
    let old = document(&old, &[&repository.targets]);
    repository.serve(&[("targets", old)]);
    match client.refused(&repository) {
        PullError::RolledBack { role, seen, shown } => {
            assert_eq!((&*role, seen, shown), ("targets", 2, 1));
        }
        other => panic!("{other}"),
    }
    let (client, mut repository, _) = seen();
    repository.versions.insert("snapshot", 0);
    repository.publish(json!({}), &[], &[]);
    match client.refused(&repository) {
        PullError::RolledBack { role, seen, shown } => {
            assert_eq!((&*role, seen, shown), ("snapshot", 2, 1));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn another_content_under_one_version_is_refused() {
    for role in ["timestamp", "snapshot", "targets"] {
        let (client, mut repository, _) = seen();
        let version = repository.versions.get_mut(role).unwrap();
        *version -= 1;
        repository.publish(json!({ "v1": tag("another") }), &[], &[]);
        match client.refused(&repository) {
            PullError::Forked {
                role: found,
                version,
            } => assert_eq!((&*found, version), (role, 2)),
            other => panic!("{role}: {other}"),
        }
    }
}

#[test]
fn the_same_content_with_another_signature_is_the_same() {
    let (client, mut repository, _) = seen();
    let timestamp: Value = serde_json::from_slice(&repository.served.latest["timestamp"]).unwrap();
    let again = document(&timestamp["signed"], &[&repository.timestamp]);
    assert_ne!(again, repository.served.latest["timestamp"]);
    repository
        .served
        .latest
        .insert("timestamp".to_owned(), again);
    assert!(client.pull(&repository).is_ok());
}

#[test]
fn what_was_seen_of_a_role_counts_until_its_keys_are_gone() {
    let (client, mut repository, _) = seen();
    // A thief of the targets key gives the role the last of all versions.
    repository.versions.insert("targets", 1 << 52);
    repository.publish(json!({}), &[], &[]);
    client.pull(&repository).unwrap();
    repository.versions.insert("targets", 2);
    repository.publish(json!({}), &[], &[]);
    assert_eq!(client.refused(&repository).reason(), Reason::RolledBack);
    // A new root without that key ends it.
    repository.targets = Signer::bare();
    let signed = repository.root_signed(2);
    repository.serve_root(2, document(&signed, &[&repository.root]));
    repository.publish(json!({}), &[], &[]);
    assert_eq!(client.pull(&repository).unwrap().roots.len(), 2);
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let mismatch = |repository: &Repository, role: &str| match Client::new().refused(repository) {
        PullError::Mismatch { role: found, .. } => assert_eq!(found, role),
        other => panic!("{role}: {other}"),
    };
    for role in ["snapshot", "targets"] {
        // Another file under the digest that was named.
        let mut repository = Repository::new();
        let mut files = repository.served.by_hash.iter_mut();
        let (_, file) = files.find(|((name, _), _)| name == role).unwrap();
        *file = [&file[..], b"\n"].concat().into();
        mismatch(&repository, role);
        // None at all.
        let mut repository = Repository::new();
        repository
            .served
            .by_hash
            .retain(|(name, _), _| name != role);
        mismatch(&repository, role);
    }
    // A root that the snapshot does not name.
    let mut repository = Repository::new();
    let signed = repository.root_signed(2);
    repository.serve_root(2, document(&signed, &[&repository.root]));
    mismatch(&repository, "root");
}

#[test]
fn garbage_is_refused() {
    for bytes in [
        &b""[..],
        b"{}",
        b"<html>",
        b"{\"signed\":{},\"signatures\":[]}",
    ] {
        for role in ["root", "timestamp"] {
            let mut repository = Repository::new();
            repository
                .served
                .latest
                .insert(role.to_owned(), bytes.to_vec().into());
            let error = Client::new().refused(&repository);
            assert_eq!(error.reason(), Reason::Invalid, "{role}: {error}");
        }
    }
    // Metadata of another role, well signed.
    let mut repository = Repository::new();
    let root = repository.served.latest["root"].clone();
    repository
        .served
        .latest
        .insert("timestamp".to_owned(), root);
    assert_eq!(Client::new().refused(&repository).reason(), Reason::Invalid);
    // The other dialect.
    let mut repository = Repository::new();
    let mut signed = repository.root_signed(1);
    set(&mut signed, &["_type"], json!("root"));
    set(&mut signed, &["spec_version"], json!("1.0.0"));
    repository.serve_root(1, document(&signed, &[&repository.root]));
    assert_eq!(Client::new().refused(&repository).reason(), Reason::Invalid);
    // A repository without a timestamp.
    let mut repository = Repository::new();
    repository.served.latest.remove("timestamp");
    assert_eq!(Client::new().refused(&repository).reason(), Reason::Invalid);
}
