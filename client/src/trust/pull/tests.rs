mod attacks;
mod delegated;
mod memory;
mod roots;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::testing::*;
use super::*;
use crate::trust::home::{Home, TrustedBy};

/// A client with a memory of its own.
struct Client {
    _dir: TempDir,
    home: RepositoryHome,
    pins: Pins,
}

impl Client {
    fn new() -> Self {
        Self::with(Pins::none())
    }

    fn with(pins: Pins) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().to_owned()).repository(&GUN.parse().unwrap());
        Self {
            _dir: dir,
            home,
            pins,
        }
    }

    fn pull(&self, repository: &Repository) -> Result<Pulled, PullError> {
        self.pull_at(repository, NOW)
    }

    fn pull_at(&self, repository: &Repository, now: i64) -> Result<Pulled, PullError> {
        let pull = Pull::new(&repository.served, &self.home, &self.pins, now);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(pull.run())
    }

    /// Why nothing is pulled; what is remembered stays as it was.
    fn refused(&self, repository: &Repository) -> PullError {
        let before = self.home.recall().unwrap();
        let error = self.pull(repository).unwrap_err();
        assert_eq!(self.home.recall().unwrap(), before, "{error}");
        error
    }
}

fn digest_of(pulled: &Pulled, name: &str) -> Option<u64> {
    pulled.targets.view.targets.get(name).map(|it| it.length)
}

#[test]
fn a_repository_is_verified_and_remembered() {
    let mut repository = Repository::new();
    repository.publish(json!({ "v1": tag("one") }), &[], &[]);
    let client = Client::new();
    let pulled = client.pull(&repository).unwrap();
    assert_eq!(pulled.freshness, Freshness::Current);
    assert_eq!(digest_of(&pulled, "v1"), Some(3));
    assert_eq!(pulled.trusted.by, TrustedBy::FirstUse);
    assert_eq!((pulled.trusted.version, pulled.trusted.at), (1, NOW));
    assert_eq!(pulled.targets.tally.count, 1);
    assert!(pulled.is_new);
    let memory = client.home.recall().unwrap().unwrap();
    assert_eq!(memory.roots.len(), 1);
    assert_eq!(memory.files["targets"].version, 2);

    // What is known by its hash is not asked for again.
    repository.served.asked.lock().unwrap().clear();
    assert!(!client.pull(&repository).unwrap().is_new);
    let asked = repository.served.asked.lock().unwrap().clone();
    assert_eq!(asked, ["root 2", "timestamp"]);
}

#[test]
fn what_is_not_there_is_said() {
    let mut repository = Repository::new();
    repository.served = Served::default();
    let error = Client::new().refused(&repository);
    assert_eq!(error.reason(), Reason::NoTrustData, "{error}");
    repository.served.down = true;
    let error = Client::new().refused(&repository);
    assert_eq!(error.reason(), Reason::Unreachable, "{error}");
}

#[test]
fn every_role_is_refused_once_it_is_out_of_date() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let mut repository = Repository::new();
        repository.expires.insert(role, "2027-01-15T07:59:59.9Z");
        if role == "root" {
            let signed = repository.root_signed(1);
            let root = document(&signed, &[&repository.root]);
            repository.serve_root(1, root);
        }
        repository.publish(json!({}), &[], &[]);
        match Client::new().refused(&repository) {
            PullError::Expired { role: found, .. } => assert_eq!(found, role),
            other => panic!("{role}: {other}"),
        }
        // Two seconds before it was not: fractions are cut off.
        assert!(Client::new().pull_at(&repository, NOW - 2).is_ok());
    }
}

#[test]
fn every_role_needs_its_own_keys() {
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let mut repository = Repository::new();
        let thief = match role {
            "root" => Signer::named(GUN),
            _ => Signer::bare(),
        };
        match role {
            "root" => {
                let signed = repository.root_signed(1);
                repository.serve_root(1, document(&signed, &[&thief]));
            }
            "targets" => repository.targets = thief,
            "snapshot" => repository.snapshot = thief,
            _ => repository.timestamp = thief,
        }
        repository.publish(json!({}), &[], &[]);
        match Client::new().refused(&repository) {
            PullError::BelowThreshold { role: found, .. } => assert_eq!(found, role),
            other => panic!("{role}: {other}"),
        }
    }
}

fn set(value: &mut Value, path: &[&str], to: Value) {
    let place = path.iter().fold(value, |value, name| &mut value[*name]);
    *place = to;
}

#[test]
fn no_more_is_fetched_than_so_much_in_one_pull() {
    let client = Client::new();
    let repository = Repository::new();
    let size: usize = repository.served.roots.values().map(|it| it.len()).sum();
    let run = |budget| {
        let pull = Pull::new(&repository.served, &client.home, &client.pins, NOW);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(Pull { budget, ..pull }.run())
    };
    assert!(matches!(run(size), Err(PullError::Wrong(_))));
    assert_eq!(client.home.recall().unwrap(), None);
    run(8 * size).unwrap();
}
