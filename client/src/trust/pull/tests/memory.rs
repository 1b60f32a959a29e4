//! What is remembered, and used when the server is away.

use super::*;
use crate::trust::pins::ContentTrust;

#[test]
fn what_was_seen_serves_while_the_server_is_away() {
    let mut repository = Repository::new();
    repository.publish(json!({ "v1": tag("one") }), &[], &[]);
    let client = Client::new();
    client.pull(&repository).unwrap();
    repository.served.down = true;
    let pulled = client.pull(&repository).unwrap();
    assert!(matches!(
        &pulled.freshness,
        Freshness::Cached { expired: false, .. }
    ));
    assert_eq!(digest_of(&pulled, "v1"), Some(3));
}

#[test]
fn what_is_out_of_date_serves_those_who_allow_it() {
    let mut repository = Repository::new();
    repository
        .expires
        .insert("timestamp", "2027-01-16T00:00:00Z");
    repository.publish(json!({}), &[], &[]);
    let mut client = Client::new();
    client.pull(&repository).unwrap();
    let later = NOW + 86_400;
    let expired = client.pull_at(&repository, later).unwrap_err();
    assert_eq!(expired.reason(), Reason::Expired);
    repository.served.down = true;
    let error = client.pull_at(&repository, later).unwrap_err();
    assert_eq!(error.reason(), Reason::Unreachable);
    assert!(error.to_string().contains("timestamp expired"), "{error}");

    let section = json!({
        "mode": "permissive",
        "allow-expired-cached-trust-data": true,
        "trust-pinning": { "root-keys": { "*": ["ab".repeat(32)] } },
    });
    let section: ContentTrust = serde_json::from_value(section).unwrap();
    client.pins = Pins::none().with_content_trust("daemon.json", section);
    let pulled = client.pull_at(&repository, later).unwrap();
    assert!(matches!(
        &pulled.freshness,
        Freshness::Cached { expired: true, .. }
    ));
    assert_eq!(pulled.notes.len(), 1);
    // A server that answers must say something that is current.
    repository.served.down = false;
    let expired = client.pull_at(&repository, later).unwrap_err();
    assert_eq!(expired.reason(), Reason::Expired);
}

#[test]
fn pins_hold_for_what_is_remembered() {
    let mut repository = Repository::new();
    let mut client = Client::new();
    client.pull(&repository).unwrap();
    repository.served.down = true;
    let section = json!({
        "mode": "enforced",
        "trust-pinning": { "root-keys": { "*": ["ab".repeat(32)] } },
    });
    let section: ContentTrust = serde_json::from_value(section).unwrap();
    client.pins = Pins::none().with_content_trust("daemon.json", section);
    assert_eq!(client.refused(&repository).reason(), Reason::PinMismatch);
}

#[test]
fn who_saw_something_newer_meanwhile_is_not_overruled() {
    let mut repository = Repository::new();
    let client = Client::new();
    let older = client.pull(&repository).unwrap();
    repository.publish(json!({ "v1": tag("one") }), &[], &[]);
    client.pull(&repository).unwrap();
    let newer = client.home.recall().unwrap();
    // Another process, which had begun before, comes to its end.
    cache::remember(&client.home, &older).unwrap();
    assert_eq!(client.home.recall().unwrap(), newer);
}

#[test]
fn damage_is_said_and_nothing_is_trusted_meanwhile() {
    let repository = Repository::new();
    let client = Client::new();
    client.pull(&repository).unwrap();
    let index = client.home.directory().join("repository.json");
    std::fs::write(index, "{}").unwrap();
    let error = client.pull(&repository).unwrap_err();
    assert!(matches!(error, PullError::Home(_)), "{error}");
}
